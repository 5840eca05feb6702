use candle_core::{Result, Tensor};

/// Keys and values of the tokens so far, for generation token by token.
#[derive(Clone, Debug, Default)]
pub struct KeyValueCache {
    layers: Vec<LayerCache>,
    length: usize,
}

/// Keys and values (B, heads, L, d).
pub(super) type KeysValues = (Tensor, Tensor);

#[derive(Clone, Debug, Default)]
pub(super) struct LayerCache {
    pub(super) own: Option<KeysValues>,
    pub(super) source: Option<KeysValues>,
}

impl KeyValueCache {
    /// Of no tokens yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many tokens each row has.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no tokens yet.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Keeps these rows of the batch (u32), in this order: the beams that live on.
    ///
    /// # Errors
    /// If a row does not exist.
    pub fn select(&mut self, rows: &Tensor) -> Result<()> {
        for layer in &mut self.layers {
            for (keys, values) in [&mut layer.own, &mut layer.source].into_iter().flatten() {
                *keys = keys.index_select(rows, 0)?;
                *values = values.index_select(rows, 0)?;
            }
        }
        Ok(())
    }

    pub(super) fn grow(&mut self, layers: usize, tokens: usize) {
        self.layers.resize_with(layers, LayerCache::default);
        self.length += tokens;
    }

    pub(super) fn layers_mut(&mut self) -> impl Iterator<Item = &mut LayerCache> {
        self.layers.iter_mut()
    }
}

impl LayerCache {
    /// All keys and values of the layer's own tokens, after these have joined them.
    pub(super) fn append(&mut self, (keys, values): KeysValues) -> Result<&KeysValues> {
        let joined = match self.own.take() {
            Some((old_keys, old_values)) => {
                (Tensor::cat(&[old_keys, keys], 2)?, Tensor::cat(&[old_values, values], 2)?)
            }
            None => (keys, values),
        };
        Ok(self.own.insert(joined))
    }
}
