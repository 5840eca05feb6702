//! A bias added to every row.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::values;

struct AddBias;

/// Adds `bias`, `[width]`, to every row of `x`, `[rows, width]`; f32 on the CPU.
pub fn add_bias(x: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op2(&bias.contiguous()?, AddBias)
}

impl CustomOp2 for AddBias {
    fn name(&self) -> &'static str {
        "add-bias"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, bias) = (values(x, x_layout)?, values(bias, bias_layout)?);
        let mut out = Vec::with_capacity(x.len());
        for row in x.chunks_exact(bias.len()) {
            out.extend(row.iter().zip(bias).map(|(x, bias)| x + bias));
        }
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        _x: &Tensor,
        bias: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let width = bias.elem_count();
        let gradients: Vec<f32> = gradient.flatten_all()?.to_vec1()?;
        let mut of_bias = vec![0.0f32; width];
        for row in gradients.chunks_exact(width) {
            of_bias.iter_mut().zip(row).for_each(|(sum, gradient)| *sum += gradient);
        }
        Ok((Some(gradient.clone()), Some(Tensor::from_vec(of_bias, width, bias.device())?)))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::layers::testing::agree;

    #[test]
    fn equals_a_broadcast_sum() -> Result<()> {
        let x = Var::new(&[[0.3f32, -1.2, 2.0], [5.0, 4.0, -3.0]], &Device::Cpu)?;
        let bias = Var::new(&[1.0f32, 0.5, -2.0], &Device::Cpu)?;
        let (ours, theirs) = (add_bias(&x, &bias)?, x.broadcast_add(&bias)?);
        assert!(agree(&ours, &theirs, &[&x, &bias])?);
        Ok(())
    }
}
