//! Layer normalisation (Ba et al. 2016).

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::values;

struct LayerNorm {
    epsilon: f32,
}

/// Normalises the rows of `x`, `[rows, width]`, then scales by `gain` and shifts by `bias`, both
/// `[width]`; f32 on the CPU.
pub fn layer_norm(x: &Tensor, gain: &Tensor, bias: &Tensor, epsilon: f32) -> Result<Tensor> {
    x.contiguous()?.apply_op3(&gain.contiguous()?, &bias.contiguous()?, LayerNorm { epsilon })
}

/// Mean of a row and the inverse of its standard deviation.
fn moments(row: &[f32], epsilon: f32) -> (f32, f32) {
    let width = row.len() as f32;
    let mean = row.iter().sum::<f32>() / width;
    let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / width;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        gain: &CpuStorage,
        gain_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = values(x, x_layout)?;
        let (gain, bias) = (values(gain, gain_layout)?, values(bias, bias_layout)?);
        let mut out = vec![0.0; x.len()];
        for (row, out) in x.chunks_exact(gain.len()).zip(out.chunks_exact_mut(gain.len())) {
            let (mean, inverse) = moments(row, self.epsilon);
            for (((out, x), gain), bias) in out.iter_mut().zip(row).zip(gain).zip(bias) {
                *out = (x - mean) * inverse * gain + bias;
            }
        }
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        gain: &Tensor,
        _bias: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let width = gain.elem_count();
        let inputs: Vec<f32> = x.flatten_all()?.to_vec1()?;
        let gradients: Vec<f32> = gradient.flatten_all()?.to_vec1()?;
        let gains: Vec<f32> = gain.to_vec1()?;
        let (mut of_gain, mut of_bias) = (vec![0.0f32; width], vec![0.0f32; width]);
        let mut of_x = vec![0.0f32; inputs.len()];
        let rows = inputs.chunks_exact(width).zip(gradients.chunks_exact(width));
        for ((row, gradient), of_x) in rows.zip(of_x.chunks_exact_mut(width)) {
            let (mean, inverse) = moments(row, self.epsilon);
            let (mut sum, mut product) = (0.0f32, 0.0f32);
            for index in 0..width {
                let normal = (row[index] - mean) * inverse;
                let scaled = gradient[index] * gains[index];
                of_gain[index] += gradient[index] * normal;
                of_bias[index] += gradient[index];
                sum += scaled;
                product += scaled * normal;
            }
            let (sum, product) = (sum / width as f32, product / width as f32);
            for index in 0..width {
                let normal = (row[index] - mean) * inverse;
                of_x[index] = inverse * (gradient[index] * gains[index] - sum - normal * product);
            }
        }
        let device = x.device();
        Ok((
            Some(Tensor::from_vec(of_x, x.shape(), device)?),
            Some(Tensor::from_vec(of_gain, width, device)?),
            Some(Tensor::from_vec(of_bias, width, device)?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{D, Device, Var};

    use super::*;
    use crate::layers::testing::agree;

    /// The same from elementary operations, whose gradients candle derives.
    fn reference(x: &Tensor, gain: &Tensor, bias: &Tensor) -> Result<Tensor> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + 1e-5)?.sqrt()?;
        centred.broadcast_div(&deviation)?.broadcast_mul(gain)?.broadcast_add(bias)
    }

    #[test]
    fn values_and_gradients_are_those_of_elementary_operations() -> Result<()> {
        let device = Device::Cpu;
        let x = Var::new(&[[0.3f32, -1.2, 2.0, 0.1], [5.0, 4.0, -3.0, 0.5]], &device)?;
        let gain = Var::new(&[1.0f32, 0.5, -2.0, 3.0], &device)?;
        let bias = Var::new(&[0.1f32, 0.2, 0.3, 0.4], &device)?;
        let ours = layer_norm(&x, &gain, &bias, 1e-5)?;
        let theirs = reference(&x, &gain, &bias)?;
        assert!(agree(&ours, &theirs, &[&x, &gain, &bias])?);
        Ok(())
    }
}
