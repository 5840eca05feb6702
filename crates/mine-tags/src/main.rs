//! `mine-tags`: captions in, a ranked tag vocabulary or training data out.

mod args;
mod crash;
mod curate;
mod intake;
mod interrupt;
mod mine;
mod parse;
mod report;
mod review;
mod run_directory;
mod shell;
mod tagging;
mod triplets;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Command, CommandLine};

/// How a job ended, if it could run at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All went well.
    Done,
    /// Done, but something was skipped or could not be read; it was named.
    Incomplete,
    /// Stopped by the user.
    Interrupted,
}

fn main() -> ExitCode {
    crash::silence_panics();
    let command_line = CommandLine::parse();
    match crash::catch(|| run(command_line)) {
        Ok(Ok(Outcome::Done)) => ExitCode::SUCCESS,
        Ok(Ok(Outcome::Incomplete)) => ExitCode::from(1),
        Ok(Ok(Outcome::Interrupted)) => ExitCode::from(interrupt::INTERRUPTED),
        Ok(Err(error)) => {
            crash::tell(format_args!("mine-tags: {}", in_full(&error)));
            ExitCode::from(2)
        }
        Err(crash) => {
            crash::tell(format_args!("mine-tags: internal error: {crash}\nThis is a bug; please report it."));
            ExitCode::from(2)
        }
    }
}

/// An error and its causes, but for those that the text before them ends with: many libraries
/// already tell their cause.
fn in_full(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn run(command_line: CommandLine) -> Result<Outcome> {
    match command_line.command {
        Some(Command::Parse(args)) => parse::run(&args),
        Some(Command::Review(args)) => review::run(&args),
        Some(Command::Curate(args)) => curate::run(&args),
        Some(Command::Triplets(args)) => triplets::run(&args),
        None => mine::run(&command_line.mine),
    }
}

#[cfg(test)]
mod tests {
    use super::in_full;

    #[test]
    fn a_cause_is_told_once() {
        let error =
            anyhow::anyhow!("disk full").context("cannot write a.csv: disk full").context("no results");
        assert_eq!(in_full(&error), "no results: cannot write a.csv: disk full");
    }
}
