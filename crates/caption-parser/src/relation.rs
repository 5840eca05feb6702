//! Universal dependency relations.

use std::fmt;
use std::str::FromStr;

use crate::UnknownLabel;

macro_rules! relations {
    ($($variant:ident $name:literal,)*) => {
        /// A [universal dependency relation](https://universaldependencies.org/u/dep/), with those
        /// subtypes of English that a reader of captions needs: passives, agents, particles,
        /// possessors, relative clauses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "the names are the standard's")]
        pub enum DependencyRelation {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl DependencyRelation {
            /// Every relation, in the order of their names.
            pub const ALL: &'static [DependencyRelation] = &[$(DependencyRelation::$variant,)*];

            /// The relation as CoNLL-U writes it, `nsubj:pass`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(DependencyRelation::$variant => $name,)*
                }
            }

            fn of_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(DependencyRelation::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

relations! {
    Acl "acl",
    AclRelcl "acl:relcl",
    Advcl "advcl",
    AdvclRelcl "advcl:relcl",
    Advmod "advmod",
    Amod "amod",
    Appos "appos",
    Aux "aux",
    AuxPass "aux:pass",
    Case "case",
    Cc "cc",
    CcPreconj "cc:preconj",
    Ccomp "ccomp",
    Clf "clf",
    Compound "compound",
    CompoundPrt "compound:prt",
    Conj "conj",
    Cop "cop",
    Csubj "csubj",
    CsubjPass "csubj:pass",
    Dep "dep",
    Det "det",
    DetPredet "det:predet",
    Discourse "discourse",
    Dislocated "dislocated",
    Expl "expl",
    Fixed "fixed",
    Flat "flat",
    Goeswith "goeswith",
    Iobj "iobj",
    List "list",
    Mark "mark",
    Nmod "nmod",
    NmodDesc "nmod:desc",
    NmodPoss "nmod:poss",
    NmodUnmarked "nmod:unmarked",
    Nsubj "nsubj",
    NsubjPass "nsubj:pass",
    Nummod "nummod",
    Obj "obj",
    Obl "obl",
    OblAgent "obl:agent",
    OblUnmarked "obl:unmarked",
    Orphan "orphan",
    Parataxis "parataxis",
    Punct "punct",
    Reparandum "reparandum",
    Root "root",
    Vocative "vocative",
    Xcomp "xcomp",
}

impl DependencyRelation {
    /// The universal relation that this one is a subtype of: `nsubj` for `nsubj:pass`.
    pub fn universal(self) -> Self {
        let name = self.as_str();
        name.split_once(':').and_then(|(base, _)| Self::of_name(base)).unwrap_or(self)
    }
}

impl FromStr for DependencyRelation {
    type Err = UnknownLabel;

    /// Reads a relation's name. A subtype that is not in the list reads as its universal relation;
    /// the older `obl:tmod`, `obl:npmod`, `nmod:tmod` and `nmod:npmod` as today's `:unmarked`.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some(relation) = Self::of_name(name) {
            return Ok(relation);
        }
        let (base, subtype) = name.split_once(':').unwrap_or((name, ""));
        let unmarked = matches!(subtype, "tmod" | "npmod");
        match base {
            "obl" if unmarked => Ok(Self::OblUnmarked),
            "nmod" if unmarked => Ok(Self::NmodUnmarked),
            _ => Self::of_name(base).ok_or_else(|| UnknownLabel::new("dependency relation", name)),
        }
    }
}

impl fmt::Display for DependencyRelation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_subtypes_fall_back() {
        for &relation in DependencyRelation::ALL {
            assert_eq!(relation.as_str().parse::<DependencyRelation>(), Ok(relation));
        }
        assert_eq!("nsubj:outer".parse(), Ok(DependencyRelation::Nsubj));
        assert_eq!("obl:tmod".parse(), Ok(DependencyRelation::OblUnmarked));
        assert_eq!(DependencyRelation::AuxPass.universal(), DependencyRelation::Aux);
        assert!("verb".parse::<DependencyRelation>().is_err());
    }
}
