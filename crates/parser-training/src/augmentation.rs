//! Treebank sentences as captions would have them.
//!
//! Captions lack what treebanks have: a final stop, capitals, articles, and the auxiliary of
//! "a man is riding a horse". Shown without them, the network learns "man riding horse".

use std::borrow::Cow;

use caption_parser::{DependencyRelation as Relation, Upos};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::treebank::Example;

/// Share of sentences with a progressive or passive main verb that become a noun phrase.
const REDUCED: f64 = 0.5;

/// Share of annotated captions that lose their final stop.
const UNSTOPPED: f64 = 0.4;
/// Share of annotated captions that lose their articles, as phrases of image regions do.
const BARE: f64 = 0.12;
/// Share of annotated captions that begin with a capital.
const CAPITALISED: f64 = 0.25;
/// Share of annotated captions written as a web title is, each word with a capital.
const TITLED: f64 = 0.05;

/// A copy of the sentence that, with probability `share` each, has lost its final stop, its
/// articles, its capitals; and, where it can be, is a noun phrase with a participle.
///
/// A caption that a teacher has annotated varies in its capitals, articles and final stop alone.
pub fn as_caption<'e>(example: &'e Example, share: f64, rng: &mut ChaCha8Rng) -> Cow<'e, Example> {
    if !example.beliefs.is_empty() {
        return vary_caption(example, rng);
    }
    let mut varied = example.clone();
    if share > 0.0 && rng.random_bool(REDUCED) {
        reduce_clause(&mut varied);
    }
    if rng.random_bool(share) {
        drop_final(&mut varied, &[".", "!", "?"]);
    }
    if rng.random_bool(share) {
        drop_leaves(&mut varied, is_article);
    }
    if rng.random_bool(share) {
        varied.forms.iter_mut().for_each(|form| *form = form.to_lowercase());
    }
    Cow::Owned(varied)
}

fn is_article(example: &Example, index: usize) -> bool {
    let form = &example.forms[index];
    let article = ["a", "an", "the"].iter().any(|article| form.eq_ignore_ascii_case(article));
    article && example.relations[index] == Relation::Det
}

/// The annotation of a caption holds however it is written: with or without a stop or articles, in
/// lower case or as a title.
fn vary_caption<'e>(example: &'e Example, rng: &mut ChaCha8Rng) -> Cow<'e, Example> {
    let (unstopped, bare) = (rng.random_bool(UNSTOPPED), rng.random_bool(BARE));
    let (capitalised, titled) = (rng.random_bool(CAPITALISED), rng.random_bool(TITLED));
    if !(unstopped || bare || capitalised || titled) {
        return Cow::Borrowed(example);
    }
    let mut varied = example.clone();
    if unstopped {
        drop_final(&mut varied, &["."]);
    }
    if bare {
        drop_leaves(&mut varied, is_article);
    }
    let words = if titled { varied.len() } else { usize::from(capitalised).min(varied.len()) };
    varied.forms[..words].iter_mut().for_each(capitalise);
    Cow::Owned(varied)
}

fn capitalise(form: &mut String) {
    let mut rest = form.chars();
    if let Some(first) = rest.next() {
        *form = first.to_uppercase().chain(rest).collect();
    }
}

/// "A man is riding a horse" → "A man riding a horse": the subject becomes the root, the verb
/// its `acl`. The same for "the car is parked". Other sentences stay as they are.
fn reduce_clause(example: &mut Example) {
    let Some(verb) = example.heads.iter().position(|&head| head == 0) else { return };
    let of_verb = |index: usize| example.heads[index] as usize == verb + 1;
    let find = |relation: Relation| {
        let mut found =
            (0..example.len()).filter(|&index| of_verb(index) && example.relations[index] == relation);
        found.next().filter(|_| found.next().is_none())
    };
    let progressive = example.forms[verb].to_lowercase().ends_with("ing");
    let (subject, auxiliary) = match progressive {
        true => (find(Relation::Nsubj), find(Relation::Aux)),
        false => (find(Relation::NsubjPass), find(Relation::AuxPass)),
    };
    let (Some(subject), Some(auxiliary)) = (subject, auxiliary) else { return };
    let is_noun = matches!(example.upos[subject], Upos::Noun | Upos::Propn);
    let is_be = matches!(example.forms[auxiliary].to_lowercase().as_str(), "is" | "are" | "was" | "were");
    if example.upos[verb] != Upos::Verb || !is_noun || !is_be || subject > auxiliary || auxiliary > verb {
        return;
    }
    for index in 0..example.len() {
        if example.heads[index] as usize == verb + 1 && example.relations[index] == Relation::Punct {
            example.heads[index] = subject as u32 + 1;
        }
    }
    (example.heads[subject], example.relations[subject]) = (0, Relation::Root);
    (example.heads[verb], example.relations[verb]) = (subject as u32 + 1, Relation::Acl);
    drop_leaves(example, |_, index| index == auxiliary);
}

/// Takes out the last word if it is one of the stops.
fn drop_final(example: &mut Example, stops: &[&str]) {
    drop_leaves(example, |example, index| {
        index > 0 && index + 1 == example.len() && stops.contains(&example.forms[index].as_str())
    });
}

/// Takes out the words for which `drops` holds, if nothing hangs on them. The root stays.
fn drop_leaves(example: &mut Example, drops: impl Fn(&Example, usize) -> bool) {
    let dropped: Vec<bool> = (0..example.len())
        .map(|index| {
            let is_leaf = !example.heads.contains(&(index as u32 + 1));
            is_leaf && example.heads[index] != 0 && drops(example, index)
        })
        .collect();
    let mut kept = 0;
    let numbers: Vec<u32> = dropped
        .iter()
        .map(|&dropped| {
            kept += u32::from(!dropped);
            kept
        })
        .collect();
    for head in example.heads.iter_mut().filter(|head| **head > 0) {
        *head = numbers[*head as usize - 1];
    }
    let believed = example.beliefs.iter_mut().flat_map(|beliefs| &mut beliefs.heads);
    for choice in believed.filter(|(head, _)| *head > 0) {
        let head = usize::from(choice.0) - 1;
        if dropped[head] {
            *choice = (0, 0);
        } else {
            choice.0 = numbers[head] as u8;
        }
    }
    retain(&mut example.beliefs, &dropped);
    retain(&mut example.forms, &dropped);
    retain(&mut example.lemmas, &dropped);
    retain(&mut example.upos, &dropped);
    retain(&mut example.heads, &dropped);
    retain(&mut example.relations, &dropped);
}

fn retain<T>(list: &mut Vec<T>, dropped: &[bool]) {
    let mut dropped = dropped.iter();
    list.retain(|_| dropped.next() == Some(&false));
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::treebank::Beliefs;

    fn example(rows: &[(&str, Upos, u32, Relation)]) -> Example {
        Example {
            forms: rows.iter().map(|row| row.0.to_owned()).collect(),
            lemmas: rows.iter().map(|row| row.0.to_owned()).collect(),
            upos: rows.iter().map(|row| row.1).collect(),
            heads: rows.iter().map(|row| row.2).collect(),
            relations: rows.iter().map(|row| row.3).collect(),
            beliefs: Vec::new(),
        }
    }

    #[test]
    fn a_clause_becomes_a_caption() {
        let mut clause = example(&[
            ("The", Upos::Det, 2, Relation::Det),
            ("man", Upos::Noun, 4, Relation::Nsubj),
            ("is", Upos::Aux, 4, Relation::Aux),
            ("riding", Upos::Verb, 0, Relation::Root),
            ("a", Upos::Det, 6, Relation::Det),
            ("horse", Upos::Noun, 4, Relation::Obj),
            (".", Upos::Punct, 4, Relation::Punct),
        ]);
        let whole = clause.clone();
        reduce_clause(&mut clause);
        assert_eq!(clause.forms, ["The", "man", "riding", "a", "horse", "."]);
        assert_eq!(clause.heads, [2, 0, 2, 5, 3, 2]);
        assert_eq!(clause.relations[2], Relation::Acl);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let shortest =
            (0..50).map(|_| as_caption(&whole, 1.0, &mut rng)).min_by_key(|varied| varied.len()).unwrap();
        assert_eq!(shortest.forms, ["man", "riding", "horse"]);
        assert_eq!(shortest.heads, [0, 1, 2]);
    }
    #[test]
    fn an_annotated_caption_keeps_its_annotation() {
        let mut caption = example(&[
            ("A", Upos::Det, 2, Relation::Det),
            ("can", Upos::Noun, 0, Relation::Root),
            ("of", Upos::Adp, 4, Relation::Case),
            ("soda", Upos::Noun, 2, Relation::Nmod),
            (".", Upos::Punct, 2, Relation::Punct),
        ]);
        let heads = [(2, 200), (5, 50), (0, 5), (1, 0)];
        caption.beliefs = vec![Beliefs { heads, ..Beliefs::default() }; 5];
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let varied: Vec<Cow<Example>> = (0..200).map(|_| as_caption(&caption, 0.15, &mut rng)).collect();
        let find = |forms: &[&str]| varied.iter().find(|varied| varied.forms == forms).unwrap();
        assert_eq!(find(&["A", "Can", "Of", "Soda", "."]).heads, caption.heads);
        let unstopped = find(&["A", "can", "of", "soda"]);
        assert_eq!(unstopped.beliefs[1].heads, [(2, 200), (0, 0), (0, 5), (1, 0)]);
        let bare = find(&["can", "of", "soda"]);
        assert_eq!(bare.heads, [0, 3, 1]);
        assert_eq!(bare.beliefs[0].heads, [(1, 200), (0, 0), (0, 5), (0, 0)]);
    }
}
