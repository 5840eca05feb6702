//! Mends trees that parsers often get wrong on captions, before any rule reads them.

use caption_parser::{DependencyRelation as Dep, Upos};

use crate::lexicon::{Compound, NounClass, WordList, learned_pair, noun_base, noun_class, verb_base};
use crate::reading::Reading;
use crate::subjects::own_subject;

pub(crate) fn mend(reading: &mut Reading) {
    for index in 0..reading.len() {
        name_as_noun(reading, index);
        plural_as_base(reading, index);
        colour_as_participle(reading, index);
        adjective_as_participle(reading, index);
        noun_in_verbs_place(reading, index);
        noun_as_participle(reading, index);
        verb_as_noun(reading, index);
        infinitive_as_noun(reading, index);
        led_verb_as_noun(reading, index);
        participle_as_quality(reading, index);
        quality_before_noun(reading, index);
        noun_before_as_subject(reading, index);
    }
}

/// "bikers", of which the parser does not know the singular.
fn plural_as_base(reading: &mut Reading, index: usize) {
    let form = reading.form(index);
    let is_plural = reading.node(index).upos == Upos::Noun
        && form == reading.lemma(index)
        && (form.ends_with("ers") || form.ends_with("ists"))
        // WordNet has the gang, too.
        && matches!(noun_class(form), None | Some(NounClass::Group));
    if is_plural {
        let base = form[..form.len() - 1].to_owned();
        reading.set_lemma(index, &base);
    }
}

/// "Light-purple colored coats": nobody colours them.
fn colour_as_participle(reading: &mut Reading, index: usize) {
    let has_doer = || own_subject(reading, index).is_some() || reading.child(index, Dep::Obj).is_some();
    if reading.node(index).upos == Upos::Verb
        && matches!(reading.form(index), "colored" | "coloured")
        && !has_doer()
    {
        reading.node_mut(index).upos = Upos::Adj;
    }
}

/// Title case makes names of nouns: their lemma is that of the noun. "Brick Walls" → wall.
fn name_as_noun(reading: &mut Reading, index: usize) {
    if reading.node(index).upos == Upos::Propn
        && let Some(base) = noun_base(reading.form(index))
    {
        reading.set_lemma(index, &base);
    }
}

/// "covered with snow", the participle tagged as an adjective, is a verb with its complement.
fn adjective_as_participle(reading: &mut Reading, index: usize) {
    if reading.node(index).upos != Upos::Adj || !is_participle_form(reading.form(index)) {
        return;
    }
    let complement =
        |child: usize| matches!(reading.node(child).relation, Dep::Obl | Dep::OblAgent | Dep::Obj);
    if !reading.children(index).any(|child| child > index && complement(child)) {
        return;
    }
    if let Some(base) = verb_base(reading.form(index))
        && base != reading.form(index)
    {
        reading.set_lemma(index, &base);
        let node = reading.node_mut(index);
        node.upos = Upos::Verb;
        if node.relation == Dep::Amod {
            node.relation = Dep::Acl;
        }
    }
}

/// "man riding bicycle" with "riding" as a noun: what has an object, or says what a noun does, is a
/// verb.
fn noun_in_verbs_place(reading: &mut Reading, index: usize) {
    let form = reading.form(index);
    if reading.node(index).upos != Upos::Noun || !form.ends_with("ing") || WordList::NounsInIng.has(form) {
        return;
    }
    let clause = matches!(reading.node(index).relation, Dep::Acl | Dep::AclRelcl | Dep::Advcl);
    if !clause && reading.child(index, Dep::Obj).is_none() {
        return;
    }
    if let Some(base) = verb_base(form) {
        reading.set_lemma(index, &base);
        reading.node_mut(index).upos = Upos::Verb;
    }
}

/// "zebra walking on grass" with "walking" as the head noun: the noun before it walks.
fn noun_as_participle(reading: &mut Reading, index: usize) {
    let form = reading.form(index);
    if reading.node(index).upos != Upos::Noun
        || !form.ends_with("ing")
        || index == 0
        || index + 1 == reading.len()
    {
        return;
    }
    let before = index - 1;
    let joined = is_noun(reading, before)
        && reading.node(before).head == index
        && reading.node(before).relation == Dep::Compound;
    let whole = learned_pair(reading.form(before), form) == Some(Compound::Whole);
    if !joined || whole || WordList::NounsInIng.has(form) {
        return;
    }
    let Some(base) = verb_base(form) else { return };
    reading.set_lemma(index, &base);
    reading.node_mut(index).upos = Upos::Verb;
    move_to_noun(reading, index, before);
    if reading.is_root(index) {
        reading.attach(before, index, Dep::Nsubj);
    } else {
        reading.replace(index, before, |child| !matches!(child.relation, Dep::Case | Dep::Nsubj | Dep::Cop));
        reading.attach(index, before, Dep::Acl);
    }
    let complements: Vec<usize> = reading.children_by(index, Dep::Nmod).collect();
    for child in complements {
        reading.node_mut(child).relation = Dep::Obl;
    }
}

/// Articles and qualities that hang on a verb before its noun belong to the noun.
fn move_to_noun(reading: &mut Reading, verb: usize, noun: usize) {
    let leads =
        |relation| matches!(relation, Dep::Det | Dep::Amod | Dep::Nummod | Dep::Compound | Dep::NmodPoss);
    let moved: Vec<usize> =
        reading.children(verb).filter(|&child| child < noun && leads(reading.node(child).relation)).collect();
    for child in moved {
        let relation = reading.node(child).relation;
        reading.attach(child, noun, relation);
    }
}

/// "plane sitting on a tarmac" with "plane" as anything but the subject: a noun right before a
/// verb without a subject, that no preposition leads, is its subject.
fn noun_before_as_subject(reading: &mut Reading, verb: usize) {
    if reading.node(verb).upos != Upos::Verb || own_subject(reading, verb).is_some() {
        return;
    }
    let clause = matches!(
        reading.node(verb).relation,
        Dep::Root | Dep::Parataxis | Dep::Ccomp | Dep::Acl | Dep::AclRelcl | Dep::Conj
    );
    let displaced = |child: usize| {
        matches!(
            reading.node(child).relation,
            Dep::Obj
                | Dep::Obl
                | Dep::OblUnmarked
                | Dep::Compound
                | Dep::Advmod
                | Dep::Nmod
                | Dep::NmodUnmarked
                | Dep::Dep
                | Dep::Amod
        )
    };
    let before = reading.children(verb).take_while(|&child| child < verb);
    let Some(subject) = before.filter(|&child| is_noun(reading, child) && displaced(child)).last() else {
        return;
    };
    let led = reading.children_by(subject, Dep::Case).any(|case| case < subject);
    let relative =
        matches!(reading.node(verb).relation, Dep::AclRelcl) && reading.node(subject).relation == Dep::Obj;
    if clause && !led && !relative {
        move_to_noun(reading, verb, subject);
        reading.node_mut(subject).relation = Dep::Nsubj;
    }
}

/// "folded metal chair" with "folded" as the verb: a participle right before its object, at the
/// head of a phrase, is a quality.
fn participle_as_quality(reading: &mut Reading, verb: usize) {
    if reading.node(verb).upos != Upos::Verb
        || !is_participle_form(reading.form(verb))
        || reading.form(verb) == reading.lemma(verb)
    {
        return;
    }
    let first = reading.children(verb).find(|&child| reading.node(child).relation != Dep::Punct);
    let Some(noun) = first else { return };
    let object =
        matches!(reading.node(noun).relation, Dep::Obj | Dep::Nsubj | Dep::NsubjPass | Dep::Xcomp | Dep::Obl);
    let phrase = noun > verb && object && is_noun(reading, noun) && reading.child(noun, Dep::Case).is_none();
    let bare = (verb + 1..noun).all(|between| {
        matches!(reading.node(between).upos, Upos::Noun | Upos::Adj | Upos::Propn | Upos::Verb)
    });
    let heads = matches!(reading.node(verb).relation, Dep::Root | Dep::Obj | Dep::Obl);
    if phrase && bare && heads {
        reading.replace(verb, noun, |_| false);
        reading.node_mut(verb).relation = Dep::Amod;
    }
}

/// "white and black sign" with "white" as the head: the noun is.
fn quality_before_noun(reading: &mut Reading, quality: usize) {
    let form = reading.form(quality);
    let node = reading.node(quality);
    if !(node.upos == Upos::Adj || WordList::Colours.has(form)) || own_subject(reading, quality).is_some() {
        return;
    }
    if node.relation == Dep::Amod && node.head > quality || reading.child(quality, Dep::Cop).is_some() {
        return;
    }
    let displaced = |child: usize| {
        let relation = reading.node(child).relation;
        matches!(
            relation,
            Dep::Conj | Dep::OblUnmarked | Dep::NmodUnmarked | Dep::Obj | Dep::Dep | Dep::Nmod | Dep::Obl
        ) && is_noun(reading, child)
            && reading.child(child, Dep::Case).is_none()
            && !WordList::Colours.has(reading.form(child))
    };
    let Some(noun) = reading.children(quality).find(|&child| child > quality && displaced(child)) else {
        return;
    };
    let joined = (quality + 1..noun).all(|between| {
        matches!(reading.node(between).upos, Upos::Adj | Upos::Cconj | Upos::Punct | Upos::Verb)
            || WordList::Colours.has(reading.form(between))
    });
    if joined {
        reading.replace(quality, noun, |_| false);
        reading.node_mut(quality).relation = Dep::Amod;
    }
}

/// "attached to tree" with "tree" as a verb: what follows "to" there is a noun.
fn infinitive_as_noun(reading: &mut Reading, index: usize) {
    const TIES: [&str; 9] = ["attach", "connect", "tie", "chain", "strap", "hook", "lead", "stick", "fasten"];
    let node = reading.node(index);
    let head = node.head;
    if node.upos != Upos::Verb || node.relation != Dep::Xcomp || !TIES.contains(&reading.lemma(head)) {
        return;
    }
    let Some(to) = reading.child(index, Dep::Mark).filter(|&mark| mark + 1 == index) else { return };
    let Some(base) = noun_base(reading.form(index)) else { return };
    reading.set_lemma(index, &base);
    reading.node_mut(index).upos = Upos::Noun;
    reading.node_mut(index).relation = Dep::Obl;
    reading.node_mut(to).relation = Dep::Case;
    reading.node_mut(to).upos = Upos::Adp;
}

/// A "verb" that a preposition leads, without subject or object, is a noun: "from hook".
fn led_verb_as_noun(reading: &mut Reading, index: usize) {
    let node = reading.node(index);
    let nominal = matches!(node.relation, Dep::Nmod | Dep::Obl | Dep::Obj | Dep::Nsubj);
    if node.upos != Upos::Verb || !nominal || reading.form(index).ends_with("ing") {
        return;
    }
    let led = reading
        .children(index)
        .any(|child| matches!(reading.node(child).relation, Dep::Case | Dep::Det | Dep::Amod));
    if led && let Some(base) = noun_base(reading.form(index)) {
        reading.set_lemma(index, &base);
        reading.node_mut(index).upos = Upos::Noun;
    }
}

fn is_noun(reading: &Reading, index: usize) -> bool {
    matches!(reading.node(index).upos, Upos::Noun | Upos::Propn)
}

/// A "verb" with an article and neither subject nor object is a noun: "the crossing".
fn verb_as_noun(reading: &mut Reading, index: usize) {
    if reading.node(index).upos != Upos::Verb {
        return;
    }
    let verbal = |child: usize| {
        matches!(
            reading.node(child).relation,
            Dep::Nsubj | Dep::NsubjPass | Dep::Obj | Dep::Aux | Dep::AuxPass | Dep::Xcomp
        )
    };
    let has_article = reading.child(index, Dep::Det).is_some();
    if !has_article || reading.children(index).any(verbal) {
        return;
    }
    if let Some(base) = noun_base(reading.form(index)) {
        reading.set_lemma(index, &base);
        reading.node_mut(index).upos = Upos::Noun;
    }
}

/// True for forms that may be a past participle: "covered", "worn".
pub(crate) fn is_participle_form(form: &str) -> bool {
    form.ends_with("ed")
        || verb_base(form).is_some_and(|base| base != form && !form.ends_with("ing") && !form.ends_with('s'))
}
