//! The real binary, over small models.

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../model/support.rs"]
mod support;

mod describe;
mod import;
mod place;
mod retrieve;
