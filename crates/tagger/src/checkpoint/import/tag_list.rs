//! Tag lists as models are published with: a name a line.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::json;
use tag_vocabulary::{Place, TagKind, Vocabulary, VocabularyProblem};
use thiserror::Error;

use crate::generation::TagThresholds;

/// No list of tags is as large.
const MOST_BYTES: u64 = 16 << 20;

/// A block of a tag list: so many tags of this kind. Written as `object:3012`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindBlock {
    /// Their kind.
    pub kind: TagKind,
    /// How many they are.
    pub count: usize,
}

impl FromStr for KindBlock {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, count) = text.split_once(':').ok_or("expected KIND:NUMBER, as in object:3012")?;
        let kind = kind.trim().parse().map_err(|error| format!("{error}"))?;
        let count = count.trim().parse().map_err(|_| format!("{count:?} is no number of tags"))?;
        Ok(Self { kind, count })
    }
}

/// Why a tag list cannot be used. Every message names the file.
#[derive(Debug, Error)]
pub enum TagListError {
    /// The file cannot be read.
    #[error("cannot read the tag list {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is no such list.
    #[error("the tag list {}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        problem: Box<VocabularyProblem>,
    },
    /// The same name twice in one kind, where no kinds were given.
    #[error(
        "the tag list {}: {problem}. Names may stand twice if their kinds differ: say how many tags of each kind there are, such as --kinds object:3012,action:240,attribute:177", path.display()
    )]
    NoKinds {
        /// The file.
        path: PathBuf,
        /// What stands twice.
        problem: Box<VocabularyProblem>,
    },
    /// The blocks have another number of tags.
    #[error("the tag list {} has {found} tags, the kinds are for {expected}", path.display())]
    Count {
        /// The file.
        path: PathBuf,
        /// Lines.
        found: usize,
        /// The sum of the blocks.
        expected: usize,
    },
    /// Not text, or far too long.
    #[error("{} is no tag list: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
}

/// A tag list as a vocabulary.
#[derive(Clone, Debug)]
pub struct TagList {
    /// The tags, in the list's order.
    pub vocabulary: Vocabulary,
    /// The published model's, if the list is its own; 0.68 for all else.
    pub thresholds: TagThresholds,
    /// Whether this is the list of the published Tag2Text. Its kinds are then known, and the tags
    /// that its captions leave out are muted.
    pub published: bool,
}

impl TagList {
    /// Reads a list with a name a line. Without `kinds` all are objects, but for the published
    /// list, which is recognised.
    ///
    /// # Errors
    /// If it cannot be read, a name breaks the conventions, a tag stands twice, or the blocks
    /// have another number of tags or another order than objects and scenes, actions, attributes.
    pub fn read(path: &Path, kinds: Option<&[KindBlock]>) -> Result<Self, TagListError> {
        let text = read_text(path)?;
        let names: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
        let published = is_published(&names);
        let blocks = match kinds {
            Some(kinds) => kinds.to_vec(),
            None if published => PUBLISHED_BLOCKS.to_vec(),
            None => vec![KindBlock { kind: TagKind::Object, count: names.len() }],
        };
        let of_blocks = blocks.iter().flat_map(|block| std::iter::repeat_n(block.kind, block.count));
        let expected = blocks.iter().fold(0_usize, |sum, block| sum.saturating_add(block.count));
        if expected != names.len() {
            return Err(TagListError::Count { path: path.to_owned(), found: names.len(), expected });
        }
        let muted = |id| published && PUBLISHED_MUTED.iter().any(|&(place, _)| place == id);
        let tags: Vec<(&str, TagKind, bool)> = names
            .iter()
            .zip(of_blocks)
            .enumerate()
            .map(|(id, (name, kind))| (*name, kind, muted(id)))
            .collect();
        let vocabulary = vocabulary(&tags).map_err(|problem| refused(path, problem, kinds.is_none()))?;
        let thresholds = if published { TagThresholds::published() } else { TagThresholds::default() };
        Ok(Self { vocabulary, thresholds, published })
    }
}

fn read_text(path: &Path) -> Result<String, TagListError> {
    let read = |error| TagListError::Read { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    File::open(path).map_err(read)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(TagListError::Format { path: path.to_owned(), reason: "it is too long" });
    }
    String::from_utf8(bytes)
        .map_err(|_| TagListError::Format { path: path.to_owned(), reason: "it is not text in UTF-8" })
}

/// As its file does, in the order that is given.
fn vocabulary(tags: &[(&str, TagKind, bool)]) -> Result<Vocabulary, tag_vocabulary::VocabularyError> {
    let tags: Vec<_> =
        tags.iter().map(|(name, kind, muted)| json!({"name": name, "kind": kind, "muted": muted})).collect();
    let file = json!({"format": "mine-tags vocabulary", "version": 1, "tags": tags});
    Vocabulary::from_json(file.to_string().as_bytes())
}

/// With lines in place of positions.
fn refused(path: &Path, error: tag_vocabulary::VocabularyError, without_kinds: bool) -> TagListError {
    let line = |place: &Place| match *place {
        Place::Entry(position) | Place::Merged(position) => Place::Line(position + 1),
        Place::Line(line) => Place::Line(line),
    };
    let path = path.to_owned();
    let problem = match error.problem() {
        VocabularyProblem::Name { place, source } => {
            VocabularyProblem::Name { place: line(place), source: source.clone() }
        }
        VocabularyProblem::BlockOutOfOrder { place, tag } => {
            VocabularyProblem::BlockOutOfOrder { place: line(place), tag: tag.clone() }
        }
        VocabularyProblem::Twice { tag, first, second } => {
            let twice =
                VocabularyProblem::Twice { tag: tag.clone(), first: line(first), second: line(second) };
            if without_kinds {
                return TagListError::NoKinds { path, problem: Box::new(twice) };
            }
            twice
        }
        VocabularyProblem::Empty => VocabularyProblem::Empty,
        other => VocabularyProblem::Json { reason: other.to_string() },
    };
    TagListError::Content { path, problem: Box::new(problem) }
}

const PUBLISHED_BLOCKS: [KindBlock; 3] = [
    KindBlock { kind: TagKind::Object, count: 3012 },
    KindBlock { kind: TagKind::Action, count: 240 },
    KindBlock { kind: TagKind::Attribute, count: 177 },
];
/// Left out before captions are made.
const PUBLISHED_MUTED: [(usize, &str); 7] = [
    (127, "quarter"),
    (2961, "back"),
    (3265, "three"),
    (3338, "four"),
    (3351, "two"),
    (3355, "five"),
    (3359, "one"),
];
/// Given at 0.70, where others are at 0.68.
const PUBLISHED_STRICT: [(usize, &str); 3] = [(2701, "person"), (2828, "man"), (1167, "woman")];

fn is_published(names: &[&str]) -> bool {
    let count: usize = PUBLISHED_BLOCKS.iter().map(|block| block.count).sum();
    let mut known = PUBLISHED_MUTED.iter().chain(&PUBLISHED_STRICT);
    names.len() == count && known.all(|&(place, name)| names.get(place) == Some(&name))
}
