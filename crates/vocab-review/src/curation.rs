//! From decisions to a vocabulary.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::ControlFlow::{self, Break, Continue};

use tag_vocabulary::{Entry, Tag, Vocabulary, VocabularyError};

use crate::candidates::{Candidate, Candidates};
use crate::decision::{Judgement, Verdict};
use crate::review::{Outcome, Review};

/// A curated vocabulary, and what stood in the way of tags that are not in it.
#[derive(Clone, Debug)]
pub struct Curated {
    /// The tags, as many as were asked for if so many were kept.
    pub vocabulary: Option<Vocabulary>,
    /// Candidates that are kept or muted, merged ones not counted, before the list was cut.
    pub kept: usize,
    /// Candidates of each verdict.
    pub verdicts: BTreeMap<&'static str, usize>,
    /// Candidates that nobody has judged.
    pub undecided: usize,
    /// What keeps a candidate out though it was judged.
    pub obstacles: Vec<Obstacle>,
}

/// Why a candidate that was judged could not be treated so. It is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// As many annotators say one thing as another.
    Disagreement(Tag),
    /// It is merged into a tag that is not kept.
    LostTarget {
        /// The candidate.
        tag: Tag,
        /// Where its merges lead to.
        target: Tag,
        /// Why that is not kept.
        cause: LostCause,
    },
    /// Its merges lead round in a circle.
    Circle(Tag),
    /// Its new name breaks the conventions.
    BadName {
        /// The candidate.
        tag: Tag,
        /// What is wrong.
        reason: String,
    },
}

/// Why a tag that others are merged into is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostCause {
    /// It is no candidate: a later corpus may lack it.
    Absent,
    /// Nobody has judged it.
    Undecided,
    /// As many annotators say one thing of it as another.
    Disagreement,
    /// It is dropped.
    Dropped,
    /// Its own new name breaks the conventions.
    BadName,
}

impl Obstacle {
    /// The candidate that is left out.
    pub fn tag(&self) -> &Tag {
        match self {
            Self::Disagreement(tag) | Self::Circle(tag) => tag,
            Self::LostTarget { tag, .. } | Self::BadName { tag, .. } => tag,
        }
    }
}

/// The reason, without the tag.
impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disagreement(_) => f.write_str("annotators disagree, adjudicate it"),
            Self::LostTarget { target, cause, .. } => write!(f, "merged into {target}, which {cause}"),
            Self::Circle(_) => f.write_str("its merges lead round in a circle"),
            Self::BadName { reason, .. } => f.write_str(reason),
        }
    }
}

impl fmt::Display for LostCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "is no candidate here",
            Self::Undecided => "nobody has judged",
            Self::Disagreement => "annotators disagree about",
            Self::Dropped => "is dropped",
            Self::BadName => "cannot have its new name",
        })
    }
}

/// Makes a vocabulary of the `size` most frequent tags that are kept or muted.
///
/// The frequency of a tag is the sum of its own images and those of the tags that are merged into
/// it: at most what it would be if the captions were counted anew. The result depends on the
/// candidates and on what holds, not on the order of decisions. With a `size` of 0 it tells only
/// what would become of the candidates.
///
/// # Errors
/// If the tags make no vocabulary.
pub fn curate(candidates: &Candidates, review: &Review, size: usize) -> Result<Curated, VocabularyError> {
    let mut sorter = Sorter::default();
    for candidate in candidates.all() {
        sorter.sort(candidate, review.outcome(&candidate.tag));
    }
    let mut ends = Ways::default();
    for candidate in std::mem::take(&mut sorter.merges) {
        let step = |tag: &Tag| counts_as(tag, candidates, review).map_or(Break(Some(tag.clone())), Continue);
        match ends.follow(&candidate.tag, None, step) {
            Some(target) => sorter.merge(candidate, target, candidates, review),
            None => sorter.obstacles.push(Obstacle::Circle(candidate.tag.clone())),
        }
    }
    let Sorter { entries, verdicts, undecided, obstacles, .. } = sorter;
    let names: HashSet<Tag> = entries.keys().cloned().collect();
    let mut entries: Vec<Entry> = entries.into_values().collect();
    // A tag that another candidate was renamed to is that one's.
    entries.iter_mut().for_each(|entry| entry.merged.retain(|merged| !names.contains(merged)));
    let kept = entries.len();
    let frequency = |entry: &Entry| std::cmp::Reverse((entry.images, entry.captions, entry.mentions));
    entries.sort_by(|a, b| frequency(a).cmp(&frequency(b)).then_with(|| a.tag.cmp(&b.tag)));
    entries.truncate(size);
    let vocabulary = if entries.is_empty() { None } else { Some(Vocabulary::new(entries)?) };
    Ok(Curated { vocabulary, kept, verdicts, undecided, obstacles })
}

#[derive(Default)]
struct Sorter<'c> {
    /// By the tag as it is to be called.
    entries: BTreeMap<Tag, Entry>,
    /// What candidates that are kept are to be called.
    names: BTreeMap<Tag, Tag>,
    merges: Vec<&'c Candidate>,
    verdicts: BTreeMap<&'static str, usize>,
    undecided: usize,
    obstacles: Vec<Obstacle>,
}

impl<'c> Sorter<'c> {
    fn sort(&mut self, candidate: &'c Candidate, outcome: Outcome) {
        let tag = &candidate.tag;
        let judgement = match outcome {
            Outcome::Undecided => return self.undecided += 1,
            Outcome::Disagreement => return self.obstacles.push(Obstacle::Disagreement(tag.clone())),
            Outcome::Decided(judgement) => judgement,
        };
        *self.verdicts.entry(judgement.verdict.as_str()).or_default() += 1;
        match &judgement.verdict {
            Verdict::Drop => {}
            Verdict::Merge { .. } => self.merges.push(candidate),
            Verdict::Keep | Verdict::Mute => self.keep(candidate, &judgement),
        }
    }

    fn keep(&mut self, candidate: &Candidate, judgement: &Judgement) {
        let tag = &candidate.tag;
        let name = match judgement.renamed(tag) {
            Ok(name) => name,
            Err(error) => {
                let reason = error.to_string();
                return self.obstacles.push(Obstacle::BadName { tag: tag.clone(), reason });
            }
        };
        self.names.insert(tag.clone(), name.clone());
        // Two candidates may come to the same name: the more frequent, which came first, keeps its
        // verdict.
        let entry = self
            .entries
            .entry(name.clone())
            .or_insert_with(|| Entry { muted: judgement.verdict == Verdict::Mute, ..Entry::new(name) });
        count(entry, candidate);
    }

    /// Counts a candidate as the tag that its merges lead to.
    fn merge(&mut self, candidate: &Candidate, target: Tag, candidates: &Candidates, review: &Review) {
        if let Some(entry) = self.entries.get_mut(self.names.get(&target).unwrap_or(&target)) {
            return count(entry, candidate);
        }
        let cause = match review.outcome(&target) {
            _ if candidates.get(&target).is_none() => LostCause::Absent,
            Outcome::Undecided => LostCause::Undecided,
            Outcome::Disagreement => LostCause::Disagreement,
            Outcome::Decided(Judgement { verdict: Verdict::Drop, .. }) => LostCause::Dropped,
            Outcome::Decided(_) => LostCause::BadName,
        };
        self.obstacles.push(Obstacle::LostTarget { tag: candidate.tag.clone(), target, cause });
    }
}

/// What is found at the end of ways from tag to tag. Every tag is passed once.
#[derive(Default)]
pub(crate) struct Ways<T>(HashMap<Tag, T>);

impl<T: Clone> Ways<T> {
    /// What is found on the way from a tag. `step` tells the next tag, or what is found; `circle` is
    /// what is found where the way leads back to itself.
    pub(crate) fn follow(&mut self, first: &Tag, circle: T, step: impl Fn(&Tag) -> ControlFlow<T, Tag>) -> T {
        let (mut path, mut tag) = (Vec::new(), first.clone());
        let found = loop {
            if let Some(found) = self.0.get(&tag) {
                break found.clone();
            }
            self.0.insert(tag.clone(), circle.clone());
            path.push(tag.clone());
            match step(&tag) {
                Continue(next) => tag = next,
                Break(found) => break found,
            }
        };
        for tag in path {
            self.0.insert(tag, found.clone());
        }
        found
    }
}

/// The tag that a tag is merged into. A later corpus may lack a tag that others were merged into: then
/// it stands for what it was merged into or renamed to itself.
pub(crate) fn counts_as(tag: &Tag, candidates: &Candidates, review: &Review) -> Option<Tag> {
    let Outcome::Decided(judgement) = review.outcome(tag) else { return None };
    match &judgement.verdict {
        Verdict::Merge { into } => Some(into.clone()),
        Verdict::Keep | Verdict::Mute if candidates.get(tag).is_none() => {
            judgement.renamed(tag).ok().filter(|name| name != tag)
        }
        Verdict::Keep | Verdict::Mute | Verdict::Drop => None,
    }
}

/// Adds a candidate to its entry, under its own name too.
fn count(entry: &mut Entry, candidate: &Candidate) {
    entry.mentions = entry.mentions.saturating_add(candidate.mentions);
    entry.captions = entry.captions.saturating_add(candidate.captions);
    entry.images = entry.images.saturating_add(candidate.images);
    if candidate.tag != entry.tag {
        entry.merged.push(candidate.tag.clone());
    }
}
