//! `run.json`: what was read, with what, and what came of it.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use caption_corpus::{Shard, Skipped};
use serde::{Deserialize, Serialize};

use crate::args::MineArgs;

/// Name of the record in the run's folder.
pub const RUN_FILE: &str = "run.json";
const PROGRAM: &str = "mine-tags";

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

/// One file.
#[derive(Debug, Serialize)]
pub struct InputRecord {
    pub path: String,
    pub format: &'static str,
    pub bytes: u64,
    pub caption_column: Option<String>,
    pub image_column: Option<String>,
    /// Rows read, those without a caption included.
    pub rows: u64,
    pub captions: u64,
    pub skipped: Vec<SkippedRecord>,
    /// Why the file could not be read, or not to its end.
    pub error: Option<String>,
    /// What the rows are called in messages: row, line, record.
    #[serde(skip)]
    pub row_word: &'static str,
    #[serde(skip)]
    pub tally: Skipped,
}

#[derive(Debug, Serialize)]
pub struct SkippedRecord {
    pub reason: &'static str,
    pub count: u64,
    pub first_rows: Vec<u64>,
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

impl InputRecord {
    pub fn new(shard: &Shard) -> Self {
        Self {
            path: shard.path.display().to_string(),
            format: shard.format.as_str(),
            bytes: shard.bytes,
            caption_column: None,
            image_column: None,
            rows: 0,
            captions: 0,
            skipped: Vec::new(),
            error: None,
            row_word: shard.format.row_word(),
            tally: Skipped::default(),
        }
    }

    /// Fills the list of skipped rows once all are known.
    pub fn close(&mut self) {
        let record = |(reason, count, rows): (caption_corpus::SkipReason, u64, &[u64])| SkippedRecord {
            reason: reason.as_str(),
            count,
            first_rows: rows.to_vec(),
        };
        self.skipped = self.tally.iter().map(record).collect();
    }
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

    /// Writes the record and makes sure that it is on the disk.
    pub fn write(&self, path: &Path) -> Result<()> {
        let write = || -> Result<()> {
            let mut file = BufWriter::new(File::create(path)?);
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.into_inner()?.sync_all()?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Whether a folder holds the record of a run.
pub fn is_run(folder: &Path) -> bool {
    #[derive(Deserialize)]
    struct Head {
        program: String,
    }
    let record = fs::read(folder.join(RUN_FILE)).ok();
    record
        .and_then(|text| serde_json::from_slice::<Head>(&text).ok())
        .is_some_and(|head| head.program == PROGRAM)
}
