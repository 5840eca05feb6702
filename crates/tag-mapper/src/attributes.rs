//! Modifiers to attributes.

use scene_graph::lexicon::{NounClass, is_adjective, noun_class, verb_base};
use scene_graph::{Modifier, ModifierKind, Rule, SceneGraph};
use tag_vocabulary::TagKind;

use crate::lists::Unwanted;
use crate::{Mention, TagMapper};

pub(crate) fn find(mapper: &TagMapper, graph: &SceneGraph, mentions: &mut Vec<Mention>) {
    for modifier in &graph.modifiers {
        let entity = &graph.entities[modifier.entity];
        if entity.absent || !(mapper.shows(&entity.lemma) || Unwanted::Bearer.has(&entity.lemma)) {
            continue;
        }
        match modifier.kind {
            ModifierKind::Quality if modifier.rule == Rule::PredicateAdverb => {}
            ModifierKind::Quality => quality(mapper, modifier, mentions),
            ModifierKind::Number => push(mapper, modifier, number(&modifier.text), 0, mentions),
            // "brick wall" is of brick; "kitchen table" is a name.
            ModifierKind::Noun if noun_class(&modifier.text) == Some(NounClass::Substance) => {
                quality(mapper, modifier, mentions)
            }
            _ => {}
        }
    }
}

/// Small numbers in words: "3 dogs" are "three". Others stay as they are, and are no names.
fn number(text: &str) -> &str {
    const WORDS: [&str; 11] =
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let value = text.parse::<usize>().ok().and_then(|value| value.checked_sub(2));
    value.and_then(|index| WORDS.get(index)).copied().unwrap_or(text)
}

/// "dark brown" gives itself and "brown", "very sharp" gives "sharp".
fn quality(mapper: &TagMapper, modifier: &Modifier, mentions: &mut Vec<Mention>) {
    if modifier.rule == Rule::Hyphenated {
        return push(mapper, modifier, &modifier.text, 0, mentions);
    }
    let (before, last) = match modifier.text.rsplit_once(' ') {
        Some((before, last)) => (before.len() + 1, last),
        None => (0, modifier.text.as_str()),
    };
    if Unwanted::Attribute.has(last) || !is_word(last) {
        return;
    }
    if modifier.rule == Rule::ShadedColour {
        push(mapper, modifier, &modifier.text, 0, mentions);
    }
    let skipped = if before == 0 { 0 } else { modifier.span.len().saturating_sub(last.len()) };
    push(mapper, modifier, last, skipped, mentions);
}

/// True for words of the language: typing errors and other languages give no attributes.
fn is_word(word: &str) -> bool {
    is_adjective(word)
        || word.contains('-')
        || noun_class(word).is_some()
        || verb_base(word).is_some_and(|base| base != word)
        || word.strip_prefix("un").is_some_and(is_adjective)
}

fn push(mapper: &TagMapper, modifier: &Modifier, words: &str, skipped: usize, mentions: &mut Vec<Mention>) {
    if let Some(name) = mapper.name_of(words) {
        let span = modifier.span.start + skipped..modifier.span.end;
        mentions.push(Mention {
            name,
            kind: TagKind::Attribute,
            span,
            second_span: None,
            rule: modifier.rule,
        });
    }
}
