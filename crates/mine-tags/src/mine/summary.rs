//! What a run has to say at its end, to people and in the report.

use std::path::Path;

use super::record::{CountsRecord, Timings};
use crate::args::MineArgs;
use crate::crash::tell;
use crate::intake::{InputRecord, counted, number, tell_skipped};
use crate::run_directory::{CANDIDATES_CSV, REPORT, RUN_FILE, TAGS_PARQUET};
use crate::shell::quoted;

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
    tell_skipped(inputs, RUN_FILE);
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

/// The command with those options that change the results.
pub fn command(args: &MineArgs) -> String {
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
