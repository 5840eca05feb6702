//! The main job: a corpus in, a folder of results out.

mod counting;
mod flags;
mod record;
mod summary;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use caption_corpus::ColumnChoice;
use caption_parser::Parser;
use tag_frequency::{Ranking, TagTable};
use tag_vocabulary::TagKind;

use self::counting::Counted;
use self::record::{CountsRecord, Options, RunRecord, Timings};
use crate::Outcome;
use crate::args::MineArgs;
use crate::crash::tell;
use crate::intake::{self, InputRecord, Progress, tell_errors, tell_without_rows, why_none};
use crate::interrupt::Interrupt;
use crate::report::{self, ReportData, RunFacts};
use crate::run_directory::{
    CANDIDATES_CSV, CANDIDATES_PARQUET, REPORT, RUN_FILE, Results, RunDirectory, TAGS_PARQUET,
};
use crate::tagging::{Stages, Unparsed};

/// Mines the tags of a corpus.
///
/// # Errors
/// If the job cannot run, or finds no caption at all; nothing is written then.
pub fn run(args: &MineArgs) -> Result<Outcome> {
    let clock = Clock::start();
    let choice = ColumnChoice { caption: args.caption_column.clone(), image: args.image_column.clone() };
    let shards = intake::shards(&args.inputs, &choice)?;
    flags::check_columns(args, &shards)?;
    let parser = Parser::embedded()?;
    let interrupt = Interrupt::listen().context("cannot listen for Ctrl-C")?;
    let directory = RunDirectory::begin(&args.out, Results::Tags, args.work.force)?;
    let threads = args.work.threads();

    let progress = Progress::new(shards.iter().map(|shard| shard.bytes).collect(), args.work.quiet);
    let stages = Stages { parser, mapper: args.tags.mapper() };
    let counted = counting::count(&shards, stages, threads, progress, &interrupt)?;
    let Some(Counted { counts, inputs, unparsed }) = counted else { return Ok(stopped(args)) };
    tell_errors(&inputs, &unparsed);
    if !args.work.quiet {
        tell_without_rows(&inputs);
    }
    if inputs.iter().all(|input| input.captions == 0) {
        bail!("no caption could be read, nothing was written{}", why_none(&inputs));
    }

    let read = clock.elapsed();
    let mut ranking = counts.rank();
    if args.no_examples {
        ranking.forget_captions();
    }
    let table = TagTable::new(&ranking.tags)?;
    let totals = totals(&inputs, &ranking, &table, &unparsed, args.top)?;
    write_tables(&directory, &table, args.top)?;
    let facts = RunFacts::new(summary::command(args), parser.model_hash(), &inputs);
    let data = ReportData { ranking: &ranking, table: &table, top: args.top as usize, run: &facts };
    directory.write_text(REPORT, &report::render(&data)?)?;
    let timings = clock.timings(read, totals.captions);
    let options = Options::new(args, threads);
    let record = RunRecord::new(parser.model_hash(), options, &inputs, totals, timings);
    directory.write_json(RUN_FILE, &record)?;
    if interrupt.is_requested() {
        return Ok(stopped(args));
    }
    directory.finish()?;

    if !args.work.quiet {
        summary::tell_summary(args, &inputs, &totals, &timings);
    }
    let incomplete =
        totals.skipped > 0 || unparsed.count > 0 || inputs.iter().any(|input| input.error.is_some());
    Ok(if incomplete { Outcome::Incomplete } else { Outcome::Done })
}

fn stopped(args: &MineArgs) -> Outcome {
    tell(format_args!("Interrupted: nothing was written to {}.", args.out.display()));
    Outcome::Interrupted
}

fn write_tables(directory: &RunDirectory, table: &TagTable, top: u32) -> Result<()> {
    let candidates = table.top(top as usize);
    table.write_parquet(&directory.file(TAGS_PARQUET))?;
    candidates.write_parquet(&directory.file(CANDIDATES_PARQUET))?;
    candidates.write_csv(&directory.file(CANDIDATES_CSV))?;
    Ok(())
}

fn totals(
    inputs: &[InputRecord],
    ranking: &Ranking,
    table: &TagTable,
    unparsed: &Unparsed,
    top: u32,
) -> Result<CountsRecord> {
    let sum = |of: fn(&InputRecord) -> u64| inputs.iter().map(of).sum();
    let kinds = table.counts_by_kind()?;
    let tags_of =
        |kind: TagKind| kinds.iter().filter(|counts| counts.kind == kind).map(|counts| counts.tags).sum();
    let tags = ranking.tags.len() as u64;
    Ok(CountsRecord {
        rows: sum(|input| input.rows),
        captions: sum(|input| input.captions),
        skipped: sum(|input| input.tally.total()),
        unparsed: unparsed.count,
        captions_with_tags: ranking.totals.tagged_captions,
        images: ranking.totals.images,
        tags,
        objects: tags_of(TagKind::Object),
        scenes: tags_of(TagKind::Scene),
        actions: tags_of(TagKind::Action),
        attributes: tags_of(TagKind::Attribute),
        candidates: tags.min(top.into()),
    })
}

/// Measures the run.
struct Clock {
    started: Instant,
    started_unix: u64,
}

impl Clock {
    fn start() -> Self {
        let started_unix = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self { started: Instant::now(), started_unix }
    }

    fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// The times of a run that read everything in the first `reading` seconds.
    fn timings(&self, reading: f64, captions: u64) -> Timings {
        Timings {
            started_unix: self.started_unix,
            reading_and_parsing_seconds: reading,
            ranking_and_writing_seconds: self.elapsed() - reading,
            captions_per_second: captions as f64 / reading.max(1e-9),
        }
    }
}
