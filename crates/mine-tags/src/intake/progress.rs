//! The progress bar: on a terminal only.

use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Progress over all files, by their bytes.
pub struct Progress {
    bar: ProgressBar,
    /// Bytes of each file that have been read.
    read: Vec<u64>,
    captions: u64,
}

impl Progress {
    /// A bar for files of these sizes. Nothing is drawn if `hidden`, or if the standard error is
    /// no terminal.
    pub fn new(sizes: Vec<u64>, hidden: bool) -> Self {
        let bar = ProgressBar::new(sizes.iter().sum());
        if hidden {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = ProgressStyle::with_template("{wide_bar} {percent:>3}%  {msg}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, read: vec![0; sizes.len()], captions: 0 }
    }

    /// Notes how far a file has been read, and the captions that were counted.
    pub fn advance(&mut self, file: usize, bytes: u64, captions: usize) {
        self.read[file] = bytes;
        self.captions += captions as u64;
        self.bar.set_position(self.read.iter().sum());
        let rate = self.captions as f64 / self.bar.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!(
            "{} captions, {}/s",
            HumanCount(self.captions),
            HumanCount(rate as u64)
        ));
    }

    /// Takes the bar off the screen.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}
