//! The part of a long caption that shows a tag.

use std::sync::Arc;

/// Longest example, in bytes. Whole captions of any length would multiply by the tags they
/// mention.
const LONGEST_EXAMPLE: usize = 600;
/// Bytes of a longer caption that are shown before and behind the tag's first word.
const AROUND: usize = 250;
/// Stands where something is left out.
const ELLIPSIS: char = '…';

/// The caption, or if it is long the part around `place`, cut between words where there are any.
pub(crate) fn excerpt(text: Arc<str>, place: u32) -> Arc<str> {
    if text.len() <= LONGEST_EXAMPLE {
        return text;
    }
    let place = text.floor_char_boundary(place as usize);
    let (before, behind) = text.split_at(place);
    let start = before.ceil_char_boundary(before.len().saturating_sub(AROUND));
    let end = behind.floor_char_boundary(AROUND.min(behind.len()));
    let mut shown = String::with_capacity(LONGEST_EXAMPLE);
    if start > 0 {
        let cut = &before[start..];
        shown.push(ELLIPSIS);
        shown.push_str(cut.find(' ').map_or(cut, |space| &cut[space..]));
    } else {
        shown.push_str(before);
    }
    if end < behind.len() {
        let cut = &behind[..end];
        shown.push_str(cut.rfind(' ').map_or(cut, |space| &cut[..=space]));
        shown.push(ELLIPSIS);
    } else {
        shown.push_str(behind);
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_caption_is_shown_around_the_tag() {
        let text = format!("{}a red kite {}", "so many words ".repeat(100), "and more ".repeat(100));
        let shown = excerpt(text.as_str().into(), 1400 + 6);
        assert!(shown.starts_with("… ") && shown.ends_with(" …"), "{shown}");
        assert!(shown.contains("words a red kite and more"), "{shown}");
    }

    proptest! {
        #[test]
        fn an_excerpt_is_short_and_says_what_the_caption_says(
            text in "[a-zé\u{1f600} ]{0,900}", place in any::<prop::sample::Index>(),
        ) {
            let place = place.index(text.len() + 1);
            let shown = excerpt(text.as_str().into(), place as u32);
            prop_assert!(shown.len() <= LONGEST_EXAMPLE);
            prop_assert!(text.contains(shown.trim_matches(ELLIPSIS)));
        }
    }
}
