//! `tagger`: images in; tags, captions and rankings out.

mod args;
mod commands;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Command, CommandLine};

/// How a job ended, if it could run at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// All went well.
    Done,
    /// Done, but something was skipped or is missing; it was named.
    Incomplete,
}

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    match panic_guard::catch(|| run(command_line)) {
        Ok(Ok(Outcome::Done)) => ExitCode::SUCCESS,
        Ok(Ok(Outcome::Incomplete)) => ExitCode::from(1),
        Ok(Err(error)) => {
            tell(format_args!("tagger: {}", in_full(&error)));
            ExitCode::from(2)
        }
        Err(message) => {
            tell(format_args!("tagger: internal error: {message}\nThis is a bug; please report it."));
            ExitCode::from(2)
        }
    }
}

fn run(command_line: CommandLine) -> Result<Outcome> {
    match command_line.command {
        Command::Predict(args) => commands::predict(&args),
        Command::Caption(args) => commands::caption(&args),
        Command::Retrieve(args) => commands::retrieve(&args),
        Command::Import(args) => commands::import(&args),
    }
}

/// Writes a line for people. A closed standard error is no reason to stop.
fn tell(message: impl fmt::Display) {
    _ = writeln!(io::stderr(), "{message}");
}

/// An error and its causes, but for those that the text before them ends with: many libraries
/// already tell their cause.
fn in_full(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
