//! The network against its definition: the same model in f32 throughout, computed the plain way.

use std::collections::HashMap;

use super::*;
use crate::Parser;
use crate::model::{self, DISTANCES, FeatureSpace, NetworkSizes, best_heads, distance_bucket, root_bucket};
use crate::sentences::LONGEST;

/// The model's weights as the f32 that their integers stand for.
struct Reference<'f> {
    tensors: Tensors<'f>,
    matrices: HashMap<String, Vec<Vec<f32>>>,
    space: FeatureSpace,
}

impl<'f> Reference<'f> {
    fn new(payload: &'f [u8]) -> Self {
        let tensors = Tensors::new(payload).unwrap();
        let bytes = |name: &str| tensors.bytes(name).unwrap();
        let space = FeatureSpace::new(bytes("pieces.fst"), bytes("forms.fst")).unwrap();
        Self { tensors, matrices: HashMap::new(), space }
    }

    fn floats(&self, name: &str, length: usize) -> Vec<f32> {
        self.tensors.floats(name, length).unwrap()
    }

    /// Rows of a table or of a product's weights.
    fn matrix(&mut self, name: &str, scale_by_row: bool) -> &[Vec<f32>] {
        if !self.matrices.contains_key(name) {
            let (values, rows, columns) = self.tensors.matrix(name).unwrap();
            let scales = self.floats(&format!("{name}.scale"), if scale_by_row { rows } else { columns });
            let scale = |row: usize, column: usize| scales[if scale_by_row { row } else { column }];
            let row = |row: usize| {
                let values = &values[row * columns..][..columns];
                values
                    .iter()
                    .enumerate()
                    .map(|(column, &value)| f32::from(value) * scale(row, column))
                    .collect()
            };
            self.matrices.insert(name.to_owned(), (0..rows).map(row).collect());
        }
        &self.matrices[name]
    }

    fn linear(&mut self, name: &str, x: &[f32]) -> Vec<f32> {
        let weights = self.matrix(name, false);
        let mut out = vec![0.0; weights[0].len()];
        for (x, row) in x.iter().zip(weights) {
            out.iter_mut().zip(row).for_each(|(out, weight)| *out += x * weight);
        }
        let bias = self.floats(&format!("{name}.bias"), out.len());
        out.iter().zip(bias).map(|(out, bias)| out + bias).collect()
    }

    fn normalise(&self, name: &str, x: &[f32]) -> Vec<f32> {
        let count = x.len() as f32;
        let mean = x.iter().sum::<f32>() / count;
        let deviation = (x.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count + 1e-5).sqrt();
        let gain = self.floats(&format!("{name}.norm"), x.len());
        let bias = self.floats(&format!("{name}.norm.bias"), x.len());
        x.iter().zip(gain).zip(bias).map(|((x, gain), bias)| (x - mean) / deviation * gain + bias).collect()
    }

    fn word(&mut self, form: &str) -> Vec<f32> {
        let mut features = WordFeatures::default();
        self.space.extract(form, &mut features);
        let mut pieces = vec![0.0; self.matrix("pieces", true)[0].len()];
        let add = |sum: &mut Vec<f32>, row: &[f32], weight: f32| {
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * weight);
        };
        for &row in &features.pieces {
            add(&mut pieces, &self.matrix("pieces", true)[row as usize], 1.0 / features.pieces.len() as f32);
        }
        let mut x = self.linear("projection", &pieces);
        for row in features.affixes {
            add(&mut x, &self.matrix("affixes", true)[row as usize], 1.0);
        }
        add(&mut x, &self.matrix("forms", true)[features.form as usize], 1.0);
        add(&mut x, &self.matrix("shapes", true)[features.shape as usize], 1.0);
        self.normalise("word", &x)
    }

    fn encode(&mut self, words: &[&str]) -> Vec<Vec<f32>> {
        let mut x: Vec<Vec<f32>> = words.iter().map(|word| self.word(word)).collect();
        let width = x[0].len();
        for layer in 0..NetworkSizes::read(&self.tensors).unwrap().layers {
            let name = format!("layer{layer}");
            let nothing = vec![0.0; width];
            let context: Vec<Vec<f32>> = (0..x.len())
                .map(|at| {
                    let before = if at == 0 { &nothing } else { &x[at - 1] };
                    let window = [before, &x[at], x.get(at + 1).unwrap_or(&nothing)].map(|x| x.as_slice());
                    let both = self.linear(&name, &window.concat());
                    let larger: Vec<f32> = (0..width).map(|at| both[at].max(both[width + at])).collect();
                    self.normalise(&name, &larger)
                })
                .collect();
            for (x, context) in x.iter_mut().zip(context) {
                x.iter_mut().zip(context).for_each(|(x, context)| *x += context);
            }
        }
        x
    }

    fn heads(&mut self, x: &[Vec<f32>]) -> Vec<u32> {
        let relu = |x: Vec<f32>| x.into_iter().map(|x| x.max(0.0)).collect::<Vec<f32>>();
        let mut keys: Vec<Vec<f32>> = x.iter().map(|x| relu(self.linear("arc.head", x))).collect();
        keys.insert(0, self.floats("arc.root", keys[0].len()));
        let mut scores = Vec::new();
        for (dependent, x) in x.iter().enumerate() {
            let x = relu(self.linear("arc.dependent", x));
            let (query, distances) = (self.linear("arc.bilinear", &x), self.linear("arc.distance", &x));
            scores.extend(keys.iter().enumerate().map(|(column, key)| {
                let product: f32 = query.iter().zip(key).map(|(a, b)| a * b).sum();
                let bucket = column.checked_sub(1).map_or(root_bucket(), |of| distance_bucket(dependent, of));
                ((product + distances[bucket]) * 4096.0) as i32
            }));
        }
        let mut heads = vec![0; x.len()];
        best_heads(&scores, &mut heads);
        heads
    }

    fn relation(&mut self, x: &[Vec<f32>], dependent: usize, head: usize) -> DependencyRelation {
        if head == dependent {
            return DependencyRelation::Root;
        }
        let (own, other) =
            (self.linear("relation.dependent", &x[dependent]), self.linear("relation.head", &x[head]));
        let distances = self.floats("relation.distance", DISTANCES * own.len());
        let distance = &distances[distance_bucket(dependent, head) * own.len()..];
        let sum = own.iter().zip(other).zip(distance).map(|((a, b), c)| (a + b + c).max(0.0));
        let mut scores = self.linear("relation", &sum.collect::<Vec<f32>>());
        scores[DependencyRelation::Root as usize] = f32::NEG_INFINITY;
        DependencyRelation::ALL[largest(&scores)]
    }
}

fn largest(scores: &[f32]) -> usize {
    (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap()
}

const CAPTIONS: [&str; 8] = [
    "a man riding a wave on top of a surfboard",
    "two brown dogs that have been sleeping on the red couch next to an old woman",
    "zebra walking on grass",
    "The photo shows a children 's football match on a muddy pitch .",
    "1968 convertible , cherry red , parked outside an abandoned gas station",
    "blue flowered dress",
    "Best Budget Mountain Bikes Under $ 500 - Tested & Reviewed",
    "kite",
];

/// Of the encoder the vectors themselves, of the heads what they choose.
#[test]
fn agrees_with_the_definition() {
    let (payload, _) = model::open(Parser::embedded_model()).unwrap();
    let network = Network::read(&Tensors::new(payload).unwrap()).unwrap();
    let mut reference = Reference::new(payload);
    let mut act = Activations::default();
    let (mut words, mut upos, mut heads, mut relations) = (0, 0, 0, 0);
    for caption in CAPTIONS {
        let forms: Vec<&str> = caption.split(' ').collect();
        assert!(forms.len() <= LONGEST);
        network.annotate(forms.iter().copied(), &mut act);
        let x = reference.encode(&forms);
        let found = crate::kernel::flat(&act.x);
        let (mut error, mut size) = (0.0, 0.0);
        for (&wanted, &found) in x.iter().flatten().zip(found) {
            error += (wanted - found).powi(2);
            size += wanted.powi(2);
        }
        assert!((error / size).sqrt() < 0.03, "{caption}: off by {} of {}", error.sqrt(), size.sqrt());
        let tree = reference.heads(&x);
        for (index, x_of_word) in x.iter().enumerate() {
            words += 1;
            upos += usize::from(act.upos[index] == Upos::ALL[largest(&reference.linear("upos", x_of_word))]);
            heads += usize::from(act.heads[index] == tree[index]);
            let relation = reference.relation(&x, index, act.heads[index] as usize);
            relations += usize::from(act.relations[index] == relation);
        }
    }
    assert!(
        upos + 1 >= words && heads + 2 >= words && relations + 1 >= words,
        "{upos} {heads} {relations} of {words}"
    );
}
