//! Scene graphs to tags: things and places, what they are like, what they do.
//!
//! An entity's head gives an object or a scene, a modifier an attribute, a verb an action. Words
//! that name nothing one can see ("photo", "side") give no tag; `lexicons/not-tags.txt` lists
//! them with reasons.
//!
//! ```
//! use caption_parser::conllu;
//! use scene_graph::SceneGraph;
//! use tag_mapper::TagMapper;
//! use tag_vocabulary::TagKind;
//!
//! let tree = "1\tcat\tcat\tNOUN\t_\t_\t2\tnsubj\t_\t_\n\
//!             2\tsleeps\tsleep\tVERB\t_\t_\t0\troot\t_\t_\n\
//!             3\tin\tin\tADP\t_\t_\t5\tcase\t_\t_\n\
//!             4\tthe\tthe\tDET\t_\t_\t5\tdet\t_\t_\n\
//!             5\tkitchen\tkitchen\tNOUN\t_\t_\t2\tobl\t_\t_\n\n";
//! let document = conllu::read(tree.as_bytes()).next().unwrap()?.to_document()?;
//! let mut mentions = Vec::new();
//! TagMapper::new().tags(&SceneGraph::of(&document), &mut mentions);
//! let tags: Vec<_> = mentions.iter().map(|mention| (mention.name.as_str(), mention.kind)).collect();
//! assert_eq!(tags, [
//!     ("cat", TagKind::Object),
//!     ("sleep", TagKind::Action),
//!     ("sleep in", TagKind::Action),
//!     ("kitchen", TagKind::Scene),
//! ]);
//! # Ok::<(), caption_parser::conllu::ConlluError>(())
//! ```
#![warn(missing_docs)]

mod actions;
mod attributes;
mod lists;
mod names;
mod places;
mod predicates;
mod spelling;
mod things;

use std::ops::Range;

use compact_str::CompactString;
use scene_graph::{Rule, SceneGraph};
use tag_vocabulary::TagKind;

/// A tag that a caption mentions, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The tag's name: lower case, single spaces, no hyphens.
    pub name: CompactString,
    /// The tag's kind.
    pub kind: TagKind,
    /// Bytes of the caption that say it.
    pub span: Range<usize>,
    /// Further bytes that say it, apart from the first: "on" in "sits happily on".
    pub second_span: Option<Range<usize>>,
    /// The rule of the scene graph that it stems from.
    pub rule: Rule,
}

impl Mention {
    /// The bytes of the caption that say the tag, one or two spans.
    pub fn spans(&self) -> impl Iterator<Item = Range<usize>> {
        std::iter::once(self.span.clone()).chain(self.second_span.clone())
    }
}

/// Turns scene graphs into tags.
#[derive(Clone, Copy, Debug, Default)]
pub struct TagMapper {
    keep_invisible: bool,
    keep_spellings: bool,
}

impl TagMapper {
    /// A mapper by the project's conventions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also gives tags for nouns that name nothing one can see, such as "photo" and "side".
    pub fn keep_invisible(mut self, keep: bool) -> Self {
        self.keep_invisible = keep;
        self
    }

    /// Leaves names as captions spell them: "grey" and "gray", "surf board" and "surfboard" are
    /// tags of their own.
    pub fn keep_spellings(mut self, keep: bool) -> Self {
        self.keep_spellings = keep;
        self
    }

    /// Puts the tags of a caption into `mentions`, in the order of the caption; what was there
    /// before is gone. A tag stands there as often as the caption says it.
    pub fn tags(&self, graph: &SceneGraph, mentions: &mut Vec<Mention>) {
        mentions.clear();
        things::find(self, graph, mentions);
        attributes::find(self, graph, mentions);
        actions::find(self, graph, mentions);
        mentions.sort_by(|one, other| {
            (one.span.start, one.kind, &one.name, one.span.end, second_start(one)).cmp(&(
                other.span.start,
                other.kind,
                &other.name,
                other.span.end,
                second_start(other),
            ))
        });
        // "ride a horse and a mule" says "ride" once.
        mentions.dedup_by(|one, other| {
            one.name == other.name && one.kind == other.kind && one.span.start == other.span.start
        });
    }

    /// Whether an entity of the graph is an object or a scene.
    pub fn kind(&self, graph: &SceneGraph, entity: usize) -> TagKind {
        places::kind(graph, entity)
    }

    /// The name of the tag that some words give, in the one spelling that tags have; `None` for
    /// what is no name.
    ///
    /// ```
    /// use tag_mapper::TagMapper;
    ///
    /// assert_eq!(TagMapper::new().name_of("Surf-Board").as_deref(), Some("surfboard"));
    /// assert_eq!(TagMapper::new().name_of("$20"), None);
    /// ```
    pub fn name_of(&self, words: &str) -> Option<CompactString> {
        let name = names::name_of(words)?;
        Some(if self.keep_spellings { name } else { spelling::unified(name) })
    }

    /// The same for an action: words alone are respelled, for "take off" is no "takeoff".
    fn action_of(&self, words: &str) -> Option<CompactString> {
        let name = names::name_of(words)?;
        Some(if self.keep_spellings { name } else { spelling::respelled(name) })
    }

    /// True if a noun gives tags.
    fn shows(&self, lemma: &str) -> bool {
        self.keep_invisible || !lists::is_invisible(lemma)
    }
}

fn second_start(mention: &Mention) -> usize {
    mention.second_span.as_ref().map_or(0, |span| span.start)
}
