//! What is written to the standard output.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::ops::ControlFlow;

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;

/// The standard output.
pub struct Output(BufWriter<StdoutLock<'static>>);

impl Output {
    pub fn new() -> Self {
        Self(BufWriter::new(io::stdout().lock()))
    }

    /// Writes text at once, above the progress bar. Whoever reads it may close it early, as `head`
    /// does: then it is to break off.
    ///
    /// # Errors
    /// If it cannot be written, but for want of a reader.
    pub fn write(&mut self, text: &str, bar: &ProgressBar) -> Result<ControlFlow<()>> {
        let written = bar.suspend(|| self.0.write_all(text.as_bytes()).and_then(|()| self.0.flush()));
        match written {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
            Err(error) => Err(error).context("cannot write the results"),
        }
    }
}
