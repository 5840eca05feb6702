//! What is said of the files on the terminal.

use caption_corpus::SkipReason;

use super::InputRecord;
use crate::crash::tell;
use crate::tagging::Unparsed;

/// Files and reasons that are listed on the terminal; the record of the run has them all.
const LISTED: usize = 10;

/// Names the files that could not be read and the captions that could not be parsed.
pub fn tell_errors(inputs: &[InputRecord], unparsed: &Unparsed) {
    let broken: Vec<&InputRecord> = inputs.iter().filter(|input| input.error.is_some()).collect();
    for input in broken.iter().take(LISTED) {
        let error = input.error.as_deref().unwrap_or_default();
        let kept = match input.captions {
            0 => String::new(),
            captions => format!(" (the {} captions before it are counted)", number(captions)),
        };
        tell(format_args!("mine-tags: {}: {error}{kept}", input.path));
    }
    if broken.len() > LISTED {
        tell(format_args!("mine-tags: {} more files could not be read", broken.len() - LISTED));
    }
    if let Some(example) = &unparsed.example {
        let count = number(unparsed.count);
        tell(format_args!(
            "mine-tags: internal error on {count} captions, which count without tags; please report this one: {example}"
        ));
    }
}

/// Names the files that are sound but hold nothing.
pub fn tell_without_rows(inputs: &[InputRecord]) {
    let empty: Vec<&InputRecord> = inputs.iter().filter(|input| has_no_rows(input)).collect();
    for input in empty.iter().take(LISTED) {
        tell(format_args!("mine-tags: {}: no captions: the file has columns but no rows", input.path));
    }
    if empty.len() > LISTED {
        tell(format_args!("mine-tags: {} more files have no rows", empty.len() - LISTED));
    }
}

fn has_no_rows(input: &InputRecord) -> bool {
    input.rows == 0 && input.error.is_none()
}

/// Names the rows that gave no caption.
pub fn tell_skipped(inputs: &[InputRecord], record: &str) {
    let skipped = inputs.iter().map(|input| input.tally.total()).sum();
    if skipped == 0 {
        return;
    }
    tell(format_args!("Skipped {}:", counted(skipped, "caption")));
    let reasons: Vec<String> = inputs.iter().flat_map(skips).collect();
    for reason in reasons.iter().take(LISTED) {
        tell(format_args!("  {reason}"));
    }
    if reasons.len() > LISTED {
        tell(format_args!("  and more, see {record}"));
    }
}

/// A file's skipped rows, a line a reason: "a.csv: 2 empty (lines 3, 9)".
fn skips(input: &InputRecord) -> impl Iterator<Item = String> {
    input.tally.iter().map(|(reason, count, rows)| {
        let more = if count > rows.len() as u64 { ", …" } else { "" };
        let rows: Vec<String> = rows.iter().map(|&row| number(row)).collect();
        let word = input.row_word;
        let ending = if rows.len() == 1 { "" } else { "s" };
        format!("{}: {} {reason} ({word}{ending} {}{more})", input.path, number(count), rows.join(", "))
    })
}

/// "; skipped: 3 empty, 1 null", for the error of a corpus without captions.
pub fn why_none(inputs: &[InputRecord]) -> String {
    if inputs.iter().all(has_no_rows) {
        return "; the files have columns but no rows".to_owned();
    }
    let reasons: Vec<String> = SkipReason::ALL
        .into_iter()
        .filter_map(|reason| {
            let of_reason = |input: &InputRecord| -> u64 {
                input.tally.iter().filter(|(found, ..)| *found == reason).map(|(_, count, _)| count).sum()
            };
            let count: u64 = inputs.iter().map(of_reason).sum();
            (count > 0).then(|| format!("{} {reason}", number(count)))
        })
        .collect();
    if reasons.is_empty() { String::new() } else { format!("; skipped: {}", reasons.join(", ")) }
}

/// A number and what it counts: "1 tag", "1,200 tags".
pub fn counted(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", number(count))
}

/// A number as people read it.
pub fn number(count: u64) -> String {
    indicatif::HumanCount(count).to_string()
}
