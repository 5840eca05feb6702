//! `evaluate`: scores on treebanks.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

use crate::annotation::annotate;
use crate::evaluation::{self, HEADER, Scores};
use crate::teacher::Teacher;
use crate::treebank::{self, Example};

#[derive(Args)]
pub struct Evaluate {
    /// Model file; without it the embedded model
    #[arg(long)]
    model: Option<PathBuf>,
    /// Score this teacher, from `teach`, instead of a model
    #[arg(long, requires = "encoder", conflicts_with = "model")]
    teacher: Option<PathBuf>,
    /// Folder of the encoder that the teacher began as: its word embeddings are not in the teacher's
    /// file
    #[arg(long, requires = "teacher")]
    encoder: Option<PathBuf>,
    /// Print a table of relations too
    #[arg(long)]
    relations: bool,
    /// CoNLL-U files, gzipped or not
    #[arg(required = true)]
    treebanks: Vec<PathBuf>,
}

impl Evaluate {
    pub fn run(&self) -> Result<()> {
        match (&self.teacher, &self.encoder) {
            (Some(teacher), Some(encoder)) => {
                let teacher = Teacher::load(encoder, teacher)?;
                self.print(|path| score_teacher(&teacher, path))
            }
            _ => {
                let loaded = evaluation::load(self.model.as_deref())?;
                println!("model {}\n", loaded.get().model_hash());
                self.print(|path| evaluation::evaluate(loaded.get(), path))
            }
        }
    }

    /// Prints a row as soon as it is known, so that a treebank that cannot be read does not cost
    /// the scores of those before it.
    fn print(&self, score: impl Fn(&Path) -> Result<Scores>) -> Result<()> {
        println!("{HEADER}");
        let mut tables = String::new();
        for path in &self.treebanks {
            let scores = score(path)?;
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            println!("{}", scores.row(&name));
            if self.relations {
                tables += &format!("\n{name}\n\n{}", scores.by_relation());
            }
        }
        print!("{tables}");
        Ok(())
    }
}

fn score_teacher(teacher: &Teacher, path: &Path) -> Result<Scores> {
    let gold = treebank::read(path)?;
    let mut ours: Vec<Example> = gold.iter().map(Example::unannotated).collect();
    if let Some(example) = ours.iter().find(|example| !teacher.fits(example)) {
        bail!("a sentence of {} words in {} is too long for the teacher", example.len(), path.display());
    }
    annotate(teacher, &mut ours)?;
    let mut scores = Scores::default();
    gold.iter().zip(&ours).for_each(|(gold, ours)| scores.add(gold, ours));
    Ok(scores)
}
