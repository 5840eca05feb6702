//! The sizes of the network, which the model file names and training chooses.

use crate::kernel::LANES;
use crate::model::{ModelError, Tensors};

/// Widest word vectors and heads: the window of three fits [`crate::kernel::packed::MOST_INPUTS`],
/// and inner products of 12-bit values fit an i32.
const MOST_WIDTH: usize = 128;
const MOST_LAYERS: usize = 64;
const MOST_PIECES: usize = 512;

/// Sizes of the parser's network.
///
/// ```
/// use caption_parser::model::NetworkSizes;
///
/// let sizes = NetworkSizes { width: 96, head: 64, layers: 6, pieces: 128 };
/// assert!(sizes.check().is_ok());
/// let error = NetworkSizes { width: 100, ..sizes }.check().unwrap_err();
/// assert!(error.to_string().contains("width: 100"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkSizes {
    /// Width of the words' vectors: a multiple of 16, at most 128.
    pub width: usize,
    /// Width of the arc and relation heads: a multiple of 16, at most 128.
    pub head: usize,
    /// Context layers, 1 to 64.
    pub layers: usize,
    /// Width of the word pieces' vectors: a multiple of 16, at most 512.
    pub pieces: usize,
}

impl NetworkSizes {
    /// The name of the U32 tensor that holds the sizes, in the order of the fields.
    pub const TENSOR: &str = "sizes";

    /// The tensor's values.
    pub fn to_bytes(self) -> Vec<u8> {
        let Self { width, head, layers, pieces } = self;
        [width, head, layers, pieces].iter().flat_map(|&size| (size as u32).to_le_bytes()).collect()
    }

    pub(crate) fn read(tensors: &Tensors<'_>) -> Result<Self, ModelError> {
        let [width, head, layers, pieces] = tensors.numbers(Self::TENSOR)?;
        let sizes = Self { width, head, layers, pieces };
        sizes.check().map(|()| sizes)
    }

    /// Checks that the parser can run a network of these sizes.
    ///
    /// # Errors
    /// [`ModelError::Damaged`] that names the size and its bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        let sizes = [
            ("width", self.width, LANES, MOST_WIDTH),
            ("head", self.head, LANES, MOST_WIDTH),
            ("layers", self.layers, 1, MOST_LAYERS),
            ("pieces", self.pieces, LANES, MOST_PIECES),
        ];
        for (name, size, step, most) in sizes {
            if size == 0 || size > most || !size.is_multiple_of(step) {
                let problem = format!("{size} is no multiple of {step} from {step} to {most}");
                return Err(ModelError::damaged(name, problem));
            }
        }
        Ok(())
    }
}
