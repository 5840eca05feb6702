//! The embedded lexicons open and say what they should.

use caption_parser::conllu;
use scene_graph::SceneGraph;
use scene_graph::factual::{Conventions, triples, triples_by};
use scene_graph::lexicon::{
    Compound, NounClass, is_adjective, is_kind_of_its_head, is_person, is_verb, learned_pair, noun_base,
    noun_class, verb_base,
};

#[test]
fn base_forms_are_those_of_wordnet() {
    let nouns = [
        ("leaves", "leaf"),
        ("children", "child"),
        ("buses", "bus"),
        ("bus", "bus"),
        ("knives", "knife"),
        ("wall", "wall"),
    ];
    for (form, base) in nouns {
        assert_eq!(noun_base(form).as_deref(), Some(base), "{form}");
    }
    let verbs = [
        ("riding", "ride"),
        ("sitting", "sit"),
        ("sat", "sit"),
        ("carries", "carry"),
        ("covered", "cover"),
        ("staring", "stare"),
    ];
    for (form, base) in verbs {
        assert_eq!(verb_base(form).as_deref(), Some(base), "{form}");
    }
    assert_eq!(verb_base("qwertying"), None);
}

#[test]
fn words_have_the_class_of_their_first_sense() {
    assert_eq!(noun_class("dog"), Some(NounClass::Animal));
    assert_eq!(noun_class("qwerty"), None);
    assert!(is_person("player") && !is_person("table"));
    assert!(is_kind_of_its_head("polar bear") && is_kind_of_its_head("red brick"));
    assert!(!is_kind_of_its_head("hot dog") && !is_kind_of_its_head("teddy bear"));
    assert!(is_adjective("striped") && is_verb("ride"));
    assert_eq!(learned_pair("brick", "wall"), Some(Compound::Attribute));
    assert_eq!(learned_pair("tennis", "racket"), Some(Compound::Whole));
}

#[test]
fn factual_has_its_own_names_for_the_plain_graph() {
    let tree = "1\tlegs\tleg\tNOUN\t_\t_\t0\troot\t_\t_\n2\tof\tof\tADP\t_\t_\t4\tcase\t_\t_\n\
                3\ttwo\ttwo\tNUM\t_\t_\t4\tnummod\t_\t_\n4\tmen\tman\tNOUN\t_\t_\t1\tnmod\t_\t_\n\n";
    let document = conllu::read(tree.as_bytes()).next().unwrap().unwrap().to_document().unwrap();
    let graph = SceneGraph::of(&document);
    assert_eq!(triples(&graph, document.text()), [["men", "is", "2"], ["men", "have", "legs"]]);
    let plain = triples_by(&Conventions::none(), &graph, document.text());
    assert_eq!(plain, [["men", "is", "2"], ["legs", "of", "men"]]);
}
