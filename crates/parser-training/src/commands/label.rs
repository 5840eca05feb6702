//! `label`: captions annotated by a teacher.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use caption_corpus::{ColumnChoice, Corpus};
use caption_parser::{Parser, Scratch};
use clap::Args;

use crate::annotation::annotate;
use crate::output::Output;
use crate::silver;
use crate::teacher::Teacher;
use crate::treebank::{Example, MOST_WORDS};

#[derive(Args)]
pub struct Label {
    /// The teacher's file, from `teach`
    #[arg(long)]
    teacher: PathBuf,
    /// Folder of the encoder that the teacher began as: its word embeddings are not in the teacher's
    /// file
    #[arg(long)]
    encoder: PathBuf,
    /// Corpora with captions that are left out, whatever their capitals and punctuation
    #[arg(long)]
    except: Vec<PathBuf>,
    /// The file of annotated captions to write
    #[arg(long, short)]
    out: PathBuf,
    /// Corpora of captions: files or folders in any format that mine-tags reads; sentences too long
    /// for the teacher, or of more than 255 words, are left out
    #[arg(required = true)]
    captions: Vec<PathBuf>,
}

impl Label {
    pub fn run(&self) -> Result<()> {
        let output = Output::at(&self.out)?;
        let teacher = Teacher::load(&self.encoder, &self.teacher)?;
        let mut captions = distinct_captions(&self.captions)?;
        if !self.except.is_empty() {
            let left_out: BTreeSet<String> =
                distinct_captions(&self.except)?.iter().map(|caption| plain(caption)).collect();
            captions.retain(|caption| !left_out.contains(&plain(caption)));
        }
        let mut sentences = Vec::new();
        let (parser, mut scratch) = (Parser::embedded()?, Scratch::default());
        for caption in &captions {
            let document = parser.parse(&mut scratch, caption);
            sentences.extend(document.sentences().map(|sentence| Example::of_forms(&sentence)));
        }
        sentences.retain(|sentence| sentence.len() <= MOST_WORDS && teacher.fits(sentence));
        ensure!(!sentences.is_empty(), "no sentences are left: all are in --except, or too long");
        eprintln!("{} captions, {} sentences", captions.len(), sentences.len());
        annotate(&teacher, &mut sentences)?;
        output.write(&silver::to_bytes(&sentences)?)?;
        eprintln!("wrote {}", output.path().display());
        Ok(())
    }
}

/// Every caption of the corpora once, in the order of their text.
pub fn distinct_captions(paths: &[PathBuf]) -> Result<BTreeSet<String>> {
    let corpus = Corpus::open(paths.iter().map(PathBuf::as_path), &ColumnChoice::default())?;
    let mut captions = BTreeSet::new();
    for shard in corpus.shards() {
        for batch in shard.open()? {
            captions.extend(batch?.iter().map(|row| row.caption.to_owned()));
        }
    }
    let names = || paths.iter().map(|path: &PathBuf| Path::display(path).to_string()).collect::<Vec<_>>();
    ensure!(!captions.is_empty(), "no captions in {}", names().join(", "));
    Ok(captions)
}

/// Letters and digits of a caption, by which two are the same.
fn plain(caption: &str) -> String {
    caption.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
