//! From a caption to its tags: parser, scene graph and tag mapper in a row.

use std::sync::Mutex;

use caption_parser::conllu::Block;
use caption_parser::{Document, ModelError, Parser, Scratch};
use scene_graph::factual::TripleReader;
use scene_graph::{Extractor, SceneGraph};
use tag_mapper::{Mention, TagMapper};

use crate::args::TagArgs;
use crate::crash;

/// The stages with a thread's memory for them.
pub struct CaptionTagger {
    parser: &'static Parser,
    scratch: Scratch,
    extractor: Extractor,
    graph: SceneGraph,
    mapper: TagMapper,
    mentions: Vec<Mention>,
    reader: Option<TripleReader>,
}

/// What was found in one caption.
pub struct Analysis<'t> {
    pub document: &'t Document,
    pub graph: &'t SceneGraph,
    pub mapper: &'t TagMapper,
    /// The tags in the order of the caption, as often as it says them.
    pub mentions: &'t [Mention],
    /// The graph as FACTUAL writes it; empty without [`CaptionTagger::reading_triples`].
    pub triples: Vec<Vec<String>>,
}

impl CaptionTagger {
    /// A tagger by a parser that is loaded already.
    pub fn new(parser: &'static Parser, mapper: TagMapper) -> Self {
        Self {
            parser,
            scratch: Scratch::default(),
            extractor: Extractor::new(),
            graph: SceneGraph::default(),
            mapper,
            mentions: Vec::new(),
            reader: None,
        }
    }

    /// The same, also reading triples.
    ///
    /// # Errors
    /// If the parser is not the embedded one.
    pub fn reading_triples(mut self) -> Result<Self, ModelError> {
        self.reader = Some(TripleReader::embedded(self.parser)?);
        self.scratch = self.scratch.keeping_vectors();
        Ok(self)
    }

    /// Analyses a caption.
    pub fn analyse(&mut self, caption: &str) -> Analysis<'_> {
        self.analyse_by(|parser, scratch| parser.parse(scratch, caption))
    }

    /// Analyses a sentence whose tokens are given.
    pub fn analyse_tokens(&mut self, block: &Block) -> Analysis<'_> {
        self.analyse_by(|parser, scratch| parser.parse_tokens(scratch, block))
    }

    /// Parses a caption: its trees, and no more.
    pub fn parse(&mut self, caption: &str) -> &Document {
        self.parser.parse(&mut self.scratch, caption)
    }

    /// Parses a sentence whose tokens are given.
    pub fn parse_tokens(&mut self, block: &Block) -> &Document {
        self.parser.parse_tokens(&mut self.scratch, block)
    }

    fn analyse_by(
        &mut self,
        parse: impl for<'s> FnOnce(&Parser, &'s mut Scratch) -> &'s Document,
    ) -> Analysis<'_> {
        let document = parse(self.parser, &mut self.scratch);
        self.extractor.extract(document, &mut self.graph);
        self.mapper.tags(&self.graph, &mut self.mentions);
        let triples = self.reader.as_mut().map(|reader| reader.triples(document, &self.graph));
        Analysis {
            document,
            graph: &self.graph,
            mapper: &self.mapper,
            mentions: &self.mentions,
            triples: triples.unwrap_or_default(),
        }
    }
}

/// What taggers are made of; every thread has one of its own.
#[derive(Clone, Copy)]
pub struct Stages {
    pub parser: &'static Parser,
    pub mapper: TagMapper,
}

/// Captions that a bug kept from being parsed.
#[derive(Debug, Default)]
pub struct Unparsed {
    pub count: u64,
    /// The first that was met, and what happened.
    pub example: Option<String>,
}

/// A tagger that a panic costs one caption's tags and no more.
pub struct SafeTagger<'u> {
    stages: Stages,
    tagger: Option<CaptionTagger>,
    unparsed: &'u Mutex<Unparsed>,
}

impl<'u> SafeTagger<'u> {
    pub fn new(stages: Stages, unparsed: &'u Mutex<Unparsed>) -> Self {
        Self { stages, tagger: None, unparsed }
    }

    /// The tags of a caption; none if it cannot be parsed, which is noted.
    pub fn mentions(&mut self, caption: &str) -> &[Mention] {
        let Stages { parser, mapper } = self.stages;
        let tagger = &mut self.tagger;
        let found = crash::catch(|| {
            tagger.get_or_insert_with(|| CaptionTagger::new(parser, mapper)).analyse(caption);
        });
        if let Err(crash) = found {
            // Its memory may be in any state.
            self.tagger = None;
            if let Ok(mut unparsed) = self.unparsed.lock() {
                unparsed.count += 1;
                unparsed.example.get_or_insert_with(|| format!("{caption:?}: {crash}"));
            }
        }
        self.tagger.as_ref().map_or(&[], |tagger| &tagger.mentions)
    }
}

impl TagArgs {
    /// The mapper that gives such tags.
    pub fn mapper(self) -> TagMapper {
        TagMapper::new().keep_invisible(self.keep_invisible).keep_spellings(self.keep_spellings)
    }
}
