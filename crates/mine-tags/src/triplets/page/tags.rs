//! How many images each tag has.

use maud::{Markup, html};
use tag_vocabulary::{Tag, TagKind};

use crate::report::counted;
use crate::report::kinds::plural;
use crate::report::numbers::count;
use crate::triplets::job::Job;
use crate::triplets::writing::Written;

/// Tags shown of each kind.
const SHOWN: usize = 30;
/// Tags without images that are listed.
const LISTED: usize = 300;

pub fn section(job: &Job, written: &Written) -> Markup {
    let images = written.statistics.images_by_tag();
    let tags = job.vocabulary.entries().iter().map(|entry| &entry.tag).zip(images.iter().copied());
    let mut tags: Vec<(&Tag, u64)> = tags.collect();
    // Stable: tags of equally many images stay in the order of their ids.
    tags.sort_by_key(|(_, images)| std::cmp::Reverse(*images));
    let unused: Vec<&Tag> = tags.iter().filter(|(_, images)| *images == 0).map(|(tag, _)| *tag).collect();
    html! {
        section aria-labelledby="tags" {
            h2 id="tags" { "Images by tag" }
            div.columns {
                @for kind in TagKind::ALL {
                    (column(kind, &tags))
                }
            }
            h3.unused { (counted(unused.len() as u64, "tag")) " without an image" }
            @if unused.is_empty() {
                p.note { "Every tag of the vocabulary has one." }
            } @else {
                p.note { "The first of them by id. Training gives such tags no example." }
                p.unused-tags {
                    @for tag in unused.iter().take(LISTED) {
                        span data-kind=(tag.kind) { span.dot {} (tag.name) } " "
                    }
                    @if unused.len() > LISTED { "…" }
                }
            }
        }
    }
}

fn column(kind: TagKind, tags: &[(&Tag, u64)]) -> Markup {
    let of_kind = tags.iter().filter(|(tag, images)| tag.kind == kind && *images > 0).take(SHOWN);
    let shown: Vec<&(&Tag, u64)> = of_kind.collect();
    let most = shown.first().map_or(1, |(_, images)| *images);
    html! {
        div.tag-bars data-kind=(kind) {
            h3 { span.dot {} (plural(kind)) }
            @if shown.is_empty() {
                p.note { "None has an image." }
            }
            ul {
                @for (tag, images) in shown {
                    li {
                        span.name { (tag.name) }
                        span.number { (count(*images)) }
                        span.bar { span style=(format!("width:{:.1}%", *images as f64 / most as f64 * 100.0)) {} }
                    }
                }
            }
        }
    }
}
