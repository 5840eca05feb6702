//! Sizes. They are kept with a checkpoint, as JSON.

use serde::{Deserialize, Serialize};

use super::ModelError;

/// Sizes of the whole model.
///
/// ```
/// use tagger::model::Tag2TextConfig;
///
/// let config = Tag2TextConfig::swin_b(384, 3429);
/// assert_eq!(config.image.width(), 1024);
/// assert_eq!(config.image.tokens(), 145);
/// let json = serde_json::to_string(&config)?;
/// assert_eq!(serde_json::from_str::<Tag2TextConfig>(&json)?, config);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag2TextConfig {
    /// The image encoder.
    pub image: ImageEncoderConfig,
    /// The tag encoder and the text decoder, which differ in what they attend to only.
    pub text: BertConfig,
    /// The recognition decoder.
    pub tagging: TaggingHeadConfig,
    /// How many tags the model knows.
    pub tags: usize,
    /// Ids with a meaning of their own.
    pub tokens: SpecialTokens,
    /// The tag encoder's input has this many ids, padding included.
    pub tag_tokens: usize,
}

impl Tag2TextConfig {
    /// With Swin-B, as the published checkpoint: `image_size` 224 or 384.
    pub fn swin_b(image_size: usize, tags: usize) -> Self {
        Self::base(ImageEncoderConfig::Swin(SwinConfig::base(image_size)), tags)
    }

    /// With ViT-B/16.
    pub fn vit_b(image_size: usize, tags: usize) -> Self {
        Self::base(ImageEncoderConfig::Vit(VitConfig::base(image_size)), tags)
    }

    fn base(image: ImageEncoderConfig, tags: usize) -> Self {
        Self {
            image,
            text: BertConfig::base(),
            tagging: TaggingHeadConfig { layers: 2, heads: 4 },
            tags,
            tokens: SpecialTokens::bert(),
            tag_tokens: 40,
        }
    }

    /// Checks that the sizes go together.
    ///
    /// # Errors
    /// If they fit no model; the error says which.
    pub fn validate(&self) -> Result<(), ModelError> {
        self.image.validate()?;
        self.text.validate()?;
        require(self.tags > 0, || "there must be a tag".to_owned())?;
        let (layers, heads, width) = (self.tagging.layers, self.tagging.heads, self.text.hidden_size);
        require((1..=self.text.layers).contains(&layers), || {
            format!(
                "the tagging head shares its {layers} layers with the tag encoder, which has {}",
                self.text.layers
            )
        })?;
        require(heads > 0 && width.is_multiple_of(heads), || {
            format!("the width {width} cannot be split among the tagging head's {heads} heads")
        })?;
        let largest = self.tokens.all().into_iter().max().unwrap_or_default();
        require((largest as usize) < self.text.vocabulary, || {
            format!("the token id {largest} lies outside of the vocabulary's {}", self.text.vocabulary)
        })?;
        require((1..=self.text.positions).contains(&self.tag_tokens), || {
            format!("{} tag tokens do not fit in {} positions", self.tag_tokens, self.text.positions)
        })
    }
}

/// Which image encoder, and its sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ImageEncoderConfig {
    /// Shifted windows.
    Swin(SwinConfig),
    /// One global attention.
    Vit(VitConfig),
}

impl ImageEncoderConfig {
    /// S: images are S × S.
    pub fn image_size(&self) -> usize {
        match self {
            Self::Swin(config) => config.image_size,
            Self::Vit(config) => config.image_size,
        }
    }

    /// D: the width of its tokens.
    pub fn width(&self) -> usize {
        match self {
            Self::Swin(config) => config.width(config.depths.len().saturating_sub(1)),
            Self::Vit(config) => config.width,
        }
    }

    /// N: how many tokens an image becomes, the global one included.
    pub fn tokens(&self) -> usize {
        let side = match self {
            Self::Swin(config) => config.resolution(config.depths.len().saturating_sub(1)),
            Self::Vit(config) => config.image_size / config.patch_size,
        };
        1 + side * side
    }

    fn validate(&self) -> Result<(), ModelError> {
        match self {
            Self::Swin(config) => config.validate(),
            Self::Vit(config) => config.validate(),
        }
    }
}

/// Sizes of a Swin transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwinConfig {
    /// Images are this many pixels wide and high.
    pub image_size: usize,
    /// Patches are this many pixels wide and high.
    pub patch_size: usize,
    /// Attention windows are this many tokens wide and high.
    pub window_size: usize,
    /// Width of the first stage. Each stage doubles it.
    pub embed_dim: usize,
    /// Blocks of each stage.
    pub depths: Vec<usize>,
    /// Attention heads of each stage.
    pub heads: Vec<usize>,
    /// Stochastic depth of the last block. It rises linearly from 0.
    pub drop_path: f64,
}

impl SwinConfig {
    /// Swin-B at 224 (window 7) or another size (window 12, as for 384).
    pub fn base(image_size: usize) -> Self {
        Self {
            image_size,
            patch_size: 4,
            window_size: if image_size == 224 { 7 } else { 12 },
            embed_dim: 128,
            depths: vec![2, 2, 18, 2],
            heads: vec![4, 8, 16, 32],
            drop_path: 0.1,
        }
    }

    /// Swin-L, at the same sizes.
    pub fn large(image_size: usize) -> Self {
        Self { embed_dim: 192, heads: vec![6, 12, 24, 48], ..Self::base(image_size) }
    }

    /// Tokens along a side in this stage.
    pub fn resolution(&self, stage: usize) -> usize {
        (self.image_size / self.patch_size) >> stage
    }

    /// Width of this stage's tokens.
    pub fn width(&self, stage: usize) -> usize {
        self.embed_dim << stage
    }

    fn validate(&self) -> Result<(), ModelError> {
        let stages = self.depths.len();
        require(stages > 0 && stages == self.heads.len() && stages < 8, || {
            format!("Swin has {stages} depths and {} numbers of heads", self.heads.len())
        })?;
        require(self.patch_size > 0 && self.window_size > 0, || {
            "Swin's patches and windows must have a size".to_owned()
        })?;
        require(
            self.image_size > 0 && self.image_size.is_multiple_of(self.patch_size << (stages - 1)),
            || format!("Swin's image size {} cannot be halved through {stages} stages", self.image_size),
        )?;
        for (stage, &heads) in self.heads.iter().enumerate() {
            let (side, width) = (self.resolution(stage), self.width(stage));
            require(side <= self.window_size || side.is_multiple_of(self.window_size), || {
                format!("{side} tokens a side cannot be cut into windows of {}", self.window_size)
            })?;
            require(heads > 0 && width.is_multiple_of(heads), || {
                format!("Swin's width {width} cannot be split among {heads} heads")
            })?;
        }
        require((0.0..1.0).contains(&self.drop_path), || "drop_path must be in [0, 1)".to_owned())
    }
}

/// Sizes of a vision transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VitConfig {
    /// Images are this many pixels wide and high.
    pub image_size: usize,
    /// Patches are this many pixels wide and high.
    pub patch_size: usize,
    /// Width of the tokens.
    pub width: usize,
    /// Blocks.
    pub depth: usize,
    /// Attention heads.
    pub heads: usize,
    /// Stochastic depth of the last block. It rises linearly from 0.
    pub drop_path: f64,
}

impl VitConfig {
    /// ViT-B/16.
    pub fn base(image_size: usize) -> Self {
        Self { image_size, patch_size: 16, width: 768, depth: 12, heads: 12, drop_path: 0.0 }
    }

    /// ViT-L/16.
    pub fn large(image_size: usize) -> Self {
        Self { image_size, patch_size: 16, width: 1024, depth: 24, heads: 16, drop_path: 0.1 }
    }

    fn validate(&self) -> Result<(), ModelError> {
        let (size, patch) = (self.image_size, self.patch_size);
        require(size > 0 && patch > 0 && size.is_multiple_of(patch), || {
            format!("ViT's image size {size} cannot be cut into patches of {patch}")
        })?;
        require(self.heads > 0 && self.width > 0 && self.width.is_multiple_of(self.heads), || {
            format!("ViT's width {} cannot be split among {} heads", self.width, self.heads)
        })?;
        require((0.0..1.0).contains(&self.drop_path), || "drop_path must be in [0, 1)".to_owned())
    }
}

/// Sizes of a BERT with cross-attention.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BertConfig {
    /// V: token ids, the added ones included.
    pub vocabulary: usize,
    /// The id of padding, whose word embedding is not learned.
    pub pad: u32,
    /// W: width of the tokens.
    pub hidden_size: usize,
    /// Layers.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width within the feed-forward block.
    pub intermediate_size: usize,
    /// The most tokens of an input.
    pub positions: usize,
    /// Dropout of embeddings and of every block's result.
    pub dropout: f64,
    /// Dropout of attention weights.
    pub attention_dropout: f64,
    /// Of the layer norms.
    pub layer_norm_eps: f64,
}

impl BertConfig {
    /// BERT-base with `[DEC]` and `[ENC]` added to its vocabulary.
    pub fn base() -> Self {
        Self {
            vocabulary: 30_524,
            pad: 0,
            hidden_size: 768,
            layers: 12,
            heads: 12,
            intermediate_size: 3072,
            positions: 512,
            dropout: 0.1,
            attention_dropout: 0.1,
            layer_norm_eps: 1e-12,
        }
    }

    pub(super) fn validate(&self) -> Result<(), ModelError> {
        let (width, heads) = (self.hidden_size, self.heads);
        require(heads > 0 && width > 0 && width.is_multiple_of(heads), || {
            format!("BERT's width {width} cannot be split among {heads} heads")
        })?;
        require(self.vocabulary > 0 && self.intermediate_size > 0 && self.positions > 0, || {
            "BERT's vocabulary, intermediate_size and positions must not be 0".to_owned()
        })?;
        let rates = [self.dropout, self.attention_dropout];
        require(rates.iter().all(|rate| (0.0..1.0).contains(rate)), || {
            "BERT's dropout must be in [0, 1)".to_owned()
        })?;
        require(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0, || {
            "BERT's layer_norm_eps must be above 0 and below 1".to_owned()
        })
    }
}

/// Sizes of the recognition decoder. Its widths are the tag encoder's, whose layers it shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaggingHeadConfig {
    /// Layers, shared with the first of the tag encoder.
    pub layers: usize,
    /// Attention heads: another number than the tag encoder's, on the same weights.
    pub heads: usize,
}

/// Token ids with a meaning of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialTokens {
    /// `[CLS]`: begins a text that is encoded alone.
    pub cls: u32,
    /// `[SEP]`: ends every text.
    pub sep: u32,
    /// `[DEC]`: begins a caption.
    pub bos: u32,
    /// `[ENC]`: begins the tags, and a text that is encoded with an image.
    pub enc: u32,
}

impl SpecialTokens {
    /// Of `bert-base-uncased` with `[DEC]` and `[ENC]` added.
    pub fn bert() -> Self {
        Self { cls: 101, sep: 102, bos: 30_522, enc: 30_523 }
    }

    fn all(self) -> [u32; 4] {
        [self.cls, self.sep, self.bos, self.enc]
    }
}

fn require(condition: bool, message: impl FnOnce() -> String) -> Result<(), ModelError> {
    if condition { Ok(()) } else { Err(ModelError::Config(message())) }
}
