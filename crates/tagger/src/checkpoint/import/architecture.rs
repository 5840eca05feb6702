//! A model's sizes, as far as its tensors tell them.

use std::collections::BTreeMap;

use super::{ImportError, WeightsFile, WeightsKind};
use crate::checkpoint::description::special_tokens;
use crate::model::{
    BertConfig, ImageEncoderConfig, SwinConfig, Tag2TextConfig, TaggingHeadConfig, VitConfig,
};
use crate::nn::TensorSource;
use crate::preprocessing::{TAG_LENGTH, TextTokenizer};

/// The width of an attention head in BERT and ViT; shapes do not tell it.
const HEAD_WIDTH: usize = 64;
/// The tagging head's heads in the published model.
const TAGGING_HEADS: usize = 4;

/// The sizes of the model whose weights are in `file`, for images of `image_size` pixels a side or,
/// without one, of the size that it was made for.
///
/// Heads of BERT and ViT are taken to be 64 wide, and the tagging head to have 4, as in the published
/// models. With an image encoder alone the rest is as in the published model.
///
/// # Errors
/// If tensors that tell a size are missing, or heads cannot be as said.
pub fn told_config(
    file: &WeightsFile,
    image_size: Option<usize>,
    tokenizer: &TextTokenizer,
    tags: usize,
) -> Result<Tag2TextConfig, ImportError> {
    let shapes = file.names().into_iter().filter_map(|name| {
        let shape = file.shape(&name)?;
        Some((file.model_name(&name), shape))
    });
    let shapes = Shapes(shapes.collect());
    let told = match file.kind() {
        WeightsKind::Tag2Text => shapes.text(),
        WeightsKind::ImageEncoder => Ok((BertConfig::base(), 2)),
    };
    let (text, layers) = told.map_err(|reason| sizes(file, reason))?;
    Ok(Tag2TextConfig {
        image: shapes.image(image_size).map_err(|reason| sizes(file, reason))?,
        text: BertConfig { vocabulary: tokenizer.vocabulary_size(), pad: tokenizer.special().pad, ..text },
        tagging: TaggingHeadConfig { layers, heads: TAGGING_HEADS },
        tags,
        tokens: special_tokens(tokenizer),
        tag_tokens: TAG_LENGTH,
    })
}

fn sizes(file: &WeightsFile, reason: String) -> ImportError {
    ImportError::Sizes { path: file.path().to_owned(), reason }
}

/// Shapes by the model's names.
struct Shapes(BTreeMap<String, Vec<usize>>);

impl Shapes {
    fn get<const RANK: usize>(&self, name: &str) -> Result<[usize; RANK], String> {
        let shape = self.0.get(name).ok_or_else(|| format!("there is no {name}"))?;
        shape.as_slice().try_into().map_err(|_| format!("{name} has the shape {shape:?}"))
    }

    /// How many layers there are: the first number after `start` that no name has.
    fn count(&self, start: &str) -> usize {
        let has = |number: &usize| {
            let layer = format!("{start}{number}.");
            self.0.range(layer.clone()..).next().is_some_and(|(name, _)| name.starts_with(&layer))
        };
        (0..).take_while(has).count()
    }

    fn image(&self, size: Option<usize>) -> Result<ImageEncoderConfig, String> {
        let [width, _, patch, _] = self.get("visual_encoder.patch_embed.proj.weight")?;
        if patch == 0 {
            return Err("its patches have no size".to_owned());
        }
        if self.count("visual_encoder.layers.") > 0 {
            self.swin(width, patch, size).map(ImageEncoderConfig::Swin)
        } else {
            self.vit(width, patch, size).map(ImageEncoderConfig::Vit)
        }
    }

    /// Its last stage is one window.
    fn swin(&self, embed_dim: usize, patch_size: usize, size: Option<usize>) -> Result<SwinConfig, String> {
        let stages = self.count("visual_encoder.layers.");
        let (mut depths, mut heads, mut window) = (Vec::new(), Vec::new(), 0);
        for stage in 0..stages {
            let blocks = format!("visual_encoder.layers.{stage}.blocks.");
            depths.push(self.count(&blocks));
            let table: [usize; 2] = self.get(&format!("{blocks}0.attn.relative_position_bias_table"))?;
            heads.push(table[1]);
            window = window.max(table[0].isqrt().div_ceil(2));
        }
        let reduction = u32::try_from(stages - 1).ok().and_then(|halvings| 2_usize.checked_pow(halvings));
        let reduction = reduction.and_then(|factor| factor.checked_mul(patch_size));
        let reduction = reduction.ok_or_else(|| format!("it has {stages} stages"))?;
        let image_size = size.unwrap_or(window.saturating_mul(reduction));
        if image_size == 0 || !image_size.is_multiple_of(reduction) {
            return Err(format!("the image size {image_size} is no multiple of {reduction}"));
        }
        let window_size = image_size / reduction;
        Ok(SwinConfig { image_size, patch_size, window_size, embed_dim, depths, heads, drop_path: 0.1 })
    }

    fn vit(&self, width: usize, patch_size: usize, size: Option<usize>) -> Result<VitConfig, String> {
        let [_, tokens, _] = self.get("visual_encoder.pos_embed")?;
        let depth = self.count("visual_encoder.blocks.");
        Ok(VitConfig {
            image_size: size.unwrap_or(tokens.saturating_sub(1).isqrt().saturating_mul(patch_size)),
            patch_size,
            width,
            depth,
            heads: heads("the image encoder", width)?,
            // As in the reference: of the large one only.
            drop_path: if depth > 12 { 0.1 } else { 0.0 },
        })
    }

    /// BERT's sizes, and the layers of the tagging head.
    fn text(&self) -> Result<(BertConfig, usize), String> {
        let [positions, hidden_size] = self.get("tag_encoder.embeddings.position_embeddings.weight")?;
        let [intermediate_size, _] = self.get("tag_encoder.encoder.layer.0.intermediate.dense.weight")?;
        let config = BertConfig {
            hidden_size,
            layers: self.count("tag_encoder.encoder.layer."),
            heads: heads("BERT", hidden_size)?,
            intermediate_size,
            positions,
            ..BertConfig::base()
        };
        Ok((config, self.count("tagging_head.encoder.layer.")))
    }
}

fn heads(of: &str, width: usize) -> Result<usize, String> {
    if width > 0 && width.is_multiple_of(HEAD_WIDTH) {
        Ok(width / HEAD_WIDTH)
    } else {
        Err(format!("{of} is {width} wide, which heads of {HEAD_WIDTH} do not fill"))
    }
}
