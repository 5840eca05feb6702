//! Lemmas: a lexicon of forms, and rules on endings for all others.

use std::num::NonZeroU16;

use crate::Upos;
use crate::automaton::{longest_key, read_map};
use crate::model::ModelError;

/// How a form becomes its lemma: the last bytes are taken off, others put on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LemmaRule {
    /// Bytes taken off the end of the form.
    pub strip: usize,
    /// What is put on in their place.
    pub append: String,
}

impl LemmaRule {
    /// The rule that makes `lemma` of `form`.
    pub fn between(form: &str, lemma: &str) -> Self {
        let common = form.char_indices().zip(lemma.chars()).take_while(|((_, a), b)| a == b);
        let shared = common.last().map_or(0, |((at, c), _)| at + c.len_utf8());
        Self { strip: form.len() - shared, append: lemma[shared..].to_owned() }
    }

    fn apply(&self, form: &str, out: &mut String) {
        let kept = form.len().checked_sub(self.strip).and_then(|end| form.get(..end));
        match kept {
            // A rule for words must leave a word: not "_" of "_c.G".
            Some(kept)
                if self.strip == 0 || kept.chars().chain(self.append.chars()).any(char::is_alphanumeric) =>
            {
                out.push_str(kept);
                out.push_str(&self.append);
            }
            _ => out.push_str(form),
        }
    }
}

/// The key of a form in the lexicon: its part of speech, then the form in lower case.
pub fn lexicon_key(lower: &str, upos: Upos) -> Vec<u8> {
    let mut key = vec![upos as u8];
    key.extend(lower.bytes());
    key
}

/// The key of an ending among the ending rules: part of speech, then the bytes from the last.
pub fn ending_key(ending: &str, upos: Upos) -> Vec<u8> {
    let mut key = vec![upos as u8];
    key.extend(ending.bytes().rev());
    key
}

/// A rule of a [`Lemmatizer`], counted from 1; one beyond its rules leaves the form as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RuleNumber(NonZeroU16);

/// Finds lemmas: forms in the lexicon first, then the rule of the longest known ending.
pub(crate) struct Lemmatizer {
    lexicon: fst::Map<Vec<u8>>,
    endings: fst::Map<Vec<u8>>,
    rules: Vec<LemmaRule>,
}

impl Lemmatizer {
    /// `rules` has a rule a line, bytes to strip and text to append divided by a tab.
    pub(crate) fn new(lexicon: Vec<u8>, endings: Vec<u8>, rules: &str) -> Result<Self, ModelError> {
        let rules = rules
            .lines()
            .map(|line| {
                let (strip, append) = line.split_once('\t')?;
                Some(LemmaRule { strip: strip.parse().ok()?, append: append.to_owned() })
            })
            .collect::<Option<Vec<LemmaRule>>>()
            .ok_or_else(|| ModelError::damaged("lemma rules", "a line has no tab or no number"))?;
        if rules.len() >= usize::from(u16::MAX) {
            return Err(ModelError::damaged("lemma rules", format!("{} are too many", rules.len())));
        }
        Ok(Self {
            lexicon: read_map("lemma lexicon", lexicon)?,
            endings: read_map("lemma endings", endings)?,
            rules,
        })
    }

    /// Appends the lemma of a form. Proper nouns keep their case.
    pub(crate) fn append(&self, form: &str, upos: Upos, lower: &mut String, out: &mut String) {
        lower.clear();
        lower.extend(form.chars().flat_map(char::to_lowercase));
        self.apply(self.rule(lower, upos), form, lower, upos, out);
    }

    /// The rule for a form in lower case.
    pub(crate) fn rule(&self, lower: &str, upos: Upos) -> RuleNumber {
        let rule = self.in_lexicon(lower, upos).or_else(|| self.by_ending(lower, upos));
        let number = rule.and_then(|rule| NonZeroU16::new(u16::try_from(rule).ok()?.saturating_add(1)));
        RuleNumber(number.unwrap_or(NonZeroU16::MAX))
    }

    /// Appends what a rule makes of a form.
    pub(crate) fn apply(&self, rule: RuleNumber, form: &str, lower: &str, upos: Upos, out: &mut String) {
        let keeps_case = upos == Upos::Propn && form.len() == lower.len();
        let base = if keeps_case { form } else { lower };
        match self.rules.get(usize::from(rule.0.get()) - 1) {
            Some(rule) => rule.apply(base, out),
            None => out.push_str(base),
        }
    }

    fn in_lexicon(&self, lower: &str, upos: Upos) -> Option<u64> {
        let bytes = std::iter::once(upos as u8).chain(lower.bytes());
        let (output, length) = longest_key(&self.lexicon, bytes)?;
        (length == lower.len() + 1).then_some(output)
    }

    fn by_ending(&self, lower: &str, upos: Upos) -> Option<u64> {
        let bytes = std::iter::once(upos as u8).chain(lower.bytes().rev());
        longest_key(&self.endings, bytes).map(|(output, _)| output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_make_lemmas() {
        for (form, lemma) in
            [("riding", "ride"), ("went", "go"), ("bus", "bus"), ("cafés", "café"), ("women", "woman")]
        {
            let rule = LemmaRule::between(form, lemma);
            let mut out = String::new();
            rule.apply(form, &mut out);
            assert_eq!(out, lemma);
        }
        let mut out = String::new();
        LemmaRule { strip: 1, append: String::new() }.apply("é", &mut out);
        assert_eq!(out, "é");
        out.clear();
        LemmaRule { strip: 3, append: String::new() }.apply("_c.G", &mut out);
        assert_eq!(out, "_c.G");
    }
}
