//! Captions that parsers of running text get wrong: noun phrases with a participle, bare
//! compounds, adjectives that look like participles.

use caption_parser::{DependencyRelation, Parser, Scratch, Upos};

use DependencyRelation::{Acl, Amod, Case, Compound, Det, Nmod, Obj, Obl, Root};
use Upos::{Adj, Adp, Noun, Verb};

type Word = (&'static str, Upos, DependencyRelation);

/// "flowered", "tiled": the treebanks have such words as either.
fn or_participle(expected: Upos, found: Upos, relation: DependencyRelation) -> bool {
    expected == found || (relation == Amod && expected == Adj && found == Verb)
}

#[test]
fn noun_phrases_are_noun_phrases() {
    let captions: [&[Word]; 8] = [
        &[("zebra", Noun, Root), ("walking", Verb, Acl), ("on", Adp, Case), ("grass", Noun, Obl)],
        &[("man", Noun, Root), ("riding", Verb, Acl), ("bicycle", Noun, Obj)],
        &[("can", Noun, Root), ("of", Adp, Case), ("soda", Noun, Nmod)],
        &[("blue", Adj, Amod), ("flowered", Adj, Amod), ("dress", Noun, Root)],
        &[("stop", Noun, Compound), ("sign", Noun, Root)],
        &[("woman", Noun, Root), ("wearing", Verb, Acl), ("red", Adj, Amod), ("hat", Noun, Obj)],
        &[("clock", Noun, Root), ("on", Adp, Case), ("the", Upos::Det, Det), ("wall", Noun, Nmod)],
        &[("train", Noun, Root), ("parked", Verb, Acl), ("at", Adp, Case), ("station", Noun, Obl)],
    ];
    let parser = Parser::embedded().unwrap();
    let mut scratch = Scratch::default();
    for words in captions {
        let caption: Vec<&str> = words.iter().map(|word| word.0).collect();
        let document = parser.parse(&mut scratch, &caption.join(" "));
        let sentence = document.sentences().next().unwrap();
        for (index, &(form, upos, relation)) in words.iter().enumerate() {
            let found = (sentence.upos(index), sentence.relation(index));
            let fits = or_participle(upos, found.0, relation) && found.1 == relation;
            assert!(fits, "{form} in {caption:?}: {found:?}");
        }
    }
}
