//! Trains and evaluates the models of caption-parser.
//!
//! The way to a model: `teach` trains a slow, accurate teacher on treebanks; `label` has it
//! annotate captions; `train` trains the parser on both; `evaluate` and `agree` score it.

use anyhow::Result;
use clap::{Parser as CommandLine, Subcommand};

mod annotation;
mod augmentation;
mod batch;
mod commands;
mod encoder;
mod evaluation;
mod export;
mod graphs;
mod layers;
mod lemmas;
mod network;
mod normalisation;
mod optimiser;
mod output;
mod parameters;
mod payload;
mod pieces;
mod pretrained;
mod silver;
mod student;
mod targets;
mod teacher;
mod training;
mod treebank;
mod vocabulary;
mod word_pieces;

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
    /// Train the network that writes scene graphs as FACTUAL does, over a parser's vectors.
    Graphs(commands::graphs::Graphs),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Teach(command) => command.run(),
        Command::Label(command) => command.run(),
        Command::Train(command) => command.run(),
        Command::Evaluate(command) => command.run(),
        Command::Agree(command) => command.run(),
        Command::Graphs(command) => command.run(),
    }
}
