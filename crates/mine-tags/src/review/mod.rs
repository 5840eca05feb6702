//! `mine-tags review`: annotators judge the candidates.

mod agreement;
mod near;
mod page;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use vocab_review::exchange::{self, Layout};
use vocab_review::{Annotator, Candidates, Decision, DecisionLog, Review, Snapshot};
use whole_file::WholeFile;

use crate::Outcome;
use crate::args::{ReviewArgs, ReviewSource};
use crate::crash::tell;
use crate::intake::counted;

/// Serves the review page; or exports, imports, merges or compares judgements.
///
/// # Errors
/// If the candidates, the log or a file cannot be read or written, or rows are wrong.
pub fn run(args: &ReviewArgs) -> Result<Outcome> {
    if args.labeling_config {
        return print(|out| out.write_all(exchange::LABELING_CONFIG.as_bytes())).map(|()| Outcome::Done);
    }
    let candidates = read_candidates(&args.source)?;
    let annotator = args.annotator.as_deref().map(Annotator::new).transpose()?;
    let path = args.source.log();
    if args.agreement || args.export.is_some() {
        if args.source.names_log() && !path.exists() {
            bail!("{} does not exist", path.display());
        }
        let (decisions, outcome) = read_log(&path)?;
        let review = Review::of(&decisions);
        match args.export {
            Some(layout) => export(args, layout, &candidates, &review, annotator.as_ref())?,
            None => print(|out| out.write_all(agreement::table(&candidates, &review).as_bytes()))?,
        }
        return Ok(outcome);
    }
    let (mut log, outcome) = open_log(&path)?;
    match (&args.import, annotator) {
        (Some(file), Some(by)) => import(file, &candidates, &mut log, &by)?,
        _ if !args.merge.is_empty() => merge(&args.merge, &mut log)?,
        _ => page::serve(args, candidates, log)?,
    }
    Ok(outcome)
}

/// Reads the candidates of a run.
///
/// # Errors
/// As [`Candidates::read`].
pub fn read_candidates(source: &ReviewSource) -> Result<Candidates> {
    Candidates::read(&source.candidates)
        .context("cannot read candidates: give a run's folder or its candidates.csv")
}

/// Reads a log that annotators may be writing to, and changes nothing. A log that is not there yet has
/// no decisions.
///
/// # Errors
/// As [`DecisionLog::read`].
pub fn read_log(path: &Path) -> Result<(Vec<Decision>, Outcome)> {
    if path.symlink_metadata().is_err() {
        return Ok((Vec::new(), Outcome::Done));
    }
    let Snapshot { decisions, unfinished } = DecisionLog::read(path)?;
    if unfinished == 0 {
        return Ok((decisions, Outcome::Done));
    }
    tell(format_args!(
        "mine-tags: the last line of {} is cut off, or being written: its {} are not counted",
        path.display(),
        counted(unfinished, "byte")
    ));
    Ok((decisions, Outcome::Incomplete))
}

/// Opens a log; says what was damaged and set aside.
///
/// # Errors
/// As [`DecisionLog::open`].
fn open_log(path: &Path) -> Result<(DecisionLog, Outcome)> {
    let (log, aside) = DecisionLog::open(path)?;
    let Some(aside) = aside else { return Ok((log, Outcome::Done)) };
    tell(format_args!(
        "mine-tags: the last line of {} was cut off; its {} were moved to {}",
        path.display(),
        counted(aside.bytes, "byte"),
        aside.path.display()
    ));
    Ok((log, Outcome::Incomplete))
}

fn export(
    args: &ReviewArgs,
    layout: Layout,
    candidates: &Candidates,
    review: &Review,
    by: Option<&Annotator>,
) -> Result<()> {
    let write = |out: &mut dyn Write| exchange::export(layout, candidates, review, by, out);
    match &args.out {
        Some(path) => {
            if path.exists() {
                bail!("{} exists already: name another file with --out", path.display());
            }
            let written = WholeFile::begin(path).and_then(|mut file| {
                write(&mut file)?;
                file.finish()
            });
            written.with_context(|| format!("cannot write {}", path.display()))
        }
        None => print(write),
    }
}

/// Writes to the standard output, whose reader need not want all.
fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    match write(&mut BufWriter::new(io::stdout().lock())) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to the standard output"),
    }
}

fn import(file: &Path, candidates: &Candidates, log: &mut DecisionLog, by: &Annotator) -> Result<()> {
    let layout = match file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Layout::Csv,
        Some("jsonl") => Layout::JsonLines,
        Some("json") => Layout::LabelStudio,
        _ => bail!("{}: give a .csv, a .jsonl, or a .json from Label Studio", file.display()),
    };
    let text = whole_file::is_regular_file(file).and_then(|_| fs::read(file));
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    let review = Review::of(log.decisions());
    let decisions = exchange::import(layout, &text, candidates, &review, by)
        .with_context(|| format!("{}", file.display()))?;
    let count = decisions.len() as u64;
    log.append(decisions)?;
    tell(format_args!("{} of {by} added to {}.", counted(count, "judgement"), log.path().display()));
    Ok(())
}

fn merge(others: &[std::path::PathBuf], log: &mut DecisionLog) -> Result<()> {
    for other in others {
        let added = log.merge(other)?.len() as u64;
        tell(format_args!(
            "{} of {} added to {}.",
            counted(added, "decision"),
            other.display(),
            log.path().display()
        ));
    }
    Ok(())
}
