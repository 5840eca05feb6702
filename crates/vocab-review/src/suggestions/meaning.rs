//! What WordNet says of a name's words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fst::Map;
use tag_vocabulary::{Tag, TagKind};

use super::{Suggestion, SuggestionKind, cluster};
use crate::candidates::Candidates;

/// Built by `scene-graph`'s example `build_lexicons`, whose file `meanings.rs` tells what is in it.
static MEANINGS: LazyLock<Map<&[u8]>> = LazyLock::new(|| {
    Map::new(include_bytes!("../../lexicons/meanings.fst").as_slice())
        .expect("the embedded lexicon is an fst: the tests open it")
});

/// Clusters of tags of one kind whose names have the same meaning in WordNet, the most frequent
/// first: the first sense of the whole name, or else of each word by turns ("jump over", "leap over").
pub fn synonyms(candidates: &Candidates) -> Vec<Suggestion> {
    let mut groups: BTreeMap<(TagKind, Vec<Part>), Vec<usize>> = BTreeMap::new();
    for (place, candidate) in candidates.all().iter().enumerate() {
        groups.entry((candidate.tag.kind, parts(&candidate.tag))).or_default().push(place);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().filter(|members| members.len() > 1).collect();
    groups.sort_unstable();
    let suggest = |members| cluster(candidates, SuggestionKind::Synonyms, members, "synonyms in WordNet");
    groups.into_iter().map(suggest).collect()
}

/// Tags whose first sense in WordNet seldom shows in an image: a relative, a thought, a feeling, a
/// quantity, the name of one place, an adjective of relation ("national").
pub fn not_visible(candidates: &Candidates) -> Vec<Suggestion> {
    suggest(candidates, |doubt| Some((SuggestionKind::NotVisible, doubt.why_unseen()?)))
}

/// Objects that by their first sense in WordNet are events or times, which are scenes rather.
pub fn events(candidates: &Candidates) -> Vec<Suggestion> {
    let scene = SuggestionKind::Kind { better: Some(TagKind::Scene) };
    let is_scene = |tag: &Tag| tag.kind == TagKind::Scene;
    let mut events =
        suggest(candidates, |doubt| (doubt == Doubt::Event).then_some((scene, "an event or a time")));
    events.retain(|suggestion| !suggestion.tags.iter().any(is_scene));
    events
}

fn suggest(
    candidates: &Candidates,
    of: impl Fn(Doubt) -> Option<(SuggestionKind, &'static str)>,
) -> Vec<Suggestion> {
    let tags = candidates.all().iter().map(|candidate| &candidate.tag);
    tags.filter_map(|tag| {
        let (kind, reason) = of(doubt(tag)?)?;
        Some(Suggestion { kind, tags: vec![tag.clone()], reason: reason.to_owned() })
    })
    .collect()
}

/// A word of a name: what it means, or itself if no other word means the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Synset(u64),
    Word(String),
}

fn parts(Tag { name, kind }: &Tag) -> Vec<Part> {
    if let Some(synset) = first_synset(*kind, name) {
        return vec![Part::Synset(synset)];
    }
    let words: Vec<&str> = name.split(' ').collect();
    let has_meaning = |place: usize| match kind {
        TagKind::Object | TagKind::Scene => true,
        // What follows a verb are particles and prepositions.
        TagKind::Action => place == 0,
        TagKind::Attribute => place + 1 == words.len(),
    };
    let part = |(place, word): (usize, &&str)| match first_synset(*kind, word) {
        Some(synset) if has_meaning(place) => Part::Synset(synset),
        _ => Part::Word((*word).to_owned()),
    };
    words.iter().enumerate().map(part).collect()
}

/// Why an annotator may want to look at a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    OnePlace,
    Kinship,
    Shapeless,
    Inner,
    Relational,
    Event,
}

impl Doubt {
    fn of(meaning: u64) -> Option<Self> {
        Some(match meaning % 16 {
            1 => Self::OnePlace,
            2 => Self::Kinship,
            3 => Self::Shapeless,
            4 => Self::Inner,
            5 => Self::Relational,
            6 => Self::Event,
            _ => return None,
        })
    }

    fn why_unseen(self) -> Option<&'static str> {
        Some(match self {
            Self::OnePlace => "the name of one place",
            Self::Kinship => "whose relative somebody is seldom shows",
            Self::Shapeless => "a noun for what has no shape",
            Self::Inner => "a verb of thinking, feeling, owning or dealing with others",
            Self::Relational => "an adjective that says what something belongs to",
            Self::Event => return None,
        })
    }
}

/// Of a verb's name the verb counts, of a noun's the whole, or else its last word.
fn doubt(Tag { name, kind }: &Tag) -> Option<Doubt> {
    let meaning = match kind {
        TagKind::Action => meaning(*kind, name.split(' ').next()?),
        TagKind::Attribute => meaning(*kind, name),
        TagKind::Object | TagKind::Scene => {
            meaning(*kind, name).or_else(|| meaning(*kind, name.rsplit_once(' ')?.1))
        }
    };
    Doubt::of(meaning?)
}

/// Whether two names of one kind cannot mean the same, though they are used alike: one has all words
/// of the other and more ("bathroom mirror"), or where they differ WordNet has both and no sense of
/// theirs in common ("red", "blue"). Names of one verb may always mean the same.
pub(super) fn are_apart(a: &Tag, b: &Tag) -> bool {
    let (kind, [a, b]) = (a.kind, [a, b].map(|tag| tag.name.split(' ').collect::<Vec<_>>()));
    let has_all = |a: &[&str], b: &[&str]| b.iter().all(|word| a.contains(word));
    match kind {
        TagKind::Action if a[0] == b[0] => return false,
        TagKind::Action => {}
        _ if has_all(&a, &b) || has_all(&b, &a) => return true,
        _ => {}
    }
    let differ = |a: &[&str], b: &[&str]| {
        let senses = [a, b].map(|words| meaning(kind, &words.join(" ")).map(synsets));
        let [Some(a), Some(b)] = senses else { return None };
        Some(!a.iter().any(|synset| *synset != 0 && b.contains(synset)))
    };
    differ(&a, &b).or_else(|| {
        let (a, b) = unlike_parts(kind, &a, &b)?;
        differ(a, b)
    }) == Some(true)
}

/// What is left of two names without the words that they begin and end with; of verbs' names the
/// verbs, if what follows is the same. None if there is nothing to compare.
fn unlike_parts<'n>(
    kind: TagKind,
    a: &'n [&'n str],
    b: &'n [&'n str],
) -> Option<(&'n [&'n str], &'n [&'n str])> {
    if kind == TagKind::Action {
        return (a[1..] == b[1..]).then(|| (&a[..1], &b[..1]));
    }
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    (!a.is_empty() && !b.is_empty()).then_some((a, b))
}

/// Whether WordNet has the word.
pub(super) fn is_known(word: &str) -> bool {
    ["n", "v", "a"].iter().any(|part| MEANINGS.contains_key(format!("{part} {word}")))
}

/// The synset of the first sense, if other words share it.
fn first_synset(kind: TagKind, words: &str) -> Option<u64> {
    let [first, ..] = synsets(meaning(kind, words)?);
    (first != 0).then_some(first)
}

/// Synsets that the word shares with others: that of its first sense, and two more; 0 for none.
fn synsets(meaning: u64) -> [u64; 3] {
    [4, 24, 44].map(|shift| meaning >> shift & 0xf_ffff)
}

fn meaning(kind: TagKind, words: &str) -> Option<u64> {
    let part = match kind {
        TagKind::Object | TagKind::Scene => 'n',
        TagKind::Action => 'v',
        TagKind::Attribute => 'a',
    };
    MEANINGS.get(format!("{part} {words}"))
}
