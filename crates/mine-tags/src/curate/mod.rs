//! `mine-tags curate`: decisions become a vocabulary.

mod table;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use tag_vocabulary::Vocabulary;
use vocab_review::{Curated, Review, curate};
use whole_file::{WholeFile, sync_folder_of};

use crate::Outcome;
use crate::args::CurateArgs;
use crate::crash::tell;
use crate::intake::{counted, number};
use crate::review::{read_candidates, read_log};
use crate::run_directory::result_of;

const JSON: &str = "vocabulary.json";
const LIST: &str = "tags.txt";
const WD14: &str = "tags.csv";
const TABLE: &str = "tags.parquet";

/// Obstacles that are named on the terminal.
const NAMED: usize = 10;

/// Makes the vocabulary.
///
/// # Errors
/// If candidates or decisions cannot be read, nothing was kept, or a file cannot be written.
pub fn run(args: &CurateArgs) -> Result<Outcome> {
    let candidates = read_candidates(&args.source)?;
    let log_path = args.source.log();
    if !log_path.exists() {
        bail!(
            "{} does not exist: judge candidates by mine-tags review first, or name the log with --decisions",
            log_path.display()
        );
    }
    check_place(args)?;
    let (decisions, of_log) = read_log(&log_path)?;
    let curated = curate(&candidates, &Review::of(&decisions), args.size as usize)?;
    tell_verdicts(&curated);
    let Some(vocabulary) = &curated.vocabulary else { bail!("no candidate is kept, nothing was written") };
    write(vocabulary, &args.out)?;
    tell_size(args, &curated, vocabulary);
    let is_whole = vocabulary.len() == args.size as usize && curated.obstacles.is_empty();
    Ok(if is_whole { of_log } else { Outcome::Incomplete })
}

/// Checks that nothing of a run is replaced, and files of the vocabulary's names only if so asked.
fn check_place(args: &CurateArgs) -> Result<()> {
    if args.out.exists() && !args.out.is_dir() {
        bail!("{} is no folder: name one with --out", args.out.display());
    }
    for path in [JSON, LIST, WD14, TABLE].map(|name| args.out.join(name)) {
        if result_of(&path).is_some() {
            bail!("{} is the place of a run's own file: name another folder with --out", path.display());
        }
        if path.symlink_metadata().is_ok() && !args.force {
            bail!(
                "{} exists already: name another folder with --out, or replace it with --force",
                path.display()
            );
        }
    }
    Ok(())
}

/// The files appear whole, once the disk has all of them. The one that the others can be made of
/// comes last.
fn write(vocabulary: &Vocabulary, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot write to {}", folder.display()))?;
    let files = [
        (TABLE, table::to_parquet(vocabulary)?),
        (WD14, vocabulary.to_wd14_csv()?),
        (LIST, vocabulary.to_tag_list()),
        (JSON, vocabulary.to_json()),
    ];
    let cannot_write = |path: &Path| format!("cannot write {}", path.display());
    let mut synced = Vec::new();
    for (name, bytes) in files {
        let path = folder.join(name);
        let file = sync(&path, &bytes).with_context(|| cannot_write(&path))?;
        synced.push((path, file));
    }
    for (path, file) in synced {
        file.put().with_context(|| cannot_write(&path))?;
    }
    sync_folder_of(&folder.join(JSON));
    Ok(())
}

/// A file that the disk has, but for its name.
fn sync(path: &Path, bytes: &[u8]) -> io::Result<WholeFile> {
    let mut file = WholeFile::begin(path)?;
    file.write_all(bytes)?;
    file.sync()?;
    Ok(file)
}

fn tell_verdicts(curated: &Curated) {
    let verdicts: Vec<String> = curated
        .verdicts
        .iter()
        .map(|(verdict, count)| format!("{verdict} {}", number(*count as u64)))
        .collect();
    tell(format_args!("Verdicts: {}; {} undecided.", verdicts.join(", "), number(curated.undecided as u64)));
    for obstacle in curated.obstacles.iter().take(NAMED) {
        tell(format_args!("mine-tags: {} is left out: {obstacle}", obstacle.tag()));
    }
    if curated.obstacles.len() > NAMED {
        tell(format_args!("mine-tags: and {} more", number((curated.obstacles.len() - NAMED) as u64)));
    }
}

fn tell_size(args: &CurateArgs, curated: &Curated, vocabulary: &Vocabulary) {
    let missing = (args.size as usize).saturating_sub(vocabulary.len());
    if missing > 0 {
        tell(format_args!(
            "mine-tags: only {} kept, {} missing to the {} asked for",
            counted(vocabulary.len() as u64, "tag"),
            number(missing as u64),
            number(args.size.into())
        ));
    }
    tell(format_args!(
        "Wrote {} of {} that were kept to {}.",
        counted(vocabulary.len() as u64, "tag"),
        number(curated.kept as u64),
        args.out.join(JSON).display()
    ));
}
