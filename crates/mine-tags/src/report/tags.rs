//! The most frequent tags of each kind.

use maud::{Markup, html};
use tag_frequency::{RankedTag, Ranking};
use tag_vocabulary::TagKind;

use super::captions::shortened;
use super::counted;
use super::kinds::plural;
use super::numbers::count;

/// Tags shown of each kind.
const SHOWN: usize = 30;

pub fn section(ranking: &Ranking) -> Markup {
    html! {
        section aria-labelledby="tags" {
            h2 id="tags" { "The most frequent tags" }
            p { "By the number of images. Select a tag to see its counts and captions that mention it." }
            div.columns {
                @for kind in TagKind::ALL {
                    (column(kind, ranking))
                }
            }
        }
    }
}

fn column(kind: TagKind, ranking: &Ranking) -> Markup {
    let tags: Vec<&RankedTag> = ranking.tags.iter().filter(|tag| tag.tag.kind == kind).take(SHOWN).collect();
    let most = tags.first().map_or(1, |tag| tag.images);
    html! {
        div.top-tags data-kind=(kind) {
            h3 { span.dot {} (plural(kind)) }
            @if tags.is_empty() {
                p.note { "None was found." }
            }
            @for tag in tags {
                (entry(tag, most))
            }
        }
    }
}

fn entry(tag: &RankedTag, most: u64) -> Markup {
    let width = tag.images as f64 / most.max(1) as f64 * 100.0;
    html! {
        details {
            summary title=[tag.examples.first().map(|example| shortened(example))] {
                span.name { (tag.tag.name) }
                span.number { (count(tag.images)) }
                span.bar { span style=(format!("width:{width:.1}%")) {} }
            }
            p.note {
                "rank " (count(tag.rank.into())) " · " (counted(tag.captions, "caption")) " · "
                (counted(tag.mentions, "mention"))
            }
            ul {
                @for example in &tag.examples {
                    li dir="auto" { (shortened(example)) }
                }
            }
        }
    }
}
