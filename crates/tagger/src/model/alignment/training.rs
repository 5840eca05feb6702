//! One step of alignment.

use candle_core::{Result, Tensor, Var};

use super::contrastive::{Similarities, cross_entropy};
use super::momentum::Followers;
use super::negatives::weights;
use super::queues::Queues;
use super::towers::Towers;
use super::{Alignment, AlignmentConfig, AlignmentError, HardNegatives, Negatives};
use crate::model::{ModelError, Tag2TextConfig};
use crate::nn::{Context, Scope};

/// The range that the temperature is kept in.
pub(super) const COLDEST: f64 = 0.001;
pub(super) const WARMEST: f64 = 0.5;

/// [`Alignment`] with its momentum encoders and queues.
///
/// A step is [`begin_step`](Self::begin_step), [`losses`](Self::losses) of each part of the batch,
/// [`enqueue`](Self::enqueue) of what they give, and the optimiser's step; or
/// [`alignment_loss`](Self::alignment_loss) and the optimiser's step. Momentum parameters and
/// queues have no gradient, so that optimisers leave them alone.
#[derive(Debug)]
pub struct AlignmentTraining {
    alignment: Alignment,
    momentum: Towers,
    followers: Followers,
    queues: Queues,
    temperature: Var,
}

/// B images, each with a text that describes it.
#[derive(Clone, Debug)]
pub struct AlignmentBatch {
    /// (B, 3, S, S), normalised.
    pub images: Tensor,
    /// Token ids (B, L), u32, `[CLS]` first.
    pub text_ids: Tensor,
    /// (B, L): 1 for tokens, 0 for padding.
    pub text_mask: Tensor,
    /// With [`Positives::SameImage`](super::Positives::SameImage): which image of the data set each
    /// is, a number of at most 2²⁴.
    pub image_ids: Option<Vec<u32>>,
}

/// The losses of a batch, scalars in f32.
#[derive(Clone, Debug)]
pub struct AlignmentLosses {
    /// ITC.
    pub contrastive: Tensor,
    /// ITM.
    pub matching: Tensor,
    /// Their sum.
    pub total: Tensor,
    /// What ITM saw besides the pairs.
    pub negatives: Negatives,
    /// What [`AlignmentTraining::enqueue`] takes.
    pub features: MomentumFeatures,
}

/// A batch's features by the momentum encoders, without gradients.
#[derive(Clone, Debug)]
pub struct MomentumFeatures {
    /// (B, F).
    pub(super) images: Tensor,
    /// (B, F).
    pub(super) texts: Tensor,
    /// (1, B).
    pub(super) image_ids: Option<Tensor>,
}

impl AlignmentBatch {
    /// That there are as many texts as images, and as many of E.
    fn check(&self, image: &Tensor) -> std::result::Result<(), AlignmentError> {
        let (pairs, length) = self.text_ids.dims2()?;
        let wrong = |what, expected: String, found: &Tensor| {
            Err(ModelError::Input { what, expected, found: found.dims().to_vec() }.into())
        };
        if self.images.rank() != 4 || self.images.dim(0)? != pairs {
            return wrong("the images of these texts", format!("({pairs}, 3, S, S)"), &self.images);
        }
        if image.rank() != 3 || image.dim(0)? != pairs {
            return wrong("the encoded images of these texts", format!("({pairs}, N, D)"), image);
        }
        if self.text_mask.dims() != [pairs, length] {
            return wrong("the mask of the texts", format!("({pairs}, {length})"), &self.text_mask);
        }
        Ok(())
    }
}

impl AlignmentTraining {
    /// Adds `visual_encoder_m`, `vision_proj_m`, `text_encoder_m`, `text_proj_m`, `image_queue`,
    /// `text_queue`, `queue_ptr` and, where images are numbered, `idx_queue` to what
    /// [`Alignment::new`] has. Momentum parameters that did not exist start as those they follow.
    ///
    /// # Errors
    /// As [`Alignment::new`].
    pub fn new(
        config: &AlignmentConfig,
        model: &Tag2TextConfig,
        scope: &Scope,
    ) -> std::result::Result<Self, AlignmentError> {
        let alignment = Alignment::new(config, model, scope)?;
        let existed = scope.parameters().names();
        let training = Self {
            momentum: Towers::new(config, model, "_m", &scope.pp("text_encoder_m"), scope)?,
            followers: Followers::new(scope)?,
            queues: Queues::new(config, scope)?,
            temperature: Var::from_tensor(alignment.temperature())?,
            alignment,
        };
        training.start_where(|name| existed.binary_search_by(|known| known.as_str().cmp(name)).is_err())?;
        Ok(training)
    }

    /// What retrieval needs.
    pub fn alignment(&self) -> &Alignment {
        &self.alignment
    }

    /// Sets momentum parameters to those they follow, and makes features of queues of random
    /// numbers. Call it with what a load did not find, after that has been
    /// [initialised](crate::nn::Parameters::initialise).
    ///
    /// # Errors
    /// As candle's.
    pub fn start(&self, names: &[String]) -> std::result::Result<(), AlignmentError> {
        Ok(self.start_where(|name| names.iter().any(|chosen| chosen == name))?)
    }

    fn start_where(&self, chosen: impl Fn(&str) -> bool) -> Result<()> {
        self.followers.start(&chosen)?;
        self.queues.start(&chosen)
    }

    /// Keeps the temperature from 0.001 to 0.5, and moves the momentum parameters.
    ///
    /// # Errors
    /// As candle's.
    pub fn begin_step(&self) -> std::result::Result<(), AlignmentError> {
        self.temperature.set(&self.temperature.as_detached_tensor().clamp(COLDEST, WARMEST)?)?;
        Ok(self.followers.follow(self.alignment.config.momentum)?)
    }

    /// Remembers the features of a batch. The losses that they came with are not changed by it.
    ///
    /// # Errors
    /// If the batch is larger than the queues.
    pub fn enqueue(&self, features: &MomentumFeatures) -> std::result::Result<(), AlignmentError> {
        self.queues.push(features)
    }

    /// A whole step but the optimiser's: [`begin_step`](Self::begin_step),
    /// [`losses`](Self::losses), [`enqueue`](Self::enqueue).
    ///
    /// # Errors
    /// As theirs.
    pub fn alignment_loss(
        &self,
        batch: &AlignmentBatch,
        image: &Tensor,
        alpha: f64,
        negatives: &HardNegatives,
        context: &Context,
    ) -> std::result::Result<AlignmentLosses, AlignmentError> {
        self.begin_step()?;
        let losses = self.losses(batch, image, alpha, negatives, context)?;
        self.enqueue(&losses.features)?;
        Ok(losses)
    }

    /// The losses of a batch and its E (B, N, D), with gradients through E. `alpha` is the share
    /// of soft targets: [`AlignmentConfig::alpha_at`]. Changes nothing.
    ///
    /// # Errors
    /// If shapes differ, an id is out of range, or a pair has no negative.
    pub fn losses(
        &self,
        batch: &AlignmentBatch,
        image: &Tensor,
        alpha: f64,
        negatives: &HardNegatives,
        context: &Context,
    ) -> std::result::Result<AlignmentLosses, AlignmentError> {
        batch.check(image)?;
        let towers = &self.alignment.towers;
        let images = towers.image_features(image, context)?;
        let hidden = towers.text_hidden(&batch.text_ids, &batch.text_mask, context)?;
        let texts = towers.text_features(&hidden, context)?;
        let features = self.momentum_features(batch, context)?;

        let all = self.queues.with(&features)?;
        let temperature = context.master(self.alignment.temperature());
        let similarities = Similarities::new(&images, &texts, &all, &temperature)?;
        let momentum = Similarities::new(&features.images, &features.texts, &all, &temperature.detach())?;
        let positives = self.queues.positives(&features)?;
        let contrastive = similarities.loss(&momentum.soft_targets(&positives, alpha)?)?;

        let drawn_by = match features.image_ids {
            Some(_) => &Similarities::within(&images, &texts, &temperature)?,
            None => &similarities,
        };
        let negatives = choose(negatives, drawn_by, &positives, context)?;
        let matching = self.matching_loss(batch, image, &negatives, context)?;
        let total = (&contrastive + &matching)?;
        Ok(AlignmentLosses { contrastive, matching, total, negatives, features })
    }

    fn momentum_features(
        &self,
        batch: &AlignmentBatch,
        context: &Context,
    ) -> std::result::Result<MomentumFeatures, AlignmentError> {
        let pairs = batch.images.dim(0)?;
        let image_ids = self.queues.image_ids(batch.image_ids.as_deref(), pairs)?;
        let teacher = context.without_gradients();
        let image = self.momentum.encode_image(&batch.images, &teacher)?;
        let images = self.momentum.image_features(&image, &teacher)?.detach();
        let hidden = self.momentum.text_hidden(&batch.text_ids, &batch.text_mask, &teacher)?;
        let texts = self.momentum.text_features(&hidden, &teacher)?.detach();
        context.probe(|| "align.image_feat_m".to_owned(), &images);
        context.probe(|| "align.text_feat_m".to_owned(), &texts);
        Ok(MomentumFeatures { images, texts, image_ids })
    }

    /// Of the B pairs, then of each text with another image, then of each image with another text.
    fn matching_loss(
        &self,
        batch: &AlignmentBatch,
        image: &Tensor,
        negatives: &Negatives,
        context: &Context,
    ) -> std::result::Result<Tensor, AlignmentError> {
        let pairs = image.dim(0)?;
        let own: Vec<u32> = (0..pairs as u32).collect();
        let rows = |parts: [&[u32]; 3]| Tensor::from_vec(parts.concat(), 3 * pairs, image.device());
        let image_rows = rows([&own, &negatives.images, &own])?;
        let text_rows = rows([&own, &own, &negatives.texts])?;
        let ids = batch.text_ids.index_select(&text_rows, 0)?;
        let mask = batch.text_mask.index_select(&text_rows, 0)?;
        let image = image.contiguous()?.index_select(&image_rows, 0)?;
        let logits = self.alignment.matching_logits(&ids, &mask, &image, context)?;
        let label = |row: usize| if row < pairs { [0f32, 1.0] } else { [1.0, 0.0] };
        let labels: Vec<f32> = (0..3 * pairs).flat_map(label).collect();
        let labels = Tensor::from_vec(labels, (3 * pairs, 2), image.device())?;
        Ok(cross_entropy(&logits, &labels)?)
    }
}

/// Negatives by the similarities within the batch. `positives` is not 0 where a pair matches.
fn choose(
    negatives: &HardNegatives,
    similarities: &Similarities,
    positives: &Tensor,
    context: &Context,
) -> std::result::Result<Negatives, AlignmentError> {
    let batch = positives.dim(0)?;
    let matching = positives.narrow(1, 0, batch)?;
    let within = |all: &Tensor| weights(&all.narrow(1, 0, batch)?.contiguous()?, &matching);
    let images = within(&similarities.text_to_image)?;
    let texts = within(&similarities.image_to_text)?;
    context.probe(|| "align.weights_t2i".to_owned(), &images);
    context.probe(|| "align.weights_i2t".to_owned(), &texts);
    negatives.choose(&images, &texts)
}
