//! The report: one HTML page that needs no network, no script and no other file.
//!
//! Captions and file names are strangers' text. Every string reaches the page through `maud`,
//! which escapes it, and the page's content security policy allows nothing but its own styles.
//!
//! The page depends on the data alone, so that equal runs give equal pages: it has no dates, no
//! timings and no number of threads.

pub mod captions;
mod coverage;
mod frequency;
pub mod kinds;
pub mod numbers;
mod plot;
pub mod provenance;
mod tags;

use maud::{DOCTYPE, Markup, html};
use tag_frequency::{Ranking, TableError, TagTable};

use self::numbers::{count, percent};
use crate::intake::InputRecord;
use crate::run_directory::RUN_FILE;

pub const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// What the page shows.
pub struct ReportData<'a> {
    /// All tags in order, coverage and sample captions.
    pub ranking: &'a Ranking,
    /// The same tags as a table.
    pub table: &'a TagTable,
    /// How many tags are candidates (`--top`).
    pub top: usize,
    /// Where the captions came from and what became of them.
    pub run: &'a RunFacts,
}

/// How a run was made.
pub struct RunFacts {
    /// A command that makes this page again; without options that do not change it.
    pub command: String,
    /// Version of the program.
    pub version: String,
    /// Hash of the parser's model.
    pub model: String,
    /// The corpus, a file an entry, in the order in which it was read.
    pub inputs: Vec<InputFacts>,
}

/// One file of the corpus.
pub struct InputFacts {
    /// Its path, as given or found.
    pub path: String,
    /// Captions read and counted.
    pub captions: u64,
    /// Why reading ended before the end of the file, if it did.
    pub error: Option<String>,
    /// What was skipped, an entry a reason.
    pub skipped: Vec<SkippedRows>,
}

/// Rows of a file that were skipped for one reason.
pub struct SkippedRows {
    /// The reason, as people read it: "empty".
    pub reason: String,
    /// How many.
    pub rows: u64,
    /// The numbers of the first of them, from 1.
    pub first_rows: Vec<u64>,
}

impl RunFacts {
    /// Of this version of the program.
    pub fn new(command: String, model: &str, inputs: &[InputRecord]) -> Self {
        Self {
            command,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.to_owned(),
            inputs: inputs.iter().map(InputFacts::from).collect(),
        }
    }

    pub fn skipped_rows(&self) -> u64 {
        self.inputs.iter().flat_map(|input| &input.skipped).map(|skipped| skipped.rows).sum()
    }
}

impl From<&InputRecord> for InputFacts {
    fn from(input: &InputRecord) -> Self {
        let skipped = input.tally.iter().map(|(reason, rows, first_rows)| SkippedRows {
            reason: reason.to_string(),
            rows,
            first_rows: first_rows.to_vec(),
        });
        Self {
            path: input.path.clone(),
            captions: input.captions,
            error: input.error.clone(),
            skipped: skipped.collect(),
        }
    }
}

/// Writes the page of the main job.
///
/// # Errors
/// [`TableError`] if the table library fails at the statistics.
pub fn render(data: &ReportData<'_>) -> Result<String, TableError> {
    let ranking = data.ranking;
    let title = format!(
        "{} from {}",
        counted(ranking.tags.len() as u64, "tag"),
        counted(ranking.totals.captions, "caption"),
    );
    let body = html! {
        (header(data, &title))
        (kinds::section(data)?)
        (frequency::section(data)?)
        (coverage::section(data))
        (tags::section(ranking))
        @if !ranking.captions.is_empty() {
            (captions::section(&ranking.captions))
        }
        (provenance::skipped(data.run, RUN_FILE))
        (provenance::made(data.run))
    };
    Ok(page(&title, POLICY, STYLE, &body))
}

/// A whole page.
pub fn page(title: &str, policy: &str, style: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · mine-tags" }
                style { (maud::PreEscaped(style)) }
            }
            body {
                main { (body) }
            }
        }
    };
    page.into_string()
}

fn header(data: &ReportData<'_>, title: &str) -> Markup {
    let ranking = data.ranking;
    let totals = &ranking.totals;
    let top = coverage::top(data);
    html! {
        header {
            p.program { "mine-tags" }
            h1 { (title) }
            @if top > 0 {
                (standfirst(data, top))
            }
            dl.figures {
                (figure("captions", totals.captions))
                (figure("images", totals.images))
                (figure("tags", ranking.tags.len() as u64))
                (figure("rows skipped", data.run.skipped_rows()))
            }
        }
    }
}

/// The page's result in two sentences.
fn standfirst(data: &ReportData<'_>, top: u32) -> Markup {
    let point = data.ranking.coverage.at(top);
    let is_all = top as usize == data.ranking.tags.len();
    html! {
        p.standfirst {
            @if is_all {
                "The tags reach "
            } @else {
                "The " (count(top.into())) " most frequent tags reach "
            }
            strong { (percent(point.covered)) } " of the captions. A caption mentions "
            strong { (format!("{:.1}", point.tags_per_caption)) } " of them on average."
        }
    }
}

pub fn figure(name: &str, value: u64) -> Markup {
    html! {
        div {
            dt { (name) }
            dd { (count(value)) }
        }
    }
}

/// A number and what it counts, "1 tag", "2 tags".
pub fn counted(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(number))
}

#[cfg(test)]
mod tests {
    use tag_frequency::{Caption, Image, Mentions, TagCounts};
    use tag_vocabulary::TagKind;

    use super::*;

    const HOSTILE: &str = "</style></title><script>alert(1)</script><img src=x onerror=\"alert(2)\">'&amp;";

    fn page(counts: TagCounts, run: &RunFacts) -> String {
        let ranking = counts.rank();
        let table = TagTable::new(&ranking.tags).unwrap();
        render(&ReportData { ranking: &ranking, table: &table, top: 5000, run }).unwrap()
    }

    fn run(text: &str) -> RunFacts {
        let skipped = SkippedRows { reason: text.to_owned(), rows: 3, first_rows: vec![1, 20, 3000] };
        let input = InputFacts {
            path: text.to_owned(),
            captions: 1,
            error: Some(text.to_owned()),
            skipped: vec![skipped],
        };
        RunFacts {
            command: text.to_owned(),
            version: text.to_owned(),
            model: text.to_owned(),
            inputs: vec![input],
        }
    }

    #[test]
    fn strangers_text_stays_text() {
        let mut counts = TagCounts::default();
        let mut mentions = Mentions::default();
        // Tag names, too, come from captions.
        mentions.push(HOSTILE, TagKind::Object, std::iter::once(0..HOSTILE.len() as u32));
        counts.add(&Caption { text: HOSTILE, image: Image::Own }, &mentions);
        let page = page(counts, &run(HOSTILE));
        for markup in ["<script", "<img", "onerror=\"", "&amp;amp;amp;"] {
            assert!(!page.contains(markup), "{markup}");
        }
        for element in ["</style>", "</title><style>"] {
            assert_eq!(page.matches(element).count(), 1, "{element}");
        }
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(page.contains("rows 1, 20, 3,000"));
    }

    #[test]
    fn the_page_needs_nothing_else() {
        let page = page(TagCounts::default(), &run("file"));
        for reference in ["http:", "https:", "src=", "url(", "@import", "<link", "<script"] {
            assert!(!page.contains(reference), "{reference}");
        }
        assert!(page.contains(POLICY));
    }

    #[test]
    fn a_run_without_tags_has_a_page() {
        let mut counts = TagCounts::default();
        counts.add(&Caption { text: "…", image: Image::Own }, &Mentions::default());
        let page = page(counts, &run("file"));
        assert!(page.contains("0 tags from 1 caption"));
        assert!(!page.contains("NaN"));
    }

    #[test]
    fn a_long_caption_is_cut_and_not_emptied() {
        let text = format!("dog {}", "é".repeat(60_000));
        let mut counts = TagCounts::default();
        let mut mentions = Mentions::default();
        mentions.push("dog", TagKind::Object, std::iter::once(0..3));
        counts.add(&Caption { text: &text, image: Image::Own }, &mentions);
        let page = page(counts, &run("file"));
        let start = "<mark data-kind=\"object\" title=\"dog/object\">dog</mark> ";
        assert!(page.contains(&format!("{start}{}…", "é".repeat(498))));
        assert!(page.len() < 100_000);
    }
}
