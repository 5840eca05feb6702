//! Characters that nobody sees: a caption's words are looked for as if they were not there.
//!
//! They say where a line may be broken or whether letters join, and come with text that is copied
//! from web pages. "um\u{200b}brella" is an umbrella.

use crate::tokenize::Span;

/// Soft hyphens, byte order marks, spaces and joiners without width, and marks that turn the
/// direction of writing.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// A text without its invisible characters.
pub(crate) struct Visible {
    pub(crate) text: String,
    cuts: Vec<Cut>,
}

/// Where characters were left out.
struct Cut {
    /// The place, in bytes of the visible text.
    at: usize,
    /// Bytes that were left out up to there.
    removed: usize,
}

impl Visible {
    /// `None` if there is nothing to leave out, as in almost all captions.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if text.is_ascii() || !text.contains(is_invisible) {
            return None;
        }
        let mut visible = Self { text: String::with_capacity(text.len()), cuts: Vec::new() };
        for (at, c) in text.char_indices() {
            if is_invisible(c) && !joins_pictures(text, at, c) {
                let removed = at + c.len_utf8() - visible.text.len();
                visible.cuts.push(Cut { at: visible.text.len(), removed });
            } else {
                visible.text.push(c);
            }
        }
        (!visible.cuts.is_empty()).then_some(visible)
    }

    /// Where a token of the visible text lies in the whole text, invisible characters inside it
    /// included. Those at its ends are left out, but if the `next` token follows without a space it
    /// does so in the whole text, too.
    pub(crate) fn in_whole_text(&self, (start, end): Span, next: Option<u32>) -> Span {
        let removed = |cuts: usize| cuts.checked_sub(1).map_or(0, |last| self.cuts[last].removed as u32);
        let up_to = |place: u32| removed(self.cuts.partition_point(|cut| cut.at <= place as usize));
        let before = |place: u32| removed(self.cuts.partition_point(|cut| cut.at < place as usize));
        (start + up_to(start), end + if next == Some(end) { up_to(end) } else { before(end) })
    }
}

/// A joiner between two pictures makes one of them: a family, a rainbow flag.
fn joins_pictures(text: &str, at: usize, c: char) -> bool {
    let is_picture =
        |c: char| !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace() && !is_invisible(c);
    c == '\u{200d}'
        && text[..at].chars().next_back().is_some_and(is_picture)
        && text[at + c.len_utf8()..].chars().next().is_some_and(is_picture)
}

#[cfg(test)]
mod tests {
    use super::Visible;

    #[test]
    fn joined_pictures_stay_as_they_are() {
        let joined = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f3f3}\u{fe0f}\u{200d}\u{1f308}";
        for text in ["a dog", "K\u{e4}tzchen", joined] {
            assert!(Visible::of(text).is_none(), "{text}");
        }
        let visible = |text: &str| Visible::of(text).map(|visible| visible.text);
        assert_eq!(visible("\u{1f468}\u{200d} dog\u{200d}"), Some("\u{1f468} dog".to_owned()));
        assert_eq!(visible("\u{200b}\u{feff}"), Some(String::new()));
    }
}
