//! What a parse is: a caption's sentences, tokens and trees.

use std::ops::Range;

use crate::invisible::Visible;
use crate::tokenize::Span;
use crate::{DependencyRelation, Upos};

/// One syntactic word of a caption and its place in the dependency tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// First byte in the caption.
    pub start: u32,
    /// One past the last byte in the caption.
    pub end: u32,
    /// Part of speech.
    pub upos: Upos,
    /// Relation to the head; `Root` for the one token of a sentence without a head.
    pub relation: DependencyRelation,
    /// Index of the head within the sentence; the token's own index for the root.
    pub(crate) head: u32,
    /// The lemma, a span of the document's lemma text.
    pub(crate) lemma: (u32, u32),
}

/// A parsed caption. Its memory is reused from caption to caption.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    pub(crate) text: String,
    pub(crate) lemmas: String,
    pub(crate) tokens: Vec<Token>,
    /// One past the last token of each sentence.
    pub(crate) sentence_ends: Vec<u32>,
    /// Context vectors of all tokens, or nothing.
    pub(crate) vectors: Vec<f32>,
    /// The caption without its invisible characters and the tokens' spans there; nothing if it has
    /// none.
    visible: String,
    forms: Vec<Span>,
}

impl Document {
    /// The caption as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Number of tokens of all sentences.
    pub fn token_count(&self) -> usize {
        self.tokens.len()
    }

    /// The context vectors of all tokens, one after the other, each as wide as
    /// [`Parser::width`](crate::Parser::width) says; empty unless the scratch is
    /// [keeping them](crate::Scratch::keeping_vectors).
    pub fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    /// The sentences in their order. A caption of white space alone has none.
    pub fn sentences(&self) -> impl ExactSizeIterator<Item = Sentence<'_>> + DoubleEndedIterator {
        let width = self.vectors.len() / self.tokens.len().max(1);
        (0..self.sentence_ends.len()).map(move |number| {
            let start = number.checked_sub(1).map_or(0, |before| self.sentence_ends[before]);
            let tokens = start as usize..self.sentence_ends[number] as usize;
            Sentence {
                text: &self.text,
                lemmas: &self.lemmas,
                vectors: &self.vectors[width * tokens.start..width * tokens.end],
                visible: &self.visible,
                forms: self.forms.get(tokens.clone()).unwrap_or_default(),
                tokens: &self.tokens[tokens],
            }
        })
    }

    /// Makes of the parse of a visible text that of the whole caption.
    pub(crate) fn move_to(&mut self, caption: &str, visible: &Visible) {
        std::mem::swap(&mut self.text, &mut self.visible);
        self.text.push_str(caption);
        self.forms.extend(self.tokens.iter().map(|token| (token.start, token.end)));
        for (index, token) in self.tokens.iter_mut().enumerate() {
            let next = self.forms.get(index + 1).map(|next| next.0);
            (token.start, token.end) = visible.in_whole_text(self.forms[index], next);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.lemmas.clear();
        self.tokens.clear();
        self.sentence_ends.clear();
        self.vectors.clear();
        self.visible.clear();
        self.forms.clear();
    }
}

/// One sentence of a [`Document`]: at least one token, one root, and no cycles.
#[derive(Clone, Copy, Debug)]
pub struct Sentence<'d> {
    text: &'d str,
    lemmas: &'d str,
    tokens: &'d [Token],
    vectors: &'d [f32],
    visible: &'d str,
    forms: &'d [Span],
}

impl<'d> Sentence<'d> {
    /// The tokens in their order; heads are indices into this slice.
    pub fn tokens(&self) -> &'d [Token] {
        self.tokens
    }

    /// The sentence's part of [`Document::vectors`].
    pub fn vectors(&self) -> &'d [f32] {
        self.vectors
    }

    /// Number of tokens, at least one.
    #[allow(clippy::len_without_is_empty, reason = "a sentence is never empty")]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The sentence as it stands in the caption, from its first to its last token.
    pub fn text(&self) -> &'d str {
        let span = self.span();
        &self.text[span]
    }

    /// The whole caption, which the tokens' byte spans index.
    pub fn caption(&self) -> &'d str {
        self.text
    }

    /// Bytes of the caption from the first to the last token.
    pub fn span(&self) -> Range<usize> {
        self.tokens[0].start as usize..self.tokens[self.len() - 1].end as usize
    }

    /// The token's text as the caption shows it: characters without width, such as soft hyphens,
    /// are left out.
    pub fn form(&self, index: usize) -> &'d str {
        let (text, bytes) = self.shown(index);
        &text[bytes]
    }

    /// The caption as it is shown, and the token's bytes there.
    pub(crate) fn shown(&self, index: usize) -> (&'d str, Range<usize>) {
        let token = &self.tokens[index];
        let (text, (start, end)) = match self.forms.get(index) {
            Some(&span) => (self.visible, span),
            None => (self.text, (token.start, token.end)),
        };
        (text, start as usize..end as usize)
    }

    /// What is shown from one token's beginning to another's end.
    pub(crate) fn shown_between(&self, first: usize, last: usize) -> &'d str {
        let (text, bytes) = self.shown(first);
        &text[bytes.start..self.shown(last).1.end]
    }

    /// The token's base form, lower case but for proper nouns.
    pub fn lemma(&self, index: usize) -> &'d str {
        let (start, end) = self.tokens[index].lemma;
        &self.lemmas[start as usize..end as usize]
    }

    /// Part of speech of a token.
    pub fn upos(&self, index: usize) -> Upos {
        self.tokens[index].upos
    }

    /// Relation of a token to its head.
    pub fn relation(&self, index: usize) -> DependencyRelation {
        self.tokens[index].relation
    }

    /// Index of a token's head; `None` for the root.
    pub fn head(&self, index: usize) -> Option<usize> {
        let head = self.tokens[index].head as usize;
        (head != index).then_some(head)
    }

    /// Index of the sentence's root.
    pub fn root(&self) -> usize {
        (0..self.len()).find(|&index| self.head(index).is_none()).unwrap_or(0)
    }

    /// The tokens whose head is `index`, from left to right.
    pub fn children(&self, index: usize) -> impl DoubleEndedIterator<Item = usize> + 'd {
        let tokens = self.tokens;
        (0..tokens.len()).filter(move |&child| child != index && tokens[child].head as usize == index)
    }
}
