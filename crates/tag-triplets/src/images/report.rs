//! What was found when images were looked at.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ImageProblem;
use crate::noted::Noted;

/// Counts of the images that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageReport {
    /// Images that are there and begin as an image does.
    pub good: u64,
    /// Addresses on the web, which were not visited.
    pub unchecked: u64,
    /// Images that were left out, by [`ImageProblem::as_str`].
    pub refused: BTreeMap<&'static str, Noted>,
}

impl ImageReport {
    /// Counts and names an image that is left out.
    pub fn refuse(&mut self, image_id: &str, problem: &ImageProblem) {
        self.refused.entry(problem.as_str()).or_default().add(None, image_id, problem);
    }
}
