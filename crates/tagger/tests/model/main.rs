//! The model, its gradients and its optimiser, against the reference and against themselves.

mod alignment;
mod cache;
mod finite_differences;
mod generation;
mod goldens;
mod learning;
mod losses;
mod parameters;
mod reproducible;
mod sizes;
mod support;
