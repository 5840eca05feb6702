//! The encoder: word vectors, and layers that give each word its context.

use crate::features::{AFFIX_ROWS, FeatureSpace, SHAPE_ROWS};
use crate::kernel::packed::{Pack, Packed16};
use crate::kernel::rows::{Norm, add_context, normalise, quantise_row};
use crate::kernel::{LANES, Vectors};
use crate::layers::{Layers, clear_window};
use crate::model::{ModelError, Tensors};
use crate::network::{Activations, sized};
use crate::weights::{Linear, Table, read_matrix, read_norm};

/// The encoder's weights.
pub(crate) struct Encoder {
    width: usize,
    space: FeatureSpace,
    pieces: Table,
    projection: Linear<Packed16>,
    forms: Table,
    affixes: Table,
    shapes: Table,
    word_norm: Norm,
    /// The first layer. Its product gives what a word adds to the sums of the next word, to its
    /// own and to those of the word before, side by side: that depends on the word alone.
    first: (Linear<Packed16>, Norm),
    layers: Layers,
}

impl Encoder {
    pub(crate) fn read(
        tensors: &Tensors<'_>,
        width: usize,
        layers: usize,
        pieces: usize,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            width,
            space: FeatureSpace::new(tensors.bytes("pieces.fst")?, tensors.bytes("forms.fst")?)?,
            pieces: Table::read(tensors, "pieces", pieces)?,
            projection: Linear::read(tensors, "projection", pieces, width)?,
            forms: Table::read(tensors, "forms", width)?,
            affixes: Table::of_rows(tensors, "affixes", AFFIX_ROWS, width)?,
            shapes: Table::of_rows(tensors, "shapes", SHAPE_ROWS, width)?,
            word_norm: read_norm(tensors, "word", width)?,
            first: (read_first(tensors, width)?, read_norm(tensors, "layer0", width)?),
            layers: Layers::read(tensors, 1..layers, width)?,
        })
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Finds the places of a sentence's words, computing those that are new.
    #[inline(always)]
    pub(crate) fn look_up<'t>(
        &self,
        model: u64,
        words: impl Iterator<Item = &'t str>,
        v: impl Vectors,
        act: &mut Activations,
    ) {
        act.words.begin(model, (self.width / LANES, self.first.0.packed.blocks()));
        act.places.clear();
        for word in words {
            let place = match act.words.find(word) {
                Some(place) => place,
                None => self.add_word(word, v, act),
            };
            act.places.push(place);
        }
    }

    /// Computes what depends on a word alone.
    #[inline(always)]
    fn add_word(&self, word: &str, v: impl Vectors, act: &mut Activations) -> u32 {
        let Activations { words, features, q, sums, hidden, .. } = act;
        self.space.extract(word, features);
        let place = words.add(word, &features.lower);
        let (vector, share) = words.rows_mut(place);
        let projection = &self.projection;
        let inputs = 2 * projection.packed.pairs();
        let weight = 1.0 / features.pieces.len().max(1) as f32;
        let pieces = sized(hidden, inputs.div_ceil(LANES));
        pieces.fill(Default::default());
        features.pieces.iter().for_each(|&row| self.pieces.add(row, weight, pieces));
        let q = sized(q, inputs.next_multiple_of(LANES).max(self.width));
        quantise_row(v, pieces, projection.input_scale, q);
        let sums = sized(sums, projection.packed.blocks());
        v.multiply(&projection.packed, q, 0, sums);
        for (block, vector) in vector.iter_mut().enumerate() {
            v.store(projection.affine.apply(v, block, sums), vector);
        }
        features.affixes.iter().for_each(|&row| self.affixes.add(row, 1.0, vector));
        self.forms.add(features.form, 1.0, vector);
        self.shapes.add(features.shape, 1.0, vector);
        normalise(v, vector, &self.word_norm);
        quantise_row(v, vector, self.first.0.input_scale, q);
        v.multiply(&self.first.0.packed, q, 0, share);
        place
    }

    /// Runs the layers over the sentence's words. Their vectors come to lie in `act.x`, and in
    /// `act.window`, from row 1 on, quantised by `scale`.
    #[inline(always)]
    pub(crate) fn encode<V: Vectors>(&self, count: usize, scale: f32, v: V, act: &mut Activations) {
        let width = self.width;
        clear_window(v, count, width, &mut act.window);
        self.first_layer(count, self.layers.input_scale(scale), v, act);
        let x = sized(&mut act.x, count * width / LANES);
        self.layers.run(v, scale, x, &mut act.window, &mut act.sums, &mut act.hidden);
    }

    /// Runs the first layer, whose sums are those of the word and its neighbours as kept with them.
    #[inline(always)]
    fn first_layer(&self, count: usize, scale: f32, v: impl Vectors, act: &mut Activations) {
        let width = self.width;
        let row = width / LANES;
        let (first, norm) = &self.first;
        let layer = (&first.affine, norm);
        let x = sized(&mut act.x, count * row).chunks_exact_mut(row);
        let q = v.inputs8(&mut act.window)[width..].chunks_exact_mut(width);
        let hidden = sized(&mut act.hidden, row);
        for (index, (x, q)) in x.zip(q).enumerate() {
            let share =
                |at: usize, part: usize| &act.words.share(act.places[at])[part * 2 * row..][..2 * row];
            let own = share(index, 1);
            x.copy_from_slice(act.words.vector(act.places[index]));
            let before = index.checked_sub(1).map(|before| share(before, 0));
            let after = (index + 1 < count).then(|| share(index + 1, 2));
            match (before, after) {
                (Some(before), Some(after)) => {
                    add_context(v, [before, own, after], layer, hidden, x, scale, q);
                }
                (Some(other), None) | (None, Some(other)) => {
                    add_context(v, [own, other], layer, hidden, x, scale, q);
                }
                (None, None) => add_context(v, [own], layer, hidden, x, scale, q),
            }
        }
    }
}

/// Reads the first layer: its weights ordered so that the product is that of a word alone.
fn read_first(tensors: &Tensors<'_>, width: usize) -> Result<Linear<Packed16>, ModelError> {
    let (inputs, outputs) = (3 * width, 2 * width);
    let mut first: Linear<Packed16> = Linear::read(tensors, "layer0", inputs, outputs)?;
    first.packed = by_word(&read_matrix(tensors, "layer0", inputs, outputs)?, width);
    Ok(first)
}

/// The weights of the first layer, `[3 * width, 2 * width]`, as `[width, 3 * 2 * width]`.
fn by_word(matrix: &[i8], width: usize) -> Packed16 {
    let mut by_word = Vec::with_capacity(matrix.len());
    for input in 0..width {
        for part in 0..3 {
            by_word.extend(&matrix[(part * width + input) * 2 * width..][..2 * width]);
        }
    }
    Packed16::new(&by_word, width, 6 * width)
}
