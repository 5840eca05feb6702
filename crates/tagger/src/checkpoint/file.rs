//! Checkpoints written and read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::Device;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tag_vocabulary::Vocabulary;

use super::checksum::{Checksums, Verified, of_notes};
use super::{CheckpointError, CheckpointProblem, Description, size};
use crate::model::{Alignment, Tag2Text};
use crate::nn::{Initialisation, LoadReport, Parameters, SafetensorsFile, TensorSource};
use crate::preprocessing::TextTokenizer;

const FORMAT: &str = "tagger checkpoint";
const VERSION: &str = "1";

type Notes = BTreeMap<String, String>;

/// A model with all that is needed to use it.
#[derive(Debug)]
pub struct Checkpoint {
    /// Sizes, tags, tokenizer, preprocessing, thresholds.
    pub description: Description,
    /// The weights.
    pub parameters: Parameters,
    /// The model on these weights.
    pub model: Tag2Text,
    /// What aligns images and texts, if it was trained.
    pub alignment: Option<Alignment>,
}

impl Tag2Text {
    /// Loads a checkpoint of this program onto a device. What only training needs is left in the
    /// file.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged or of another version, or its parts do not fit
    /// together. The error names the file and the tensor.
    pub fn load(path: &Path, device: &Device) -> Result<Checkpoint, CheckpointError> {
        let file = CheckpointFile::open(path)?;
        let parameters = Parameters::new(Initialisation::Zeros, device);
        let (model, alignment) =
            build(file.description(), &parameters).map_err(|problem| CheckpointError::at(path, problem))?;
        file.load_into(&parameters)?;
        Ok(Checkpoint { description: file.description, parameters, model, alignment })
    }
}

fn build(
    description: &Description,
    parameters: &Parameters,
) -> Result<(Tag2Text, Option<Alignment>), CheckpointProblem> {
    let (config, root) = (&description.config, parameters.root());
    let model = Tag2Text::new(config, &root)?;
    let alignment = description.alignment.as_ref().map(|alignment| Alignment::new(alignment, config, &root));
    Ok((model, alignment.transpose()?))
}

/// An open checkpoint, whose weights are still in the file.
#[derive(Debug)]
pub struct CheckpointFile {
    path: PathBuf,
    file: SafetensorsFile,
    description: Description,
    checksums: Checksums,
}

impl CheckpointFile {
    /// Opens a checkpoint and checks its header.
    ///
    /// # Errors
    /// As [`Tag2Text::load`].
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let at = |problem| CheckpointError::at(path, problem);
        let file = SafetensorsFile::open(path).map_err(|error| CheckpointError::parameters(path, error))?;
        let notes = file.notes();
        check_version(&notes).map_err(at)?;
        let description = describe(&notes).map_err(at)?;
        let checksums = json(&notes, "checksums").map_err(at)?;
        let numbers = file.names().iter().filter_map(|name| file.shape(name)).fold(0_u64, |sum, shape| {
            // The file's length was held against them.
            sum.saturating_add(shape.iter().product::<usize>() as u64)
        });
        size::check(&description.config, description.alignment.as_ref(), numbers.saturating_mul(4))
            .map_err(|reason| at(CheckpointProblem::Inconsistent(reason)))?;
        Ok(Self { path: path.to_owned(), file, description, checksums })
    }

    /// All that it says of its model.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Sets parameters that were built by the description, all of them.
    ///
    /// # Errors
    /// If a tensor is damaged or missing, has another shape, or is not known.
    pub fn load_into(&self, parameters: &Parameters) -> Result<(), CheckpointError> {
        let source = Verified { file: &self.file, path: &self.path, checksums: &self.checksums };
        let report =
            parameters.load(&source).map_err(|error| CheckpointError::parameters(&self.path, error))?;
        complete(report).map_err(|problem| CheckpointError::at(&self.path, problem))
    }
}

fn complete(report: LoadReport) -> Result<(), CheckpointProblem> {
    let LoadReport { missing, mut unexpected, mismatched, .. } = report;
    unexpected.retain(|name| !is_for_training(name));
    match () {
        () if !mismatched.is_empty() => Err(CheckpointProblem::Shapes(mismatched)),
        () if !missing.is_empty() => Err(CheckpointProblem::Missing(missing)),
        () if !unexpected.is_empty() => Err(CheckpointProblem::Unexpected(unexpected)),
        () => Ok(()),
    }
}

/// Momentum copies and queues of the alignment.
fn is_for_training(name: &str) -> bool {
    let module = name.split('.').next().unwrap_or_default();
    module.ends_with("_m") || module.contains("queue")
}

/// Makes sure that it is a checkpoint of the version that is read here.
fn check_version(notes: &Notes) -> Result<(), CheckpointProblem> {
    if notes.get("format").map(String::as_str) != Some(FORMAT) {
        return Err(CheckpointProblem::NotACheckpoint);
    }
    match note(notes, "version")? {
        VERSION => Ok(()),
        found => Err(CheckpointProblem::Version { found: found.to_owned() }),
    }
}

/// Writes a checkpoint, which appears whole or not at all.
///
/// # Errors
/// If the parts of `description` do not fit together, or the file cannot be written.
pub fn save(path: &Path, parameters: &Parameters, description: &Description) -> Result<(), CheckpointError> {
    let at = |problem| CheckpointError::at(path, problem);
    description.check().map_err(at)?;
    let mut notes = notes(description).map_err(at)?;
    let checksums =
        Checksums::of(&notes, parameters).map_err(|error| CheckpointError::parameters(path, error.into()))?;
    notes.insert("checksums".to_owned(), text_of("checksums", &checksums).map_err(at)?);
    parameters.save(path, &notes).map_err(|error| CheckpointError::parameters(path, error))
}

fn notes(description: &Description) -> Result<Notes, CheckpointProblem> {
    let Description { config, vocabulary, tokenizer, preprocess, thresholds, alignment } = description;
    let unwritable = |note, reason| CheckpointProblem::Note { note, reason };
    let tokenizer = tokenizer.to_json().map_err(|error| unwritable("tokenizer", error.to_string()))?;
    let tags = String::from_utf8(vocabulary.to_json())
        .map_err(|error| unwritable("vocabulary", error.to_string()))?;
    let mut notes = vec![
        ("format", FORMAT.to_owned()),
        ("version", VERSION.to_owned()),
        ("config", text_of("config", config)?),
        ("vocabulary", tags),
        ("vocabulary_hash", vocabulary.hash().to_owned()),
        ("tokenizer", tokenizer),
        ("preprocess", text_of("preprocess", preprocess)?),
        ("thresholds", text_of("thresholds", thresholds)?),
    ];
    if let Some(alignment) = alignment {
        notes.push(("alignment", text_of("alignment", alignment)?));
    }
    Ok(notes.into_iter().map(|(name, text)| (name.to_owned(), text)).collect())
}

fn text_of(note: &'static str, value: &impl Serialize) -> Result<String, CheckpointProblem> {
    serde_json::to_string(value).map_err(|error| CheckpointProblem::Note { note, reason: error.to_string() })
}

fn describe(notes: &Notes) -> Result<Description, CheckpointProblem> {
    let vocabulary = Vocabulary::from_json(note(notes, "vocabulary")?.as_bytes())?;
    vocabulary.check_hash(note(notes, "vocabulary_hash")?, "the model")?;
    check_header(notes)?;
    let tokenizer = TextTokenizer::from_json(note(notes, "tokenizer")?, "in the header")
        .map_err(|error| CheckpointProblem::Note { note: "tokenizer", reason: error.to_string() })?;
    let description = Description {
        config: json(notes, "config")?,
        vocabulary,
        tokenizer,
        preprocess: json(notes, "preprocess")?,
        thresholds: json(notes, "thresholds")?,
        alignment: notes.contains_key("alignment").then(|| json(notes, "alignment")).transpose()?,
    };
    description.check()?;
    Ok(description)
}

fn check_header(notes: &Notes) -> Result<(), CheckpointProblem> {
    let Checksums { header: expected, .. } = json(notes, "checksums")?;
    let mut others = notes.clone();
    others.remove("checksums");
    let found = of_notes(&others);
    if found == expected { Ok(()) } else { Err(CheckpointProblem::Header { found, expected }) }
}

fn json<T: DeserializeOwned>(notes: &Notes, name: &'static str) -> Result<T, CheckpointProblem> {
    serde_json::from_str(note(notes, name)?)
        .map_err(|error| CheckpointProblem::Note { note: name, reason: error.to_string() })
}

fn note<'a>(notes: &'a Notes, name: &'static str) -> Result<&'a str, CheckpointProblem> {
    notes.get(name).map(String::as_str).ok_or(CheckpointProblem::MissingNote(name))
}
