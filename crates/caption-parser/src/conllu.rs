//! CoNLL-U: the ten-column format of Universal Dependencies, read and written.
//!
//! See <https://universaldependencies.org/format.html>.

use std::io::{self, BufRead, Write};

use crate::document::{Document, Sentence, Token};
use crate::tokenize::is_clitic;
use crate::{DependencyRelation, Upos};

/// A CoNLL-U text that cannot be read, with the line where the fault lies.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ConlluError {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// One row of a block: a word, a multi-word token (`3-4`) or an empty node (`5.1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC.
    pub columns: [String; 10],
    line: usize,
}

impl Row {
    /// True for a syntactic word, false for a multi-word token or an empty node.
    pub fn is_word(&self) -> bool {
        !self.columns[0].is_empty() && self.columns[0].bytes().all(|byte| byte.is_ascii_digit())
    }

    fn no_space_after(&self) -> bool {
        self.columns[9].split('|').any(|feature| feature == "SpaceAfter=No")
    }

    /// The words of a multi-word token, `3-4` as (3, 4).
    fn range(&self) -> Option<(usize, usize)> {
        let (first, last) = self.columns[0].split_once('-')?;
        Some((first.parse().ok()?, last.parse().ok()?))
    }

    fn error(&self, problem: impl Into<String>) -> ConlluError {
        ConlluError { line: self.line, problem: problem.into() }
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

/// Reads a CoNLL-U text block by block.
///
/// ```
/// let text = "1\tDogs\tdog\tNOUN\t_\t_\t2\tnsubj\t_\t_\n2\trun\trun\tVERB\t_\t_\t0\troot\t_\t_\n\n";
/// let block = caption_parser::conllu::read(text.as_bytes()).next().unwrap()?;
/// let document = block.to_document()?;
/// let sentence = document.sentences().next().unwrap();
/// assert_eq!((sentence.form(0), sentence.head(0)), ("Dogs", Some(1)));
/// # Ok::<(), caption_parser::conllu::ConlluError>(())
/// ```
pub fn read<R: BufRead>(reader: R) -> impl Iterator<Item = Result<Block, ConlluError>> {
    let mut lines = reader.split(b'\n').enumerate();
    std::iter::from_fn(move || read_block(&mut lines).transpose())
}

fn read_block(
    lines: &mut impl Iterator<Item = (usize, io::Result<Vec<u8>>)>,
) -> Result<Option<Block>, ConlluError> {
    let mut block = Block::default();
    for (number, bytes) in lines {
        let line = number + 1;
        let bytes = bytes.map_err(|error| ConlluError { line, problem: error.to_string() })?;
        let text = String::from_utf8(bytes).map_err(|_| ConlluError { line, problem: "not UTF-8".into() })?;
        let text = text.trim_end_matches('\r');
        if text.is_empty() {
            if !block.rows.is_empty() {
                return Ok(Some(block));
            }
        } else if text.starts_with('#') {
            block.comments.push(text.to_owned());
        } else {
            let columns: Vec<String> = text.split('\t').map(str::to_owned).collect();
            let found = columns.len();
            let columns = columns.try_into().map_err(|_| ConlluError {
                line,
                problem: format!("{found} columns separated by tabs, CoNLL-U has 10"),
            })?;
            let row = Row { columns, line };
            for (column, name) in ["ID", "FORM"].iter().enumerate() {
                if row.columns[column].trim().is_empty() {
                    return Err(row.error(format!("no {name} in column {}", column + 1)));
                }
            }
            block.rows.push(row);
        }
    }
    Ok((!block.rows.is_empty()).then_some(block))
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
        document.sentence_ends.extend((!words.is_empty()).then_some(words.len() as u32));
        Ok(document)
    }

    /// Writes the words into `text` and gives their byte spans there.
    pub(crate) fn lay_out(&self, text: &mut String) -> Vec<(u32, u32)> {
        let mut spans = Vec::new();
        let mut glued_until = 0;
        let mut glued_space = true;
        for row in &self.rows {
            if let Some((first, last)) = row.range() {
                let inside =
                    |word: &&Row| word.columns[0].parse().is_ok_and(|id: usize| (first..=last).contains(&id));
                let spelled: String =
                    self.words().filter(inside).map(|word| word.columns[1].as_str()).collect();
                if spelled == row.columns[1] {
                    (glued_until, glued_space) = (last, !row.no_space_after());
                }
            } else if row.is_word() {
                let start = text.len() as u32;
                text.push_str(&row.columns[1]);
                spans.push((start, text.len() as u32));
                let id: usize = row.columns[0].parse().unwrap_or(usize::MAX);
                let space = match id.cmp(&glued_until) {
                    std::cmp::Ordering::Less => false,
                    std::cmp::Ordering::Equal => glued_space,
                    std::cmp::Ordering::Greater => !row.no_space_after(),
                };
                text.push_str(if space { " " } else { "" });
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
            return Err(ConlluError { line, problem });
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

/// Writes a parsed sentence as CoNLL-U: `# text`, a row a token, multi-word tokens for clitics
/// ("don't" as "do", "n't"), `SpaceAfter=No` where no space follows, and an empty line.
pub fn write_sentence(sentence: &Sentence<'_>, out: &mut impl Write) -> io::Result<()> {
    let one_line: Vec<&str> = sentence.text().split_whitespace().collect();
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
            let bytes = sentence.tokens()[index].start as usize..sentence.tokens()[last].end as usize;
            let misc = space_after(sentence, last);
            writeln!(
                out,
                "{}-{}\t{}\t_\t_\t_\t_\t_\t_\t_\t{misc}",
                index + 1,
                last + 1,
                &sentence.caption()[bytes]
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
    let end = sentence.tokens()[index].end as usize;
    let touches = sentence.caption()[end..].chars().next().is_some_and(|next| !next.is_whitespace());
    if touches { "SpaceAfter=No" } else { "_" }
}
