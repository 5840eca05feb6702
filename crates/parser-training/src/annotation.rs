//! Sentences annotated by the teacher: its best tree, and how sure it is of every part.

use anyhow::Result;
use candle_core::{D, Device, Tensor};
use caption_parser::model::best_heads;
use caption_parser::{DependencyRelation, Upos};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::batch::cut;
use crate::normalisation::normalise;
use crate::teacher::Teacher;
use crate::treebank::{Beliefs, CHOICES, Choices, Example};

/// Words in a batch, padding included.
const BATCH_WORDS: usize = 1500;
/// Steps a unit of the arc scores, as the tree search wants integers.
const ARC_STEPS: f32 = 4096.0;
/// Sentences between two lines of progress.
const REPORTED: usize = 10_000;

/// Annotates sentences of which only the forms are known; each must fit the teacher's encoder.
/// The trees are normalised, see [`normalise`].
pub fn annotate(teacher: &Teacher, sentences: &mut [Example]) -> Result<()> {
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    order.sort_by_key(|&index| sentences[index].len());
    let batches = cut(order, BATCH_WORDS, |index| sentences[index].len());
    let (mut done, mut reported) = (0, 0);
    for indices in batches {
        let batch: Vec<&Example> = indices.iter().map(|&index| &sentences[index]).collect();
        let annotated = annotate_batch(teacher, &batch)?;
        done += annotated.len();
        for (index, mut annotated) in indices.into_iter().zip(annotated) {
            normalise(&mut annotated);
            sentences[index] = annotated;
        }
        if done >= reported + REPORTED {
            reported = done;
            eprintln!("{done} of {} sentences annotated", sentences.len());
        }
    }
    Ok(())
}

fn annotate_batch(teacher: &Teacher, sentences: &[&Example]) -> Result<Vec<Example>> {
    // Without dropout nothing is drawn from the generator.
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let (batch, x) = teacher.encode(sentences, &mut rng)?;
    let length = batch.length;
    let arcs = teacher.arcs(&batch, &x, 0.0, &mut rng)?;
    let mut annotated: Vec<Example> = sentences.iter().map(|&sentence| sentence.clone()).collect();
    let mut head_rows = vec![0u32; sentences.len() * length];
    for (row, example) in annotated.iter_mut().enumerate() {
        example.heads = tree(&arcs.get(row)?, example.len())?;
        for (word, &head) in example.heads.iter().enumerate() {
            head_rows[row * length + word] = if head == 0 { 0 } else { (row * length) as u32 + head };
        }
    }
    let relations = teacher.relations(&Tensor::new(head_rows, &Device::Cpu)?, &x, 0.0, &mut rng)?;
    let upos = probabilities(&teacher.upos(&x)?)?;
    let relations = probabilities(&relations)?;
    let arcs = probabilities(&arcs.reshape(((), length + 1))?)?;
    for (row, example) in annotated.iter_mut().enumerate() {
        for word in 0..example.len() {
            let at = row * length + word;
            let mut relations = relations[at].clone();
            only_the_root(&mut relations, example.heads[word] == 0);
            let beliefs = Beliefs {
                upos: likeliest(&upos[at]),
                heads: likeliest(&arcs[at]),
                relations: likeliest(&relations),
            };
            example.upos.push(Upos::ALL[usize::from(beliefs.upos[0].0)]);
            example.relations.push(DependencyRelation::ALL[usize::from(beliefs.relations[0].0)]);
            example.beliefs.push(beliefs);
        }
    }
    Ok(annotated)
}

/// The best tree of a sentence's arc scores, `[length, 1 + length]`, as in [`Example::heads`].
fn tree(scores: &Tensor, words: usize) -> Result<Vec<u32>> {
    let scores: Vec<f32> = scores.narrow(0, 0, words)?.narrow(1, 0, words + 1)?.flatten_all()?.to_vec1()?;
    let scores: Vec<i32> = scores.iter().map(|&score| (score * ARC_STEPS) as i32).collect();
    let mut heads = vec![0; words];
    best_heads(&scores, &mut heads);
    let number = |(word, &head): (usize, &u32)| if head as usize == word { 0 } else { head + 1 };
    Ok(heads.iter().enumerate().map(number).collect())
}

fn probabilities(scores: &Tensor) -> Result<Vec<Vec<f32>>> {
    Ok(candle_nn::ops::softmax(scores, D::Minus1)?.to_vec2()?)
}

/// The relation `root` is for the root and for it alone.
fn only_the_root(probabilities: &mut [f32], is_root: bool) {
    for (relation, probability) in DependencyRelation::ALL.iter().zip(probabilities) {
        match (*relation == DependencyRelation::Root, is_root) {
            (true, true) => *probability = 1.0,
            (true, false) | (false, true) => *probability = 0.0,
            (false, false) => {}
        }
    }
}

/// The likeliest answers, the best first, with their probabilities.
fn likeliest(probabilities: &[f32]) -> Choices {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let mut choices = Choices::default();
    for (choice, &answer) in choices.iter_mut().zip(order.iter().take(CHOICES)) {
        let probability = (probabilities[answer] * 255.0).round() as u8;
        // An answer without probability may be a padded word, out of the sentence.
        if probability > 0 {
            *choice = (answer as u8, probability);
        }
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_answers_come_first() {
        let choices = likeliest(&[0.1, 0.5, 0.0, 0.4]);
        assert_eq!(choices, [(1, 128), (3, 102), (0, 26), (0, 0)]);
        assert_eq!(likeliest(&[1.0]), [(0, 255), (0, 0), (0, 0), (0, 0)]);
    }
}
