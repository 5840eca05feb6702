//! How far a log's verdicts follow the suggestions: for each sort of suggestion and kind of tag, how
//! many there are and how many the verdicts agree with.
//!
//! `cargo run --release -p vocab-review --features embeddings --example suggestion_scores -- CANDIDATES DECISIONS [ENCODER]`
//!
//! A cluster counts a suggestion for each tag but its first, and is followed where both end up under
//! one name. Every suggestion is printed first, with + where the verdict follows it. `ENCODER` is the
//! folder of a sentence encoder; without it and the feature there are no suggestions by embeddings.

use std::collections::BTreeMap;
use std::path::Path;

use tag_vocabulary::Tag;
use vocab_review::suggestions::{self, NearPair, Suggestion, SuggestionKind};
use vocab_review::{Candidates, DecisionLog, Judgement, Outcome, Review, Verdict};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [candidates, decisions, encoder @ ..] = &words[..] else {
        return Err("give the candidates and the log of decisions".into());
    };
    let candidates = Candidates::read(Path::new(candidates))?;
    let review = Review::of(DecisionLog::open(Path::new(decisions))?.0.decisions());
    let mut scores: BTreeMap<(String, &str), (usize, usize)> = BTreeMap::new();
    for suggestion in suggestions::all(&candidates, &near(&candidates, encoder)?) {
        for (tag, is_followed) in followed(&review, &suggestion) {
            let (all, agreed) = scores.entry((sort(&suggestion), tag.kind.as_str())).or_default();
            *all += 1;
            *agreed += usize::from(is_followed);
            let sign = if is_followed { '+' } else { '-' };
            println!(
                "{sign} {} {tag} {} {}",
                suggestion.kind.as_str(),
                suggestion.tags[0],
                suggestion.reason
            );
        }
    }
    println!("suggestion\tkind of tag\tsuggested\tfollowed");
    for ((suggestion, kind), (all, agreed)) in scores {
        println!("{suggestion}\t{kind}\t{all}\t{agreed}");
    }
    Ok(())
}

/// Pairs that the encoder finds alike.
#[cfg(feature = "embeddings")]
fn near(candidates: &Candidates, encoder: &[String]) -> Result<Vec<NearPair>, Box<dyn std::error::Error>> {
    match encoder {
        [] => Ok(Vec::new()),
        [folder, ..] => Ok(suggestions::similar_names(candidates, Path::new(folder), &|_| ())?),
    }
}

#[cfg(not(feature = "embeddings"))]
fn near(_: &Candidates, encoder: &[String]) -> Result<Vec<NearPair>, Box<dyn std::error::Error>> {
    if encoder.is_empty() {
        Ok(Vec::new())
    } else {
        Err("this was built without --features embeddings".into())
    }
}

/// What is suggested and, of clusters, why.
fn sort(Suggestion { kind, reason, .. }: &Suggestion) -> String {
    if kind.is_cluster() { format!("{}: {reason}", kind.as_str()) } else { kind.as_str().to_owned() }
}

/// The tags that a suggestion asks something of, and whether the verdict is that.
fn followed<'s>(review: &Review, suggestion: &'s Suggestion) -> Vec<(&'s Tag, bool)> {
    let Suggestion { kind, tags, .. } = suggestion;
    let skip = usize::from(kind.is_cluster());
    let is_followed = |tag: &Tag| match kind {
        SuggestionKind::Variants | SuggestionKind::Synonyms => {
            keeper(review, tag) == keeper(review, &tags[0])
        }
        SuggestionKind::Kind { better } => {
            keeper(review, tag).is_some_and(|keeper| Some(keeper.kind) == *better)
        }
        SuggestionKind::NotVisible => keeper(review, tag).is_none(),
    };
    tags.iter().skip(skip).map(|tag| (tag, is_followed(tag))).collect()
}

/// The tag that a tag ends up as; none if it is dropped or undecided.
fn keeper(review: &Review, tag: &Tag) -> Option<Tag> {
    let mut tag = tag.clone();
    // Longer ways are circles.
    for _ in 0..20 {
        let Outcome::Decided(Judgement { verdict, kind, .. }) = review.outcome(&tag) else { return None };
        match verdict {
            Verdict::Keep | Verdict::Mute => return Some(Tag { kind: kind.unwrap_or(tag.kind), ..tag }),
            Verdict::Drop => return None,
            Verdict::Merge { into } => tag = into,
        }
    }
    None
}
