//! How many tags there are of each kind.

use maud::{Markup, html};
use tag_frequency::{KindCounts, TableError};
use tag_vocabulary::TagKind;

use super::ReportData;
use super::numbers::{count, percent, share};

/// The kind's heading.
pub fn plural(kind: TagKind) -> &'static str {
    match kind {
        TagKind::Object => "Objects",
        TagKind::Scene => "Scenes",
        TagKind::Action => "Actions",
        TagKind::Attribute => "Attributes",
    }
}

fn meaning(kind: TagKind) -> &'static str {
    match kind {
        TagKind::Object => "things, animals, people",
        TagKind::Scene => "places and surroundings",
        TagKind::Action => "what they do",
        TagKind::Attribute => "what they are like",
    }
}

pub fn section(data: &ReportData<'_>) -> Result<Markup, TableError> {
    let kinds = data.table.counts_by_kind()?;
    Ok(html! {
        section aria-labelledby="kinds" {
            h2 id="kinds" { "Four kinds of tags" }
            div.scroll {
                table.kinds {
                    thead {
                        tr {
                            th scope="col" { "Kind" }
                            th scope="col" { "Tags" }
                            th scope="col" { "Mentions" }
                            th.with-bar scope="col" { "Captions with one" }
                        }
                    }
                    tbody {
                        @for counts in &kinds {
                            (row(counts, data))
                        }
                    }
                }
            }
        }
    })
}

fn row(counts: &KindCounts, data: &ReportData<'_>) -> Markup {
    let totals = &data.ranking.totals;
    let share = share(totals.captions_with(counts.kind), totals.captions);
    html! {
        tr data-kind=(counts.kind) {
            th scope="row" {
                span.dot {} (plural(counts.kind)) " "
                span.note { (meaning(counts.kind)) }
            }
            td { (count(counts.tags)) }
            td { (count(counts.mentions)) }
            td.with-bar {
                (percent(share))
                span.bar { span style=(format!("width:{:.1}%", share * 100.0)) {} }
            }
        }
    }
}
