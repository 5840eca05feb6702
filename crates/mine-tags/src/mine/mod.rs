//! The main job: a corpus in, a folder of results out.

mod counting;
mod flags;
mod progress;
mod reading;
mod record;
mod run_directory;
mod summary;

use std::fs::File;
use std::io::Write;
use std::thread::available_parallelism;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use caption_corpus::{ColumnChoice, Corpus, Shard};
use caption_parser::Parser;
use tag_frequency::{Ranking, TagTable};
use tag_vocabulary::TagKind;

use self::counting::{Counted, Unparsed};
use self::progress::Progress;
use self::record::{CountsRecord, InputRecord, Options, RUN_FILE, RunRecord, Timings};
use self::run_directory::{CANDIDATES_CSV, CANDIDATES_PARQUET, REPORT, RunDirectory, TAGS_PARQUET};
use crate::Outcome;
use crate::args::MineArgs;
use crate::crash::tell;
use crate::interrupt::Interrupt;
use crate::report::{self, ReportData};
use crate::tagging::CaptionTagger;

/// Mines the tags of a corpus.
///
/// # Errors
/// If the job cannot run, or finds no caption at all; nothing is written then.
pub fn run(args: &MineArgs) -> Result<Outcome> {
    let clock = Clock::start();
    let choice = ColumnChoice { caption: args.caption_column.clone(), image: args.image_column.clone() };
    let shards = shards(args, &Corpus::open(&args.inputs, &choice)?);
    flags::check_columns(args, &shards)?;
    let parser = Parser::embedded()?;
    let directory = RunDirectory::begin(&args.out, args.force)?;
    let interrupt = Interrupt::listen().context("cannot listen for Ctrl-C")?;
    let threads = args.threads.map_or_else(|| available_parallelism().map_or(1, usize::from), usize::from);

    let progress = Progress::new(shards.iter().map(|shard| shard.bytes).collect(), args.quiet);
    let mapper = args.tags.mapper();
    let new_tagger = || CaptionTagger::new(parser, mapper);
    let counted = counting::count(&shards, &new_tagger, threads, progress, &interrupt)?;
    let Some(Counted { counts, inputs, unparsed }) = counted else { return Ok(stopped(args)) };
    summary::tell_errors(&inputs, &unparsed);
    if !args.quiet {
        summary::tell_without_rows(&inputs);
    }
    if inputs.iter().all(|input| input.captions == 0) {
        bail!("no caption could be read, nothing was written{}", summary::why_none(&inputs));
    }

    let read = clock.elapsed();
    let mut ranking = counts.rank();
    if args.no_examples {
        ranking.forget_captions();
    }
    let table = TagTable::new(&ranking.tags)?;
    let totals = totals(&inputs, &ranking, &table, &unparsed, args.top)?;
    write_tables(&directory, &table, args.top)?;
    let facts = summary::report_facts(args, parser.model_hash(), &inputs);
    write_report(
        &directory,
        &ReportData { ranking: &ranking, table: &table, top: args.top as usize, run: &facts },
    )?;
    let timings = clock.timings(read, totals.captions);
    let options = Options::new(args, threads);
    RunRecord::new(parser.model_hash(), options, &inputs, totals, timings)
        .write(&directory.file(RUN_FILE))?;
    if interrupt.is_requested() {
        return Ok(stopped(args));
    }
    directory.finish()?;

    if !args.quiet {
        summary::tell_summary(args, &inputs, &totals, &timings);
    }
    let incomplete =
        totals.skipped > 0 || unparsed.count > 0 || inputs.iter().any(|input| input.error.is_some());
    Ok(if incomplete { Outcome::Incomplete } else { Outcome::Done })
}

/// The files of the corpus, but for the results of earlier runs that a folder may hold.
fn shards(args: &MineArgs, corpus: &Corpus) -> Vec<Shard> {
    let is_result = |shard: &&Shard| {
        shard.path.parent().is_some_and(record::is_run) && !args.inputs.contains(&shard.path)
    };
    corpus.shards().iter().filter(|shard| !is_result(shard)).cloned().collect()
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

fn write_report(directory: &RunDirectory, data: &ReportData<'_>) -> Result<()> {
    let page = report::render(data)?;
    let path = directory.file(REPORT);
    let write = || {
        let mut file = File::create(&path)?;
        file.write_all(page.as_bytes())?;
        file.sync_all()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
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
