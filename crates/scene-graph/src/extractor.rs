//! Runs the passes and the rules over every sentence of a caption.

use caption_parser::Document;

use crate::reading::Reading;
use crate::{
    SceneGraph, copula, entities, modifiers, nouns, partitives, prepositions, pronouns, quotes, repair, verbs,
};

/// Makes scene graphs of parsed captions, and keeps its working memory from one to the next.
#[derive(Debug, Default)]
pub struct Extractor {
    reading: Reading,
}

impl Extractor {
    /// An extractor without any memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills `graph` with what the caption says; what it held before is gone.
    pub fn extract(&mut self, document: &Document, graph: &mut SceneGraph) {
        graph.clear();
        let reading = &mut self.reading;
        for (number, sentence) in document.sentences().enumerate() {
            reading.load(&sentence);
            repair::mend(reading);
            quotes::set_aside(reading);
            prepositions::find(reading);
            partitives::find(reading);
            entities::find(reading, graph, number);
            pronouns::resolve(reading, graph, number);
            modifiers::find(reading, graph);
            copula::find(reading, graph);
            nouns::find(reading, graph);
            verbs::find(reading, graph);
        }
        graph.modifiers.sort_by_key(|modifier| (modifier.entity, modifier.span.start));
        graph.relations.sort_by_key(|relation| relation.span.start);
    }
}
