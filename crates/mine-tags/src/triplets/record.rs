//! `triplets.json`: what was read, with what, and what came of it.

use std::collections::BTreeMap;

use serde::Serialize;
use tag_triplets::Noted;

use super::job::Job;
use super::writing::Written;
use super::{PAGE, VOCABULARY_FILE};
use crate::intake::InputRecord;
use crate::run_directory::PROGRAM;

/// The whole record. All but `timings` depends on the corpus, the images and the options alone.
#[derive(Serialize)]
pub struct TripletsRecord<'r> {
    program: &'static str,
    version: &'static str,
    /// BLAKE3 hash of the parser's model.
    parser_model: &'r str,
    vocabulary_hash: &'r str,
    pub vocabulary_size: usize,
    options: &'r BTreeMap<String, String>,
    inputs: &'r [InputRecord],
    pub labels: Labels,
    #[serde(flatten)]
    pub written: &'r Written,
    /// Tags of the vocabulary that no image has.
    pub tags_without_images: usize,
    /// What lies beside this file and those of `files`: what `--force` may replace, too.
    other_files: [&'static str; 2],
    pub timings: Timings,
}

/// What became of the captions that were read.
#[derive(Clone, Copy, Serialize)]
pub struct Labels {
    pub captions: u64,
    /// Captions with a tag of the vocabulary.
    pub tagged: u64,
    /// Captions that a bug kept from being parsed.
    pub unparsed: u64,
}

#[derive(Clone, Copy, Serialize)]
pub struct Timings {
    pub reading_and_parsing_seconds: f64,
    pub writing_seconds: f64,
}

impl Timings {
    pub fn new(read: f64, all: f64) -> Self {
        Self { reading_and_parsing_seconds: read, writing_seconds: all - read }
    }
}

impl<'r> TripletsRecord<'r> {
    pub fn new(
        job: &'r Job,
        inputs: &'r [InputRecord],
        labels: Labels,
        written: &'r Written,
        timings: Timings,
    ) -> Self {
        let by_tag = written.statistics.images_by_tag();
        Self {
            program: PROGRAM,
            version: env!("CARGO_PKG_VERSION"),
            parser_model: &job.provenance.model_hash,
            vocabulary_hash: job.vocabulary.hash(),
            vocabulary_size: job.vocabulary.len(),
            options: &job.provenance.options,
            inputs,
            labels,
            written,
            tags_without_images: by_tag.iter().filter(|&&images| images == 0).count(),
            other_files: [PAGE, VOCABULARY_FILE],
            timings,
        }
    }

    pub fn inputs(&self) -> &[InputRecord] {
        self.inputs
    }

    /// Whether anything was skipped that was not asked to be.
    pub fn is_incomplete(&self) -> bool {
        let is_skipped = |input: &InputRecord| input.error.is_some() || input.tally.total() > 0;
        self.labels.unparsed > 0
            || self.inputs.iter().any(is_skipped)
            || self.written.faults().iter().any(|(_, noted)| noted.count > 0)
    }
}

impl Written {
    /// What is wrong with the corpus or its images, each with words for it.
    pub fn faults(&self) -> Vec<(String, &Noted)> {
        let grouping = &self.grouping;
        let mut faults = vec![
            (
                "rows that name another split than an earlier row, whose split holds".to_owned(),
                &grouping.split_conflicts,
            ),
            ("images that no row has or names".to_owned(), &grouping.without_image),
            ("images that come a second time".to_owned(), &grouping.duplicates),
            (
                "rows that name another image for the same id, and their captions".to_owned(),
                &grouping.image_conflicts,
            ),
            ("images without a split".to_owned(), &self.without_split),
            ("images that the format has no place for".to_owned(), &self.unwritable),
        ];
        let refused = self.images.refused.iter();
        faults.extend(
            refused.map(|(problem, noted)| (format!("images: {}", problem.replace('_', " ")), noted)),
        );
        faults
    }

    /// What was left out as asked, each with words for it.
    pub fn choices(&self) -> [(&'static str, u64); 9] {
        let balance = &self.balance;
        let left_out = self.files.iter().map(|file| file.left_out).max().unwrap_or(0);
        [
            ("captions that repeat another of their image", balance.repeated_captions.count),
            ("captions without a tag", balance.untagged_captions.count),
            ("captions over the number for an image", balance.captions_over_cap.count),
            ("images without a caption left", balance.images_without_captions.count),
            ("images whose tags are all too frequent", balance.images_over_cap.count),
            ("captions of these images", balance.captions_of_images_over_cap),
            ("tags of too few images", balance.rare_tags.len() as u64),
            ("mentions of these", balance.rare_mentions),
            ("images without a line in the lists for evaluation, since their paths have commas", left_out),
        ]
    }
}
