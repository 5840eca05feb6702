//! The tensors of a model file, quantised.

use anyhow::Result;
use candle_core::Tensor;
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::parameters::Parameters;

/// Largest value of the integers that inputs of products become.
const INPUT_LIMIT: f32 = 32767.0;

/// The tensors of a file that is being put together.
#[derive(Default)]
pub struct Payload {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Payload {
    /// Adds bytes as they are.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.tensors.push((name.to_owned(), Dtype::U8, vec![bytes.len()], bytes.to_vec()));
    }

    /// Adds the bytes of u32 numbers, little endian.
    pub fn numbers(&mut self, name: &str, bytes: &[u8]) {
        self.tensors.push((name.to_owned(), Dtype::U32, vec![bytes.len() / 4], bytes.to_vec()));
    }

    pub fn floats(&mut self, name: &str, values: &[f32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensors.push((name.to_owned(), Dtype::F32, vec![values.len()], bytes));
    }

    fn integers(&mut self, name: &str, values: impl Iterator<Item = f32>, shape: Vec<usize>) {
        let bytes = values.map(|value| value.round_ties_even().clamp(-127.0, 127.0) as i8 as u8).collect();
        self.tensors.push((name.to_owned(), Dtype::I8, shape, bytes));
    }

    /// A layer normalisation's gain and bias.
    pub fn norm(&mut self, name: &str, parameters: &Parameters) -> Result<()> {
        for part in ["norm", "norm.bias"] {
            let name = format!("{name}.{part}");
            self.floats(&name, &parameters.get(&name)?.to_vec1()?);
        }
        Ok(())
    }

    /// A table, with a scale a row.
    pub fn rows(&mut self, name: &str, table: &Tensor) -> Result<()> {
        let rows: Vec<Vec<f32>> = table.to_vec2()?;
        let scales: Vec<f32> = rows.iter().map(|row| scale_of(row.iter().copied())).collect();
        let values =
            rows.iter().zip(&scales).flat_map(|(row, scale)| row.iter().map(move |value| value / scale));
        self.integers(name, values, table.dims().to_vec());
        self.floats(&format!("{name}.scale"), &scales);
        Ok(())
    }

    /// A linear map times `factor`, with a scale a column, and the scale of its inputs.
    pub fn product(&mut self, name: &str, parameters: &Parameters, range: f32, factor: f32) -> Result<()> {
        let weights = parameters.get(name)?;
        let rows: Vec<Vec<f32>> = weights.to_vec2()?;
        let columns = weights.dim(1)?;
        let scales: Vec<f32> =
            (0..columns).map(|column| scale_of(rows.iter().map(|row| row[column]))).collect();
        let values = rows.iter().flat_map(|row| row.iter().zip(&scales).map(|(value, scale)| value / scale));
        self.integers(name, values, weights.dims().to_vec());
        self.floats(
            &format!("{name}.scale"),
            &scales.iter().map(|scale| scale * factor).collect::<Vec<f32>>(),
        );
        let bias: Vec<f32> = parameters.get(&format!("{name}.bias"))?.to_vec1()?;
        self.floats(&format!("{name}.bias"), &bias.iter().map(|bias| bias * factor).collect::<Vec<f32>>());
        self.floats(&format!("{name}.input_scale"), &[INPUT_LIMIT / range.max(1e-6)]);
        Ok(())
    }

    /// The tensors in the safetensors format. Equal tensors give equal bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let views = self
            .tensors
            .iter()
            .map(|(name, dtype, shape, bytes)| {
                Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        Ok(serialize(views, None)?)
    }
}

fn scale_of(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(1e-8f32, |largest, value| largest.max(value.abs())) / 127.0
}
