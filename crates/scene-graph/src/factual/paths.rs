//! How two words stand to each other in the tree.

use caption_parser::{DependencyRelation as Dep, Upos};

use super::features::Features;

/// Rows for the relations of one kind of short path.
const RELATIONS: u32 = Dep::ALL.len() as u32;
/// Rows of short paths: none, two words under one head, and four ways to be near.
pub(super) const PATHS: usize = (2 + 4 * RELATIONS) as usize;
/// Rows of whole paths, which are hashed.
pub(super) const WHOLE_PATHS: usize = 2048;

impl Features {
    /// The two words' place to each other in the tree.
    pub(super) fn path(&self, i: usize, j: usize) -> u32 {
        let (one, other) = (&self.words[i], &self.words[j]);
        if other.head == i {
            1 + other.relation as u32
        } else if one.head == j {
            1 + RELATIONS + one.relation as u32
        } else if self.words[other.head].head == i {
            1 + 2 * RELATIONS + other.relation as u32
        } else if self.words[one.head].head == j {
            1 + 3 * RELATIONS + one.relation as u32
        } else if one.head == other.head {
            1 + 4 * RELATIONS
        } else {
            0
        }
    }

    /// The verb between two words: the first on their path in the tree, else the nearest.
    pub fn verb_between(&self, i: usize, j: usize) -> Option<usize> {
        let is_verb = |&at: &usize| self.words[at].upos == Upos::Verb && at != i && at != j;
        let (from, to) = (self.to_root(i), self.to_root(j));
        let joint = from.iter().copied().find(|at| to.contains(at));
        let below = |path: &[usize]| {
            let end = path.iter().position(|&at| Some(at) == joint).map_or(path.len(), |at| at + 1);
            path[..end].iter().copied().find(is_verb)
        };
        let all = 0..self.words.len();
        below(&to)
            .or_else(|| below(&from))
            .or_else(|| (i.min(j)..i.max(j)).find(is_verb))
            .or_else(|| all.filter(is_verb).min_by_key(|at| at.abs_diff(i).min(at.abs_diff(j))))
    }

    fn to_root(&self, mut at: usize) -> Vec<usize> {
        let mut path = vec![at];
        while self.words[at].head != at {
            at = self.words[at].head;
            path.push(at);
        }
        path
    }

    /// The relations from one word up to where the paths meet and down to the other, hashed
    /// (FNV-1a).
    pub(super) fn whole_path(&self, i: usize, j: usize) -> u32 {
        let (from, to) = (self.to_root(i), self.to_root(j));
        let Some(joint) = from.iter().copied().find(|at| to.contains(at)) else { return 0 };
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |value: u32| hash = (hash ^ u64::from(value)).wrapping_mul(0x0100_0000_01b3);
        for &at in from.iter().take_while(|&&at| at != joint) {
            add(1 + self.words[at].relation as u32);
        }
        add(100 + self.words[joint].upos as u32);
        for &at in to.iter().take_while(|&&at| at != joint) {
            add(200 + self.words[at].relation as u32);
        }
        ((hash >> 32) % WHOLE_PATHS as u64) as u32
    }

    /// The preposition that leads a noun.
    pub(super) fn preposition_of(&self, noun: usize) -> Option<usize> {
        (0..self.words.len()).find(|&at| {
            let word = &self.words[at];
            word.head == noun && at != noun && word.relation == Dep::Case
        })
    }
}
