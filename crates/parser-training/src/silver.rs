//! Captions that a teacher has annotated, in a file.
//!
//! A safetensors file: `forms` (UTF-8, each ended by a line feed), `lengths` (words a sentence),
//! and per word `heads`, `upos`, `relations` and `beliefs` (three times [`CHOICES`] pairs of
//! answer and probability).

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use caption_parser::{DependencyRelation, Upos};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use crate::treebank::{Beliefs, CHOICES, Choices, Example, MOST_WORDS};

/// Bytes of one word's beliefs.
const BELIEFS: usize = 3 * CHOICES * 2;

/// The bytes of a file of the examples, none of them longer than [`MOST_WORDS`].
pub fn to_bytes(examples: &[Example]) -> Result<Vec<u8>> {
    let [mut forms, mut lengths, mut heads, mut upos, mut relations, mut beliefs] =
        [(); 6].map(|()| Vec::new());
    for example in examples {
        lengths.push(
            u8::try_from(example.len())
                .with_context(|| format!("a sentence of more than {MOST_WORDS} words"))?,
        );
        for form in &example.forms {
            ensure!(!form.contains('\n'), "a line feed in the word {form:?}");
            forms.extend(form.bytes());
            forms.push(b'\n');
        }
        heads.extend(example.heads.iter().map(|&head| head as u8));
        upos.extend(example.upos.iter().map(|&upos| upos as u8));
        relations.extend(example.relations.iter().map(|&relation| relation as u8));
        for word in &example.beliefs {
            for choices in [word.upos, word.heads, word.relations] {
                beliefs.extend(choices.iter().flat_map(|&(answer, probability)| [answer, probability]));
            }
        }
    }
    let parts = [
        ("forms", &forms),
        ("lengths", &lengths),
        ("heads", &heads),
        ("upos", &upos),
        ("relations", &relations),
        ("beliefs", &beliefs),
    ];
    let views = parts.map(|(name, bytes)| Ok((name, TensorView::new(Dtype::U8, vec![bytes.len()], bytes)?)));
    let views = views.into_iter().collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    Ok(serialize(views, None)?)
}

/// Reads a file that [`to_bytes`] made.
///
/// # Errors
/// If it cannot be read, or its parts do not fit together.
pub fn read(path: &Path) -> Result<Vec<Example>> {
    let file = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&file).with_context(|| format!("in {}: annotate the captions anew", path.display()))
}

fn parse(file: &[u8]) -> Result<Vec<Example>> {
    let tensors = SafeTensors::deserialize(file)?;
    let part = |name: &str| Ok::<&[u8], safetensors::SafeTensorError>(tensors.tensor(name)?.data());
    let (lengths, heads, upos, relations) =
        (part("lengths")?, part("heads")?, part("upos")?, part("relations")?);
    let beliefs = part("beliefs")?;
    let words: usize = lengths.iter().map(|&length| usize::from(length)).sum();
    let all_there = [heads, upos, relations].iter().all(|part| part.len() == words);
    ensure!(all_there && beliefs.len() == words * BELIEFS, "parts of different lengths");
    let mut forms = std::str::from_utf8(part("forms")?)?.lines();
    let mut examples = Vec::with_capacity(lengths.len());
    let mut at = 0;
    for &length in lengths {
        let range = at..at + usize::from(length);
        at = range.end;
        let mut example = Example {
            forms: forms.by_ref().take(range.len()).map(str::to_owned).collect(),
            heads: heads[range.clone()].iter().map(|&head| u32::from(head)).collect(),
            ..Example::default()
        };
        ensure!(example.len() == range.len(), "fewer forms than words");
        ensure!(example.heads.iter().all(|&head| head <= u32::from(length)), "a head outside its sentence");
        for word in range {
            let (Some(&upos), Some(&relation)) = (
                Upos::ALL.get(usize::from(upos[word])),
                DependencyRelation::ALL.get(usize::from(relations[word])),
            ) else {
                bail!("an unknown part of speech or relation")
            };
            example.upos.push(upos);
            example.relations.push(relation);
            example.beliefs.push(beliefs_of(&beliefs[word * BELIEFS..][..BELIEFS], length)?);
        }
        examples.push(example);
    }
    Ok(examples)
}

fn beliefs_of(bytes: &[u8], length: u8) -> Result<Beliefs> {
    let choices = |part: usize, answers: usize| {
        let mut choices = Choices::default();
        for (choice, pair) in choices.iter_mut().zip(bytes[part * CHOICES * 2..].chunks_exact(2)) {
            ensure!(usize::from(pair[0]) < answers, "an answer out of range");
            *choice = (pair[0], pair[1]);
        }
        Ok(choices)
    };
    Ok(Beliefs {
        upos: choices(0, Upos::ALL.len())?,
        heads: choices(1, usize::from(length) + 1)?,
        relations: choices(2, DependencyRelation::ALL.len())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let beliefs = Beliefs {
            upos: [(7, 200), (1, 55), (0, 0), (0, 0)],
            heads: [(2, 255); CHOICES],
            relations: [(3, 9); CHOICES],
        };
        let example = Example {
            forms: vec!["zebra".into(), "grazing".into()],
            upos: vec![Upos::Noun, Upos::Verb],
            heads: vec![0, 1],
            relations: vec![DependencyRelation::Root, DependencyRelation::Acl],
            beliefs: vec![beliefs; 2],
            ..Example::default()
        };
        let file = to_bytes(&[example.clone(), example.clone()]).unwrap();
        let read = parse(&file).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].forms, example.forms);
        assert_eq!(read[1].beliefs, example.beliefs);
        assert_eq!(read[1].relations, example.relations);
        assert!(parse(&file[..file.len() - 1]).is_err());
    }
}
