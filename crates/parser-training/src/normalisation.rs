//! One tree for one meaning: "man riding a horse" is a noun phrase, whatever the teacher says.
//!
//! Treebanks have few such fragments, so a parser trained on them takes now the noun, now the
//! participle for the root. Universal Dependencies' reading of a noun phrase without an auxiliary
//! is the noun as root and the participle as its `acl`.

use caption_parser::{DependencyRelation as Relation, Upos};

use crate::treebank::{Beliefs, CHOICES, Example};

/// Turns every "noun participle …" clause that has no auxiliary and no mark into a noun phrase:
/// the subject takes the participle's place, the participle becomes its `acl`.
pub fn normalise(example: &mut Example) {
    for verb in 0..example.len() {
        if let Some(subject) = subject_of_fragment(example, verb) {
            reduce(example, verb, subject);
        }
    }
}

/// The subject of a participle that stands for a whole clause, if `verb` is one.
fn subject_of_fragment(example: &Example, verb: usize) -> Option<usize> {
    let is_clause = matches!(example.relations[verb], Relation::Root | Relation::Conj | Relation::Parataxis);
    if !is_clause || example.upos[verb] != Upos::Verb {
        return None;
    }
    let form = example.forms[verb].to_lowercase();
    let of_verb = |index: &usize| example.heads[*index] as usize == verb + 1;
    let mut subject = None;
    for index in (0..example.len()).filter(of_verb) {
        match example.relations[index] {
            Relation::Aux | Relation::AuxPass | Relation::Cop | Relation::Mark | Relation::Expl => {
                return None;
            }
            Relation::Nsubj if form.ends_with("ing") && subject.is_none() => subject = Some(index),
            Relation::NsubjPass if subject.is_none() => subject = Some(index),
            Relation::Nsubj | Relation::NsubjPass | Relation::Csubj => return None,
            _ => {}
        }
    }
    let subject = subject.filter(|&subject| subject < verb)?;
    matches!(example.upos[subject], Upos::Noun | Upos::Propn | Upos::Num).then_some(subject)
}

fn reduce(example: &mut Example, verb: usize, subject: usize) {
    let (verb_number, subject_number) = (verb as u32 + 1, subject as u32 + 1);
    let (head, relation) = (example.heads[verb], example.relations[verb]);
    set(example, subject, head, relation);
    set(example, verb, subject_number, Relation::Acl);
    for index in 0..example.len() {
        let moves = match example.relations[index] {
            Relation::Punct | Relation::Parataxis => true,
            // A second conjoined clause; "man sitting and reading" keeps its two participles.
            Relation::Cc => index < subject,
            _ => false,
        };
        if example.heads[index] == verb_number && moves {
            set(example, index, subject_number, example.relations[index]);
        }
    }
}

/// Hangs a word elsewhere, in all certainty.
fn set(example: &mut Example, word: usize, head: u32, relation: Relation) {
    (example.heads[word], example.relations[word]) = (head, relation);
    if let Some(Beliefs { heads, relations, .. }) = example.beliefs.get_mut(word) {
        (*heads, *relations) = ([(0, 0); CHOICES], [(0, 0); CHOICES]);
        (heads[0], relations[0]) = ((head as u8, u8::MAX), (relation as u8, u8::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(rows: &[(&str, Upos, u32, Relation)]) -> Example {
        Example {
            forms: rows.iter().map(|row| row.0.to_owned()).collect(),
            upos: rows.iter().map(|row| row.1).collect(),
            heads: rows.iter().map(|row| row.2).collect(),
            relations: rows.iter().map(|row| row.3).collect(),
            beliefs: vec![Beliefs::default(); rows.len()],
            ..Example::default()
        }
    }

    #[test]
    fn a_clause_without_auxiliary_is_a_noun_phrase() {
        let mut fragment = example(&[
            ("man", Upos::Noun, 2, Relation::Nsubj),
            ("riding", Upos::Verb, 0, Relation::Root),
            ("horse", Upos::Noun, 2, Relation::Obj),
            (".", Upos::Punct, 2, Relation::Punct),
        ]);
        normalise(&mut fragment);
        assert_eq!(fragment.heads, [0, 1, 2, 1]);
        assert_eq!(fragment.relations[..2], [Relation::Root, Relation::Acl]);
        assert_eq!(fragment.beliefs[1].heads[0], (1, 255));
    }

    #[test]
    fn clauses_stay_clauses() {
        let progressive = example(&[
            ("man", Upos::Noun, 3, Relation::Nsubj),
            ("is", Upos::Aux, 3, Relation::Aux),
            ("riding", Upos::Verb, 0, Relation::Root),
        ]);
        let finite =
            example(&[("dogs", Upos::Noun, 2, Relation::Nsubj), ("run", Upos::Verb, 0, Relation::Root)]);
        for clause in [progressive, finite] {
            let mut normalised = clause.clone();
            normalise(&mut normalised);
            assert_eq!(normalised.heads, clause.heads);
        }
    }
}
