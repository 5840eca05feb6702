//! What a run has to say at its end.

use tag_triplets::{Note, Noted};

use super::PAGE;
use super::record::TripletsRecord;
use super::writing::Written;
use crate::args::TripletsArgs;
use crate::crash::tell;
use crate::intake::{InputRecord, counted, number, tell_skipped};
use crate::run_directory::TRIPLETS_FILE;

/// Faults of a kind that are named on the terminal; the record has more.
const NAMED: usize = 3;
/// Bytes of a name that are shown.
const LONGEST: usize = 200;

/// The closing lines.
pub fn tell_all(args: &TripletsArgs, record: &TripletsRecord<'_>) {
    let statistics = &record.written.statistics;
    let seconds = record.timings.reading_and_parsing_seconds + record.timings.writing_seconds;
    let splits: Vec<String> =
        statistics.splits.iter().map(|(name, images)| format!("{name} {}", number(*images))).collect();
    tell(format_args!(
        "Wrote {} with {} in {seconds:.1} s: {}.",
        counted(statistics.images, "image"),
        counted(statistics.tags_per_caption.total(), "caption"),
        splits.join(", ")
    ));
    tell(format_args!(
        "A caption has {:.1} tags on average, an image {:.1}; {} of the vocabulary's {} have no image.",
        statistics.tags_per_caption.mean(),
        statistics.tags_per_image.mean(),
        number(record.tags_without_images as u64),
        counted(record.vocabulary_size as u64, "tag"),
    ));
    tell_skipped(record.inputs(), TRIPLETS_FILE);
    tell_faults(record);
    tell_choices(record.written);
    tell(format_args!("Results are in {}:", args.out.display()));
    tell(format_args!("  {}  open it in a browser first", args.out.join(PAGE).display()));
    if let Some(file) = record.written.files.first() {
        tell(format_args!("  {}  {}", args.out.join(&file.path).display(), counted(file.samples, "image")));
    }
    if record.written.files.len() > 1 {
        tell(format_args!("  and {} beside it, see {TRIPLETS_FILE}", files(record.written.files.len() - 1)));
    }
}

fn files(count: usize) -> String {
    counted(count as u64, "file")
}

fn tell_faults(record: &TripletsRecord<'_>) {
    for (words, noted) in record.written.faults() {
        if noted.count > 0 {
            tell(format_args!("Left out or changed, {words}: {}", named(noted, record.inputs())));
        }
    }
}

fn tell_choices(written: &Written) {
    let choices: Vec<String> = written
        .choices()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(words, count)| format!("{words}: {}", number(count)))
        .collect();
    if !choices.is_empty() {
        tell(format_args!("Left out as asked: {}.", choices.join(", ")));
    }
}

/// "12: a.jpg (a.csv, line 3: …), b.jpg, …".
fn named(noted: &Noted, inputs: &[InputRecord]) -> String {
    let mut names: Vec<String> = noted.first.iter().take(NAMED).map(|note| named_one(note, inputs)).collect();
    if noted.count > NAMED as u64 {
        names.push("…".to_owned());
    }
    format!("{} ({})", number(noted.count), names.join("; "))
}

fn named_one(note: &Note, inputs: &[InputRecord]) -> String {
    let place = place(note, inputs).map(|place| format!(", {place}")).unwrap_or_default();
    format!("{}{place}: {}", printable(&note.image_id), printable(&note.detail))
}

/// Strangers' text as a terminal shows it without obeying it.
fn printable(text: &str) -> String {
    let shown = &text[..text.floor_char_boundary(LONGEST)];
    let rest = if shown.len() < text.len() { "…" } else { "" };
    let is_control =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown: String = shown.chars().map(|c| if is_control(c) { ' ' } else { c }).collect();
    format!("{shown}{rest}")
}

/// "a.csv, line 3".
pub fn place(note: &Note, inputs: &[InputRecord]) -> Option<String> {
    let position = note.position?;
    let input = inputs.get(position.file as usize)?;
    Some(format!("{}, {} {}", input.path, input.row_word, number(position.row)))
}

/// "; left out: 3 images: missing, …", for the error of a run that leaves nothing.
pub fn why_none(written: &Written) -> String {
    let faults = written.faults();
    let faults = faults.iter().map(|(words, noted)| (words.as_str(), noted.count));
    let reasons: Vec<String> = faults
        .chain(written.choices())
        .filter(|(_, count)| *count > 0)
        .map(|(words, count)| format!("{words}: {}", number(count)))
        .collect();
    let example = written.faults().into_iter().find_map(|(_, noted)| noted.first.first().cloned());
    let example = example
        .map(|note| format!("; the first: {}: {}", printable(&note.image_id), printable(&note.detail)));
    if reasons.is_empty() {
        return String::new();
    }
    format!("; left out: {}{}", reasons.join(", "), example.unwrap_or_default())
}
