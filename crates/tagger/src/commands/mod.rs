//! What the commands do.

mod batches;
mod describe;
mod device;
mod images;
mod import;
mod output;
mod retrieve;

pub use describe::{caption, predict};
pub use device::DeviceChoice;
pub use import::import;
pub use retrieve::retrieve;
