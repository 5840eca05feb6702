use candle_core::Tensor;

use super::bert::{Bert, TextDecoder, TextInput};
use super::{ImageEncoder, ModelError, Tag2TextConfig, TaggingHead};
use crate::losses::{AsymmetricLoss, caption_loss, total_loss};
use crate::nn::{Context, Scope};

/// Part of the caption loss that is spread evenly over all tokens.
const LABEL_SMOOTHING: f64 = 0.1;

/// The whole model.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use tagger::model::{BertConfig, ImageEncoderConfig, SpecialTokens, Tag2Text, Tag2TextConfig, VitConfig};
/// use tagger::nn::{Context, Initialisation, Parameters};
///
/// let vit = VitConfig { image_size: 32, width: 24, depth: 2, heads: 2, ..VitConfig::base(32) };
/// let config = Tag2TextConfig {
///     image: ImageEncoderConfig::Vit(vit),
///     text: BertConfig {
///         vocabulary: 50, hidden_size: 16, layers: 2, heads: 4, intermediate_size: 32, positions: 40,
///         ..BertConfig::base()
///     },
///     tokens: SpecialTokens { cls: 1, sep: 2, bos: 3, enc: 4 },
///     ..Tag2TextConfig::vit_b(32, 7)
/// };
/// let parameters = Parameters::new(Initialisation::Random { seed: 42 }, &Device::Cpu);
/// let model = Tag2Text::new(&config, &parameters.root())?;
///
/// let context = Context::inference();
/// let images = Tensor::zeros((2, 3, 32, 32), DType::F32, &Device::Cpu)?;
/// let image = model.encode_image(&images, &context)?;
/// assert_eq!(image.dims(), [2, 5, 24]);
/// assert_eq!(model.tag_logits(&image, &context)?.dims(), [2, 7]);
/// # Ok::<(), tagger::model::ModelError>(())
/// ```
#[derive(Debug)]
pub struct Tag2Text {
    config: Tag2TextConfig,
    image_encoder: ImageEncoder,
    tagging_head: TaggingHead,
    tag_encoder: Bert,
    text_decoder: TextDecoder,
}

/// A batch to learn from. B images with their tags and one caption each.
#[derive(Clone, Debug)]
pub struct TrainingBatch {
    /// (B, 3, S, S), normalised.
    pub images: Tensor,
    /// (B, C): 1 for an image's tags, 0 for others; f32.
    pub tags: Tensor,
    /// The tag encoder's input: the same tags as token ids (B, 40), u32.
    pub tag_ids: Tensor,
    /// (B, 40): 1 for tokens, 0 for padding.
    pub tag_mask: Tensor,
    /// Captions as token ids (B, L), u32.
    pub caption_ids: Tensor,
    /// (B, L): 1 for tokens, 0 for padding.
    pub caption_mask: Tensor,
    /// The captions again (B, L), i64, with −100 for tokens that are not to be learned.
    pub caption_targets: Tensor,
}

/// The training losses, scalars in f32.
#[derive(Clone, Debug)]
pub struct Losses {
    /// Of the captions: cross-entropy with label smoothing, a mean over tokens.
    pub caption: Tensor,
    /// Of the tags: the asymmetric loss, a sum over images and tags.
    pub tagging: Tensor,
    /// What is minimised: the caption loss plus the tagging loss, rescaled to the same value.
    pub total: Tensor,
}

impl Tag2Text {
    /// Builds the model on this scope's parameters, under the published names. Those that do not
    /// exist are created.
    ///
    /// # Errors
    /// If the configuration fits no model, or parameters exist with other shapes.
    pub fn new(config: &Tag2TextConfig, scope: &Scope) -> Result<Self, ModelError> {
        config.validate()?;
        let tag_encoder = scope.pp("tag_encoder");
        let decoder = scope.pp("text_decoder");
        Ok(Self {
            config: config.clone(),
            image_encoder: ImageEncoder::new(&config.image, &scope.pp("visual_encoder"))?,
            tag_encoder: Bert::new(&config.text, config.image.width(), "tagenc", &tag_encoder)?,
            text_decoder: TextDecoder::new(&config.text, config.text.hidden_size, &decoder)?,
            tagging_head: TaggingHead::new(config, scope, &tag_encoder)?,
        })
    }

    /// Its sizes.
    pub fn config(&self) -> &Tag2TextConfig {
        &self.config
    }

    /// The text decoder, for generation.
    pub fn text_decoder(&self) -> &TextDecoder {
        &self.text_decoder
    }

    /// The tag encoder, which may serve as a text encoder too.
    pub fn tag_encoder(&self) -> &Bert {
        &self.tag_encoder
    }

    /// The image encoder.
    pub fn image_encoder(&self) -> &ImageEncoder {
        &self.image_encoder
    }

    /// Normalised images (B, 3, S, S) → E (B, N, D), the global token first.
    ///
    /// # Errors
    /// If the images have another size.
    pub fn encode_image(&self, images: &Tensor, context: &Context) -> Result<Tensor, ModelError> {
        let size = self.config.image.image_size();
        if images.rank() != 4 || images.dims()[1..] != [3, size, size] {
            return Err(wrong("a batch of images", format!("(B, 3, {size}, {size})"), images));
        }
        Ok(self.image_encoder.forward(images, context)?)
    }

    /// E (B, N, D) → logits (B, C) in f32. Their sigmoids are the tags' scores.
    ///
    /// # Errors
    /// If E has another width.
    pub fn tag_logits(&self, image: &Tensor, context: &Context) -> Result<Tensor, ModelError> {
        self.check_image(image)?;
        Ok(self.tagging_head.forward(image, None, context)?)
    }

    /// Logits (B, tags) of these tags (u32 ids, 1-D) alone: the same numbers, for less work.
    ///
    /// # Errors
    /// If E has another width, or an id is out of range.
    pub fn tag_logits_of(
        &self,
        tags: &Tensor,
        image: &Tensor,
        context: &Context,
    ) -> Result<Tensor, ModelError> {
        self.check_image(image)?;
        Ok(self.tagging_head.forward(image, Some(tags), context)?)
    }

    /// Tags as token ids (B, 40) with their mask (B, 40), and E (B, N, D) → T (B, 40, W).
    ///
    /// # Errors
    /// If an id is out of range, or shapes differ.
    pub fn tag_encode(
        &self,
        ids: &Tensor,
        mask: &Tensor,
        image: &Tensor,
        context: &Context,
    ) -> Result<Tensor, ModelError> {
        check_ids("the tags' token ids", ids, Some(mask))?;
        self.check_image(image)?;
        check_batch(ids, image)?;
        let input = TextInput { ids, mask: Some(mask), causal: false };
        Ok(self.tag_encoder.forward(input, Some(image), context)?)
    }

    /// Captions as token ids (B, L) with their mask (B, L), and T (B, 40, W) → logits (B, L, V) of
    /// each next token. Every token attends to all of T, to its padding too.
    ///
    /// # Errors
    /// If an id is out of range, or shapes differ.
    pub fn decode(
        &self,
        ids: &Tensor,
        mask: Option<&Tensor>,
        tags: &Tensor,
        context: &Context,
    ) -> Result<Tensor, ModelError> {
        check_ids("the caption's token ids", ids, mask)?;
        check_batch(ids, tags)?;
        Ok(self.text_decoder.forward(ids, mask, tags, context)?)
    }

    /// The losses of a batch. The tags both are learned and guide the caption.
    ///
    /// # Errors
    /// If shapes differ, an id is out of range, or no token is to be learned.
    pub fn losses(&self, batch: &TrainingBatch, context: &Context) -> Result<Losses, ModelError> {
        check_ids("the targets", &batch.caption_ids, Some(&batch.caption_targets))?;
        let image = self.encode_image(&batch.images, context)?;
        let logits = self.tag_logits(&image, context)?;
        let tagging = AsymmetricLoss::default().forward(&logits, &batch.tags)?;
        let tags = self.tag_encode(&batch.tag_ids, &batch.tag_mask, &image, context)?;
        let logits = self.decode(&batch.caption_ids, Some(&batch.caption_mask), &tags, context)?;
        let caption = caption_loss(&logits, &batch.caption_targets, LABEL_SMOOTHING)?;
        let total = total_loss(&caption, &tagging)?;
        Ok(Losses { caption, tagging, total })
    }

    fn check_image(&self, image: &Tensor) -> Result<(), ModelError> {
        let width = self.config.image.width();
        if image.rank() != 3 || image.dims()[1] == 0 || image.dims()[2] != width {
            return Err(wrong("an encoded image", format!("(B, N, {width})"), image));
        }
        Ok(())
    }
}

fn check_ids(what: &'static str, ids: &Tensor, mask: Option<&Tensor>) -> Result<(), ModelError> {
    if ids.rank() != 2 || ids.dims()[1] == 0 {
        return Err(wrong(what, "(B, L)".to_owned(), ids));
    }
    match mask {
        Some(mask) if mask.dims() != ids.dims() => {
            Err(wrong("what goes with the token ids", format!("{:?}", ids.dims()), mask))
        }
        _ => Ok(()),
    }
}

/// A row of ids for each image. candle would repeat a single one.
fn check_batch(ids: &Tensor, of: &Tensor) -> Result<(), ModelError> {
    let batch = of.dims().first().copied().unwrap_or(0);
    if ids.dims()[0] == batch {
        return Ok(());
    }
    Err(wrong("token ids, a row an image", format!("({batch}, L)"), ids))
}

fn wrong(what: &'static str, expected: String, found: &Tensor) -> ModelError {
    ModelError::Input { what, expected, found: found.dims().to_vec() }
}
