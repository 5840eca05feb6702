//! What looks like several tokens but is one, with all its marks.

use crate::tokenize::{CLITICS, same};

/// Abbreviations that keep their stop, without it, in lower case.
const ABBREVIATIONS: [&str; 50] = [
    "adm", "apr", "approx", "aug", "ave", "blvd", "bros", "capt", "co", "col", "corp", "dec", "dept", "dr",
    "est", "etc", "feb", "fig", "fr", "ft", "gen", "gov", "hon", "inc", "jan", "jr", "jul", "jun", "lt",
    "ltd", "mr", "mrs", "ms", "mt", "nov", "oct", "ph.d", "prof", "rd", "rep", "rev", "sen", "sep", "sept",
    "sgt", "sr", "st", "vol", "vs", "mts",
];
/// Smileys made of ASCII characters, and abbreviations with a stroke.
const UNDIVIDED: [&str; 23] = [
    "w/", "w/o", "b/c", ":)", ":-)", ":(", ":-(", ";)", ";-)", ":D", ":-D", ":P", ":-P", ":p", ":/", ":-/",
    "=)", "=(", ":o", ":O", "<3", "XD", "xD",
];

/// Longest address in bytes; a bound on how far ahead each mark is looked behind.
const LONGEST_WHOLE: usize = 512;

/// Things that are one token with all their marks.
pub(crate) fn is_whole(text: &str) -> bool {
    if text.len() > LONGEST_WHOLE {
        return false;
    }
    let first = text.as_bytes()[0];
    if first == b'\'' || first >= 0x80 || first == b'n' || first == b'N' {
        if CLITICS.iter().any(|clitic| same(text, clitic)) {
            return true;
        }
        let digits = text.trim_start_matches(['\'', '\u{2019}']);
        if digits.len() < text.len()
            && digits.len() == 3
            && digits.ends_with('s')
            && digits.as_bytes()[0].is_ascii_digit()
        {
            return true;
        }
    }
    UNDIVIDED.contains(&text) || is_address(text) || is_abbreviation(text) || is_tag(text)
}

/// "#sunset", "@somebody": a mark and a name.
fn is_tag(text: &str) -> bool {
    let name = text.strip_prefix(['#', '@']).unwrap_or_default();
    name.starts_with(char::is_alphabetic) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A web or mail address that does not end in punctuation.
fn is_address(text: &str) -> bool {
    let begins =
        |prefix: &str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let ends_well = text.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '=' | '_' | '-'));
    if begins("http://") || begins("https://") || begins("www.") {
        return ends_well;
    }
    match text.split_once('@') {
        Some((user, host)) => {
            ends_well && user.starts_with(char::is_alphanumeric) && host.contains('.') && !host.contains('@')
        }
        None => false,
    }
}

/// "Mr.", "etc.", "J.", "U.S.", "a.m.": the stop is the word's own.
pub(crate) fn is_abbreviation(text: &str) -> bool {
    let Some(stem) = text.strip_suffix('.') else { return false };
    if stem.is_empty() || stem.len() > 8 {
        return false;
    }
    let mut parts = stem.split('.');
    let letters = parts.all(|part| part.len() == 1 && part.as_bytes()[0].is_ascii_alphabetic());
    let one_small = stem.len() == 1 && stem.as_bytes()[0].is_ascii_lowercase();
    (letters && !one_small && stem != "I")
        || ABBREVIATIONS.iter().any(|abbreviation| stem.eq_ignore_ascii_case(abbreviation))
}
