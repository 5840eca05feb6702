//! Treebanks in memory: sentences with gold tags, lemmas and trees.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use caption_parser::conllu::{self, Block};
use caption_parser::{DependencyRelation, Upos};
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
}

impl Example {
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    fn of(block: &Block) -> Result<Self, conllu::ConlluError> {
        let document = block.to_document()?;
        let mut example = Self::default();
        for sentence in document.sentences() {
            for index in 0..sentence.len() {
                example.forms.push(sentence.form(index).to_owned());
                example.lemmas.push(sentence.lemma(index).to_owned());
                example.upos.push(sentence.upos(index));
                example.heads.push(sentence.head(index).map_or(0, |head| head as u32 + 1));
                example.relations.push(sentence.relation(index));
            }
        }
        Ok(example)
    }
}

/// Opens a CoNLL-U file, gzipped or not, and reads its blocks.
pub fn blocks(path: &Path) -> Result<Vec<Block>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let reader: Box<dyn BufRead> = if path.extension().is_some_and(|extension| extension == "gz") {
        Box::new(BufReader::new(GzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    };
    conllu::read(reader).collect::<Result<_, _>>().with_context(|| format!("in {}", path.display()))
}

/// Reads a treebank, `<folder>/<name>.conllu.gz`.
pub fn load(folder: &Path, name: &str) -> Result<Vec<Example>> {
    let path = folder.join(format!("{name}.conllu.gz"));
    let blocks = blocks(&path)?;
    blocks.iter().map(Example::of).collect::<Result<_, _>>().with_context(|| format!("in {}", path.display()))
}
