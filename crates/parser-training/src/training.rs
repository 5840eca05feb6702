//! The training loop: shuffled batches, three cross-entropies, Adam with a linear schedule.

use anyhow::Result;
use candle_core::{D, DType, Tensor};
use caption_parser::model::FeatureSpace;
use rand_chacha::ChaCha8Rng;

use crate::augmentation::as_caption;
use crate::batch::{Batch, shuffled_batches};
use crate::network::{Dropout, Network, Scores};
use crate::optimiser::Adam;
use crate::treebank::Example;

/// What the optimiser is told.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    pub epochs: usize,
    /// Words in a batch, padding included.
    pub batch_words: usize,
    /// Learning rate at its peak, after `warm_up` of all steps; from there linearly to zero.
    pub learning_rate: f64,
    pub warm_up: f64,
    /// Share of words that lose their own row of the form table.
    pub word_dropout: f64,
    pub dropout: Dropout,
    /// Share of sentences that are shown as captions are written, see [`as_caption`].
    pub caption_like: f64,
}

/// Trains the network on the examples and says how each epoch went.
pub fn train(
    network: &Network,
    space: &FeatureSpace,
    examples: &[Example],
    dev: &[Example],
    schedule: Schedule,
    rng: &mut ChaCha8Rng,
) -> Result<()> {
    let mut optimiser = Adam::new(network.parameters.variables())?;
    let padded: usize = examples.iter().map(Example::len).sum();
    let steps = schedule.epochs * padded.div_ceil(schedule.batch_words);
    let mut step = 0;
    for epoch in 1..=schedule.epochs {
        let varied: Vec<Example> =
            examples.iter().map(|example| as_caption(example, schedule.caption_like, rng)).collect();
        let references: Vec<&Example> = varied.iter().collect();
        let (mut total, mut words) = (0.0, 0);
        for batch in shuffled_batches(&references, schedule.batch_words, rng) {
            let batch = Batch::new(&batch, space, schedule.word_dropout, rng)?;
            let scores = network.forward(&batch, schedule.dropout, rng)?;
            let loss = loss(&scores, &batch)?;
            let rate = learning_rate(&schedule, step as f64 / steps as f64);
            optimiser.step(&loss.backward()?, rate as f32)?;
            total += f64::from(loss.to_scalar::<f32>()?) * batch.words as f64;
            words += batch.words;
            step += 1;
        }
        let [upos, heads, labelled] = accuracy(network, space, dev, rng)?;
        eprintln!(
            "epoch {epoch}: loss {:.4}, dev UPOS {upos:.2}, heads {heads:.2}, heads and relations {labelled:.2}",
            total / words as f64
        );
    }
    Ok(())
}

fn learning_rate(schedule: &Schedule, done: f64) -> f64 {
    let share = if done < schedule.warm_up {
        done / schedule.warm_up
    } else {
        (1.0 - done) / (1.0 - schedule.warm_up)
    };
    schedule.learning_rate * share.clamp(0.001, 1.0)
}

fn loss(scores: &Scores, batch: &Batch) -> candle_core::Result<Tensor> {
    let columns = batch.length + 1;
    let arcs = scores.arcs.reshape(((), columns))?;
    let upos = cross_entropy(&scores.upos, &batch.gold_upos)?;
    let heads = cross_entropy(&arcs, &batch.gold_heads)?;
    let relations = cross_entropy(&scores.relations, &batch.gold_relations)?;
    let each = ((upos + heads)? + relations)?;
    (each * batch.mask.squeeze(1)?)?.sum_all()? / batch.words as f64
}

/// Cross-entropy of each row, in nats.
fn cross_entropy(logits: &Tensor, gold: &Tensor) -> candle_core::Result<Tensor> {
    let log_probabilities = candle_nn::ops::log_softmax(logits, D::Minus1)?;
    log_probabilities.gather(&gold.unsqueeze(1)?, 1)?.squeeze(1)?.neg()
}

/// Percentages of words whose part of speech, head, and head with relation are right; each head
/// chosen alone and relations for the gold heads, so only a guide while training.
fn accuracy(
    network: &Network,
    space: &FeatureSpace,
    dev: &[Example],
    rng: &mut ChaCha8Rng,
) -> Result<[f64; 3]> {
    let references: Vec<&Example> = dev.iter().collect();
    let mut right = [0.0; 3];
    let mut words = 0;
    for batch in shuffled_batches(&references, 4000, rng) {
        let batch = Batch::new(&batch, space, 0.0, rng)?;
        let scores = network.forward(&batch, Dropout::default(), rng)?;
        let arcs = scores.arcs.reshape(((), batch.length + 1))?;
        let upos = hits(&scores.upos, &batch.gold_upos)?;
        let heads = hits(&arcs, &batch.gold_heads)?;
        let labelled = (hits(&scores.relations, &batch.gold_relations)? * &heads)?;
        let mask = batch.mask.squeeze(1)?;
        for (count, hit) in right.iter_mut().zip([upos, heads, labelled]) {
            *count += f64::from((hit * &mask)?.sum_all()?.to_scalar::<f32>()?);
        }
        words += batch.words;
    }
    Ok(right.map(|count| 100.0 * count / words as f64))
}

fn hits(scores: &Tensor, gold: &Tensor) -> candle_core::Result<Tensor> {
    scores.argmax(D::Minus1)?.eq(gold)?.to_dtype(DType::F32)
}
