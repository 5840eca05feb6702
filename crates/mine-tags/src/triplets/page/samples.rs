//! Some images with their captions and tags, to look at.

use std::sync::Mutex;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{Markup, html};
use tag_frequency::{TaggedCaption, TaggedSpans};
use tag_triplets::images::thumbnail;
use tag_triplets::{Image, Triplet};

use crate::report::captions;
use crate::tagging::{SafeTagger, Stages, Unparsed};
use crate::triplets::job::Job;
use crate::triplets::writing::Written;

/// Longest side of an image on the page, in pixels.
const SIDE: u32 = 320;
/// Captions shown of an image.
const CAPTIONS: usize = 5;

pub fn section(job: &Job, written: &Written, stages: Stages) -> Markup {
    let unparsed = Mutex::new(Unparsed::default());
    let mut tagger = SafeTagger::new(stages, &unparsed);
    html! {
        section aria-labelledby="samples" {
            h2 id="samples" { "Some of them" }
            p { "Chosen at random. Marked words became the tags below them." }
            (captions::key())
            ul.samples {
                @for triplet in written.statistics.samples() {
                    li { (sample(triplet, job, &mut tagger)) }
                }
            }
        }
    }
}

fn sample(triplet: &Triplet, job: &Job, tagger: &mut SafeTagger<'_>) -> Markup {
    let rest = triplet.captions.len().saturating_sub(CAPTIONS);
    html! {
        figure {
            (picture(&triplet.image, job))
            figcaption.note {
                (triplet.image_id)
                @if let Some(split) = &triplet.split { " · " (split) }
                @if let (Some(width), Some(height)) = (triplet.width, triplet.height) {
                    " · " (width) " × " (height)
                }
            }
        }
        ul.captions-of-one {
            @for (caption, tags) in triplet.captions.iter().zip(&triplet.caption_tags).take(CAPTIONS) {
                (captions::entry(&tagged(caption, tags, job, tagger)))
            }
        }
        @if rest > 0 {
            p.note { "And " (rest) " more captions." }
        }
    }
}

/// The image, small; what cannot be shown is named.
fn picture(image: &Image, job: &Job) -> Markup {
    let file = match (image, &job.root) {
        (Image::Bytes { .. }, _) => Some(image.clone()),
        (Image::Path(path), Some(root)) => root.load(path).ok(),
        (Image::Path(_), None) | (Image::Url(_), _) => None,
    };
    let small = match file {
        Some(Image::Bytes { data, .. }) => thumbnail(&data, SIDE).ok(),
        _ => None,
    };
    let name = match image {
        Image::Path(name) | Image::Url(name) => name,
        Image::Bytes { .. } => "an image that cannot be decoded",
    };
    html! {
        @match small {
            Some(jpeg) => img alt="" src=(format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(jpeg)));,
            None => div.no-picture { (name) },
        }
    }
}

/// A caption with the words that say those tags it was given.
fn tagged(caption: &str, tags: &[u32], job: &Job, tagger: &mut SafeTagger<'_>) -> TaggedCaption {
    let vocabulary = &job.vocabulary;
    let found = tagger.mentions(caption).iter().filter_map(|mention| {
        let id = vocabulary.id_of_name(&mention.name, mention.kind)?;
        let entry = vocabulary.get(id).filter(|_| tags.contains(&id))?;
        Some(TaggedSpans { tag: entry.tag.clone(), spans: mention.spans().collect() })
    });
    TaggedCaption { text: caption.into(), tags: found.collect() }
}
