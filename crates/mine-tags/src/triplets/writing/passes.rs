//! One way through all images.

use std::panic::resume_unwind;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use anyhow::Result;
use tag_triplets::plan::PlanReport;

pub use super::candidates::Candidate;
use super::candidates::Candidates;
use crate::triplets::Run;
use crate::triplets::job::Job;
use crate::triplets::labelling::Rows;
use crate::triplets::source::Source;

/// Batches that wait, at most.
const QUEUED: usize = 2;

/// Hands all images to `consume`, batch by batch, while the next are read; `None` if it was
/// interrupted.
pub fn pass(
    rows: &Rows,
    source: &Source,
    job: &Job,
    run: &Run,
    mut consume: impl FnMut(Vec<Candidate>) -> Result<()> + Send,
) -> Result<Option<PlanReport>> {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(QUEUED);
        let reader = scope.spawn(move || read(Candidates::new(rows, source, job.root.as_ref()), &sender));
        for batch in receiver {
            if run.interrupt.is_requested() {
                return Ok(None);
            }
            run.pool.install(|| consume(batch))?;
        }
        let report = reader.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok((!run.interrupt.is_requested()).then_some(report))
    })
}

/// Reads until the end, or until nobody listens.
fn read(mut candidates: Candidates<'_>, queue: &SyncSender<Vec<Candidate>>) -> Result<PlanReport> {
    loop {
        let batch = candidates.batch()?;
        if batch.is_empty() || queue.send(batch).is_err() {
            return Ok(candidates.report().clone());
        }
    }
}
