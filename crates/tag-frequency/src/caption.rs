//! What is counted: captions, their images, and the tags that they mention.

use std::ops::Range;

use tag_vocabulary::TagKind;

use crate::hash::{Purpose, hash, hash_with};

/// A caption and the image that it describes.
#[derive(Clone, Copy, Debug)]
pub struct Caption<'a> {
    /// The caption as its corpus has it.
    pub text: &'a str,
    /// The image that it describes.
    pub image: Image<'a>,
}

/// How to tell which captions describe the same image.
#[derive(Clone, Copy, Debug)]
pub enum Image<'a> {
    /// The image has no key: it is an image of its own, of which no other caption tells.
    Own,
    /// A key that is unique in the whole corpus: a file name, URL or id. Captions with equal
    /// keys describe one image, in whatever row or shard they stand.
    Key(&'a str),
    /// The image has no key, but its row has several captions.
    Row {
        /// Name of the file; must differ from file to file.
        shard: &'a str,
        /// The row in that file.
        row: u64,
    },
}

impl<'a> From<Option<&'a str>> for Image<'a> {
    /// A missing key makes an image of its own.
    fn from(key: Option<&'a str>) -> Self {
        key.map_or(Image::Own, Image::Key)
    }
}

impl Image<'_> {
    /// The hash that stands for the image in every set of images, if captions can share it.
    pub(crate) fn hash(&self) -> Option<u64> {
        match self {
            Image::Own => None,
            Image::Key(key) => Some(hash(key, Purpose::ImageKey)),
            Image::Row { shard, row } => Some(hash_with(shard, *row, Purpose::ImageKey)),
        }
    }
}

/// The tags that one caption mentions. Its memory is reused from caption to caption.
///
/// ```
/// use tag_frequency::Mentions;
/// use tag_vocabulary::TagKind;
///
/// let mut mentions = Mentions::default();
/// // "a man picks it up": "pick up" covers two spans of the caption.
/// mentions.push("man", TagKind::Object, [2..5]);
/// mentions.push("pick up", TagKind::Action, [6..11, 15..17]);
/// assert_eq!(mentions.len(), 2);
/// ```
#[derive(Debug, Default)]
pub struct Mentions {
    names: String,
    mentions: Vec<Stored>,
    spans: Vec<Range<u32>>,
}

/// A mention; its name and spans end where given and begin where those of the one before end.
#[derive(Debug)]
struct Stored {
    kind: TagKind,
    name_end: usize,
    spans_end: usize,
}

/// One mention of a tag.
#[derive(Clone, Copy)]
pub(crate) struct Mention<'a> {
    pub name: &'a str,
    pub kind: TagKind,
    pub spans: &'a [Range<u32>],
}

impl Mentions {
    /// Adds one mention of a tag: its name and kind, and the byte ranges of the caption's words
    /// that say it. A tag that the caption says twice is added twice.
    pub fn push(&mut self, name: &str, kind: TagKind, spans: impl IntoIterator<Item = Range<u32>>) {
        self.names.push_str(name);
        self.spans.extend(spans);
        let (name_end, spans_end) = (self.names.len(), self.spans.len());
        self.mentions.push(Stored { kind, name_end, spans_end });
    }

    /// Number of mentions.
    pub fn len(&self) -> usize {
        self.mentions.len()
    }

    /// Whether the caption mentions no tag.
    pub fn is_empty(&self) -> bool {
        self.mentions.is_empty()
    }

    /// Forgets all mentions and keeps the memory.
    pub fn clear(&mut self) {
        self.names.clear();
        self.mentions.clear();
        self.spans.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Mention<'_>> {
        let mut name_start = 0;
        let mut spans_start = 0;
        self.mentions.iter().map(move |stored| {
            let mention = Mention {
                name: &self.names[name_start..stored.name_end],
                kind: stored.kind,
                spans: &self.spans[spans_start..stored.spans_end],
            };
            name_start = stored.name_end;
            spans_start = stored.spans_end;
            mention
        })
    }
}
