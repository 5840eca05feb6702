//! CoNLL-U: the ten-column format of Universal Dependencies, read and written.
//!
//! See <https://universaldependencies.org/format.html>.

use std::io::{self, Write};

use crate::document::{Document, Sentence, Token};
use crate::tokenize::is_clitic;
use crate::{DependencyRelation, Upos};

mod reader;

pub use reader::read;

/// A CoNLL-U text that cannot be read, with the line where the fault lies.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ConlluError {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
    /// The error of the reader, if the text is not at fault: nothing more can be read then.
    pub source: Option<io::Error>,
}

impl ConlluError {
    /// A fault of the text.
    fn fault(line: usize, problem: impl Into<String>) -> Self {
        Self { line, problem: problem.into(), source: None }
    }
}

/// One row of a block: a word, a multi-word token (`3-4`) or an empty node (`5.1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC.
    pub columns: [String; 10],
    line: usize,
}

/// What the ID of a row says that it is.
enum Id {
    Word(usize),
    /// A multi-word token, by its first and last word.
    Range(usize, usize),
    /// An empty node, by the word before it and its number there.
    Empty(usize, usize),
}

impl Row {
    /// True for a syntactic word, false for a multi-word token or an empty node.
    pub fn is_word(&self) -> bool {
        matches!(self.id(), Some(Id::Word(_)))
    }

    /// `None` if the ID is none of CoNLL-U.
    fn id(&self) -> Option<Id> {
        let number = |digits: &str| -> Option<usize> {
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let id = self.columns[0].as_str();
        if let Some((first, last)) = id.split_once('-') {
            return Some(Id::Range(number(first)?, number(last)?));
        }
        if let Some((word, place)) = id.split_once('.') {
            return Some(Id::Empty(number(word)?, number(place)?));
        }
        number(id).map(Id::Word)
    }

    fn no_space_after(&self) -> bool {
        self.columns[9].split('|').any(|feature| feature == "SpaceAfter=No")
    }

    fn error(&self, problem: impl Into<String>) -> ConlluError {
        ConlluError::fault(self.line, problem)
    }
}

/// One sentence of a CoNLL-U file, every column kept as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Comment lines, with their `#`.
    pub comments: Vec<String>,
    /// The rows in their order.
    pub rows: Vec<Row>,
}

impl Block {
    /// The rows that are syntactic words.
    pub fn words(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_word())
    }

    /// The block as a document of one sentence with the annotation that it carries. Columns
    /// left empty (`_`) read as `X`, the form itself and a flat tree under the first word.
    ///
    /// The text is rebuilt from forms and `SpaceAfter=No`; the words of a multi-word token that
    /// do not spell it (`wanna` as "want", "to") are set apart with spaces.
    ///
    /// # Errors
    /// If a column cannot be read, or the heads are no tree: of several roots the second is named, of
    /// a circle a word of it.
    pub fn to_document(&self) -> Result<Document, ConlluError> {
        let mut document = Document::default();
        let spans = self.lay_out(&mut document.text);
        let words: Vec<&Row> = self.words().collect();
        for (index, (row, (start, end))) in words.iter().zip(spans).enumerate() {
            let lemma = if row.columns[2] == "_" { &row.columns[1] } else { &row.columns[2] };
            let lemma_start = document.lemmas.len() as u32;
            document.lemmas.push_str(lemma);
            let (head, relation) = annotated_head(row, index, words.len())?;
            document.tokens.push(Token {
                start,
                end,
                upos: match row.columns[3].as_str() {
                    "_" => Upos::X,
                    name => {
                        name.parse().map_err(|error: crate::UnknownLabel| row.error(error.to_string()))?
                    }
                },
                relation,
                head,
                lemma: (lemma_start, document.lemmas.len() as u32),
            });
        }
        if let Some((word, problem)) = no_tree(&document.tokens) {
            return Err(words[word].error(problem));
        }
        document.sentence_ends.extend((!words.is_empty()).then_some(words.len() as u32));
        Ok(document)
    }

    /// Writes the words into `text` and gives their byte spans there.
    pub(crate) fn lay_out(&self, text: &mut String) -> Vec<(u32, u32)> {
        let mut spans = Vec::new();
        // Up to this word they are those of a multi-word token, after which there is a space or not.
        let (mut glued_until, mut glued_space) = (0, true);
        for (at, row) in self.rows.iter().enumerate() {
            match row.id() {
                Some(Id::Range(_, last)) if spell(&self.rows[at + 1..], last, &row.columns[1]) => {
                    (glued_until, glued_space) = (last, !row.no_space_after());
                }
                Some(Id::Word(id)) => {
                    let start = text.len() as u32;
                    text.push_str(&row.columns[1]);
                    spans.push((start, text.len() as u32));
                    let space = match id.cmp(&glued_until) {
                        std::cmp::Ordering::Less => false,
                        std::cmp::Ordering::Equal => glued_space,
                        std::cmp::Ordering::Greater => !row.no_space_after(),
                    };
                    text.push_str(if space { " " } else { "" });
                }
                _ => {}
            }
        }
        text.truncate(spans.last().map_or(0, |&(_, end)| end as usize));
        spans
    }

    /// Writes LEMMA, UPOS, HEAD and DEPREL of a parse into the block, and leaves the rest.
    ///
    /// # Errors
    /// If the sentence has another number of tokens than the block has words.
    pub fn annotate(&mut self, sentence: &Sentence<'_>) -> Result<(), ConlluError> {
        let words = self.words().count();
        let line = self.rows.first().map_or(0, |row| row.line);
        if words != sentence.len() {
            let problem = format!("{words} words here, {} in the parse", sentence.len());
            return Err(ConlluError::fault(line, problem));
        }
        for (index, row) in self.rows.iter_mut().filter(|row| row.is_word()).enumerate() {
            row.columns[2] = sentence.lemma(index).to_owned();
            row.columns[3] = sentence.upos(index).to_string();
            row.columns[6] = sentence.head(index).map_or(0, |head| head + 1).to_string();
            row.columns[7] = sentence.relation(index).to_string();
        }
        Ok(())
    }

    /// Writes the block, with the empty line that ends it.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for comment in &self.comments {
            writeln!(out, "{comment}")?;
        }
        for row in &self.rows {
            writeln!(out, "{}", row.columns.join("\t"))?;
        }
        writeln!(out)
    }
}

/// True if the words from the first of `rows` up to number `last` are spelled like `form` together.
fn spell(rows: &[Row], last: usize, form: &str) -> bool {
    let mut rest = form;
    for row in rows {
        match row.id() {
            Some(Id::Word(id)) if id > last => break,
            Some(Id::Word(_)) => match rest.strip_prefix(row.columns[1].as_str()) {
                Some(after) => rest = after,
                None => return false,
            },
            _ => {}
        }
    }
    rest.is_empty()
}

fn annotated_head(row: &Row, index: usize, count: usize) -> Result<(u32, DependencyRelation), ConlluError> {
    let (head, name) = (row.columns[6].as_str(), row.columns[7].as_str());
    if head == "_" || name == "_" {
        let relation = if index == 0 { DependencyRelation::Root } else { DependencyRelation::Dep };
        return Ok((0, relation));
    }
    let relation = name.parse().map_err(|error: crate::UnknownLabel| row.error(error.to_string()))?;
    match head.parse::<usize>() {
        Ok(0) => Ok((index as u32, relation)),
        Ok(head) if head <= count && head != index + 1 => Ok((head as u32 - 1, relation)),
        _ => Err(row.error(format!("HEAD {head:?} is no word of this sentence"))),
    }
}

/// The word at which heads cease to be a tree with one root, and why.
fn no_tree(tokens: &[Token]) -> Option<(usize, &'static str)> {
    let head = |at: usize| tokens[at].head as usize;
    let mut roots = (0..tokens.len()).filter(|&at| head(at) == at);
    if let Some(second) = roots.nth(1) {
        return Some((second, "a second word without a head: a sentence has one root"));
    }
    // The walk from a word that passed it first: what meets its own way again goes round.
    let mut walks = vec![None; tokens.len()];
    for first in 0..tokens.len() {
        let mut at = first;
        while walks[at].is_none() {
            walks[at] = Some(first);
            at = head(at);
        }
        if walks[at] == Some(first) && head(at) != at {
            return Some((at, "HEAD leads back to this word in a circle"));
        }
    }
    None
}

/// Writes a parsed sentence as CoNLL-U: `# text`, a row a token, multi-word tokens for clitics
/// ("don't" as "do", "n't"), `SpaceAfter=No` where no space follows, and an empty line.
pub fn write_sentence(sentence: &Sentence<'_>, out: &mut impl Write) -> io::Result<()> {
    let text = sentence.shown_between(0, sentence.len() - 1);
    let one_line: Vec<&str> = text.split_whitespace().collect();
    writeln!(out, "# text = {}", one_line.join(" "))?;
    let glued = |index: usize| {
        index > 0
            && index < sentence.len()
            && sentence.tokens()[index - 1].end == sentence.tokens()[index].start
            && is_clitic(sentence.form(index - 1), sentence.form(index))
    };
    for index in 0..sentence.len() {
        if glued(index + 1) && !glued(index) {
            let last = (index + 1..sentence.len()).take_while(|&next| glued(next)).last().unwrap_or(index);
            let misc = space_after(sentence, last);
            writeln!(
                out,
                "{}-{}\t{}\t_\t_\t_\t_\t_\t_\t_\t{misc}",
                index + 1,
                last + 1,
                sentence.shown_between(index, last)
            )?;
        }
        let inside = glued(index) || glued(index + 1);
        writeln!(
            out,
            "{}\t{}\t{}\t{}\t_\t_\t{}\t{}\t_\t{}",
            index + 1,
            sentence.form(index),
            sentence.lemma(index),
            sentence.upos(index),
            sentence.head(index).map_or(0, |head| head + 1),
            sentence.relation(index),
            if inside { "_" } else { space_after(sentence, index) },
        )?;
    }
    writeln!(out)
}

fn space_after(sentence: &Sentence<'_>, index: usize) -> &'static str {
    let (text, bytes) = sentence.shown(index);
    let touches = text[bytes.end..].starts_with(|next: char| !next.is_whitespace());
    if touches { "SpaceAfter=No" } else { "_" }
}
