//! Results as JSON, an object a line.

use std::collections::HashSet;
use std::io::{self, Write};

use serde::Serialize;
use tag_vocabulary::TagKind;

use crate::tagging::Analysis;

#[derive(Serialize)]
struct GraphRecord<'a> {
    caption: &'a str,
    entities: Vec<EntityRecord<'a>>,
    relations: Vec<RelationRecord>,
    tags: Vec<TagRecord<'a>>,
}

#[derive(Serialize)]
struct EntityRecord<'a> {
    /// As the caption writes it.
    text: &'a str,
    /// The whole name with its last word in base form: "tennis racquet".
    lemma: &'a str,
    /// Bytes of the caption.
    start: usize,
    end: usize,
    kind: TagKind,
    modifiers: Vec<ModifierRecord<'a>>,
    /// The caption says that it is not there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    absent: bool,
}

#[derive(Serialize)]
struct ModifierRecord<'a> {
    text: &'a str,
    lemma: &'a str,
}

#[derive(Serialize)]
struct RelationRecord {
    /// Positions in `entities`.
    subject: Option<usize>,
    relation: String,
    object: Option<usize>,
}

#[derive(Serialize)]
struct TagRecord<'a> {
    name: &'a str,
    kind: TagKind,
}

#[derive(Serialize)]
struct TriplesRecord<'a> {
    caption: &'a str,
    triples: &'a [Vec<String>],
}

/// Writes the scene graph and the tags.
pub fn write(analysis: &Analysis<'_>, output: &mut impl Write) -> io::Result<()> {
    let caption = analysis.document.text();
    let graph = analysis.graph;
    let entities = graph.entities.iter().enumerate().map(|(index, entity)| EntityRecord {
        text: &caption[entity.span.clone()],
        lemma: &entity.name,
        start: entity.span.start,
        end: entity.span.end,
        kind: analysis.mapper.kind(graph, index),
        modifiers: graph
            .modifiers_of(index)
            .map(|modifier| ModifierRecord { text: &modifier.text, lemma: &modifier.lemma })
            .collect(),
        absent: entity.absent,
    });
    let relations = graph.relations.iter().map(|relation| RelationRecord {
        subject: relation.subject,
        relation: relation.predicate.label().into(),
        object: relation.object,
    });
    let record = GraphRecord {
        caption,
        entities: entities.collect(),
        relations: relations.collect(),
        tags: distinct_tags(analysis).map(|(name, kind)| TagRecord { name, kind }).collect(),
    };
    write_line(&record, output)
}

/// Writes the scene graph as triples.
pub fn write_triples(analysis: &Analysis<'_>, output: &mut impl Write) -> io::Result<()> {
    let caption = analysis.document.text();
    write_line(&TriplesRecord { caption, triples: &analysis.triples }, output)
}

/// The tags in the order of the caption, each once.
pub fn distinct_tags<'a>(analysis: &Analysis<'a>) -> impl Iterator<Item = (&'a str, TagKind)> {
    let mut seen = HashSet::new();
    let tags = analysis.mentions.iter().map(|mention| (mention.name.as_str(), mention.kind));
    tags.filter(move |tag| seen.insert(*tag))
}

fn write_line(record: &impl Serialize, output: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *output, record)?;
    output.write_all(b"\n")
}
