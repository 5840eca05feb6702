//! What a run has to say at its end, to people and in the report.

use std::path::Path;

use caption_corpus::SkipReason;

use super::counting::Unparsed;
use super::record::{CountsRecord, InputRecord, Timings};
use super::run_directory::{CANDIDATES_CSV, REPORT, TAGS_PARQUET};
use crate::args::MineArgs;
use crate::crash::tell;
use crate::report::{InputFacts, RunFacts, SkippedRows};

/// Files and reasons that are listed on the terminal; `run.json` has them all.
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

/// The closing lines.
pub fn tell_summary(args: &MineArgs, inputs: &[InputRecord], totals: &CountsRecord, timings: &Timings) {
    let seconds = timings.reading_and_parsing_seconds + timings.ranking_and_writing_seconds;
    tell(format_args!(
        "Read {} of {} from {} in {seconds:.1} s ({} captions/s).",
        counted(totals.captions, "caption"),
        counted(totals.images, "image"),
        counted(inputs.len() as u64, "file"),
        number(timings.captions_per_second as u64),
    ));
    tell_skipped(inputs, totals.skipped);
    tell(format_args!(
        "Found {}: {}, {}, {}, {}.",
        counted(totals.tags, "tag"),
        counted(totals.objects, "object"),
        counted(totals.scenes, "scene"),
        counted(totals.actions, "action"),
        counted(totals.attributes, "attribute"),
    ));
    let at = |name: &str| args.out.join(name).display().to_string();
    tell(format_args!("Results are in {}:", args.out.display()));
    tell(format_args!("  {}  open it in a browser first", at(REPORT)));
    tell(format_args!(
        "  {}  the first {}, for people to review",
        at(CANDIDATES_CSV),
        counted(totals.candidates, "tag")
    ));
    tell(format_args!("  {}  every tag with its counts and examples", at(TAGS_PARQUET)));
}

fn tell_skipped(inputs: &[InputRecord], skipped: u64) {
    if skipped == 0 {
        return;
    }
    tell(format_args!("Skipped {}:", counted(skipped, "caption")));
    let reasons: Vec<String> = inputs.iter().flat_map(skips).collect();
    for reason in reasons.iter().take(LISTED) {
        tell(format_args!("  {reason}"));
    }
    if reasons.len() > LISTED {
        tell(format_args!("  and more, see run.json"));
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

/// What the report says about how it was made.
pub fn report_facts(args: &MineArgs, model: &str, inputs: &[InputRecord]) -> RunFacts {
    RunFacts {
        command: command(args),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.to_owned(),
        inputs: inputs.iter().map(input_facts).collect(),
    }
}

fn input_facts(input: &InputRecord) -> InputFacts {
    let skipped = input.tally.iter().map(|(reason, rows, first_rows)| SkippedRows {
        reason: reason.to_string(),
        rows,
        first_rows: first_rows.to_vec(),
    });
    InputFacts {
        path: input.path.clone(),
        captions: input.captions,
        error: input.error.clone(),
        skipped: skipped.collect(),
    }
}

/// The command with those options that change the results.
fn command(args: &MineArgs) -> String {
    let mut words = vec!["mine-tags".to_owned()];
    words.extend(args.inputs.iter().map(|input| quoted(input)));
    let columns = [("--caption-column", &args.caption_column), ("--image-column", &args.image_column)];
    for (flag, column) in columns {
        if let Some(column) = column {
            words.extend([flag.to_owned(), quoted(Path::new(column))]);
        }
    }
    words.extend(["--top".to_owned(), args.top.to_string()]);
    let flags = [
        ("--no-examples", args.no_examples),
        ("--keep-invisible", args.tags.keep_invisible),
        ("--keep-spellings", args.tags.keep_spellings),
    ];
    for (flag, given) in flags {
        if given {
            words.push(flag.to_owned());
        }
    }
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &Path) -> String {
    let word = word.to_string_lossy();
    let is_plain =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '=' | ':' | ',' | '+');
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A number and what it counts: "1 tag", "1,200 tags".
fn counted(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", number(count))
}

fn number(count: u64) -> String {
    indicatif::HumanCount(count).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::quoted;

    #[test]
    fn words_are_quoted_as_shells_need_them() {
        let quoted = |word: &str| quoted(Path::new(word));
        assert_eq!(quoted("data/a-1.parquet"), "data/a-1.parquet");
        assert_eq!(quoted("cc3m/*.tsv"), "'cc3m/*.tsv'");
        assert_eq!(quoted("Ann's captions"), "'Ann'\\''s captions'");
    }
}
