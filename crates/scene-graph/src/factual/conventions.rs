//! What FACTUAL's training split teaches about single words, as an embedded table.

use std::sync::LazyLock;

use compact_str::{CompactString, format_compact};
use fst::Map;

use crate::graph::Entity;

/// What FACTUAL makes of a fact of the plain graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It stands as it is, or the other way round.
    Kept {
        /// Subject and object change places.
        inverse: bool,
    },
    /// It is called otherwise.
    Renamed {
        /// The new name.
        label: CompactString,
        /// Subject and object change places.
        inverse: bool,
    },
    /// It is left out.
    Dropped,
}

impl Outcome {
    /// One line: `=`, `^=`, `~`, `=label`, `^=label`.
    pub fn encode(&self) -> CompactString {
        let sign = |inverse: &bool| if *inverse { "^" } else { "" };
        match self {
            Outcome::Kept { inverse } => format_compact!("{}=", sign(inverse)),
            Outcome::Renamed { label, inverse } => format_compact!("{}={label}", sign(inverse)),
            Outcome::Dropped => "~".into(),
        }
    }

    fn decode(line: &str) -> Option<Self> {
        if line == "~" {
            return Some(Outcome::Dropped);
        }
        let inverse = line.starts_with('^');
        let label = line.strip_prefix('^').unwrap_or(line).strip_prefix('=')?;
        Some(if label.is_empty() {
            Outcome::Kept { inverse }
        } else {
            Outcome::Renamed { label: label.into(), inverse }
        })
    }
}

/// A table from keys (see [`Fact::keys`](super::Fact::keys)) to outcomes.
///
/// The embedded one is rebuilt by `examples/learn_factual`.
#[derive(Debug)]
pub struct Conventions {
    /// Key → number of the outcome × 128 + how sure, 0 to 100.
    table: Map<Vec<u8>>,
    outcomes: Vec<Outcome>,
}

static EMBEDDED: LazyLock<Conventions> = LazyLock::new(|| {
    let table = include_bytes!("../../lexicons/factual.fst").to_vec();
    Conventions::new(table, include_str!("../../lexicons/factual.txt"))
        .expect("the embedded table is an fst: the tests open it")
});

impl Conventions {
    /// A table as the learner writes it: an `fst` map, and its outcomes, one a line.
    ///
    /// # Errors
    /// If the bytes are no `fst`.
    pub fn new(table: Vec<u8>, outcomes: &str) -> Result<Self, fst::Error> {
        let outcomes = outcomes
            .lines()
            .map(|line| Outcome::decode(line).unwrap_or(Outcome::Kept { inverse: false }))
            .collect();
        Ok(Self { table: Map::new(table)?, outcomes })
    }

    /// No conventions: facts stand as they are.
    pub fn none() -> Self {
        Self { table: Map::default(), outcomes: Vec::new() }
    }

    /// The table that is built into the library.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// The outcome of the first group of keys that the table knows; within a group the surest.
    pub fn outcome(&self, keys: &[Vec<CompactString>]) -> Option<&Outcome> {
        keys.iter().find_map(|group| {
            let known = group.iter().filter_map(|key| self.table.get(key));
            let surest = known.max_by_key(|value| value % 128)?;
            self.outcomes.get((surest / 128) as usize)
        })
    }

    /// What FACTUAL calls an entity: "guy" is "person".
    pub fn name(&self, entity: &Entity, surface: &str) -> CompactString {
        match self.outcome(&[vec![name_key(entity)]]) {
            Some(Outcome::Renamed { label, .. }) => match surface.rsplit_once(' ') {
                Some((rest, _)) => format_compact!("{rest} {label}"),
                None => label.clone(),
            },
            _ => surface.into(),
        }
    }
}

/// The key for an entity's name.
pub fn name_key(entity: &Entity) -> CompactString {
    format_compact!("n {}", entity.lemma)
}
