//! From a caption to its tags: parser, scene graph and tag mapper in a row.

use caption_parser::conllu::Block;
use caption_parser::{Document, Parser, Scratch};
use scene_graph::{Extractor, SceneGraph};
use tag_mapper::{Mention, TagMapper};

use crate::args::TagArgs;

/// The stages with a thread's memory for them.
pub struct CaptionTagger {
    parser: &'static Parser,
    scratch: Scratch,
    extractor: Extractor,
    graph: SceneGraph,
    mapper: TagMapper,
    mentions: Vec<Mention>,
}

/// What was found in one caption.
pub struct Analysis<'t> {
    pub document: &'t Document,
    pub graph: &'t SceneGraph,
    pub mapper: &'t TagMapper,
    /// The tags in the order of the caption, as often as it says them.
    pub mentions: &'t [Mention],
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
        }
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
        Analysis { document, graph: &self.graph, mapper: &self.mapper, mentions: &self.mentions }
    }
}

impl TagArgs {
    /// The mapper that gives such tags.
    pub fn mapper(self) -> TagMapper {
        TagMapper::new().keep_invisible(self.keep_invisible).keep_spellings(self.keep_spellings)
    }
}
