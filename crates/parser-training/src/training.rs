//! The training loop: shuffled batches, three cross-entropies, Adam with a linear schedule.

use std::borrow::Cow;

use anyhow::{Context, Result, ensure};
use candle_core::{D, DType, Tensor, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::augmentation::as_caption;
use crate::batch::{Batch, shuffled_batches};
use crate::network::Scores;
use crate::optimiser::Adam;
use crate::targets::Targets;
use crate::treebank::{Example, MOST_WORDS, Treebank};

/// Share of all steps in which the learning rate rises.
const WARM_UP: f64 = 0.06;
/// Steps between two lines of progress.
const REPORTED: usize = 100;

/// A network with all that its forward pass needs beside the sentences.
pub trait Learner {
    /// The examples as a batch, and its scores; with dropout if `training`.
    fn scores(&self, examples: &[&Example], training: bool, rng: &mut ChaCha8Rng) -> Result<(Batch, Scores)>;

    /// What is learned, each with its share of the learning rate.
    fn variables(&self) -> Vec<(Var, f32)>;
}

/// What the optimiser is told.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    pub epochs: usize,
    /// Words in a batch, padding included.
    pub batch_words: usize,
    /// Learning rate at its peak, after [`WARM_UP`] of all steps; from there linearly to zero.
    pub learning_rate: f64,
    /// Share of gold sentences that are shown as captions are written, see [`as_caption`].
    pub caption_like: f64,
}

/// Trains the learner on the examples and says how each epoch went.
///
/// # Errors
/// If there is nothing to learn from, a sentence is too long, or the loss is no longer a finite number.
pub fn train(
    learner: &impl Learner,
    examples: &[Example],
    dev: &[Treebank],
    schedule: Schedule,
    rng: &mut ChaCha8Rng,
) -> Result<()> {
    check(examples)?;
    let mut optimiser = Adam::new(learner.variables())?;
    let all: usize = examples.iter().map(Example::len).sum();
    let steps = schedule.epochs * all.div_ceil(schedule.batch_words);
    let mut step = 0;
    for epoch in 1..=schedule.epochs {
        let varied: Vec<Cow<Example>> =
            examples.iter().map(|example| as_caption(example, schedule.caption_like, rng)).collect();
        let references: Vec<&Example> = varied.iter().map(AsRef::as_ref).collect();
        let (mut total, mut words) = (0.0, 0);
        for batch in shuffled_batches(&references, schedule.batch_words, rng) {
            let (batch, scores) = learner.scores(&batch, true, rng)?;
            let loss = loss(&scores, &batch)?;
            let rate = learning_rate(&schedule, step as f64 / steps as f64);
            optimiser.step(&loss.backward()?, rate as f32)?;
            total += finite(&loss)? * batch.words as f64;
            words += batch.words;
            step += 1;
            if step % REPORTED == 0 {
                eprintln!("step {step} of {steps}: loss {:.4}", total / words as f64);
            }
        }
        eprintln!("epoch {epoch}: loss {:.4}", total / words as f64);
        report(learner, dev)?;
    }
    Ok(())
}

fn check(examples: &[Example]) -> Result<()> {
    let longest = examples.iter().max_by_key(|example| example.len()).filter(|longest| longest.len() > 0);
    let longest = longest.context("no sentences to learn from, or all are too long for the encoder")?;
    ensure!(
        longest.len() <= MOST_WORDS,
        "the sentence that begins with {:?} has {} words: at most {MOST_WORDS} can be learned from",
        longest.forms.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(" "),
        longest.len()
    );
    Ok(())
}

/// The loss as a number. Once it is none the weights are lost, and the rest of the time with them.
fn finite(loss: &Tensor) -> Result<f64> {
    let loss = f64::from(loss.to_scalar::<f32>()?);
    ensure!(
        loss.is_finite(),
        "the loss is {loss}: choose a lower --learning-rate, or an encoder whose weights are all finite"
    );
    Ok(loss)
}

fn report(learner: &impl Learner, dev: &[Treebank]) -> Result<()> {
    for treebank in dev {
        let [upos, heads, labelled] = accuracy(learner, &treebank.examples)?;
        let name = treebank.name;
        eprintln!("  {name}: UPOS {upos:.2}, heads {heads:.2}, heads and relations {labelled:.2}");
    }
    Ok(())
}

fn learning_rate(schedule: &Schedule, done: f64) -> f64 {
    let share = if done < WARM_UP { done / WARM_UP } else { (1.0 - done) / (1.0 - WARM_UP) };
    schedule.learning_rate * share.clamp(0.001, 1.0)
}

fn loss(scores: &Scores, batch: &Batch) -> candle_core::Result<Tensor> {
    let arcs = scores.arcs.reshape(((), batch.length + 1))?;
    let upos = cross_entropy(&scores.upos, &batch.answers.upos)?;
    let heads = cross_entropy(&arcs, &batch.answers.heads)?;
    let relations = cross_entropy(&scores.relations, &batch.answers.relations)?;
    let each = ((upos + heads)? + relations)?;
    (each * batch.mask.squeeze(1)?)?.sum_all()? / batch.words as f64
}

/// Cross-entropy of each row against its target distribution, in nats.
fn cross_entropy(logits: &Tensor, targets: &Targets) -> candle_core::Result<Tensor> {
    let log_probabilities = candle_nn::ops::log_softmax(logits, D::Minus1)?.gather(&targets.choices, 1)?;
    (log_probabilities * &targets.probabilities)?.sum(1)?.neg()
}

/// Percentages of words whose part of speech, head, and head with relation are right; each head
/// chosen alone and relations for the gold heads, so only a guide while training.
fn accuracy(learner: &impl Learner, dev: &[Example]) -> Result<[f64; 3]> {
    // A generator of its own: what is reported on must not change what is learned.
    let rng = &mut ChaCha8Rng::seed_from_u64(0);
    let references: Vec<&Example> = dev.iter().collect();
    let mut right = [0.0; 3];
    let mut words = 0;
    for batch in shuffled_batches(&references, 2000, rng) {
        let (batch, scores) = learner.scores(&batch, false, rng)?;
        let arcs = scores.arcs.reshape(((), batch.length + 1))?;
        let upos = hits(&scores.upos, &batch.answers.upos)?;
        let heads = hits(&arcs, &batch.answers.heads)?;
        let labelled = (hits(&scores.relations, &batch.answers.relations)? * &heads)?;
        let mask = batch.mask.squeeze(1)?;
        for (count, hit) in right.iter_mut().zip([upos, heads, labelled]) {
            *count += f64::from((hit * &mask)?.sum_all()?.to_scalar::<f32>()?);
        }
        words += batch.words;
    }
    Ok(right.map(|count| 100.0 * count / words as f64))
}

fn hits(scores: &Tensor, targets: &Targets) -> candle_core::Result<Tensor> {
    scores.argmax(D::Minus1)?.eq(&targets.best)?.to_dtype(DType::F32)
}
