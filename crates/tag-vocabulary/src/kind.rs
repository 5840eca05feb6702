//! The four kinds of tags.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What a tag says about an image.
///
/// Kinds are ordered as listed here, which is also the order of a vocabulary's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum TagKind {
    /// A thing, an animal or a person that can be pointed at: "dog", "tennis racquet".
    Object,
    /// A place or surrounding: "beach", "city street".
    Scene,
    /// What someone or something does, in base form: "ride", "sit on".
    Action,
    /// A property, as captions inflect it: "striped", "crowded".
    Attribute,
}

impl TagKind {
    /// Every kind, in order.
    pub const ALL: [TagKind; 4] = [TagKind::Object, TagKind::Scene, TagKind::Action, TagKind::Attribute];

    /// The kind's name in files: `object`, `scene`, `action` or `attribute`.
    pub const fn as_str(self) -> &'static str {
        match self {
            TagKind::Object => "object",
            TagKind::Scene => "scene",
            TagKind::Action => "action",
            TagKind::Attribute => "attribute",
        }
    }

    /// Position in [`TagKind::ALL`], for tables with a row a kind.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for TagKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is no tag kind.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown tag kind {0:?}: expected object, scene, action or attribute")]
pub struct UnknownTagKind(String);

impl FromStr for TagKind {
    type Err = UnknownTagKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        TagKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownTagKind(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_its_kind() {
        for (position, kind) in TagKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), position);
            assert_eq!(kind.as_str().parse(), Ok(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<TagKind>(&json).unwrap(), kind);
        }
        assert!(TagKind::ALL.is_sorted());
        assert!("Object".parse::<TagKind>().is_err());
    }
}
