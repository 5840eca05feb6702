//! The training loop of the graph network.

use anyhow::{Result, bail};
use candle_core::{D, Device, Tensor, Var};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use scene_graph::factual::Vocabulary;

use super::batch::Batch;
use super::examples::Example;
use super::network::{GraphNetwork, Scores};
use crate::optimiser::Adam;

/// Share of all steps in which the learning rate rises.
const WARM_UP: f64 = 0.03;
/// Weights are averaged over the steps behind this share, every so many steps, with this decay.
const AVERAGED_FROM: f64 = 0.3;
const AVERAGED_STEPS: usize = 4;
const DECAY: f32 = 0.98;

/// What the optimiser is told.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    pub epochs: usize,
    /// Captions in a batch.
    pub batch: usize,
    /// Learning rate at its peak.
    pub learning_rate: f64,
    pub dropout: f32,
    /// Share of words that lose their own row.
    pub word_dropout: f64,
}

/// Trains the network; in the end its weights are the averages of those on the way.
///
/// # Errors
/// If the loss is no longer a number.
pub fn train(
    network: &GraphNetwork,
    vocabulary: &Vocabulary,
    examples: &[Example],
    schedule: Schedule,
    rng: &mut ChaCha8Rng,
) -> Result<()> {
    let variables: Vec<Var> = network.parameters.named().map(|(_, variable)| variable.clone()).collect();
    let mut optimiser = Adam::new(variables.iter().map(|variable| (variable.clone(), 1.0)).collect())?;
    let mut averages = Averages::default();
    let steps = schedule.epochs * examples.len().div_ceil(schedule.batch);
    let mut step = 0;
    for epoch in 1..=schedule.epochs {
        let mut order: Vec<&Example> = examples.iter().collect();
        order.shuffle(rng);
        let mut sum = 0.0;
        for chunk in order.chunks(schedule.batch) {
            let batch = Batch::new(chunk, vocabulary, schedule.word_dropout, rng)?;
            let loss = loss(&network.forward(&batch, schedule.dropout, rng)?, &batch)?;
            let done = step as f64 / steps as f64;
            optimiser.step(&loss.backward()?, (schedule.learning_rate * share(done)) as f32)?;
            sum += f64::from(loss.to_scalar::<f32>()?) * chunk.len() as f64;
            step += 1;
            if done > AVERAGED_FROM && step % AVERAGED_STEPS == 0 {
                averages.add(&variables)?;
            }
        }
        if !f64::is_finite(sum) {
            bail!("epoch {epoch}: the loss is no number; try a lower --learning-rate");
        }
        eprintln!("epoch {epoch}: loss {:.4}", sum / examples.len() as f64);
    }
    averages.put(&variables)
}

/// Share of the learning rate: up in the warm-up, then linearly down.
fn share(done: f64) -> f64 {
    let share = if done < WARM_UP { done / WARM_UP } else { (1.0 - done) / (1.0 - WARM_UP) };
    share.clamp(0.01, 1.0)
}

/// Sum of the cross-entropies of a caption, in nats, on average.
fn loss(scores: &Scores, batch: &Batch) -> Result<Tensor> {
    let mut sum = cross_entropy(&scores.things, &batch.things)?;
    for (scores, pairs) in [(&scores.links, &batch.links), (&scores.relations, &batch.relations)] {
        if pairs.count > 0 {
            sum = (sum + cross_entropy(scores, &pairs.gold)?)?;
        }
    }
    Ok((sum / batch.count as f64)?)
}

fn cross_entropy(logits: &Tensor, gold: &Tensor) -> candle_core::Result<Tensor> {
    candle_nn::ops::log_softmax(logits, D::Minus1)?.gather(&gold.unsqueeze(1)?, 1)?.sum_all()?.neg()
}

/// Exponential averages of weights.
#[derive(Default)]
struct Averages(Vec<Vec<f32>>);

impl Averages {
    fn add(&mut self, variables: &[Var]) -> Result<()> {
        let values = |variable: &Var| variable.as_tensor().flatten_all()?.to_vec1::<f32>();
        let current: Vec<Vec<f32>> = variables.iter().map(values).collect::<candle_core::Result<_>>()?;
        if self.0.is_empty() {
            self.0 = current;
            return Ok(());
        }
        for (averages, current) in self.0.iter_mut().zip(&current) {
            for (average, current) in averages.iter_mut().zip(current) {
                *average = DECAY * *average + (1.0 - DECAY) * current;
            }
        }
        Ok(())
    }

    fn put(&self, variables: &[Var]) -> Result<()> {
        for (variable, average) in variables.iter().zip(&self.0) {
            variable.set(&Tensor::from_slice(average, variable.shape(), &Device::Cpu)?)?;
        }
        Ok(())
    }
}
