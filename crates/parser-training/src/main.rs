//! Trains and evaluates the models of caption-parser.
//!
//! The way to a model: `teach` trains a slow, accurate teacher on treebanks; `label` has it
//! annotate captions; `train` trains the parser on both; `evaluate` and `agree` score it.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use clap::{Parser as CommandLine, Subcommand};

mod annotation;
mod augmentation;
mod batch;
mod commands;
mod encoder;
mod evaluation;
mod export;
mod layers;
mod lemmas;
mod network;
mod normalisation;
mod optimiser;
mod parameters;
mod pieces;
mod silver;
mod student;
mod teacher;
mod training;
mod treebank;
mod vocabulary;

/// Trains and evaluates the models of caption-parser.
#[derive(CommandLine)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a teacher, a pretrained encoder under biaffine heads, and write it to a file.
    Teach(commands::teach::Teach),
    /// Have a teacher annotate captions, for a model to learn from.
    Label(commands::label::Label),
    /// Train a model on treebanks and annotated captions and write it to a file.
    Train(commands::train::Train),
    /// Score a model, or a teacher, on CoNLL-U files whose tokens it is given.
    Evaluate(commands::evaluate::Evaluate),
    /// Compare a model with a teacher on captions.
    Agree(commands::agree::Agree),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Teach(command) => command.run(),
        Command::Label(command) => command.run(),
        Command::Train(command) => command.run(),
        Command::Evaluate(command) => command.run(),
        Command::Agree(command) => command.run(),
    }
}

/// Writes a file so that it appears whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension("partial");
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
