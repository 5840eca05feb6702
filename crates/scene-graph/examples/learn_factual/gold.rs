//! A gold graph, and what it makes of a fact of the plain graph.

use compact_str::CompactString;
use scene_graph::factual::Outcome;
use scene_graph::lexicon::noun_base;

/// Names in base form, with what is said about them.
pub struct Gold {
    names: Vec<String>,
    attributes: Vec<(String, String)>,
    relations: Vec<(String, String, String)>,
}

impl Gold {
    /// Reads `( man , ride , horse ) , ( girl , is , young ) , ( wall )`.
    pub fn read(graph: &str) -> Self {
        let mut gold = Self { names: Vec::new(), attributes: Vec::new(), relations: Vec::new() };
        for body in graph.to_lowercase().split('(').skip(1) {
            let parts: Vec<&str> = body.split(')').next().unwrap_or("").split(',').map(str::trim).collect();
            match parts[..] {
                [name] => gold.names.push(base(name)),
                [subject, "is", attribute] => {
                    gold.names.push(base(subject));
                    gold.attributes.push((base(subject), attribute.to_owned()));
                }
                [subject, relation, object] => {
                    gold.names.extend([base(subject), base(object)]);
                    gold.relations.push((base(subject), relation.to_owned(), base(object)));
                }
                _ => {}
            }
        }
        gold.names.sort();
        gold.names.dedup();
        gold
    }

    /// The gold name for a name: the same, or the one with the same last word.
    pub fn find(&self, name: &str) -> Option<&str> {
        let name = base(name);
        let mut same_head = self.names.iter().filter(|gold| last(gold) == last(&name));
        let exact = self.names.iter().find(|gold| **gold == name);
        exact.or_else(|| same_head.next()).map(String::as_str)
    }

    /// The one gold name whose last word the caption does not have.
    pub fn sole_stranger(&self, caption: &str) -> Option<&str> {
        let lower = caption.to_lowercase();
        let mut strangers =
            self.names.iter().filter(|name| !lower.contains(&last(name)[..last(name).len().min(4)]));
        let first = strangers.next()?;
        strangers.next().is_none().then_some(first)
    }

    /// What became of a name; `None` if the gold graph does not tell.
    pub fn name_outcome(&self, name: &str, found: Option<&str>, caption: &str) -> Option<Outcome> {
        if found.is_some() {
            return Some(Outcome::Kept { inverse: false });
        }
        let label = match self.sole_stranger(caption) {
            Some(stranger) if !stranger.contains(' ') => stranger,
            _ => return None,
        };
        (label != last(name)).then(|| Outcome::Renamed { label: label.into(), inverse: false })
    }

    /// What became of an attribute.
    pub fn attribute_outcome(&self, subject: &str, text: &str, caption: &str) -> Outcome {
        let said: Vec<&str> = self
            .attributes
            .iter()
            .filter(|(name, _)| name == subject)
            .map(|(_, said)| said.as_str())
            .collect();
        if said.contains(&text) {
            return Outcome::Kept { inverse: false };
        }
        let stem: String = text.chars().take(text.chars().count().clamp(1, 4)).collect();
        let same_stem = |said: &&&str| {
            said.starts_with(&stem) || (text.contains(' ') && text.split(' ').any(|word| word == **said))
        };
        match said.iter().find(same_stem) {
            // Another word of the caption that begins alike is another attribute.
            Some(said)
                if !said.contains(' ')
                    && *said != text
                    && caption.split(' ').any(|word| word == *said)
                    && !text.contains(' ') =>
            {
                Outcome::Dropped
            }
            Some(said) => Outcome::Renamed { label: (*said).into(), inverse: false },
            None => Outcome::Dropped,
        }
    }

    /// What became of a relation.
    pub fn relation_outcome(&self, subject: &str, object: Option<&str>, text: &str) -> Outcome {
        let Some(object) = object else { return Outcome::Dropped };
        let between = |from: &str, to: &str| -> Vec<&str> {
            self.relations
                .iter()
                .filter(|(one, _, other)| one == from && other == to)
                .map(|(_, label, _)| label.as_str())
                .collect()
        };
        for (inverse, labels) in [(false, between(subject, object)), (true, between(object, subject))] {
            if labels.contains(&text) {
                return Outcome::Kept { inverse };
            }
            if let Some(label) = labels.first() {
                return Outcome::Renamed { label: CompactString::from(*label), inverse };
            }
        }
        Outcome::Dropped
    }
}

fn last(name: &str) -> &str {
    name.rsplit(' ').next().unwrap_or(name)
}

fn base(name: &str) -> String {
    let words: Vec<String> = name
        .split_whitespace()
        .map(|word| noun_base(word).map_or_else(|| word.to_owned(), |base| base.to_string()))
        .collect();
    words.join(" ")
}
