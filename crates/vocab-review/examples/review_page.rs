//! Serves the review page for the candidates of a run, until it is stopped.
//!
//! `cargo run -p vocab-review --example review_page -- candidates.csv decisions.jsonl`
//!
//! Tags are highlighted where their name stands word by word; `mine-tags review` does it with the
//! parser.

use std::ops::Range;
use std::path::Path;

use tag_vocabulary::Tag;
use vocab_review::web::{ReviewServer, ServerOptions};
use vocab_review::{Candidates, DecisionLog, suggestions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths = std::env::args().skip(1);
    let (Some(candidates), Some(log)) = (paths.next(), paths.next()) else {
        return Err("give candidates.csv and the file for decisions".into());
    };
    let candidates = Candidates::read(Path::new(&candidates))?;
    let (log, _) = DecisionLog::open(Path::new(&log))?;
    let suggestions = suggestions::variants(&candidates);
    let highlight = Box::new(whole_words);
    let server =
        ReviewServer::bind(ServerOptions { suggestions, highlight, ..ServerOptions::new(candidates, log) })?;
    println!("{}", server.url());
    Ok(server.run(|| false)?)
}

/// Where the tag's name stands in a caption, as whole words.
fn whole_words(caption: &str, tag: &Tag) -> Vec<Range<usize>> {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let found = caption.match_indices(&tag.name).map(|(start, name)| start..start + name.len());
    let is_whole = |at: &Range<usize>| {
        !is_word(caption[..at.start].chars().next_back()) && !is_word(caption[at.end..].chars().next())
    };
    found.filter(is_whole).collect()
}
