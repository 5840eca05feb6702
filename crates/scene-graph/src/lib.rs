//! Dependency trees to scene graphs: what a caption shows, what it is like, what it does.
//!
//! The graph is found by rules on [Universal Dependencies](https://universaldependencies.org/)
//! trees. [`Rule`] lists them; each lives in the module of its construction.
//!
//! ```
//! use caption_parser::conllu;
//! use scene_graph::SceneGraph;
//!
//! let tree = "1\tman\tman\tNOUN\t_\t_\t0\troot\t_\t_\n\
//!             2\triding\tride\tVERB\t_\t_\t1\tacl\t_\t_\n\
//!             3\tbrown\tbrown\tADJ\t_\t_\t4\tamod\t_\t_\n\
//!             4\thorses\thorse\tNOUN\t_\t_\t2\tobj\t_\t_\n\n";
//! let document = conllu::read(tree.as_bytes()).next().unwrap()?.to_document()?;
//! let graph = SceneGraph::of(&document);
//! assert_eq!(graph.entities[1].name, "horse");
//! assert_eq!(graph.modifiers[0].text, "brown");
//! assert_eq!(graph.relations[0].predicate.label(), "ride");
//! # Ok::<(), caption_parser::conllu::ConlluError>(())
//! ```
#![warn(missing_docs)]

mod builder;
mod clauses;
mod copula;
mod entities;
mod extractor;
pub mod factual;
mod graph;
pub mod lexicon;
mod modifiers;
mod nouns;
mod partitives;
mod prepositions;
mod pronouns;
mod quotes;
mod reading;
mod repair;
mod rule;
mod subjects;
mod verbs;

pub use extractor::Extractor;
pub use graph::{Entity, Modifier, ModifierKind, Predicate, Pronoun, Relation, SceneGraph};
pub use rule::Rule;
