use candle_core::{Device, Result, Tensor};

use crate::nn::permute_tokens;

/// What is added to the scores of tokens that a cyclic shift made neighbours. Not infinity: the
/// reference's weights have seen −100.
const NOT_NEIGHBOURS: f32 = -100.0;

/// How a stage's tokens are cut into windows, shifted or not.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    /// Tokens along a side of a window.
    pub(super) side: usize,
    /// How many windows.
    pub(super) count: usize,
    /// Position in windows → token (u32).
    order: Tensor,
    /// Token → position in windows (u32).
    inverse: Tensor,
    /// (windows, 1, tokens, tokens): 0, or −100 between tokens of different regions.
    pub(super) mask: Option<Tensor>,
}

impl Windows {
    /// Of `side` × `side` tokens. A window as large as all of them is not shifted.
    pub(super) fn new(side: usize, window: usize, shifted: bool, device: &Device) -> Result<Self> {
        let window = window.min(side);
        let shift = if shifted && window < side { window / 2 } else { 0 };
        let across = side / window;
        let positions = || {
            (0..across * across * window * window).map(move |position| {
                let (index, within) = (position / (window * window), position % (window * window));
                let row = (index / across) * window + within / window;
                let column = (index % across) * window + within % window;
                (row, column)
            })
        };
        let rolled = |at: usize| (at + shift) % side;
        let order: Vec<u32> =
            positions().map(|(row, column)| (rolled(row) * side + rolled(column)) as u32).collect();
        let mut inverse = vec![0u32; order.len()];
        for (position, &token) in (0..).zip(&order) {
            inverse[token as usize] = position;
        }
        let mask = (shift > 0).then(|| {
            // Three regions along each side of the rolled map, cut at −window and at −shift.
            let region = |at: usize| usize::from(at >= side - window) + usize::from(at >= side - shift);
            let regions: Vec<usize> =
                positions().map(|(row, column)| 3 * region(row) + region(column)).collect();
            shift_mask(&regions, window * window, device)
        });
        let tokens = order.len();
        Ok(Self {
            side: window,
            count: across * across,
            order: Tensor::from_vec(order, tokens, device)?,
            inverse: Tensor::from_vec(inverse, tokens, device)?,
            mask: mask.transpose()?,
        })
    }

    /// (B, tokens, C) → (B · windows, window tokens, C).
    pub(super) fn partition(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, _, width) = x.dims3()?;
        permute_tokens(x, &self.order, &self.inverse)?.reshape((
            batch * self.count,
            self.side * self.side,
            width,
        ))
    }

    /// (B · windows, window tokens, C) → (B, tokens, C).
    pub(super) fn join(&self, x: &Tensor) -> Result<Tensor> {
        let (rows, tokens, width) = x.dims3()?;
        let x = x.reshape((rows / self.count, self.count * tokens, width))?;
        permute_tokens(&x, &self.inverse, &self.order)
    }
}

/// `regions` of all windows' tokens, one window after the other.
fn shift_mask(regions: &[usize], tokens: usize, device: &Device) -> Result<Tensor> {
    let mut mask = Vec::with_capacity(regions.len() * tokens);
    for window in regions.chunks(tokens) {
        for a in window {
            mask.extend(window.iter().map(|b| if a == b { 0.0 } else { NOT_NEIGHBOURS }));
        }
    }
    Tensor::from_vec(mask, (regions.len() / tokens, 1, tokens, tokens), device)
}
