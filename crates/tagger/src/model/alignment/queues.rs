//! Features of earlier batches.

use candle_core::{DType, Result, Tensor, Var};

use super::contrastive::{own_pairs, same_images};
use super::{AlignmentConfig, AlignmentError, MomentumFeatures, Positives};
use crate::nn::{Init, ParametersError, Scope};

/// Numbers of images are kept as f32, which has no larger integers without gaps.
const MAX_IMAGE_ID: u32 = 1 << 24;
/// The number of an image that is in no batch.
const NO_IMAGE: f64 = -100.0;

/// Momentum features of earlier batches, a column each, the oldest overwritten first.
#[derive(Debug)]
pub(super) struct Queues {
    /// (F, K).
    images: Var,
    /// (F, K).
    texts: Var,
    /// (1): the column that is overwritten next.
    next: Var,
    /// (1, K): the image that a column belongs to.
    image_ids: Option<Var>,
    /// The first two, with their names.
    names: [String; 2],
}

impl Queues {
    /// `image_queue`, `text_queue`, `queue_ptr` and, where images are numbered, `idx_queue`.
    pub(super) fn new(config: &AlignmentConfig, scope: &Scope) -> std::result::Result<Self, ParametersError> {
        let shape = (config.features, config.queue);
        let get = |shape: candle_core::Shape, name: &str, init| {
            Ok::<_, ParametersError>(Var::from_tensor(&scope.get(shape, name, init)?)?)
        };
        let features = |name| get(shape.into(), name, Init::Normal { deviation: 1.0 });
        let image_ids = match config.positives {
            Positives::Pair => None,
            Positives::SameImage => {
                Some(get((1, config.queue).into(), "idx_queue", Init::Constant(NO_IMAGE))?)
            }
        };
        let names = ["image_queue", "text_queue"];
        Ok(Self {
            images: features(names[0])?,
            texts: features(names[1])?,
            next: get(1.into(), "queue_ptr", Init::Constant(0.0))?,
            image_ids,
            names: names.map(|name| match scope.path() {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            }),
        })
    }

    /// Random numbers, in those that `chosen` names, become features: of length 1.
    pub(super) fn start(&self, chosen: impl Fn(&str) -> bool) -> Result<()> {
        for (name, queue) in self.names.iter().zip([&self.images, &self.texts]) {
            if chosen(name) {
                let features = super::normalised(&queue.as_detached_tensor().t()?.contiguous()?)?;
                queue.set(&features.t()?.contiguous()?)?;
            }
        }
        Ok(())
    }

    /// The features (B, F) of this batch and then those in the queue: (F, B + K) of images and of
    /// texts. They are copies, which later batches do not change.
    pub(super) fn with(&self, batch: &MomentumFeatures) -> Result<(Tensor, Tensor)> {
        let join = |features: &Tensor, queue: &Var| {
            Tensor::cat(&[features.t()?.contiguous()?, queue.as_detached_tensor()], 1)
        };
        Ok((join(&batch.images, &self.images)?, join(&batch.texts, &self.texts)?))
    }

    /// (B, B + K): how likely each of a batch, and then each of the queue, is to match each of the
    /// batch, by what is known.
    pub(super) fn positives(&self, batch: &MomentumFeatures) -> Result<Tensor> {
        match (&self.image_ids, &batch.image_ids) {
            (Some(queue), Some(ids)) => {
                same_images(ids, &Tensor::cat(&[ids.clone(), queue.as_detached_tensor()], 1)?)
            }
            _ => own_pairs(&batch.images, self.images.dim(1)?),
        }
    }

    /// Overwrites the oldest columns, from the start again after the end.
    pub(super) fn push(&self, features: &MomentumFeatures) -> std::result::Result<(), AlignmentError> {
        let (batch, queue) = (features.images.dim(0)?, self.images.dim(1)?);
        if batch > queue {
            return Err(AlignmentError::Queue { batch, queue });
        }
        // A file may say anything.
        let next = (self.next.flatten_all()?.to_vec1::<f32>()?[0].max(0.0) as usize) % queue;
        let fits = batch.min(queue - next);
        for (from, count, to) in [(0, fits, next), (fits, batch - fits, 0)] {
            if count == 0 {
                continue;
            }
            for (rows, queue) in [(&features.images, &self.images), (&features.texts, &self.texts)] {
                let columns = rows.narrow(0, from, count)?.t()?.contiguous()?;
                queue.slice_set(&columns.to_dtype(DType::F32)?, 1, to)?;
            }
            if let (Some(queue), Some(ids)) = (&self.image_ids, &features.image_ids) {
                queue.slice_set(&ids.narrow(1, from, count)?.contiguous()?, 1, to)?;
            }
        }
        let next = ((next + batch) % queue) as f32;
        Ok(self.next.set(&Tensor::from_slice(&[next], 1, self.next.device())?)?)
    }

    /// The numbers of a batch's images as they are kept, (1, B), or none where none are needed.
    pub(super) fn image_ids(
        &self,
        ids: Option<&[u32]>,
        batch: usize,
    ) -> std::result::Result<Option<Tensor>, AlignmentError> {
        let wrong = |message: &str| Err(AlignmentError::ImageIds(message.to_owned()));
        match (&self.image_ids, ids) {
            (None, None) => Ok(None),
            (None, Some(_)) => wrong("images are numbered, but `positives` is `pair`; make it `same-image`"),
            (Some(_), None) => wrong("`positives` is `same-image`, so images must be numbered"),
            (Some(_), Some(ids)) if ids.len() != batch => {
                wrong(&format!("there are {} numbers for {batch} images", ids.len()))
            }
            (Some(_), Some(ids)) if ids.iter().any(|&id| id > MAX_IMAGE_ID) => {
                wrong(&format!("an image has a number above {MAX_IMAGE_ID}; number them from 0"))
            }
            (Some(queue), Some(ids)) => {
                let ids: Vec<f32> = ids.iter().map(|&id| id as f32).collect();
                Ok(Some(Tensor::from_vec(ids, (1, batch), queue.device())?))
            }
        }
    }
}
