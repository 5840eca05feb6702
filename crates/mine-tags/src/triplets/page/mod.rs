//! The page of a run: what the triplets are like, some of them to look at, and what was left out.
//!
//! It follows the rules of the main job's report: no network, no script, all text escaped. Images
//! are shown small, inside the page.

mod left_out;
mod samples;
mod tags;

use maud::{Markup, html};
use tag_triplets::statistics::Histogram;

use super::job::Job;
use super::writing::Written;
use crate::intake::InputRecord;
use crate::report::numbers::{count, percent, share};
use crate::report::{self, RunFacts, counted, figure, provenance};
use crate::run_directory::TRIPLETS_FILE;
use crate::shell::quoted;
use crate::tagging::Stages;

const STYLE: &str = include_str!("style.css");
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
/// Numbers of tags that have a line of their own.
const LINES: u32 = 12;

/// Writes the page.
pub fn render(job: &Job, inputs: &[InputRecord], written: &Written, stages: Stages) -> String {
    let statistics = &written.statistics;
    let captions = statistics.tags_per_caption.total();
    let title = format!("{} with {}", counted(statistics.images, "image"), counted(captions, "caption"));
    let run = RunFacts::new(command(job), &job.provenance.model_hash, inputs);
    let body = html! {
        (header(job, written, &title))
        (samples::section(job, written, stages))
        (numbers_of_tags(written))
        (tags::section(job, written))
        (left_out::section(written, inputs))
        (provenance::skipped(&run, TRIPLETS_FILE))
        (provenance::made(&run))
    };
    report::page(&title, POLICY, &[report::STYLE, STYLE].concat(), &body)
}

fn header(job: &Job, written: &Written, title: &str) -> Markup {
    let statistics = &written.statistics;
    let used = statistics.images_by_tag().iter().filter(|&&images| images > 0).count();
    html! {
        header {
            p.program { "mine-tags triplets" }
            h1 { (title) }
            p.standfirst {
                "A caption has " strong { (format!("{:.1}", statistics.tags_per_caption.mean())) }
                " tags on average, an image " strong { (format!("{:.1}", statistics.tags_per_image.mean())) } "."
            }
            dl.figures {
                (figure("images", statistics.images))
                (figure("captions", statistics.tags_per_caption.total()))
                (figure("tags with an image", used as u64))
                (figure("tags in the vocabulary", job.vocabulary.len() as u64))
            }
            dl.splits {
                @for (split, images) in &statistics.splits {
                    dt { (split) }
                    dd { (counted(*images, "image")) ", " (percent(share(*images, statistics.images))) }
                }
            }
        }
    }
}

fn numbers_of_tags(written: &Written) -> Markup {
    let statistics = &written.statistics;
    html! {
        section aria-labelledby="numbers" {
            h2 id="numbers" { "How many tags" }
            div.histograms {
                (histogram("captions", &statistics.tags_per_caption))
                (histogram("images", &statistics.tags_per_image))
            }
        }
    }
}

fn histogram(of: &str, histogram: &Histogram) -> Markup {
    let total = histogram.total();
    let lines: Vec<(String, u64)> = (0..LINES)
        .map(|tags| (tags.to_string(), histogram.count(tags)))
        .chain([(format!("{LINES} or more"), histogram.count_from(LINES))])
        .collect();
    let most = lines.iter().map(|(_, count)| *count).max().unwrap_or(0);
    html! {
        table.histogram {
            thead {
                tr {
                    th scope="col" { "Tags" }
                    th scope="col" { (of) }
                    th.with-bar scope="col" { "share" }
                }
            }
            tbody {
                @for (tags, number) in &lines {
                    tr {
                        th scope="row" { (tags) }
                        td { (count(*number)) }
                        td.with-bar {
                            (percent(share(*number, total)))
                            span.bar { span style=(format!("width:{:.1}%", share(*number, most) * 100.0)) {} }
                        }
                    }
                }
            }
        }
    }
}

/// The command, with those options that change the results.
fn command(job: &Job) -> String {
    let mut words = vec!["mine-tags triplets".to_owned()];
    words.extend(job.provenance.inputs.iter().map(|input| quoted(input.as_ref())));
    for (name, value) in &job.provenance.options {
        words.push(format!("--{name}"));
        if value != super::job::GIVEN {
            words.push(quoted(value.as_ref()));
        }
    }
    words.join(" ")
}
