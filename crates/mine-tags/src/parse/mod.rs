//! `mine-tags parse`: a caption a line in, a result a line out.

mod explain;
mod json;
mod pretty;
mod tree;

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use caption_corpus::{MAX_CAPTION_BYTES, TextReader, text_reader};
use caption_parser::conllu::{self, Block, ConlluError};
use caption_parser::{Document, Parser};

use crate::Outcome;
use crate::args::{ParseArgs, ParseFormat};
use crate::crash::tell;
use crate::tagging::{Analysis, CaptionTagger};

/// Parses captions up to the end of the input.
///
/// # Errors
/// If the input cannot be opened or read or is no text, or the output cannot be written. An output
/// that is closed early, as by `head`, is none.
pub fn run(args: &ParseArgs) -> Result<Outcome> {
    if args.explain.is_some() && args.format != ParseFormat::Pretty {
        bail!("--explain is for reading: use it with --format pretty");
    }
    let name =
        if is_stdin(&args.file) { "standard input".to_owned() } else { args.file.display().to_string() };
    let input: Box<dyn Read + Send> = if is_stdin(&args.file) {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&args.file).with_context(|| format!("cannot open {name}"))?)
    };
    let tagger = CaptionTagger::new(Parser::embedded()?, args.tags.mapper());
    let mut job = ParseJob {
        tagger: if args.format == ParseFormat::Triples { tagger.reading_triples()? } else { tagger },
        style: Style { format: args.format, explain: args.explain.as_deref().map(|tag| tag_name(args, tag)) },
        output: BufWriter::new(io::stdout().lock()),
        name,
        outcome: Outcome::Done,
    };
    let input = text_reader(input).with_context(|| job.name.clone())?;
    let end = if args.pretokenized { job.sentences(input) } else { job.lines(input) };
    match end.and_then(|()| job.output.flush().map_err(Stop::Output)) {
        Ok(()) => Ok(job.outcome),
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(job.outcome),
        Err(Stop::Output(error)) => Err(error).context("cannot write the results"),
        Err(Stop::Input(error)) => Err(error).with_context(|| job.name.clone()),
    }
}

/// A tag as people type it in the spelling that it has: "Surf-Board" is "surfboard".
fn tag_name(args: &ParseArgs, typed: &str) -> String {
    args.tags.mapper().name_of(typed).map_or_else(|| typed.to_owned(), String::from)
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Why the job ended before its time.
enum Stop {
    Input(anyhow::Error),
    Output(io::Error),
}

struct ParseJob<W> {
    tagger: CaptionTagger,
    style: Style,
    output: W,
    /// What the input is called in messages.
    name: String,
    outcome: Outcome,
}

impl<W: Write> ParseJob<W> {
    fn lines(&mut self, mut input: TextReader) -> Result<(), Stop> {
        let mut line = Vec::new();
        let mut number = 0;
        loop {
            line.clear();
            let limit = MAX_CAPTION_BYTES as u64 + 1;
            let length = input.by_ref().take(limit).read_until(b'\n', &mut line).map_err(input_error)?;
            if length == 0 {
                return Ok(());
            }
            number += 1;
            if length as u64 == limit && line.last() != Some(&b'\n') {
                input.skip_until(b'\n').map_err(input_error)?;
                self.complain(number, "longer than a megabyte; its result is empty");
                line.clear();
            }
            self.line(number, &line).map_err(Stop::Output)?;
            // Somebody may wait for this answer before the next question.
            if input.buffer().is_empty() {
                self.output.flush().map_err(Stop::Output)?;
            }
        }
    }

    fn line(&mut self, number: u64, line: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(line);
        if matches!(text, std::borrow::Cow::Owned(_)) {
            self.complain(number, "not valid UTF-8; what is wrong is read as \u{fffd}");
        }
        let caption = text.trim();
        if caption.is_empty() {
            return self.no_result();
        }
        match self.style.format {
            ParseFormat::Conllu => write_trees(number, self.tagger.parse(caption), &mut self.output),
            _ => self.style.write(&self.tagger.analyse(caption), &mut self.output),
        }
    }

    fn sentences(&mut self, input: TextReader) -> Result<(), Stop> {
        for block in conllu::read(input) {
            match block {
                Ok(block) => self.sentence(block)?,
                Err(error) if error.source.is_some() => return Err(conllu_error(error)),
                Err(ConlluError { line, problem, .. }) => {
                    self.complain(
                        line,
                        &format!("{problem}; the sentence is skipped: mend it and try again"),
                    );
                    self.no_result().map_err(Stop::Output)?;
                }
            }
        }
        Ok(())
    }

    fn sentence(&mut self, mut block: Block) -> Result<(), Stop> {
        let written = match self.style.format {
            ParseFormat::Conllu => {
                for sentence in self.tagger.parse_tokens(&block).sentences() {
                    block.annotate(&sentence).map_err(conllu_error)?;
                }
                block.write(&mut self.output)
            }
            _ => self.style.write(&self.tagger.analyse_tokens(&block), &mut self.output),
        };
        written.map_err(Stop::Output)
    }

    /// Stands for a caption that is empty or cannot be read, so that results stay in step with
    /// captions. CoNLL-U has no empty sentence: the numbers of the others' lines tell that one is
    /// missing.
    fn no_result(&mut self) -> io::Result<()> {
        let empty: &[u8] = if self.style.format == ParseFormat::Conllu { b"" } else { b"\n" };
        self.output.write_all(empty)
    }

    fn complain(&mut self, line: impl Display, problem: &str) {
        self.outcome = Outcome::Incomplete;
        tell(format_args!("mine-tags: {}: line {line}: {problem}", self.name));
    }
}

fn input_error(error: io::Error) -> Stop {
    Stop::Input(error.into())
}

fn conllu_error(error: ConlluError) -> Stop {
    Stop::Input(error.into())
}

/// What to write of an analysis.
struct Style {
    format: ParseFormat,
    /// The tag whose reason is asked for.
    explain: Option<String>,
}

impl Style {
    /// Writes everything but the trees alone, which need no analysis.
    fn write(&self, analysis: &Analysis<'_>, output: &mut impl Write) -> io::Result<()> {
        match self.format {
            ParseFormat::Json => json::write(analysis, output),
            ParseFormat::Triples => json::write_triples(analysis, output),
            ParseFormat::Pretty | ParseFormat::Conllu => {
                pretty::write(analysis, self.explain.as_deref(), output)
            }
        }
    }
}

/// Text that does not steer the reader's terminal: control characters and those that turn the
/// direction of writing are shown as a mark.
fn harmless(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(steers, "\u{fffd}")
}

/// The caption's sentences as CoNLL-U, under a comment that tells the line it stood on.
fn write_trees(line: u64, document: &Document, output: &mut impl Write) -> io::Result<()> {
    writeln!(output, "# newdoc id = {line}")?;
    document.sentences().try_for_each(|sentence| conllu::write_sentence(&sentence, output))
}
