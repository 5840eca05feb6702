//! A dependency tree for reading: each word under its head.

use std::io::{self, Write};

use caption_parser::Sentence;

use super::harmless;

/// Deeper words are not indented further: given trees can be chains of thousands.
const DEEPEST: usize = 40;

/// Writes a line a word, heads before what hangs under them.
pub fn write(sentence: &Sentence<'_>, output: &mut impl Write) -> io::Result<()> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); sentence.len()];
    for index in (0..sentence.len()).rev() {
        if let Some(head) = sentence.head(index) {
            children[head].push(index);
        }
    }
    let mut waiting = vec![(sentence.root(), 0)];
    while let Some((index, depth)) = waiting.pop() {
        let form = harmless(sentence.form(index));
        let label = if depth == 0 { "  tree       " } else { "             " };
        let indent = 2 * depth.min(DEEPEST);
        writeln!(
            output,
            "{label}{:indent$}{form}  {} {}",
            "",
            sentence.upos(index),
            sentence.relation(index)
        )?;
        waiting.extend(children[index].iter().map(|&child| (child, depth + 1)));
    }
    Ok(())
}
