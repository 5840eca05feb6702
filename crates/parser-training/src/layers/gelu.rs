//! The Gaussian error linear unit, in the tanh form of Hendrycks & Gimpel 2016.
//!
//! Within 0.001 of the exact form, and without its error function, whose scalar code took a
//! quarter of the training time.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::values;

/// `2 * sqrt(2 / pi)`: as a logistic function, not a tanh, its argument is twice as large.
const SLOPE: f32 = 1.595_769;
const CUBE: f32 = 0.044_715;

struct Gelu;

/// `x` times the probability that a standard normal variable is smaller; f32 on the CPU.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Gelu)
}

/// e to the `x` for `x` in ±87, to seven digits, in operations that compilers vectorise.
fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 87.0) * std::f32::consts::LOG2_E;
    // Adding 1.5 * 2^23 rounds to an integer, which then stands in the lowest bits.
    let shifted = x + 12_582_912.0;
    let rest = (x - (shifted - 12_582_912.0)) * std::f32::consts::LN_2;
    let series = 1.0 / 120.0 + rest * (1.0 / 720.0);
    let series = 1.0 / 6.0 + rest * (1.0 / 24.0 + rest * series);
    let series = 1.0 + rest * (1.0 + rest * (0.5 + rest * series));
    f32::from_bits(series.to_bits().wrapping_add(shifted.to_bits() << 23))
}

fn share(x: f32) -> f32 {
    1.0 / (1.0 + exp(-SLOPE * (x + CUBE * x * x * x)))
}

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let out = values(x, layout)?.iter().map(|&x| x * share(x)).collect();
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let inputs: Vec<f32> = x.flatten_all()?.to_vec1()?;
        let gradients: Vec<f32> = gradient.flatten_all()?.to_vec1()?;
        let slopes = inputs.iter().zip(&gradients).map(|(&x, gradient)| {
            let share = share(x);
            let inner = SLOPE * (1.0 + 3.0 * CUBE * x * x);
            gradient * (share + x * share * (1.0 - share) * inner)
        });
        Ok(Some(Tensor::from_vec(slopes.collect::<Vec<f32>>(), x.shape(), x.device())?))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::layers::testing::agree;

    #[test]
    fn equals_candles_tanh_form() -> Result<()> {
        let x = Var::new(&[-30.0f32, -4.0, -1.0, -0.2, 0.0, 0.5, 1.0, 3.0, 50.0], &Device::Cpu)?;
        assert!(agree(&gelu(&x)?, &x.gelu()?, &[&x])?);
        Ok(())
    }

    #[test]
    fn exponentials_are_right() {
        for x in [-80.0f32, -3.3, -0.1, 0.0, 0.7, 5.0, 60.0] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-5, "{x}");
        }
    }
}
