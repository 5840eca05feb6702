//! From captions with their tags to files of triplets.

mod candidates;
mod passes;
mod split_files;

use anyhow::Result;
use rayon::prelude::*;
use serde::Serialize;
use tag_triplets::balance::{BalanceReport, Balancer, TagCounts};
use tag_triplets::images::{ImageProblem, ImageReport};
use tag_triplets::plan::{Draft, PlanReport};
use tag_triplets::statistics::Statistics;
use tag_triplets::{Image, Noted, Triplet, TripletError, WrittenFile};

use self::passes::pass;
use self::split_files::SplitFiles;
use super::Run;
use super::job::Job;
use super::labelling::Labelled;
use super::source::Source;

/// Images whose files are held in memory at a time.
const LOADED: usize = 64;

/// What was written, and what was not.
#[derive(Serialize)]
pub struct Written {
    /// How rows became images.
    pub grouping: PlanReport,
    /// What was wrong with images.
    pub images: ImageReport,
    /// What was left out because it was asked for.
    pub balance: BalanceReport,
    /// Images whose column names no split, or none that can be one.
    pub without_split: Noted,
    /// Images that the format has no place for.
    pub unwritable: Noted,
    pub statistics: Statistics,
    pub files: Vec<WrittenFile>,
}

/// Writes all triplets; `None` if it was interrupted.
///
/// # Errors
/// If a file cannot be read or written.
pub fn write(job: &Job, source: &Source, labelled: &Labelled, run: &Run) -> Result<Option<Written>> {
    let mut counts = TagCounts::default();
    if job.balance.needs_counts() {
        let mut ignored = (ImageReport::default(), BalanceReport::default());
        let counted = pass(&labelled.images, source, run, |batch| {
            for (mut draft, _) in checked(batch, job, &mut ignored.0) {
                job.balance.thin(&mut draft, &mut ignored.1);
                counts.add(&draft);
            }
            Ok(())
        })?;
        if counted.is_none() {
            return Ok(None);
        }
    }
    let balancer = Balancer::new(job.balance.clone(), counts)?;
    let mut writing = Writing::new(job, run, balancer)?;
    let grouping = pass(&labelled.images, source, run, |batch| writing.add(batch))?;
    grouping.map(|grouping| writing.finish(grouping)).transpose()
}

/// The images that are there, and sound if that is to be known.
fn checked(batch: Vec<passes::Candidate>, job: &Job, report: &mut ImageReport) -> Vec<(Draft, Image)> {
    let mut present = Vec::with_capacity(batch.len());
    for candidate in batch {
        match candidate.image {
            Ok(image) => present.push((candidate.draft, image)),
            Err(problem) => report.refuse(&candidate.draft.image_id, &problem),
        }
    }
    match job.checks_images {
        true => tag_triplets::images::check_batch(present, job.root.as_ref(), report),
        false => present,
    }
}

struct Writing<'j> {
    job: &'j Job,
    balancer: Balancer,
    files: SplitFiles<'j>,
    written: Written,
}

impl<'j> Writing<'j> {
    fn new(job: &'j Job, run: &'j Run, balancer: Balancer) -> Result<Self> {
        let written = Written {
            grouping: PlanReport::default(),
            images: ImageReport::default(),
            balance: balancer.report(),
            without_split: Noted::default(),
            unwritable: Noted::default(),
            statistics: Statistics::new(job.vocabulary.len()),
            files: Vec::new(),
        };
        Ok(Self { job, balancer, files: SplitFiles::new(job, run)?, written })
    }

    fn add(&mut self, batch: Vec<passes::Candidate>) -> Result<()> {
        let mut kept = Vec::with_capacity(batch.len());
        for (draft, image) in checked(batch, self.job, &mut self.written.images) {
            let draft = self.balancer.apply(draft, &mut self.written.balance);
            kept.extend(draft.and_then(|draft| self.in_split(draft, image)));
        }
        if !self.job.loads_images {
            return kept.iter().try_for_each(|triplet| self.put(triplet));
        }
        while !kept.is_empty() {
            let rest = kept.split_off(kept.len().min(LOADED));
            let loaded: Vec<_> = kept.into_par_iter().map(|triplet| load(triplet, self.job)).collect();
            kept = rest;
            for loaded in loaded {
                match loaded {
                    Ok(triplet) => self.put(&triplet)?,
                    Err((image_id, problem)) => self.written.images.refuse(&image_id, &problem),
                }
            }
        }
        Ok(())
    }

    /// The triplet with its split, unless there is none for it.
    fn in_split(&mut self, mut draft: Draft, image: Image) -> Option<Triplet> {
        match self.job.splits.assign(&draft.image_id, draft.split.as_deref()) {
            Ok(split) => {
                let split = split.to_owned();
                draft.split = Some(split);
                Some(draft.into_triplet(image))
            }
            Err(error) => {
                self.written.without_split.add(Some(draft.position), &draft.image_id, error);
                None
            }
        }
    }

    fn put(&mut self, triplet: &Triplet) -> Result<()> {
        match self.files.write(triplet) {
            Ok(()) => self.written.statistics.add(triplet),
            Err(error) => match error.downcast::<TripletError>()? {
                // The triplet is at fault; others may follow.
                error @ (TripletError::InvalidTriplet { .. } | TripletError::MixedImages { .. }) => {
                    self.written.unwritable.add(None, &triplet.image_id, error);
                }
                error => return Err(error.into()),
            },
        }
        Ok(())
    }

    fn finish(self, grouping: PlanReport) -> Result<Written> {
        let files = self.files.finish()?;
        Ok(Written { grouping, files, ..self.written })
    }
}

/// The triplet with the file of its image.
fn load(mut triplet: Triplet, job: &Job) -> Result<Triplet, (String, ImageProblem)> {
    let (Image::Path(path), Some(root)) = (&triplet.image, &job.root) else { return Ok(triplet) };
    match root.load(path) {
        Ok(image) => triplet.image = image,
        Err(problem) => return Err((triplet.image_id, problem)),
    }
    Ok(triplet)
}
