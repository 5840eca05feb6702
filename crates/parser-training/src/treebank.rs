//! Treebanks in memory: sentences with gold tags, lemmas and trees.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use caption_parser::conllu::{self, Block};
use caption_parser::{DependencyRelation, Sentence, Upos};
use flate2::read::GzDecoder;

/// A sentence with its gold annotation, as parallel lists over its words.
#[derive(Clone, Debug, Default)]
pub struct Example {
    pub forms: Vec<String>,
    pub lemmas: Vec<String>,
    pub upos: Vec<Upos>,
    /// 0 for the root, else 1 + the index of the head.
    pub heads: Vec<u32>,
    pub relations: Vec<DependencyRelation>,
    /// What a teacher holds possible; empty where a person has decided.
    pub beliefs: Vec<Beliefs>,
}

/// Words of the longest sentence that can be learned from, as answers are bytes.
pub const MOST_WORDS: usize = u8::MAX as usize;
/// Answers that a teacher weighs for each question.
pub const CHOICES: usize = 4;

/// A probability distribution over a few answers, in steps of 1/255.
pub type Choices = [(u8, u8); CHOICES];

/// A teacher's distributions for one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beliefs {
    /// Parts of speech, by their index in [`Upos::ALL`].
    pub upos: Choices,
    /// Heads as in [`Example::heads`].
    pub heads: Choices,
    /// Relations to the example's head, by their index in [`DependencyRelation::ALL`].
    pub relations: Choices,
}

impl Example {
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    /// A sentence with its annotation.
    pub fn of(sentence: &Sentence<'_>) -> Self {
        let mut example = Self::of_forms(sentence);
        for index in 0..sentence.len() {
            example.lemmas.push(sentence.lemma(index).to_owned());
            example.upos.push(sentence.upos(index));
            example.heads.push(sentence.head(index).map_or(0, |head| head as u32 + 1));
            example.relations.push(sentence.relation(index));
        }
        example
    }

    /// A sentence's words alone.
    pub fn of_forms(sentence: &Sentence<'_>) -> Self {
        let forms = (0..sentence.len()).map(|index| sentence.form(index).to_owned()).collect();
        Self { forms, ..Self::default() }
    }

    /// The same words without annotation.
    pub fn unannotated(&self) -> Self {
        Self { forms: self.forms.clone(), ..Self::default() }
    }
}

/// Treebanks that models learn from.
const TRAINING: [&str; 3] = ["en_ewt-train", "en_atis-train", "en_eslspok-train"];
/// The treebank that lemmas are learned from: ESLSpok has none, Atis has odd ones.
pub const LEMMAS: &str = "en_ewt-train";
/// The treebank that training reports on.
const DEV: &str = "en_ewt-dev";

/// Sentences under the name of where they come from.
pub struct Treebank {
    pub name: &'static str,
    pub examples: Vec<Example>,
}

/// What training reports on: general text, and captions if there are any.
pub fn development(folder: &Path, captions: Option<&Path>) -> Result<Vec<Treebank>> {
    let mut treebanks = vec![Treebank { name: DEV, examples: load(folder, DEV)? }];
    if let Some(captions) = captions {
        let examples = read(&captions.join("captions-dev.conllu"))?;
        treebanks.push(Treebank { name: "captions-dev", examples });
    }
    Ok(treebanks)
}

/// The captions of the folder that models learn from.
pub fn captions(folder: &Path) -> Result<Vec<Example>> {
    read(&folder.join("captions-train.conllu"))
}

/// The sentences of all treebanks in the folder that models learn from.
pub fn training(folder: &Path) -> Result<Vec<Example>> {
    let mut examples = Vec::new();
    for name in TRAINING {
        examples.extend(load(folder, name)?);
    }
    Ok(examples)
}

/// Opens a CoNLL-U file, gzipped or not, and reads its blocks.
///
/// # Errors
/// If it cannot be read, is no CoNLL-U, or has no words at all.
pub fn blocks(path: &Path) -> Result<Vec<Block>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let reader: Box<dyn BufRead> = if path.extension().is_some_and(|extension| extension == "gz") {
        Box::new(BufReader::new(GzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    };
    let blocks: Vec<Block> =
        conllu::read(reader).collect::<Result<_, _>>().with_context(|| format!("in {}", path.display()))?;
    let has_words = blocks.iter().any(|block| block.words().next().is_some());
    ensure!(has_words, "no sentences in {}: it must be a CoNLL-U file", path.display());
    Ok(blocks)
}

/// Reads the sentences of a CoNLL-U file, gzipped or not.
pub fn read(path: &Path) -> Result<Vec<Example>> {
    let mut examples = Vec::new();
    for block in blocks(path)? {
        let document = block.to_document().with_context(|| format!("in {}", path.display()))?;
        examples.extend(document.sentences().map(|sentence| Example::of(&sentence)));
    }
    Ok(examples)
}

/// Reads a treebank, `<folder>/<name>.conllu.gz`.
pub fn load(folder: &Path, name: &str) -> Result<Vec<Example>> {
    read(&folder.join(format!("{name}.conllu.gz")))
}
