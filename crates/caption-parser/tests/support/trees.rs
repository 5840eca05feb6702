//! What tests and fuzz targets ask of every parse.

use caption_parser::{DependencyRelation, Document};

/// Panics unless every sentence is a tree: one root, which alone has that relation and which every
/// word reaches over heads that are words of the sentence.
pub fn check_trees(document: &Document) {
    for sentence in document.sentences() {
        let (length, text) = (sentence.len(), sentence.text());
        assert!(length > 0);
        let mut roots = 0;
        for index in 0..length {
            let head = sentence.head(index);
            roots += usize::from(head.is_none());
            assert!(head.is_none_or(|head| head < length), "head {head:?} in {text:?}");
            let is_root = sentence.relation(index) == DependencyRelation::Root;
            assert_eq!(is_root, head.is_none(), "the relation of {:?} in {text:?}", sentence.form(index));
        }
        assert_eq!(roots, 1, "{text:?}");
        for index in 0..length {
            let steps = std::iter::successors(Some(index), |&at| sentence.head(at)).take(length + 1);
            assert!(steps.count() <= length, "a cycle in {text:?}");
        }
    }
}
