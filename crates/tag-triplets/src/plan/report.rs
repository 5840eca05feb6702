//! What was found while rows became images.

use serde::Serialize;

use crate::noted::Noted;

/// Counts of one pass over the images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlanReport {
    /// Images that drafts were made of.
    pub images: u64,
    /// Their captions.
    pub captions: u64,
    /// Rows that give an image another path or address than an earlier row. They are left out.
    pub image_conflicts: Noted,
    /// Rows that give an image another split than an earlier row, whose split holds.
    pub split_conflicts: Noted,
    /// Images that no row gives a path, an address or bytes for. They are left out.
    pub without_image: Noted,
    /// Images whose rows have no caption. They are left out.
    pub without_captions: Noted,
    /// Images of a stream that come again after others. What comes again is left out.
    pub duplicates: Noted,
}
