//! `mine-tags`: captions in, a ranked tag vocabulary out.

mod args;
mod crash;
mod interrupt;
mod mine;
mod parse;
mod report;
mod tagging;

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
            crash::tell(format_args!("mine-tags: {error:#}"));
            ExitCode::from(2)
        }
        Err(crash) => {
            crash::tell(format_args!("mine-tags: internal error: {crash}\nThis is a bug; please report it."));
            ExitCode::from(2)
        }
    }
}

fn run(command_line: CommandLine) -> Result<Outcome> {
    match command_line.command {
        Some(Command::Parse(args)) => parse::run(&args),
        None => mine::run(&command_line.mine),
    }
}
