//! Captions with their tags.

use std::collections::BTreeSet;
use std::ops::Range;

use maud::{Markup, html};
use tag_frequency::{TaggedCaption, TaggedSpans};
use tag_vocabulary::{Tag, TagKind};

use super::kinds::plural;

/// Captions shown.
const SHOWN: usize = 30;
/// Bytes of a caption that the page has space for.
const SPACE: usize = 1000;

pub fn section(captions: &[TaggedCaption]) -> Markup {
    html! {
        section aria-labelledby="captions" {
            h2 id="captions" { "Captions and their tags" }
            p {
                "Chosen at random. Marked words became the tags below them; words without a mark "
                "became none."
            }
            (key())
            ul.captions {
                @for caption in captions.iter().take(SHOWN) {
                    (entry(caption))
                }
            }
        }
    }
}

/// What the marks mean.
pub fn key() -> Markup {
    html! {
        ul.key aria-label="Kinds of tags" {
            @for kind in TagKind::ALL {
                li { mark data-kind=(kind) { (plural(kind)) } }
            }
        }
    }
}

/// A caption with its words marked, and its tags.
pub fn entry(caption: &TaggedCaption) -> Markup {
    let tags: BTreeSet<(TagKind, &Tag)> =
        caption.tags.iter().map(|found| (found.tag.kind, &found.tag)).collect();
    let shown = shortened(&caption.text);
    html! {
        li {
            p.caption dir="auto" {
                @for piece in pieces(shown, &caption.tags) {
                    @let text = &shown[piece.range.clone()];
                    @match piece.tag {
                        Some(tag) => mark data-kind=(tag.kind) title=(tag) { (text) },
                        None => (text),
                    }
                }
                @if shown.len() != caption.text.len() { "…" }
            }
            p.found {
                @for (kind, tag) in &tags {
                    span data-kind=(kind) { span.dot {} (tag.name) } " "
                }
                @if tags.is_empty() { "no tags" }
            }
        }
    }
}

/// A part of a caption's text and the tag that its words say.
#[derive(Debug, PartialEq)]
struct Piece<'a> {
    range: Range<usize>,
    tag: Option<&'a Tag>,
}

/// Cuts a caption where tags begin and end. Where tags overlap, the one of most words is shown:
/// "sit on" rather than "sit", "derby team" rather than "team".
fn pieces<'a>(text: &str, found: &'a [TaggedSpans]) -> Vec<Piece<'a>> {
    let is_text = |span: &&Range<usize>| text.get((*span).clone()).is_some_and(|text| !text.is_empty());
    let spans: Vec<(&Range<usize>, &TaggedSpans)> = found
        .iter()
        .flat_map(|found| found.spans.iter().filter(is_text).map(move |span| (span, found)))
        .collect();
    let ends = spans.iter().flat_map(|(span, _)| [span.start, span.end]);
    let cuts: BTreeSet<usize> = ends.chain([0, text.len()]).collect();
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    for (&start, &end) in cuts.iter().zip(cuts.iter().skip(1)) {
        let covering = spans.iter().filter(|(span, _)| span.start <= start && end <= span.end);
        let tag = covering.max_by_key(|(_, found)| marked_bytes(found)).map(|(_, found)| &found.tag);
        match pieces.last_mut() {
            Some(last) if last.tag == tag => last.range.end = end,
            _ => pieces.push(Piece { range: start..end, tag }),
        }
    }
    pieces
}

fn marked_bytes(found: &TaggedSpans) -> usize {
    found.spans.iter().map(ExactSizeIterator::len).sum()
}

/// A caption as the page has space for it.
pub fn shortened(caption: &str) -> &str {
    &caption[..caption.floor_char_boundary(SPACE)]
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "lists of spans are meant")]
mod tests {
    use super::*;

    fn found(name: &str, spans: &[Range<usize>]) -> TaggedSpans {
        TaggedSpans { tag: Tag::new(name, TagKind::Object).unwrap(), spans: spans.to_vec() }
    }

    fn shown(text: &str, found: &[TaggedSpans]) -> String {
        let piece = |piece: Piece<'_>| match piece.tag {
            Some(tag) => format!("[{}:{}]", &text[piece.range], tag.name),
            None => text[piece.range].to_owned(),
        };
        pieces(text, found).into_iter().map(piece).collect()
    }

    #[test]
    fn words_of_tags_are_marked_and_no_text_is_lost() {
        let text = "a man picks it up";
        let tags = [found("man", &[2..5]), found("pick up", &[6..11, 15..17])];
        assert_eq!(shown(text, &tags), "a [man:man] [picks:pick up] it [up:pick up]");
        assert_eq!(shown(text, &[]), text);
        assert_eq!(shown("", &[]), "");
    }

    #[test]
    fn of_overlapping_tags_the_one_of_most_words_is_shown() {
        let tags = [found("racquet", &[7..14]), found("tennis racquet", &[0..14]), found("tennis", &[0..6])];
        assert_eq!(shown("tennis racquet", &tags), "[tennis racquet:tennis racquet]");
        let tags = [found("sit", &[0..7]), found("sit on", &[0..7, 13..15])];
        assert_eq!(shown("sitting down on", &tags), "[sitting:sit on] down [on:sit on]");
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "a parser's mistake")]
    fn spans_that_fit_no_text_are_left_out() {
        let text = "dé";
        for span in [1..2, 0..9, 3..1, 2..2, 7..8] {
            assert_eq!(shown(text, &[found("dog", &[span])]), text);
        }
    }

    #[test]
    fn long_captions_are_cut_between_characters() {
        let long = "é".repeat(900);
        assert_eq!(shortened(&long), "é".repeat(500));
        assert_eq!(shortened("short"), "short");
    }
}
