//! Prepositions: simple, of several words, and those built from a noun ("on the side of").
//!
//! Whatever tree the parser gives "a bus in front of a house", afterwards "house" hangs where the
//! preposition hung, and "in front of" is its preposition.

use std::sync::LazyLock;

use caption_parser::{DependencyRelation as Dep, Upos};
use foldhash::HashMap;

use crate::lexicon::{WordList, words_of};
use crate::reading::{Reading, Role};

/// The prepositions of several words, by their first word, longest first.
static FIXED: LazyLock<HashMap<&'static str, Vec<Vec<&'static str>>>> = LazyLock::new(|| {
    let mut fixed: HashMap<_, Vec<Vec<_>>> = HashMap::default();
    for line in words_of(include_str!("../lexicons/prepositions.txt")) {
        let words: Vec<&str> = line.split(' ').collect();
        fixed.entry(words[0]).or_default().push(words);
    }
    for phrases in fixed.values_mut() {
        phrases.sort_by_key(|words| std::cmp::Reverse(words.len()));
    }
    fixed
});

/// Longest run of words between a preposition and its relational noun: "on the far left side of".
const LONGEST_GAP: usize = 3;

pub(crate) fn find(reading: &mut Reading) {
    let mut start = 0;
    while start < reading.len() {
        let end = fixed_phrase(reading, start).or_else(|| noun_phrase(reading, start));
        match end {
            Some(end) if complement(reading, start, end).is_some() => {
                join(reading, start, end);
                start = end;
            }
            _ => start += 1,
        }
    }
    for index in 0..reading.len() {
        if reading.node(index).role == Role::Word && reading.preposition(index).is_empty() {
            simple(reading, index);
        }
    }
}

/// End of the listed phrase that starts here.
fn fixed_phrase(reading: &Reading, start: usize) -> Option<usize> {
    let phrases = FIXED.get(reading.form(start))?;
    phrases.iter().find_map(|words| {
        let end = start + words.len();
        (end <= reading.len() && (start..end).zip(words).all(|(at, word)| reading.form(at) == *word))
            .then_some(end)
    })
}

/// End of "on (the left) side of", "at base of", "to the right of".
fn noun_phrase(reading: &Reading, start: usize) -> Option<usize> {
    if reading.node(start).upos != Upos::Adp {
        return None;
    }
    let last = (start + 1..reading.len().min(start + 2 + LONGEST_GAP)).take_while(|&at| {
        at == start + 1
            || matches!(reading.node(at - 1).upos, Upos::Det | Upos::Adj | Upos::Pron)
            || WordList::RelationalNouns.has(reading.form(at - 1))
    });
    let noun = last.filter(|&at| WordList::RelationalNouns.has(reading.form(at))).last()?;
    // "On a busy corner of the city": a corner that is something itself.
    let describes = |at: usize| reading.node(at).upos == Upos::Adj && !WordList::Sides.has(reading.form(at));
    if (start + 1..noun).any(describes) {
        return None;
    }
    let of = noun + 1;
    (of < reading.len() && matches!(reading.form(of), "of" | "from")).then_some(of + 1)
}

/// The noun that a preposition of several words leads: the head outside of one of its words, last
/// words first.
fn complement(reading: &Reading, start: usize, end: usize) -> Option<usize> {
    (start..end).rev().find_map(|at| {
        let head = reading.node(at).head;
        let leads = matches!(reading.node(at).relation, Dep::Case | Dep::Mark | Dep::Fixed);
        (head >= end && leads).then_some(head)
    })
}

/// Hangs the complement where the preposition hangs.
fn join(reading: &mut Reading, start: usize, end: usize) {
    let Some(complement) = complement(reading, start, end) else { return };
    let anchor = (start..end).find(|&at| {
        let head = reading.node(at).head;
        let outside = head < start || head >= end || head == at;
        outside && head != complement && reading.is_under(complement, at)
    });
    if let Some(anchor) = anchor {
        reading.replace(anchor, complement, |_| false);
        let relation = reading.node(complement).relation;
        if matches!(
            relation,
            Dep::Advmod | Dep::Amod | Dep::CompoundPrt | Dep::OblUnmarked | Dep::NmodUnmarked
        ) {
            let head = reading.node(complement).head;
            let verbal = matches!(reading.node(head).upos, Upos::Verb | Upos::Aux | Upos::Adj);
            reading.node_mut(complement).relation = if verbal { Dep::Obl } else { Dep::Nmod };
        }
    }
    for at in start..end {
        reading.node_mut(at).role = Role::Preposition;
    }
    // "sitting right next to": what leads the noun besides is part of the preposition's place only.
    reading.set_preposition(complement, start..end);
}

/// The run of case markers before a word: "on", "out of", "from under".
fn simple(reading: &mut Reading, index: usize) {
    let marks: Vec<usize> = reading
        .children_by(index, Dep::Case)
        .filter(|&at| {
            at < index && reading.node(at).upos != Upos::Part && !reading.form(at).starts_with('\'')
        })
        .collect();
    let Some((&first, &last)) = marks.first().zip(marks.last()) else { return };
    let fixed: Vec<usize> = (first..=last.max(first))
        .chain(reading.children_by(last, Dep::Fixed))
        .filter(|&at| marks.contains(&at) || reading.node(at).relation == Dep::Fixed)
        .collect();
    for &at in &fixed {
        reading.node_mut(at).role = Role::Preposition;
    }
    // "on its mother's lap" with "on" under the mother: it leads the lap.
    let node = reading.node(index);
    let led = if node.relation == Dep::NmodPoss && node.head > index { node.head } else { index };
    reading.set_preposition(led, fixed.into_iter());
}
