//! Parses a file of captions, a caption a line, on one core and on more, turn by turn, and prints
//! how much faster more cores are.
//!
//!     cargo run --release -p caption-parser --example cores -- CAPTIONS.txt [CORES] [ROUNDS]

use std::error::Error;
use std::time::Instant;

use caption_parser::Parser;
use rayon::ThreadPoolBuilder;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: cores CAPTIONS.txt [CORES] [ROUNDS]")?;
    let cores: usize = arguments.next().map_or(Ok(2), |cores| cores.parse())?;
    let rounds: usize = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let text = std::fs::read_to_string(path)?;
    let captions: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let parser = Parser::embedded()?;
    let pools = [
        ThreadPoolBuilder::new().num_threads(1).build()?,
        ThreadPoolBuilder::new().num_threads(cores).build()?,
    ];
    let mut ratios = Vec::new();
    for _ in 0..rounds.max(1) {
        let [one, more] = pools.each_ref().map(|pool| {
            let start = Instant::now();
            let tokens: usize = pool
                .install(|| parser.parse_batch(&captions, |_, document| document.token_count()))
                .iter()
                .sum();
            tokens as f64 / start.elapsed().as_secs_f64()
        });
        println!("{one:.0} tokens/s on one core, {more:.0} on {cores}: {:.2} times", more / one);
        ratios.push(more / one);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median {:.2} times", ratios[ratios.len() / 2]);
    Ok(())
}
