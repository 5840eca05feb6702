//! The embedded lexicons open and say what they should.

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
