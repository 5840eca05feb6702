//! From words of a caption to names of tags.

use compact_str::CompactString;

use crate::lists::Unwanted;

/// Longest name, in bytes and in words. What is longer is a sentence, a slogan or an address.
const LONGEST: usize = 40;
const MOST_WORDS: usize = 4;

/// The name that some words give: lower case, single spaces, hyphens as spaces, no marks at the
/// ends of words. `None` for what is no name: numbers, addresses, hashtags, prices, file names,
/// remains of markup, single letters, function words.
pub(crate) fn name_of(words: &str) -> Option<CompactString> {
    if words.len() > LONGEST || !words.contains(char::is_alphabetic) {
        return None;
    }
    let is_plain = words.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ');
    let name = if is_plain && !words.contains("  ") { CompactString::from(words) } else { cleaned(words)? };
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let count = name.split(' ').count();
    (letters > 1 && !Unwanted::Alone.has(&name) && count <= MOST_WORDS && !is_markup(&name)).then_some(name)
}

/// Lower-cases and respaces; `None` if a word has a character that no name has.
fn cleaned(words: &str) -> Option<CompactString> {
    let mut name = CompactString::default();
    for word in words.split(|c: char| c.is_whitespace() || is_hyphen(c)) {
        let word = word.trim_matches(|c: char| {
            matches!(c, '\'' | '"' | '.' | ',' | '!' | '?' | '(' | ')' | '’' | '‘' | '“' | '”' | '*')
        });
        if word.is_empty() {
            continue;
        }
        if !name.is_empty() {
            name.push(' ');
        }
        for c in word.chars().flat_map(char::to_lowercase) {
            if !(c.is_alphabetic() || matches!(c, '\'' | '’' | '\u{300}'..='\u{36f}')) {
                return None;
            }
            name.push(if c == '’' { '\'' } else { c });
        }
    }
    let lower = name.chars().all(|c| c.to_lowercase().eq([c]));
    (!name.is_empty() && lower).then_some(name)
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '_')
}

/// Remains of markup and addresses that consist of letters.
fn is_markup(name: &str) -> bool {
    name.split(' ').any(|word| {
        matches!(
            word,
            "nbsp"
                | "amp"
                | "quot"
                | "br"
                | "href"
                | "http"
                | "https"
                | "www"
                | "com"
                | "jpg"
                | "jpeg"
                | "png"
                | "gif"
                | "img"
                | "html"
                | "px"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_the_conventions() {
        let names = [
            ("T-Shirt", Some("t shirt")),
            ("Snow - Covered", Some("snow covered")),
            ("café", Some("café")),
            ("men's room", Some("men's room")),
            ("IMG_2034.JPG", None),
            ("#sunset", None),
            ("$20", None),
            ("42", None),
            ("x", None),
            ("up", None),
            ("both", None),
            ("&amp;", None),
            ("www.example.org", None),
            ("😀", None),
        ];
        for (words, expected) in names {
            assert_eq!(name_of(words).as_deref(), expected, "{words}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_name_is_a_tag_name(words in "\\PC{0,30}") {
            if let Some(name) = name_of(&words) {
                proptest::prop_assert!(tag_vocabulary::Tag::new(name.to_string(), tag_vocabulary::TagKind::Object).is_ok());
            }
        }
    }
}
