//! Which clauses say that something is done: not those that deny it, wish for it or lead to another.

use caption_parser::{DependencyRelation as Dep, Upos};

use crate::lexicon::WordList;
use crate::reading::Reading;
use crate::subjects::own_subject;

/// How far up a denial is looked for: "does not want to try to hit".
const DEEPEST: usize = 4;

/// Verbs of which an adjective or a noun with "like" says what the subject is, not what it does.
const SEEMING: [&str; 9] = ["appear", "become", "feel", "get", "look", "seem", "smell", "sound", "taste"];

/// True if the caption says that the verb is not done: "does not stop", "without stopping",
/// "wants to stop", "unable to stop".
pub(crate) fn is_denied(reading: &Reading, verb: usize) -> bool {
    let mut at = verb;
    for _ in 0..DEEPEST {
        if is_negated(reading, at) {
            return true;
        }
        let node = reading.node(at);
        if reading.is_root(at) {
            return false;
        }
        let is_complement = matches!(node.relation, Dep::Xcomp | Dep::Ccomp | Dep::Advcl);
        if is_complement && WordList::Unfulfilled.has(reading.lemma(node.head)) && leads(reading, at) {
            return true;
        }
        // "A man who does not smile, riding a horse": only what a verb governs shares its denial.
        let shares = matches!(node.relation, Dep::Xcomp | Dep::Ccomp)
            || node.relation == Dep::Conj && has_alternative(reading, at);
        if !shares {
            return false;
        }
        at = node.head;
    }
    false
}

/// "Did not run or jump".
fn has_alternative(reading: &Reading, conjunct: usize) -> bool {
    reading.child(conjunct, Dep::Cc).is_some_and(|cc| matches!(reading.form(cc), "or" | "nor"))
}

/// True for an infinitive with "to" or a gerund without a word that makes it a clause of its own.
fn leads(reading: &Reading, verb: usize) -> bool {
    let mark = reading.child(verb, Dep::Mark);
    mark.map_or(reading.form(verb).ends_with("ing"), |mark| reading.form(mark) == "to")
}

/// "Not", "never", "without" or "if" right under a predicate.
pub(crate) fn is_negated(reading: &Reading, verb: usize) -> bool {
    const DENYING: [&str; 13] = [
        "not", "n't", "n’t", "never", "without", "hardly", "instead", "if", "isnt", "arent", "doesnt",
        "dont", "didnt",
    ];
    let denies = |child: usize| {
        let form = reading.form(child);
        matches!(reading.node(child).relation, Dep::Advmod | Dep::Mark | Dep::Det | Dep::Aux | Dep::Cop)
            && (DENYING.contains(&form)
                // "No longer running".
                || form == "longer" && child > 0 && reading.form(child - 1) == "no")
    };
    reading.children(verb).any(denies)
        || own_subject(reading, verb)
            .is_some_and(|at| matches!(reading.form(at), "none" | "nobody" | "noone"))
}

/// True if a verb only leads to the verb or the quality under it: "trying to hit", "is seen
/// wearing", "looks sharp".
pub(crate) fn only_leads(reading: &Reading, verb: usize) -> bool {
    let lemma = reading.lemma(verb);
    let (leads, seems) = (WordList::Catenatives.has(lemma), SEEMING.contains(&lemma));
    (leads || seems)
        && reading.children(verb).any(|child| {
            let node = reading.node(child);
            let governs = matches!(node.relation, Dep::Xcomp | Dep::Ccomp);
            child > verb
                && match node.upos {
                    Upos::Verb => governs && leads,
                    // "It used to be a church".
                    _ if governs && leads && reading.child(child, Dep::Cop).is_some() => true,
                    Upos::Adj => (governs || node.relation == Dep::Obj) && seems,
                    _ => false,
                }
        })
}

/// True if it is the reader who does it, or should, not somebody in the picture: "check out these
/// boots", "as you can see".
pub(crate) fn is_readers(reading: &Reading, verb: usize) -> bool {
    let node = reading.node(verb);
    let subject = own_subject(reading, verb);
    let follows = || node.relation == Dep::Conj && subject.is_none() && is_imperative(reading, node.head);
    subject.is_some_and(|at| reading.form(at) == "you") || is_imperative(reading, verb) || follows()
}

fn is_imperative(reading: &Reading, verb: usize) -> bool {
    let node = reading.node(verb);
    let is_bare = reading.form(verb) == reading.lemma(verb) && !reading.form(verb).ends_with("ing");
    let has =
        |relations: &[Dep]| reading.children(verb).any(|at| relations.contains(&reading.node(at).relation));
    // "Please click here", "just look".
    let leads = |at: usize| matches!(reading.node(at).upos, Upos::Punct | Upos::Adv | Upos::Intj);
    let begins = (0..verb).all(leads);
    reading.is_root(verb)
        && node.upos == Upos::Verb
        && is_bare
        && begins
        && !has(&[Dep::Nsubj, Dep::NsubjPass, Dep::Aux, Dep::AuxPass])
}
