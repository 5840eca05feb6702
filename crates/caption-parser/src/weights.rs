//! The learned weights as the network uses them: tables of rows, and linear maps.

use crate::kernel::packed::{MOST_INPUTS, Pack};
use crate::kernel::rows::{Affine, Norm};
use crate::kernel::{LANES, Lanes};
use crate::model::{ModelError, Tensors};

/// A table of learned rows, i8 with a scale a row.
pub(crate) struct Table {
    values: Vec<i8>,
    scales: Vec<f32>,
    width: usize,
}

impl Table {
    pub(crate) fn read(tensors: &Tensors<'_>, name: &str, width: usize) -> Result<Self, ModelError> {
        let (values, rows, columns) = tensors.matrix(name)?;
        if columns != width {
            return Err(ModelError::damaged(name, format!("rows of {columns}, not {width}")));
        }
        Ok(Self { values, scales: tensors.floats(&format!("{name}.scale"), rows)?, width })
    }

    /// A table that must have so many rows.
    pub(crate) fn of_rows(
        tensors: &Tensors<'_>,
        name: &str,
        rows: u32,
        width: usize,
    ) -> Result<Self, ModelError> {
        let table = Self::read(tensors, name, width)?;
        let found = table.scales.len();
        if found != rows as usize {
            return Err(ModelError::damaged(name, format!("{found} rows, not {rows}")));
        }
        Ok(table)
    }

    /// A row's values and what they are multiplied with; `None` beyond the table.
    pub(crate) fn row(&self, row: u32) -> Option<(&[[i8; LANES]], f32)> {
        let &scale = self.scales.get(row as usize)?;
        Some((self.values[row as usize * self.width..][..self.width].as_chunks().0, scale))
    }

    /// Adds a row, times a weight, to `sum`. A row beyond the table adds nothing.
    pub(crate) fn add(&self, row: u32, weight: f32, sum: &mut [Lanes<f32>]) {
        let Some(&scale) = self.scales.get(row as usize) else { return };
        let values = &self.values[row as usize * self.width..][..self.width];
        for (sum, values) in sum.iter_mut().zip(values.chunks(LANES)) {
            for (sum, &value) in sum.0.iter_mut().zip(values) {
                *sum += f32::from(value) * scale * weight;
            }
        }
    }
}

/// Linear maps of one input in integers: inputs of 16 or 8 bits at a fixed scale, i8 weights, f32
/// results.
pub(crate) struct Linear<P> {
    pub(crate) packed: P,
    /// What f32 inputs are multiplied with to become integers.
    pub(crate) input_scale: f32,
    pub(crate) affine: Affine,
}

impl<P: Pack> Linear<P> {
    pub(crate) fn read(
        tensors: &Tensors<'_>,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, ModelError> {
        Self::fused(tensors, &[(name, outputs)], inputs)
    }

    /// Several maps of the same input side by side; the outputs of each begin a new block.
    pub(crate) fn fused(
        tensors: &Tensors<'_>,
        parts: &[(&str, usize)],
        inputs: usize,
    ) -> Result<Self, ModelError> {
        let columns: usize = parts.iter().map(|(_, outputs)| outputs.next_multiple_of(LANES)).sum();
        let mut matrix = vec![0; inputs * columns];
        let (mut scales, mut bias) = (Vec::with_capacity(columns), Vec::with_capacity(columns));
        let mut input_scale = None;
        for &(name, outputs) in parts {
            for (row, values) in
                read_matrix(tensors, name, inputs, outputs)?.chunks_exact(outputs).enumerate()
            {
                matrix[row * columns + scales.len()..][..outputs].copy_from_slice(values);
            }
            // The file's scale is that of 16 bits; for 8 it is lessened.
            let part = P::LIMIT / f32::from(i16::MAX);
            let scale = read_scale(tensors, &format!("{name}.input_scale"), part)?;
            if *input_scale.get_or_insert(scale) != scale {
                return Err(ModelError::damaged(name, "another input scale than its siblings"));
            }
            scales.extend(read_output_scales(tensors, name, outputs, scale)?);
            bias.extend(tensors.floats(&format!("{name}.bias"), outputs)?);
            scales.resize(scales.len().next_multiple_of(LANES), 0.0);
            bias.resize(scales.len(), 0.0);
        }
        Ok(Self {
            packed: P::new(&matrix, inputs, columns),
            input_scale: input_scale.unwrap_or(1.0),
            affine: Affine { scales: in_lanes(&scales), bias: in_lanes(&bias) },
        })
    }

    /// Makes a column, which must not be the first, lose against every other.
    pub(crate) fn forbid(&mut self, column: usize) {
        self.affine.scales[column / LANES].0[column % LANES] = 0.0;
        self.affine.bias[column / LANES].0[column % LANES] = f32::NEG_INFINITY;
    }
}

/// Reads the i8 weights of a linear map.
pub(crate) fn read_matrix(
    tensors: &Tensors<'_>,
    name: &str,
    inputs: usize,
    outputs: usize,
) -> Result<Vec<i8>, ModelError> {
    let (matrix, rows, columns) = tensors.matrix(name)?;
    if (rows, columns) != (inputs, outputs) || inputs > MOST_INPUTS || !inputs.is_multiple_of(4) {
        let problem = format!("shape {rows} x {columns}, wanted {inputs} x {outputs}");
        return Err(ModelError::damaged(name, problem));
    }
    if matrix.contains(&i8::MIN) {
        return Err(ModelError::damaged(name, "a weight of -128"));
    }
    Ok(matrix)
}

/// Reads what f32 values are multiplied with to become integers; `part` of it is wanted.
pub(crate) fn read_scale(tensors: &Tensors<'_>, name: &str, part: f32) -> Result<f32, ModelError> {
    let scale = tensors.floats(name, 1)?[0] * part;
    match scale > 0.0 {
        true => Ok(scale),
        false => Err(ModelError::damaged(name, "a scale that is not positive")),
    }
}

/// What makes f32 of the sums of a product whose inputs were multiplied with `input_scale`. All
/// are finite, so that whatever the sums no output is without order (NaN).
fn read_output_scales(
    tensors: &Tensors<'_>,
    name: &str,
    outputs: usize,
    input_scale: f32,
) -> Result<Vec<f32>, ModelError> {
    let name = format!("{name}.scale");
    let mut scales = tensors.floats(&name, outputs)?;
    scales.iter_mut().for_each(|scale| *scale /= input_scale);
    match scales.iter().all(|scale| scale.is_finite()) {
        true => Ok(scales),
        false => Err(ModelError::damaged(&name, "a scale too large for that of the inputs")),
    }
}

/// Reads a layer normalisation.
pub(crate) fn read_norm(tensors: &Tensors<'_>, name: &str, width: usize) -> Result<Norm, ModelError> {
    let part = |name: String| Ok::<_, ModelError>(in_lanes(&tensors.floats(&name, width)?));
    Ok(Norm { gain: part(format!("{name}.norm"))?, bias: part(format!("{name}.norm.bias"))? })
}

/// Values in blocks of lanes, zeros at the end.
pub(crate) fn in_lanes<T: Copy + Default>(values: &[T]) -> Vec<Lanes<T>> {
    let block = |values: &[T]| {
        let mut lanes = Lanes::default();
        lanes.0[..values.len()].copy_from_slice(values);
        lanes
    };
    values.chunks(LANES).map(block).collect()
}
