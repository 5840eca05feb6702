//! `run.json`: what was read, with what, and what came of it.

use serde::Serialize;

use crate::args::MineArgs;
use crate::intake::InputRecord;
use crate::run_directory::PROGRAM;

/// The whole record. All but `options` and `timings` depend on the captions alone.
#[derive(Debug, Serialize)]
pub struct RunRecord<'r> {
    pub program: &'static str,
    pub version: &'static str,
    /// BLAKE3 hash of the parser's model.
    pub parser_model: &'r str,
    pub options: Options<'r>,
    pub inputs: &'r [InputRecord],
    pub counts: CountsRecord,
    pub timings: Timings,
}

#[derive(Debug, Serialize)]
pub struct Options<'r> {
    pub inputs: Vec<String>,
    pub top: u32,
    pub caption_column: Option<&'r str>,
    pub image_column: Option<&'r str>,
    pub no_examples: bool,
    pub keep_invisible: bool,
    pub keep_spellings: bool,
    pub threads: usize,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct CountsRecord {
    pub rows: u64,
    pub captions: u64,
    pub skipped: u64,
    /// Captions that a bug kept from being parsed; they count as captions without tags.
    pub unparsed: u64,
    pub captions_with_tags: u64,
    pub images: u64,
    pub tags: u64,
    pub objects: u64,
    pub scenes: u64,
    pub actions: u64,
    pub attributes: u64,
    pub candidates: u64,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Timings {
    /// Seconds since 1970 at the start.
    pub started_unix: u64,
    pub reading_and_parsing_seconds: f64,
    pub ranking_and_writing_seconds: f64,
    pub captions_per_second: f64,
}

impl<'r> Options<'r> {
    pub fn new(args: &'r MineArgs, threads: usize) -> Self {
        Self {
            inputs: args.inputs.iter().map(|input| input.display().to_string()).collect(),
            top: args.top,
            caption_column: args.caption_column.as_deref(),
            image_column: args.image_column.as_deref(),
            no_examples: args.no_examples,
            keep_invisible: args.tags.keep_invisible,
            keep_spellings: args.tags.keep_spellings,
            threads,
        }
    }
}

impl<'r> RunRecord<'r> {
    pub fn new(
        parser_model: &'r str,
        options: Options<'r>,
        inputs: &'r [InputRecord],
        counts: CountsRecord,
        timings: Timings,
    ) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        Self { program: PROGRAM, version, parser_model, options, inputs, counts, timings }
    }
}
