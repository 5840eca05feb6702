//! Images in batches: the next is read while the model works on the last.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use candle_core::{Device, Tensor};
use indicatif::{ProgressBar, ProgressStyle};
use tagger::preprocessing::{ImageError, Preprocess, load_images, stack_images};

use crate::{Outcome, tell};

/// Images that are computed together.
pub struct Batch<'a> {
    /// Their files.
    pub paths: Vec<&'a PathBuf>,
    /// (B, 3, S, S), normalised.
    pub pixels: Tensor,
}

/// Where images come from, and how they become tensors.
pub struct Batches<'a> {
    /// The files.
    pub paths: &'a [PathBuf],
    /// What is done with each.
    pub preprocess: Preprocess,
    /// Images in a batch, at most.
    pub size: usize,
    /// Where the tensors are to be.
    pub device: &'a Device,
}

impl Batches<'_> {
    /// Gives each batch to `work`, in the order of the files, until it breaks off. An image that
    /// cannot be read is told and left out.
    ///
    /// # Errors
    /// Those of `work`, which end it.
    pub fn each(
        &self,
        mut work: impl FnMut(Batch, &ProgressBar) -> Result<ControlFlow<()>>,
    ) -> Result<Outcome> {
        let bar = progress(self.paths.len());
        let mut outcome = Outcome::Done;
        thread::scope(|scope| {
            let (sender, receiver) = sync_channel(1);
            scope.spawn(move || {
                for paths in self.paths.chunks(self.size) {
                    if sender.send((paths, load_images(paths, &self.preprocess))).is_err() {
                        break;
                    }
                }
            });
            for (paths, loaded) in receiver {
                let (batch, skipped) = self.batch(paths, loaded)?;
                for error in skipped {
                    bar.suspend(|| tell(error));
                    outcome = Outcome::Incomplete;
                }
                if let Some(batch) = batch
                    && work(batch, &bar)?.is_break()
                {
                    break;
                }
                bar.inc(paths.len() as u64);
            }
            bar.finish_and_clear();
            Ok(outcome)
        })
    }

    fn batch<'b>(
        &self,
        paths: &'b [PathBuf],
        loaded: Vec<Result<Vec<f32>, ImageError>>,
    ) -> Result<(Option<Batch<'b>>, Vec<ImageError>)> {
        let (mut good, mut pixels, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        for (path, loaded) in paths.iter().zip(loaded) {
            match loaded {
                Ok(values) => {
                    good.push(path);
                    pixels.push(values);
                }
                Err(error) => skipped.push(error),
            }
        }
        if good.is_empty() {
            return Ok((None, skipped));
        }
        let pixels = stack_images(&pixels, self.preprocess.size, self.device)?;
        Ok((Some(Batch { paths: good, pixels }), skipped))
    }
}

/// On a terminal only.
fn progress(images: usize) -> ProgressBar {
    let bar = ProgressBar::new(images as u64);
    let style = ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} images  {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
