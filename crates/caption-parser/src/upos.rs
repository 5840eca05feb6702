//! Universal part-of-speech tags.

use std::fmt;
use std::str::FromStr;

use crate::UnknownLabel;

macro_rules! upos {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// A [universal part-of-speech tag](https://universaldependencies.org/u/pos/).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Upos {
            $(#[doc = $doc] $variant,)*
        }

        impl Upos {
            /// Every tag, in the order of their CoNLL-U names.
            pub const ALL: [Upos; 17] = [$(Upos::$variant,)*];

            /// The tag as CoNLL-U writes it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Upos::$variant => $name,)*
                }
            }
        }

        impl FromStr for Upos {
            type Err = UnknownLabel;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $($name => Ok(Upos::$variant),)*
                    _ => Err(UnknownLabel::new("part of speech", name)),
                }
            }
        }
    };
}

upos! {
    Adj "ADJ" "Adjective: \"striped\", \"third\".",
    Adp "ADP" "Adposition: \"on\", \"of\"; also verb particles, \"up\".",
    Adv "ADV" "Adverb: \"very\", \"together\".",
    Aux "AUX" "Auxiliary and copula: \"is\", \"can\".",
    Cconj "CCONJ" "Coordinating conjunction: \"and\".",
    Det "DET" "Determiner: \"a\", \"this\".",
    Intj "INTJ" "Interjection: \"hello\".",
    Noun "NOUN" "Common noun.",
    Num "NUM" "Number in digits or words.",
    Part "PART" "Particle: \"'s\", \"not\", the infinitive's \"to\".",
    Pron "PRON" "Pronoun: \"it\", \"his\", \"someone\".",
    Propn "PROPN" "Proper noun.",
    Punct "PUNCT" "Punctuation.",
    Sconj "SCONJ" "Subordinating conjunction: \"while\".",
    Sym "SYM" "Symbol: \"$\", \"%\", an emoji.",
    Verb "VERB" "Verb, participles of a verbal use among them.",
    X "X" "Anything else.",
}

impl fmt::Display for Upos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
