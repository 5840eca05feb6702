use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use candle_core::{DType, Tensor};

use super::ImportError;
use super::pth::PthFile;
use crate::nn::{ParametersError, SafetensorsFile, TensorSource};

/// What a file's weights are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsKind {
    /// The whole model, or parts of it under its names.
    Tag2Text,
    /// An image encoder alone, under its own names.
    ImageEncoder,
}

/// An open file of weights. Its tensors are read one at a time.
pub struct WeightsFile {
    path: PathBuf,
    container: Container,
    kind: WeightsKind,
    /// Written before every name.
    prefix: &'static str,
}

enum Container {
    Pth(PthFile),
    Safetensors(SafetensorsFile),
}

/// How torch's files of before version 1.6 begin: a number of their own, pickled.
const OLD_FORMAT: &[u8] =
    &[0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// What models that were trained on several devices put before every name.
const PARALLEL: &str = "module.";

impl WeightsFile {
    /// Opens a file, told by its content: torch's or safetensors.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, asks for code to be run, or holds another model.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let read = |error| ImportError::Read { path: path.to_owned(), error };
        let mut start = Vec::new();
        File::open(path).map_err(read)?.take(16).read_to_end(&mut start).map_err(read)?;
        let container = match start.as_slice() {
            [b'P', b'K', ..] => Container::Pth(PthFile::open(path)?),
            [_, _, _, _, _, _, _, _, b'{', ..] => Container::Safetensors(SafetensorsFile::open(path)?),
            old if old.starts_with(OLD_FORMAT) => {
                return Err(ImportError::OldFormat { path: path.to_owned() });
            }
            _ => return Err(ImportError::Format { path: path.to_owned() }),
        };
        let names = container.names();
        let parallel = !names.is_empty() && names.iter().all(|name| name.starts_with(PARALLEL));
        let prefix = if parallel { PARALLEL } else { "" };
        let bare: Vec<&str> = names.iter().map(|name| name.strip_prefix(prefix).unwrap_or(name)).collect();
        let kind = kind(&bare).map_err(|what| ImportError::OtherModel { path: path.to_owned(), what })?;
        Ok(Self { path: path.to_owned(), container, kind, prefix })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What its weights are of.
    pub fn kind(&self) -> WeightsKind {
        self.kind
    }

    /// The name in the model that a name in the file stands for.
    pub(super) fn model_name(&self, name: &str) -> String {
        let name = name.strip_prefix(self.prefix).unwrap_or(name);
        match self.kind {
            WeightsKind::Tag2Text => name.replace("vision_multi", "tagging_head"),
            WeightsKind::ImageEncoder => format!("visual_encoder.{name}"),
        }
    }

    /// The shape that the file has under a name of the model.
    pub(super) fn model_shape(&self, name: &str) -> Option<Vec<usize>> {
        let names = self.names();
        names.iter().find(|own| self.model_name(own) == name).and_then(|own| self.shape(own))
    }
}

/// Tells a whole model from an image encoder, and both from relatives that only look like them.
fn kind(names: &[&str]) -> Result<WeightsKind, &'static str> {
    let has = |start: &str| names.iter().any(|name| name.starts_with(start));
    if has("wordvec_proj") || has("image_proj") {
        return Err(
            "this is a model of the Recognize Anything family (RAM), whose tagging head reads text embeddings; only Tag2Text's weights and image encoders can be imported",
        );
    }
    if has("dist_token") || has("head_dist") {
        return Err(
            "this is a distilled DeiT, which has one token more than a ViT: take the one without distillation (deit_base_patch16_224)",
        );
    }
    let alone = has("patch_embed.") && !has("visual_encoder.");
    Ok(if alone { WeightsKind::ImageEncoder } else { WeightsKind::Tag2Text })
}

impl TensorSource for WeightsFile {
    fn names(&self) -> Vec<String> {
        self.container.names()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        match &self.container {
            Container::Pth(file) => file.shape(name),
            Container::Safetensors(file) => file.shape(name),
        }
    }

    /// In f32; infinite and other impossible values are an error.
    fn read(&self, name: &str) -> Result<Tensor, ParametersError> {
        let tensor = match &self.container {
            Container::Pth(file) => file.read(name)?,
            Container::Safetensors(file) => file.read(name)?,
        };
        let tensor = tensor.to_dtype(DType::F32)?;
        // Zero times anything finite is zero.
        let finite = tensor.elem_count() == 0 || (&tensor * 0.0)?.sum_all()?.to_scalar::<f32>()? == 0.0;
        if finite {
            return Ok(tensor);
        }
        let error = std::io::Error::other(format!("tensor {name} has values that are no finite numbers"));
        Err(ParametersError::Read { path: self.path.clone(), error })
    }
}

impl Container {
    fn names(&self) -> Vec<String> {
        match self {
            Self::Pth(file) => file.names(),
            Self::Safetensors(file) => file.names(),
        }
    }
}

impl fmt::Debug for WeightsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeightsFile")
            .field("path", &self.path)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
