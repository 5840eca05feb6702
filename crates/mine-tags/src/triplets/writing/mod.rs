//! From captions with their tags to files of triplets.

mod candidates;
mod passes;
mod split_files;

use anyhow::Result;
use rayon::prelude::*;
use serde::Serialize;
use tag_triplets::balance::{BalanceReport, Balancer, TagCounts};
use tag_triplets::images::{ImageProblem, ImageReport, check_batch};
use tag_triplets::plan::{Draft, PlanReport};
use tag_triplets::statistics::Statistics;
use tag_triplets::{Image, Noted, Triplet, TripletError, WrittenFile};

use self::passes::{Candidate, pass};
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
        // What is left out before is counted in the second pass.
        let (mut faults, mut ignored) = (Faults::default(), BalanceReport::default());
        let counted = pass(&labelled.images, source, job, run, |batch| {
            for (mut draft, _) in faults.fit(batch, job) {
                job.balance.thin(&mut draft, &mut ignored);
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
    let grouping = pass(&labelled.images, source, job, run, |batch| writing.add(batch))?;
    grouping.map(|grouping| writing.finish(grouping)).transpose()
}

/// What is wrong with images.
#[derive(Default)]
struct Faults {
    images: ImageReport,
    without_split: Noted,
}

impl Faults {
    /// The images that can be written, with their splits: they are there, sound if that is to be
    /// known, and in a split.
    fn fit(&mut self, batch: Vec<Candidate>, job: &Job) -> Vec<(Draft, Image)> {
        let mut present = Vec::with_capacity(batch.len());
        for Candidate { draft, image } in batch {
            match image.and_then(|image| to_load(image, job)) {
                Ok(image) => present.push((draft, image)),
                Err(problem) => self.images.refuse(&draft.image_id, &problem),
            }
        }
        if job.checks_images {
            present = check_batch(present, job.root.as_ref(), &mut self.images);
        }
        present.retain_mut(|(draft, _)| self.has_split(draft, job));
        present
    }

    /// Whether there is a split for an image, which is then in it.
    fn has_split(&mut self, draft: &mut Draft, job: &Job) -> bool {
        match job.splits.assign(&draft.image_id, draft.split.as_deref()) {
            Ok(split) => {
                let split = split.to_owned();
                draft.split = Some(split);
                true
            }
            Err(error) => {
                self.without_split.add(Some(draft.position), &draft.image_id, error);
                false
            }
        }
    }
}

/// An image whose file will be needed must have one.
fn to_load(image: Image, job: &Job) -> Result<Image, ImageProblem> {
    if let (true, Image::Path(path), Some(root)) = (job.loads_images, &image, &job.root) {
        root.file(path)?;
    }
    Ok(image)
}

struct Writing<'j> {
    job: &'j Job,
    balancer: Balancer,
    files: SplitFiles<'j>,
    faults: Faults,
    balance: BalanceReport,
    unwritable: Noted,
    statistics: Statistics,
}

impl<'j> Writing<'j> {
    fn new(job: &'j Job, run: &'j Run, balancer: Balancer) -> Result<Self> {
        Ok(Self {
            job,
            balance: balancer.report(),
            balancer,
            files: SplitFiles::new(job, run)?,
            faults: Faults::default(),
            unwritable: Noted::default(),
            statistics: Statistics::new(job.vocabulary.len()),
        })
    }

    fn add(&mut self, batch: Vec<Candidate>) -> Result<()> {
        let mut kept = Vec::with_capacity(batch.len());
        for (draft, image) in self.faults.fit(batch, self.job) {
            let draft = self.balancer.apply(draft, &mut self.balance);
            kept.extend(draft.map(|draft| draft.into_triplet(image)));
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
                    Err((image_id, problem)) => self.faults.images.refuse(&image_id, &problem),
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, triplet: &Triplet) -> Result<()> {
        match self.files.write(triplet) {
            Ok(()) => self.statistics.add(triplet),
            Err(error) => match error.downcast::<TripletError>()? {
                // The triplet is at fault; others may follow.
                error @ (TripletError::InvalidTriplet { .. }
                | TripletError::MixedImages { .. }
                | TripletError::Split(_)) => self.unwritable.add(None, &triplet.image_id, error),
                error => return Err(error.into()),
            },
        }
        Ok(())
    }

    fn finish(self, grouping: PlanReport) -> Result<Written> {
        let Self { files, faults, balance, unwritable, statistics, .. } = self;
        let Faults { images, without_split } = faults;
        let files = files.finish()?;
        Ok(Written { grouping, images, balance, without_split, unwritable, statistics, files })
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
