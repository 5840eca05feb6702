//! Parses text from standard input, a caption a line, to CoNLL-U on standard output.
//!
//!     echo "A man riding a horse." | cargo run --release -p caption-parser --example conllu

use std::error::Error;
use std::io::{self, BufWriter, Write};

use caption_parser::{Parser, Scratch, conllu};

fn main() -> Result<(), Box<dyn Error>> {
    let parser = Parser::embedded()?;
    let mut scratch = Scratch::default();
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lines() {
        for sentence in parser.parse(&mut scratch, &line?).sentences() {
            conllu::write_sentence(&sentence, &mut out)?;
        }
    }
    out.flush()?;
    Ok(())
}
