//! What to compute on.

use std::str::FromStr;

use anyhow::{Result, anyhow, bail};
use candle_core::Device;

use crate::tell;

/// A device as one asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A GPU where there is one, and else the processor.
    Auto,
    /// The processor.
    Cpu,
    /// The GPU of this number.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "expected auto, cpu, cuda or cuda:NUMBER";
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text.strip_prefix("cuda:").and_then(|n| n.parse().ok()).map(Self::Cuda).ok_or(wrong),
        }
    }
}

impl DeviceChoice {
    /// Opens the device.
    ///
    /// # Errors
    /// If a GPU was asked for, and there is none or this program cannot use one.
    pub fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(number) => gpu(number),
            Self::Auto if !candle_core::utils::cuda_is_available() => Ok(Device::Cpu),
            Self::Auto => Ok(gpu(0).unwrap_or_else(|error| {
                tell(format_args!("{error}; computing on the processor"));
                Device::Cpu
            })),
        }
    }
}

fn gpu(number: usize) -> Result<Device> {
    if !candle_core::utils::cuda_is_available() {
        bail!(
            "there is no device cuda:{number}: this tagger was built without CUDA; use --device cpu, or build it with --features cuda"
        );
    }
    let no_device = |reason: String| anyhow!("there is no device cuda:{number}: {reason}");
    // The driver's library is looked for only now, and its absence is a panic.
    let device = panic_guard::catch(|| Device::new_cuda(number)).map_err(no_device)?;
    device.map_err(|error| no_device(error.to_string()))
}
