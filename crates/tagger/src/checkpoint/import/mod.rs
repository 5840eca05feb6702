//! The weights of others become a checkpoint: Tag2Text's published ones, and image encoders trained
//! on ImageNet.
//!
//! They are read from torch's files (`.pth`, never executing their pickles) or from safetensors,
//! under the names that the reference gives them. On the way
//!
//! - buffers are left out: `relative_position_index`, `attn_mask`, `position_ids`;
//! - `vision_multi…`, the tagging head's name in old files, becomes `tagging_head…`;
//! - tables of relative positions and position embeddings are carried to the model's resolution;
//! - an image encoder's names, which stand alone there, get `visual_encoder.` before them, and its
//!   classifier is left out.

mod adapted;
mod architecture;
mod error;
mod guard;
mod pth;
mod tag_list;
mod weights;

use std::path::Path;

use candle_core::Device;

use super::{Checkpoint, Description, size};
use crate::model::Tag2Text;
use crate::nn::{Initialisation, LoadReport, Parameters};
use adapted::Adapted;

pub use architecture::told_config;
pub use error::ImportError;
pub use tag_list::{KindBlock, TagList, TagListError};
pub use weights::{WeightsFile, WeightsKind};

/// What an import does about parameters that the file lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportOptions {
    /// Draw them, where a whole model should be in the file. Without this it is an error.
    pub allow_missing: bool,
    /// The seed that they are drawn from.
    pub seed: u64,
}

/// What an import did. All lists are sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Parameters that were set, by canonical name.
    pub matched: Vec<String>,
    /// Of these, those that were carried to another resolution.
    pub interpolated: Vec<String>,
    /// Names in the file that mean nothing here by design: buffers, an encoder's classifier.
    pub ignored: Vec<String>,
    /// Other names in the file that the model does not know.
    pub unexpected: Vec<String>,
    /// Parameters that the file lacks. They were drawn from the seed.
    pub missing: Vec<String>,
    /// Names of shared parameters that have other values there than under their first name. The
    /// values of these names were taken, as the reference does.
    pub differing: Vec<String>,
}

/// Builds the model that `description` describes with the weights of a file. What aligns images and
/// texts is not among published weights, and the result has none.
///
/// # Errors
/// If a tensor has another shape than the model's, the numbers of tags or tokens differ, a tensor
/// is damaged, nothing in the file belongs to the model, or parameters are missing that may not be.
pub fn import(
    file: &WeightsFile,
    description: Description,
    options: ImportOptions,
) -> Result<(Checkpoint, ImportReport), ImportError> {
    let path = file.path();
    description.check().map_err(|problem| ImportError::Description(Box::new(problem)))?;
    check_sizes(file, &description)?;
    let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    let model = Tag2Text::new(&description.config, &parameters.root())?;
    let adapted = Adapted::new(file, &parameters)?;
    let loaded = parameters.load(&adapted)?;
    if !loaded.mismatched.is_empty() {
        return Err(ImportError::Shapes { path: path.to_owned(), mismatched: loaded.mismatched });
    }
    let report = report(&adapted, loaded, file.kind());
    check_missing(path, file.kind(), &report, options.allow_missing)?;
    parameters.initialise(&report.missing, options.seed)?;
    let description = Description { alignment: None, ..description };
    Ok((Checkpoint { description, parameters, model, alignment: None }, report))
}

/// Numbers of tags and tokens, which have better words than shapes; and the whole size.
fn check_sizes(file: &WeightsFile, description: &Description) -> Result<(), ImportError> {
    let rows = |name: &str| file.model_shape(name).and_then(|shape| shape.first().copied());
    let path = file.path().to_owned();
    let tags = description.vocabulary.len();
    if let Some(found) = rows("label_embed.weight").filter(|&found| found != tags) {
        return Err(ImportError::Tags { path, found, tags });
    }
    let tokens = description.tokenizer.vocabulary_size();
    for module in ["tag_encoder", "text_decoder.bert"] {
        let found = rows(&format!("{module}.embeddings.word_embeddings.weight"));
        if let Some(found) = found.filter(|&found| found != tokens) {
            return Err(ImportError::Tokens { path, found, tokens });
        }
    }
    // Without a file to compare with: the largest published models have a twentieth of it.
    const MOST_BYTES: u64 = 64 << 30;
    size::check(&description.config, None, MOST_BYTES).map_err(ImportError::TooLarge)
}

fn report(adapted: &Adapted<'_>, loaded: LoadReport, kind: WeightsKind) -> ImportReport {
    let interpolated = adapted.interpolated();
    let mut ignored = adapted.ignored().to_vec();
    // A name without a place in the model, as the file has it.
    let (classifier, mut unexpected): (Vec<String>, Vec<String>) = loaded
        .unexpected
        .iter()
        .map(|name| adapted.original(name))
        .partition(|name| kind == WeightsKind::ImageEncoder && is_classifier(name));
    ignored.extend(classifier);
    ignored.sort();
    unexpected.sort();
    ImportReport {
        matched: loaded.matched,
        interpolated,
        ignored,
        unexpected,
        missing: loaded.missing,
        differing: loaded.differing_aliases,
    }
}

fn is_classifier(name: &str) -> bool {
    ["head.", "pre_logits.", "fc_norm."].iter().any(|start| name.starts_with(start))
}

fn check_missing(
    path: &Path,
    kind: WeightsKind,
    report: &ImportReport,
    allowed: bool,
) -> Result<(), ImportError> {
    let path = path.to_owned();
    if report.matched.is_empty() {
        return Err(ImportError::Nothing { path, names: report.unexpected.clone() });
    }
    let needed = |name: &&String| kind == WeightsKind::Tag2Text || name.starts_with("visual_encoder.");
    let names: Vec<String> = report.missing.iter().filter(needed).cloned().collect();
    if names.is_empty() || allowed { Ok(()) } else { Err(ImportError::Missing { path, names }) }
}
