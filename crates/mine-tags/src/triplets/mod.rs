//! `mine-tags triplets`: a corpus, its images and a vocabulary in, training data out.
//!
//! Captions are tagged as in the main job and put aside in temporary files (`labelling`). Then
//! images are made from these, checked, thinned out, split and written (`writing`).

mod embedded;
mod job;
mod labelling;
mod page;
mod record;
mod source;
mod summary;
mod writing;

use std::time::Instant;

use anyhow::{Context, Result, bail};
use caption_parser::Parser;
use rayon::{ThreadPool, ThreadPoolBuilder};

use self::job::Job;
use self::labelling::Labelled;
use self::record::{Timings, TripletsRecord};
use self::source::Source;
use crate::Outcome;
use crate::args::TripletsArgs;
use crate::crash::tell;
use crate::intake::{tell_errors, tell_without_rows, why_none};
use crate::interrupt::Interrupt;
use crate::run_directory::{Results, RunDirectory, TRIPLETS_FILE};
use crate::tagging::Stages;

const VOCABULARY_FILE: &str = "vocabulary.json";
const PAGE: &str = "triplets.html";

/// What a run works with.
struct Run {
    directory: RunDirectory,
    pool: ThreadPool,
    interrupt: Interrupt,
    is_quiet: bool,
}

/// Makes triplets.
///
/// # Errors
/// If the job cannot run, or leaves no image; nothing is written then.
pub fn run(args: &TripletsArgs) -> Result<Outcome> {
    let started = Instant::now();
    let stages = Stages { parser: Parser::embedded()?, mapper: args.tags.mapper() };
    let source = Source::open(args)?;
    let job = Job::new(args, &source, stages.parser.model_hash())?;
    let run = Run::begin(args)?;
    run.directory.check_apart(&source.needed(args))?;

    let Some(labelled) = labelling::label(&source, &job, stages, &run)? else { return Ok(stopped(args)) };
    tell_errors(&labelled.inputs, &labelled.unparsed);
    if !run.is_quiet {
        tell_without_rows(&labelled.inputs);
    }
    if labelled.captions == 0 {
        bail!("no caption could be read, nothing was written{}", why_none(&labelled.inputs));
    }
    let read = started.elapsed().as_secs_f64();
    let Some(written) = writing::write(&job, &source, &labelled, &run)? else { return Ok(stopped(args)) };
    if written.statistics.images == 0 {
        bail!("no image was left, nothing was written{}", summary::why_none(&written));
    }

    // The temporary files lie in the folder that is moved at the end: they go before that.
    let Labelled { images, inputs, captions, tagged, unparsed } = labelled;
    drop(images);
    let page = page::render(&job, &inputs, &written, stages);
    run.directory.write_text(PAGE, &page)?;
    job.vocabulary.write(&run.directory.file(VOCABULARY_FILE))?;
    let timings = Timings::new(read, started.elapsed().as_secs_f64());
    let labels = record::Labels { captions, tagged, unparsed: unparsed.count };
    let record = TripletsRecord::new(&job, &inputs, labels, &written, timings);
    run.directory.write_json(TRIPLETS_FILE, &record)?;
    if run.interrupt.is_requested() {
        return Ok(stopped(args));
    }
    run.directory.finish()?;
    if !run.is_quiet {
        summary::tell_all(args, &record);
    }
    Ok(if record.is_incomplete() { Outcome::Incomplete } else { Outcome::Done })
}

impl Run {
    fn begin(args: &TripletsArgs) -> Result<Self> {
        let pool = ThreadPoolBuilder::new().num_threads(args.work.threads()).build();
        Ok(Self {
            // Before there is a folder that a stop must remove.
            interrupt: Interrupt::listen().context("cannot listen for Ctrl-C")?,
            pool: pool.context("cannot start threads")?,
            directory: RunDirectory::begin(&args.out, Results::Triplets, args.work.force)?,
            is_quiet: args.work.quiet,
        })
    }
}

fn stopped(args: &TripletsArgs) -> Outcome {
    tell(format_args!("Interrupted: nothing was written to {}.", args.out.display()));
    Outcome::Interrupted
}
