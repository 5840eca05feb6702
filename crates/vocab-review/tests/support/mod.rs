//! What the tests of the page have in common.
#![allow(dead_code, reason = "each test uses some of it")]

pub mod devtools;
pub mod page;
pub mod serving;
