//! Tokens and sentences: the parser's first step, and all of it for those who need no tags and trees.

use std::ops::Range;

use crate::invisible::Visible;
use crate::sentences;
use crate::tokenize::{Span, tokenize};

/// Finds the tokens of a text without invisible characters, and one past the last of each of its
/// sentences. What the lists held before is forgotten.
pub(crate) fn segment(text: &str, tokens: &mut Vec<Span>, sentence_ends: &mut Vec<u32>) {
    tokens.clear();
    sentence_ends.clear();
    tokenize(text, tokens);
    sentences::split(text, tokens, sentence_ends);
}

/// Where the tokens and sentences of a text are, as the parser sees them. Its memory is reused
/// from text to text. Inside a token there may be characters without width, which are no part of
/// the word: see [`Sentence::form`](crate::Sentence::form).
///
/// ```
/// use caption_parser::Segments;
///
/// let mut segments = Segments::default();
/// let text = "It's red. A dog!";
/// segments.find(text);
/// let sentences: Vec<Vec<&str>> =
///     segments.sentences().map(|tokens| tokens.map(|bytes| &text[bytes]).collect()).collect();
/// assert_eq!(sentences, [vec!["It", "'s", "red", "."], vec!["A", "dog", "!"]]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Segments {
    tokens: Vec<Span>,
    sentence_ends: Vec<u32>,
}

impl Segments {
    /// Finds the tokens and sentences of a text; what was found before is forgotten.
    pub fn find(&mut self, text: &str) {
        let Some(visible) = Visible::of(text) else {
            return segment(text, &mut self.tokens, &mut self.sentence_ends);
        };
        segment(&visible.text, &mut self.tokens, &mut self.sentence_ends);
        for index in 0..self.tokens.len() {
            let next = self.tokens.get(index + 1).map(|next| next.0);
            self.tokens[index] = visible.in_whole_text(self.tokens[index], next);
        }
    }

    /// The sentences in their order, each as the bytes of its tokens.
    pub fn sentences(&self) -> impl Iterator<Item = impl ExactSizeIterator<Item = Range<usize>>> {
        let starts = std::iter::once(0).chain(self.sentence_ends.iter().copied());
        starts.zip(&self.sentence_ends).map(|(start, &end)| {
            self.tokens[start as usize..end as usize].iter().map(|&(from, to)| from as usize..to as usize)
        })
    }

    /// Number of tokens of all sentences.
    pub fn token_count(&self) -> usize {
        self.tokens.len()
    }
}
