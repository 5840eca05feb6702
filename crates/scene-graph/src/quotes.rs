//! Quoted words: what a sign or a shirt says is not in the picture. "A sign that reads 'no dogs'"
//! shows a sign.

use crate::reading::{Reading, Role};

/// Longest quotation, in tokens.
const LONGEST: usize = 30;

/// Takes quotations out of what the rules read, unless they are most of the sentence: then the
/// whole caption was put in quotation marks.
pub(crate) fn set_aside(reading: &mut Reading) {
    let mut start = 0;
    while start < reading.len() {
        let Some(end) = closing(reading, start) else {
            start += 1;
            continue;
        };
        // One quoted word is a word like others: a "limo" bus.
        if end > start + 2 && 2 * (end - start) < reading.len() {
            (start..=end).for_each(|at| reading.node_mut(at).role = Role::Quoted);
        }
        start = end + 1;
    }
}

/// The mark that closes the quotation opened here.
fn closing(reading: &Reading, start: usize) -> Option<usize> {
    let closes: &[&str] = match reading.form(start) {
        "\"" if !follows_number(reading, start) => &["\""],
        "“" | "„" => &["”", "“", "\""],
        "``" => &["''", "``", "\""],
        "''" => &["''"],
        "'" if stands_alone(reading, start) => &["'"],
        "‘" => &["’"],
        "«" => &["»"],
        _ => return None,
    };
    let last = reading.len().min(start + LONGEST + 1);
    (start + 2..last).find(|&at| closes.contains(&reading.form(at)) && !follows_number(reading, at))
}

/// The mark for inches: a 60" screen.
fn follows_number(reading: &Reading, mark: usize) -> bool {
    mark > 0
        && reading.bytes(mark - 1).end == reading.bytes(mark).start
        && reading.form(mark - 1).ends_with(|c: char| c.is_ascii_digit())
}

/// An apostrophe at the end of a word ("the boys' hats", "the boys ' hats") opens nothing.
fn stands_alone(reading: &Reading, mark: usize) -> bool {
    mark == 0
        || reading.bytes(mark - 1).end < reading.bytes(mark).start && !reading.form(mark - 1).ends_with('s')
}
