//! The parser: raw text or given tokens in, sentences with trees out.

use std::path::Path;
use std::sync::OnceLock;

use crate::conllu::Block;
use crate::document::{Document, Token};
use crate::invisible::Visible;
use crate::kernel::{Simd, SimdLevel, flat};
use crate::lemma::Lemmatizer;
use crate::model::{self, ModelError, Tensors};
use crate::network::{Activations, Network};
use crate::segments::segment;
use crate::sentences;
use crate::tokenize::Span;
use crate::{DependencyRelation, Upos};

static EMBEDDED: &[u8] = include_bytes!("../model/english.model");

/// A statistical parser for English captions. It is immutable and shared between threads; each
/// thread has a [`Scratch`] of its own.
pub struct Parser {
    network: Network,
    lemmatizer: Lemmatizer,
    hash: String,
}

/// A thread's working memory, reused from caption to caption. Among it are vectors of words seen
/// before, so keep one as long as captions come.
#[derive(Default)]
pub struct Scratch {
    document: Document,
    spans: Vec<Span>,
    lower: String,
    activations: Activations,
    keeps_vectors: bool,
}

impl Scratch {
    /// From now on documents keep the context vectors of their tokens too, which the tags and
    /// trees are read off: see [`Document::vectors`].
    ///
    /// ```
    /// # use caption_parser::{Parser, Scratch};
    /// let parser = Parser::embedded()?;
    /// let mut scratch = Scratch::default().keeping_vectors();
    /// let document = parser.parse(&mut scratch, "It's red. A dog!");
    /// assert_eq!(document.vectors().len(), 7 * parser.width());
    /// let dog = document.sentences().nth(1).unwrap();
    /// assert_eq!(dog.vectors(), &document.vectors()[4 * parser.width()..]);
    /// # Ok::<(), caption_parser::ModelError>(())
    /// ```
    #[must_use]
    pub fn keeping_vectors(mut self) -> Self {
        self.keeps_vectors = true;
        self
    }
}

impl Parser {
    /// The parser with the model that is embedded in this library, loaded once.
    ///
    /// # Errors
    /// If the embedded model is damaged, which the library's tests rule out.
    pub fn embedded() -> Result<&'static Self, ModelError> {
        static PARSER: OnceLock<Result<Parser, ModelError>> = OnceLock::new();
        let parser = PARSER.get_or_init(|| Self::from_bytes(EMBEDDED)).as_ref();
        parser.map_err(|error| ModelError::damaged("embedded model", error))
    }

    /// Loads a model file.
    ///
    /// # Errors
    /// If it cannot be read, is no model, of another version, or damaged.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let unreadable = |source| ModelError::Unreadable { path: path.display().to_string(), source };
        Self::from_bytes(&std::fs::read(path).map_err(unreadable)?)
    }

    /// Reads a model from the bytes of its file.
    ///
    /// # Errors
    /// If the bytes are no model, of another version, or damaged.
    pub fn from_bytes(file: &[u8]) -> Result<Self, ModelError> {
        let (payload, hash) = model::open(file)?;
        let tensors = Tensors::new(payload)?;
        let rules = String::from_utf8(tensors.bytes("lemma.rules")?)
            .map_err(|error| ModelError::damaged("lemma.rules", error))?;
        let lemmatizer =
            Lemmatizer::new(tensors.bytes("lemma.lexicon")?, tensors.bytes("lemma.endings")?, &rules)?;
        Ok(Self { network: Network::read(&tensors)?, lemmatizer, hash })
    }

    /// The bytes of the embedded model's file.
    pub fn embedded_model() -> &'static [u8] {
        EMBEDDED
    }

    /// The same parser with instructions up to this level only; `None` if the CPU lacks them.
    /// It gives the same parses: this is for tests and measurements.
    #[must_use]
    pub fn with_simd_level(mut self, level: SimdLevel) -> Option<Self> {
        self.network.set_simd(Simd::new(level)?);
        Some(self)
    }

    /// The instructions in use, the fastest that the CPU has.
    pub fn simd_level(&self) -> SimdLevel {
        self.simd().level()
    }

    /// Width of the context vectors: see [`Document::vectors`].
    pub fn width(&self) -> usize {
        self.network.width()
    }

    /// The instructions in use.
    pub(crate) fn simd(&self) -> Simd {
        self.network.simd()
    }

    /// BLAKE3 hash of the model, in hexadecimal.
    pub fn model_hash(&self) -> &str {
        &self.hash
    }

    /// Parses a caption: any text, of any length, of any number of sentences.
    ///
    /// Characters without width (soft hyphens, byte order marks, spaces and joiners of no width)
    /// are no part of words: the parse is that of the caption without them.
    pub fn parse<'s>(&self, scratch: &'s mut Scratch, caption: &str) -> &'s Document {
        scratch.document.clear();
        let visible = Visible::of(caption);
        let text = visible.as_ref().map_or(caption, |visible| visible.text.as_str());
        scratch.document.text.push_str(text);
        segment(text, &mut scratch.spans, &mut scratch.document.sentence_ends);
        self.annotate(scratch);
        if let Some(visible) = visible {
            scratch.document.move_to(caption, &visible);
        }
        &scratch.document
    }

    /// Parses a sentence whose tokens are given, as CoNLL-U has them. Only forms are read; what
    /// the block says of tags and heads is ignored.
    pub fn parse_tokens<'s>(&self, scratch: &'s mut Scratch, block: &Block) -> &'s Document {
        scratch.document.clear();
        scratch.spans.clear();
        let spans = block.lay_out(&mut scratch.document.text);
        scratch.spans.extend(spans);
        let count = scratch.spans.len() as u32;
        scratch.document.sentence_ends.extend((count > 0).then_some(count));
        self.annotate(scratch)
    }

    /// The lemma of a form, were it of this part of speech.
    ///
    /// ```
    /// # use caption_parser::{Parser, Upos};
    /// let parser = Parser::embedded()?;
    /// assert_eq!(parser.lemma("leaves", Upos::Noun), "leaf");
    /// assert_eq!(parser.lemma("leaves", Upos::Verb), "leave");
    /// # Ok::<(), caption_parser::ModelError>(())
    /// ```
    pub fn lemma(&self, form: &str, upos: Upos) -> String {
        let (mut lower, mut lemma) = (String::new(), String::new());
        self.lemmatizer.append(form, upos, &mut lower, &mut lemma);
        lemma
    }

    /// Tags, lemmas and trees for the tokens in `scratch.spans`.
    fn annotate<'s>(&self, scratch: &'s mut Scratch) -> &'s Document {
        let mut start = 0;
        for sentence in 0..scratch.document.sentence_ends.len() {
            let end = scratch.document.sentence_ends[sentence] as usize;
            let mut piece = start;
            while piece < end {
                let after = end.min(piece + sentences::LONGEST);
                self.annotate_piece(scratch, piece, after, start);
                piece = after;
            }
            start = end;
        }
        &scratch.document
    }

    /// Annotates the tokens from `start` to `end` of the sentence that begins at
    /// `sentence_start`. Given tokens can make a sentence of any length: its pieces are parsed one
    /// by one, to bound time and memory, and later roots hang on the first.
    fn annotate_piece(&self, scratch: &mut Scratch, start: usize, end: usize, sentence_start: usize) {
        let Scratch { document, spans, lower, activations: act, keeps_vectors } = scratch;
        let Document { text, lemmas, tokens, vectors, .. } = document;
        let spans = &spans[start..end];
        self.network.annotate(spans.iter().map(|&(from, to)| &text[from as usize..to as usize]), act);
        if *keeps_vectors {
            vectors.extend(&flat(&act.x)[..spans.len() * self.width()]);
        }
        let offset = (start - sentence_start) as u32;
        let root_before =
            tokens[sentence_start..].iter().find(|token| token.relation == DependencyRelation::Root);
        let root_before = root_before.map(|root| root.head);
        for (index, &(start, end)) in spans.iter().enumerate() {
            let (upos, mut head, mut relation) =
                (act.upos[index], act.heads[index] + offset, act.relations[index]);
            if let (DependencyRelation::Root, Some(root)) = (relation, root_before) {
                (head, relation) = (root, DependencyRelation::Parataxis);
            }
            let from = lemmas.len() as u32;
            let form = &text[start as usize..end as usize];
            act.words.append_lemma(&self.lemmatizer, act.places[index], form, upos, lower, lemmas);
            tokens.push(Token { start, end, upos, relation, head, lemma: (from, lemmas.len() as u32) });
        }
    }
}
