//! Where the data came from, what was left out, and how to make the page again.

use maud::{Markup, html};

use super::numbers::count;
use super::{InputFacts, RunFacts, counted};

/// Rows that a table has at most; a corpus may have ten thousand files.
const LISTED: usize = 200;

/// The rows that gave no caption; `record` is the file that lists all of them.
pub fn skipped(run: &RunFacts, record: &str) -> Markup {
    let reasons = |input: &InputFacts| input.skipped.len() + usize::from(input.error.is_some());
    let entries: usize = run.inputs.iter().map(reasons).sum();
    html! {
        section aria-labelledby="skipped" {
            h2 id="skipped" { "What was left out" }
            @if entries == 0 {
                p { "Nothing: every row held a caption, and every caption was counted." }
            } @else {
                (skipped_table(run))
                @if entries > LISTED {
                    p.note { "And " (count((entries - LISTED) as u64)) " more, see " (record) "." }
                }
            }
        }
    }
}

fn skipped_table(run: &RunFacts) -> Markup {
    let rows = run.inputs.iter().flat_map(|input| {
        let error = input.error.iter().map(|error| error_row(input, error));
        let skipped = input.skipped.iter().map(|skipped| {
            html! {
                tr {
                    th scope="row" { (input.path) }
                    td.words { (skipped.reason) }
                    td { (count(skipped.rows)) }
                    td.words { (row_list(&skipped.first_rows, skipped.rows)) }
                }
            }
        });
        error.chain(skipped)
    });
    html! {
        div.scroll {
            table.files {
                thead {
                    tr {
                        th scope="col" { "File" }
                        th.words scope="col" { "Reason" }
                        th scope="col" { "Rows" }
                        th.words scope="col" { "Where" }
                    }
                }
                tbody {
                    @for row in rows.take(LISTED) { (row) }
                }
            }
        }
    }
}

fn error_row(input: &InputFacts, error: &str) -> Markup {
    html! {
        tr {
            th scope="row" { (input.path) }
            td.words colspan="3" {
                strong { "Not read to its end. " } (error)
            }
        }
    }
}

/// The first rows by number: "rows 3, 7, 9, …".
fn row_list(first: &[u64], all: u64) -> String {
    let numbers: Vec<String> = first.iter().map(|&row| count(row)).collect();
    let word = if all == 1 { "row" } else { "rows" };
    let rest = if (first.len() as u64) < all { ", …" } else { "" };
    if numbers.is_empty() { String::new() } else { format!("{word} {}{rest}", numbers.join(", ")) }
}

pub fn made(run: &RunFacts) -> Markup {
    html! {
        section aria-labelledby="made" {
            h2 id="made" { "How this was made" }
            dl.facts {
                dt { "Command" }
                dd { code { (run.command) } }
                dt { "Version" }
                dd { "mine-tags " (run.version) }
                dt { "Parser’s model" }
                dd { code { (run.model) } }
                dt { "Captions from" }
                dd {
                    (counted(run.inputs.len() as u64, "file"))
                    ul {
                        @for input in run.inputs.iter().take(LISTED) {
                            li { (input.path) ": " (counted(input.captions, "caption")) }
                        }
                        @if run.inputs.len() > LISTED {
                            li { "and " (count((run.inputs.len() - LISTED) as u64)) " more" }
                        }
                    }
                }
            }
        }
    }
}
