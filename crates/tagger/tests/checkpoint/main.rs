//! Checkpoints, and the import of others' weights.

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../model/support.rs"]
mod support;

mod damage;
mod files;
mod hostile;
mod import;
mod pickle;
mod tag_lists;
