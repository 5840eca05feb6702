//! Tokens: where the words of a caption begin and end.
//!
//! The conventions are those of the English Web Treebank: clitics and punctuation are tokens of
//! their own ("do" "n't", "man" "'s"), hyphens inside words split them ("t" "-" "shirt"),
//! numbers, times, abbreviations and addresses stay whole. Everything but white space and
//! control characters belongs to exactly one token, so a caption can be rebuilt from its spans.
//! Invisible characters have been left out before (`invisible.rs`).

use unicode_segmentation::UnicodeSegmentation;

use crate::whole::{is_abbreviation, is_whole};

/// A token's first byte and the one past its last.
pub(crate) type Span = (u32, u32);

/// Clitics that are written onto the word before them.
pub(crate) const CLITICS: [&str; 7] = ["n't", "'s", "'re", "'ve", "'ll", "'d", "'m"];
/// Characters of the longest.
const LONGEST_CLITIC: usize = 3;
/// Words that are two, with the length of the first.
const FUSED: [(&str, usize); 7] =
    [("cannot", 3), ("gonna", 3), ("gotta", 3), ("wanna", 3), ("gimme", 3), ("lemme", 3), ("dunno", 2)];
/// Prefixes whose hyphen does not split the word.
const PREFIXES: [&str; 18] = [
    "anti", "bi", "co", "e", "ex", "inter", "mid", "multi", "non", "over", "post", "pre", "pro", "re",
    "semi", "sub", "ultra", "un",
];
/// Units that are split from the digits before them.
const UNITS: [&str; 14] =
    ["am", "pm", "km", "mm", "cm", "kg", "mb", "gb", "ft", "lb", "lbs", "mph", "hrs", "oz"];
/// Marks that are taken off the end of a word; the rest are split as those inside it are.
const MOST_TRAILING: usize = 32;
/// Longest telephone number or date in bytes.
const LONGEST_NUMBER: usize = 32;

/// True if `word` is a clitic that belongs to `before`: "'s" after "man", "not" after "can".
pub(crate) fn is_clitic(before: &str, word: &str) -> bool {
    CLITICS.iter().any(|clitic| same(word, clitic))
        || word == "'"
        || word == "\u{2019}"
        || FUSED.iter().any(|&(fused, length)| same(before, &fused[..length]) && same(word, &fused[length..]))
}

/// True for what separates words and belongs to no token.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Appends the tokens of a caption in their order.
pub(crate) fn tokenize(text: &str, tokens: &mut Vec<Span>) {
    let mut splitter = Splitter { text, tokens };
    let mut start = None;
    let mut at = 0;
    while at < text.len() {
        let (space, length) = space_at(text, at);
        match (space, start) {
            (true, Some(first)) => {
                splitter.chunk(first, at);
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
        at += length;
    }
    if let Some(first) = start {
        splitter.chunk(first, text.len());
    }
}

/// Whether the character at `at` is space, and its length.
fn space_at(text: &str, at: usize) -> (bool, usize) {
    let byte = text.as_bytes()[at];
    if byte.is_ascii() {
        return (byte <= b' ' || byte == 0x7f, 1);
    }
    text[at..].chars().next().map_or((true, 1), |c| (is_space(c), c.len_utf8()))
}

struct Splitter<'t> {
    text: &'t str,
    tokens: &'t mut Vec<Span>,
}

impl Splitter<'_> {
    fn push(&mut self, start: usize, end: usize) {
        self.tokens.push((start as u32, end as u32));
    }

    /// Splits a run without white space.
    fn chunk(&mut self, start: usize, end: usize) {
        let bytes = &self.text.as_bytes()[start..end];
        let letters = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        match bytes[letters..] {
            [] => self.letters(start, end),
            [b','] if letters > 0 => {
                self.letters(start, end - 1);
                self.push(end - 1, end);
            }
            [b'.'] if letters > 0 && !is_abbreviation(&self.text[start..end]) => {
                self.letters(start, end - 1);
                self.push(end - 1, end);
            }
            _ => self.marked_chunk(start, end),
        }
    }

    /// Splits a word of ASCII letters alone: what [`Splitter::word`] does, of which only fused words
    /// can matter.
    fn letters(&mut self, start: usize, end: usize) {
        let word = &self.text[start..end];
        match FUSED.iter().find(|(fused, _)| word.eq_ignore_ascii_case(fused)) {
            Some(&(_, length)) => {
                self.push(start, start + length);
                self.push(start + length, end);
            }
            None => self.push(start, end),
        }
    }

    /// Splits a run without white space, whatever it is made of.
    fn marked_chunk(&mut self, mut start: usize, mut end: usize) {
        let text = self.text;
        while start < end && !is_whole(&text[start..end]) {
            let Some(length) = leading_mark(&text[start..end]) else { break };
            self.push(start, start + length);
            start += length;
        }
        let after = self.tokens.len();
        while start < end && self.tokens.len() - after < MOST_TRAILING && !is_whole(&text[start..end]) {
            let Some(length) = trailing_mark(&text[start..end]) else { break };
            end -= length;
            self.push(end, end + length);
        }
        let trailing = self.tokens.len() - after;
        if start < end {
            if is_whole(&text[start..end]) {
                self.push(start, end);
            } else {
                self.core(start, end);
            }
        }
        // The marks behind the core were found from right to left, before it.
        self.tokens[after..].rotate_left(trailing);
        let length = self.tokens.len();
        self.tokens[length - trailing..].reverse();
    }

    /// Splits what is left between leading and trailing marks at the marks inside it.
    fn core(&mut self, start: usize, end: usize) {
        let text = &self.text[start..end];
        let mut from = 0;
        let mut at = 0;
        while at < text.len() {
            let grapheme = text[at..].graphemes(true).next().unwrap_or_default();
            let (splits, length) = inner_mark(text, from, at, grapheme);
            if !splits {
                at += length.max(1);
                continue;
            }
            if from < at {
                self.word(start + from, start + at);
            }
            self.push(start + at, start + at + length);
            at += length;
            from = at;
        }
        if from < text.len() {
            self.word(start + from, start + text.len());
        }
    }

    /// Splits clitics, fused words and units off a word, from its end.
    fn word(&mut self, start: usize, mut end: usize) {
        let first = self.tokens.len();
        while let Some(cut) = second_part(&self.text[start..end]) {
            self.push(start + cut, end);
            end = start + cut;
        }
        self.push(start, end);
        self.tokens[first..].reverse();
    }
}

/// Where the last part of a word of several begins: "n't" in "don't", "not" in "cannot".
fn second_part(word: &str) -> Option<usize> {
    let fused = || FUSED.iter().find(|(fused, _)| same(word, fused)).map(|&(_, length)| length);
    fused().or_else(|| clitic_start(word)).or_else(|| unit_start(word)).filter(|&cut| cut > 0)
}

/// Case-insensitive equality with an ASCII pattern, in which ' also stands for its curly form.
pub(crate) fn same(text: &str, pattern: &str) -> bool {
    let mut chars = text.chars();
    let equal = pattern.chars().all(|wanted| {
        chars.next().is_some_and(|c| c.to_ascii_lowercase() == wanted || (wanted == '\'' && c == '\u{2019}'))
    });
    equal && chars.next().is_none()
}

fn clitic_start(word: &str) -> Option<usize> {
    let is_clitic = |at: usize| CLITICS.iter().any(|clitic| same(&word[at..], clitic));
    word.char_indices().rev().map(|(at, _)| at).take(LONGEST_CLITIC).filter(|&at| is_clitic(at)).last()
}

fn unit_start(word: &str) -> Option<usize> {
    let cut = word.find(|c: char| c.is_ascii_alphabetic())?;
    let number = word[..cut].ends_with(|c: char| c.is_ascii_digit());
    (number && UNITS.iter().any(|unit| same(&word[cut..], unit))).then_some(cut)
}

/// Length of the mark that `text` begins with; `None` if it begins with a word.
fn leading_mark(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if is_word_char(first) {
        return None;
    }
    if matches!(first, '-' | '+') && text[1..].starts_with(|c: char| c.is_ascii_digit()) && first == '+' {
        return None;
    }
    Some(mark_length(text, first))
}

/// Length of the mark that `text` ends with; `None` if it ends with a word.
fn trailing_mark(text: &str) -> Option<usize> {
    let last = text.graphemes(true).next_back()?;
    let c = last.chars().next()?;
    if is_word_char(c) {
        return None;
    }
    if !is_run(c) || last.len() > c.len_utf8() {
        return Some(last.len());
    }
    let run =
        text.trim_end_matches(|other| other == c || (matches!(c, '!' | '?') && matches!(other, '!' | '?')));
    Some(text.len() - run.len())
}

/// Whether a mark at `at` inside a core splits it there, and how many bytes to pass: a mark that
/// splits, or what stays.
fn inner_mark(text: &str, from: usize, at: usize, grapheme: &str) -> (bool, usize) {
    let Some(c) = grapheme.chars().next() else { return (false, 0) };
    if is_word_char(c) {
        return (false, grapheme.len());
    }
    let length = mark_length(&text[at..], c);
    let before = text[from..at].chars().next_back();
    let after = text[at + length..].chars().next();
    // A run at the end stays. It is passed at once: mark by mark, each would look through the rest.
    if matches!(c, '+' | '*' | '#') && after.is_none() {
        return (false, length);
    }
    let digits = before.is_some_and(|c| c.is_ascii_digit()) && after.is_some_and(|c| c.is_ascii_digit());
    let inside = before.is_some() && after.is_some_and(is_word_char);
    let stays = match c {
        '-' | '\u{2010}' | '\u{2011}' => length == 1 && inside && keeps_hyphen(text, from, at),
        '.' if length == 1 && inside => !sentences_glued(&text[from..at], &text[at + 1..]),
        ',' | '/' | ':' => digits,
        '\'' | '\u{2019}' | '&' | '@' | '_' => inside,
        '+' | '*' | '#' => digits,
        _ => false,
    };
    if stays { (false, grapheme.len()) } else { (true, length) }
}

/// Hyphens after a prefix ("e-mail") and in numbers of three parts (a date, a telephone) stay.
fn keeps_hyphen(text: &str, from: usize, at: usize) -> bool {
    let part_is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if PREFIXES.iter().any(|prefix| same(&text[from..at], prefix)) {
        return text[at + 1..].starts_with(char::is_alphabetic);
    }
    text.len() <= LONGEST_NUMBER && text.split('-').count() >= 3 && text.split('-').all(part_is_digits)
}

/// Bytes of the longest word before a stop that lacks its space. Words end somewhere; what a stop
/// does not end is looked at again at the next one.
const LONGEST_GLUED: usize = 40;

/// "grass.The": a stop between two words that lacks its space.
fn sentences_glued(before: &str, after: &str) -> bool {
    let mut next = after.chars();
    (2..=LONGEST_GLUED).contains(&before.len())
        && before.chars().all(char::is_lowercase)
        && next.next().is_some_and(char::is_uppercase)
        && next.next().is_some_and(char::is_lowercase)
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Marks that make one token together when repeated: "...", "--", "!!!", "***".
fn is_run(c: char) -> bool {
    matches!(c, '.' | '-' | '!' | '?' | '*' | '=' | '~' | '_' | '+' | '#' | '<' | '>' | '^')
}

fn mark_length(text: &str, first: char) -> usize {
    if !is_run(first) {
        return text.graphemes(true).next().map_or(first.len_utf8(), str::len);
    }
    let bang = |c: char| matches!(c, '!' | '?');
    text.find(|c| c != first && !(bang(first) && bang(c))).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut tokens = Vec::new();
        tokenize(text, &mut tokens);
        tokens.iter().map(|&(start, end)| &text[start as usize..end as usize]).collect()
    }

    proptest! {
        /// Runs that are split in a shorter way are split as all others are.
        #[test]
        fn plain_words_are_split_as_any_others(
            word in prop_oneof!["[a-zA-Z]{1,7}", "(cannot|Gonna|dunno|mr|Etc|xD|n|s)"],
            mark in "[,.]?",
        ) {
            let text = word + &mark;
            let (mut quick, mut slow) = (Vec::new(), Vec::new());
            Splitter { text: &text, tokens: &mut quick }.chunk(0, text.len());
            Splitter { text: &text, tokens: &mut slow }.marked_chunk(0, text.len());
            prop_assert_eq!(quick, slow);
        }
    }

    #[test]
    fn follows_the_treebank() {
        let cases = [
            ("The man's dog doesn't bark.", "The man 's dog does n't bark ."),
            ("the dogs' bowls cannot fall", "the dogs ' bowls can not fall"),
            ("blue t-shirt (worn), e-mail", "blue t - shirt ( worn ) , e-mail"),
            ("Mr. Smith lives in the U.S. now...", "Mr. Smith lives in the U.S. now ..."),
            ("$4.50 at 3:30pm, 1,000 times!!!", "$ 4.50 at 3:30 pm , 1,000 times !!!"),
            (
                "see https://a.example/b?c=d, or www.b.example.",
                "see https://a.example/b?c=d , or www.b.example .",
            ),
            ("red/blue on 10/12/2001 - \"quoted\"", "red / blue on 10/12/2001 - \" quoted \""),
            ("man 's eye , it\u{2019}s big", "man 's eye , it \u{2019}s big"),
            ("dog on grass.The cat :) #sunset", "dog on grass . The cat :) #sunset"),
            (
                "nice \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}day cafe\u{301}s",
                "nice \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} day cafe\u{301}s",
            ),
            ("x-\u{301} w/ y", "x -\u{301} w/ y"),
            ("(a) 50% off", "( a ) 50 % off"),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }
    /// So many marks take a moment each if every one of them looks through the rest.
    #[test]
    fn long_runs_are_passed_at_once() {
        for mark in ["+", "*", "#"] {
            let run = mark.repeat(500_000);
            let text = format!("a{run}{}", ")".repeat(MOST_TRAILING));
            let words = words(&text);
            assert_eq!(words.len(), 1 + MOST_TRAILING);
            assert_eq!(words[0].len(), 1 + run.len());
        }
        assert_eq!(words("c++ a***b 1++2 b#*)").join(" "), "c ++ a *** b 1+ + 2 b # * )");
    }
}
