//! Many captions on many cores.

use std::cell::Cell;

use rayon::prelude::*;

use crate::document::Document;
use crate::parser::{Parser, Scratch};

thread_local! {
    /// The thread's working memory, kept from batch to batch with the words it has seen.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

impl Parser {
    /// Parses captions on all threads of the [rayon] pool that this is called in (the global one
    /// by default) and gives what `map` makes of each parse, in the order of the captions.
    ///
    /// `map` is called with a caption's index and parse, on any thread and in any order; what it
    /// returns is the same for any number of threads. Each thread keeps a [`Scratch`] of its own,
    /// some 25 MB once it has seen many words, until it ends.
    ///
    /// ```
    /// use caption_parser::{Parser, Upos};
    ///
    /// let captions = ["two dogs run on a beach", "a red kite"];
    /// let nouns = Parser::embedded()?.parse_batch(&captions, |_, document| {
    ///     let mut nouns = Vec::new();
    ///     for sentence in document.sentences() {
    ///         let indices = (0..sentence.len()).filter(|&index| sentence.upos(index) == Upos::Noun);
    ///         nouns.extend(indices.map(|index| sentence.lemma(index).to_owned()));
    ///     }
    ///     nouns
    /// });
    /// assert_eq!(nouns, [vec!["dog", "beach"], vec!["kite"]]);
    /// # Ok::<(), caption_parser::ModelError>(())
    /// ```
    pub fn parse_batch<T: Send>(
        &self,
        captions: &[impl AsRef<str> + Sync],
        map: impl Fn(usize, &Document) -> T + Sync,
    ) -> Vec<T> {
        let parse = |(index, caption): (usize, &_)| {
            with_scratch(|scratch| map(index, self.parse(scratch, AsRef::<str>::as_ref(caption))))
        };
        captions.par_iter().enumerate().map(parse).collect()
    }
}

/// Lends the thread's scratch. It is taken out meanwhile: `map` may itself wait for other work of
/// the pool, and this thread then do some of it, with a fresh one.
fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    let mut scratch = SCRATCH.take().unwrap_or_default();
    let result = work(&mut scratch);
    SCRATCH.set(Some(scratch));
    result
}
