//! How far annotators agree, as a table.

use tag_vocabulary::{Tag, TagKind};
use vocab_review::agreement::{Agreement, Pairs, fleiss};
use vocab_review::{Annotator, Candidates, Review};

const NONE: &str = "–";

/// A row for each two annotators and one for all, with a column for each kind.
pub fn table(candidates: &Candidates, review: &Review) -> String {
    let tags: Vec<&Tag> = candidates.all().iter().map(|candidate| &candidate.tag).collect();
    let annotators: Vec<&Annotator> = review.annotators().collect();
    let mut text = String::from("annotators\ttags\tsame verdict\tkappa");
    TagKind::ALL.iter().for_each(|kind| text += &format!("\t{kind}"));
    text.push('\n');
    let pairs = Pairs::new(review, tags.iter().copied());
    for (place, first) in annotators.iter().enumerate() {
        let found = pairs.of(first);
        for second in &annotators[place + 1..] {
            let of = |kind| found.get(second)?.over(kind);
            text += &row(&format!("{first}, {second}"), of);
        }
    }
    text += &row("all (Fleiss)", |kind| fleiss(review, tags.iter().copied(), kind));
    text
}

fn row(name: &str, of: impl Fn(Option<TagKind>) -> Option<Agreement>) -> String {
    let Some(all) = of(None) else { return format!("{name}\t0\n") };
    let kinds: String = TagKind::ALL
        .into_iter()
        .map(|kind| format!("\t{}", of(Some(kind)).map_or(NONE.to_owned(), |found| kappa(&found))))
        .collect();
    format!("{name}\t{}\t{:.1}%\t{}{kinds}\n", all.tags, all.observed * 100.0, kappa(&all))
}

/// Where all verdicts are the same there is nothing that could be agreed on by more than chance.
fn kappa(Agreement { kappa, .. }: &Agreement) -> String {
    if kappa.is_nan() { NONE.to_owned() } else { format!("{kappa:.2}") }
}
