//! What is not in the triplets, and why.

use maud::{Markup, html};
use tag_triplets::Noted;

use crate::intake::InputRecord;
use crate::report::captions::shortened;
use crate::report::numbers::count;
use crate::triplets::summary::place;
use crate::triplets::writing::Written;

pub fn section(written: &Written, inputs: &[InputRecord]) -> Markup {
    let faults: Vec<(String, &Noted)> =
        written.faults().into_iter().filter(|(_, noted)| noted.count > 0).collect();
    let choices: Vec<(&str, u64)> = written.choices().into_iter().filter(|(_, count)| *count > 0).collect();
    html! {
        section aria-labelledby="left-out" {
            h2 id="left-out" { "Images and captions that were left out" }
            @if faults.is_empty() && choices.is_empty() {
                p { "None: every image and every caption is there." }
            }
            @if !choices.is_empty() {
                p { "As asked, or because nothing is lost by it:" }
                ul.choices {
                    @for (words, number) in &choices { li { (words) ": " (count(*number)) } }
                }
            }
            @for (words, noted) in &faults {
                h3 { (words) ": " (count(noted.count)) }
                (notes(noted, inputs))
            }
        }
    }
}

fn notes(noted: &Noted, inputs: &[InputRecord]) -> Markup {
    html! {
        ul.notes {
            @for note in &noted.first {
                li dir="auto" {
                    (shortened(&note.image_id))
                    @if let Some(place) = place(note, inputs) { " (" (place) ")" }
                    ": " (shortened(&note.detail))
                }
            }
            @if noted.count > noted.first.len() as u64 { li { "…" } }
        }
    }
}
