//! Statistics of a tag table.

use polars::prelude::*;
use tag_vocabulary::TagKind;

use crate::table::{TableError, TagTable};

/// Images that a tag needs to belong to a class of [`TagTable::frequency_classes`].
const CLASS_BOUNDS: [u64; 6] = [1, 2, 5, 10, 100, 1000];
/// Points that a rank-frequency curve has for each doubling of the rank, at most.
const POINTS_PER_OCTAVE: u32 = 16;

/// How many tags there are of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindCounts {
    /// The kind.
    pub kind: TagKind,
    /// Different tags.
    pub tags: u64,
    /// Their mentions.
    pub mentions: u64,
}

/// How many tags are known for at least so many images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrequencyClass {
    /// The least number of images.
    pub images: u64,
    /// Tags with so many or more.
    pub tags: u64,
}

/// A point of a rank-frequency curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankPoint {
    /// The tag's rank among those of its kind, from 1.
    pub rank: u32,
    /// Its images.
    pub images: u64,
}

impl TagTable {
    /// Tags and mentions of each kind, in the order of [`TagKind::ALL`].
    ///
    /// # Errors
    /// [`TableError::Compute`] if the table library fails.
    pub fn counts_by_kind(&self) -> Result<[KindCounts; TagKind::ALL.len()], TableError> {
        let mut counts = TagKind::ALL.map(|kind| KindCounts { kind, tags: 0, mentions: 0 });
        for counts in &mut counts {
            let of_kind = self.of_kind(counts.kind)?;
            counts.tags = of_kind.height() as u64;
            counts.mentions = of_kind.column("mentions")?.u64()?.sum().unwrap_or(0);
        }
        Ok(counts)
    }

    /// How many tags are known for at least 1, 2, 5, 10, 100 and 1,000 images.
    ///
    /// # Errors
    /// [`TableError::Compute`] if the table library fails.
    pub fn frequency_classes(&self) -> Result<Vec<FrequencyClass>, TableError> {
        let images = self.frame().column("images")?.u64()?;
        let class = |bound: u64| FrequencyClass {
            images: bound,
            tags: u64::from(images.gt_eq(bound).sum().unwrap_or(0)),
        };
        Ok(CLASS_BOUNDS.map(class).to_vec())
    }

    /// Images by rank for the tags of one kind: the first tags and the last, and between them
    /// points that lie evenly on a logarithmic axis.
    ///
    /// # Errors
    /// [`TableError::Compute`] if the table library fails.
    pub fn rank_frequency(&self, kind: TagKind) -> Result<Vec<RankPoint>, TableError> {
        let of_kind = self.of_kind(kind)?;
        let images = of_kind.column("images")?.u64()?;
        let last = images.len() as u32;
        let points = (1..).zip(images.iter()).filter(|&(rank, _)| rank == last || is_on_grid(rank));
        Ok(points.flat_map(|(rank, images)| Some(RankPoint { rank, images: images? })).collect())
    }

    fn of_kind(&self, kind: TagKind) -> Result<DataFrame, TableError> {
        let is_of_kind = self.frame().column("kind")?.str()?.equal(kind.as_str());
        Ok(self.frame().filter(&is_of_kind)?)
    }
}

/// Whether a rank is the first in its step of a logarithmic scale.
fn is_on_grid(rank: u32) -> bool {
    let step = |rank: u32| (f64::from(rank).log2() * f64::from(POINTS_PER_OCTAVE)).floor();
    rank == 1 || step(rank) > step(rank - 1)
}
