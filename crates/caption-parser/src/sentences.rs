//! Sentences: where one ends and the next begins.

use crate::tokenize::Span;
use crate::whole::is_abbreviation;

/// Longest sentence in tokens. A longer one is cut, so that a tree costs a bounded time.
pub(crate) const LONGEST: usize = 120;
/// After this many tokens a long sentence is cut at the next comma or semicolon.
const LONG: usize = 80;

/// Appends the index one past each sentence's last token.
///
/// A sentence ends at a stop, a question or exclamation mark with the quotes and brackets that
/// close behind it, at a line break, and at the bars and bullets by which web captions are
/// divided.
pub(crate) fn split(text: &str, tokens: &[Span], ends: &mut Vec<u32>) {
    let mut start = 0;
    let mut ended = false;
    for index in 0..tokens.len() {
        let form = form(text, tokens, index);
        if ended && !(closes(form) && index - start < LONGEST) {
            ends.push(index as u32);
            start = index;
            ended = false;
        }
        let length = index + 1 - start;
        ended |= is_final(text, tokens, index)
            || length >= LONGEST
            || (length >= LONG && matches!(form, "," | ";"))
            || breaks_after(text, tokens, index);
    }
    if !tokens.is_empty() {
        ends.push(tokens.len() as u32);
    }
}

fn form<'t>(text: &'t str, tokens: &[Span], index: usize) -> &'t str {
    &text[tokens[index].0 as usize..tokens[index].1 as usize]
}

fn gap<'t>(text: &'t str, tokens: &[Span], index: usize) -> &'t str {
    let next = tokens.get(index + 1).map_or(text.len(), |next| next.0 as usize);
    &text[tokens[index].1 as usize..next]
}

fn closes(form: &str) -> bool {
    matches!(form, "\"" | "'" | "''" | ")" | "]" | "\u{201d}" | "\u{2019}")
}

fn is_final(text: &str, tokens: &[Span], index: usize) -> bool {
    let form = form(text, tokens, index);
    if form.starts_with(|c: char| c.is_ascii_alphabetic()) && !form.ends_with('.') {
        return false;
    }
    let spaced = !gap(text, tokens, index).is_empty();
    let next = tokens.get(index + 1).map(|_| self::form(text, tokens, index + 1));
    match form {
        "." | "\u{3002}" => true,
        "|" | "||" | "\u{2022}" | "\u{b7}" | "\u{bb}" | "\u{25cf}" => true,
        _ if form.starts_with(['!', '?']) => true,
        _ if form.starts_with("..") || form == "\u{2026}" => spaced && next.is_some_and(starts_sentence),
        _ if form.len() > 2 && is_abbreviation(form) => next.is_some_and(is_opener),
        _ => false,
    }
}

/// A line break ends a sentence.
fn breaks_after(text: &str, tokens: &[Span], index: usize) -> bool {
    let gap = gap(text, tokens, index);
    !matches!(gap, "" | " ") && gap.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

fn starts_sentence(form: &str) -> bool {
    form.starts_with(char::is_uppercase)
}

/// Capitalised function words, which after an abbreviation begin a sentence.
fn is_opener(form: &str) -> bool {
    matches!(
        form,
        "A" | "An"
            | "The"
            | "This"
            | "That"
            | "These"
            | "There"
            | "It"
            | "He"
            | "She"
            | "They"
            | "We"
            | "In"
            | "On"
            | "But"
            | "And"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::tokenize;

    fn sentences(text: &str) -> Vec<String> {
        let (mut tokens, mut ends) = (Vec::new(), Vec::new());
        tokenize(text, &mut tokens);
        split(text, &tokens, &mut ends);
        let mut start = 0;
        ends.iter()
            .map(|&end| {
                let words: Vec<&str> =
                    (start..end as usize).map(|index| form(text, &tokens, index)).collect();
                start = end as usize;
                words.join(" ")
            })
            .collect()
    }

    #[test]
    fn splits_at_stops_breaks_and_bars() {
        let cases: [(&str, &[&str]); 6] = [
            ("A dog runs. it barks!", &["A dog runs .", "it barks !"]),
            ("He said \"go.\" Then he left", &["He said \" go . \"", "Then he left"]),
            (
                "Dr. Lee lives in the U.S. The house is red",
                &["Dr. Lee lives in the U.S.", "The house is red"],
            ),
            ("red dress\nsize M | shop", &["red dress", "size M |", "shop"]),
            ("so... nice", &["so ... nice"]),
            ("  ", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(sentences(text), expected, "{text}");
        }
    }

    #[test]
    fn long_sentences_are_cut() {
        let text = "dog ".repeat(1000);
        assert!(sentences(&text).iter().all(|sentence| sentence.split(' ').count() <= LONGEST));
    }
}
