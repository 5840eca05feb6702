//! The register of rules: each with its name and an example.

use std::fmt;

macro_rules! rules {
    ($($variant:ident $name:literal $example:literal,)*) => {
        /// The rule that put something into the graph.
        ///
        /// The rules live in the module of their construction; `tests/rules/` holds trees and the
        /// graphs expected from them, at least one for every rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = concat!("`", $name, "`: ", $example)] $variant,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            /// The rule's name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Rule::$variant => $name,)*
                }
            }

            /// A phrase that the rule applies to, and what it makes of it.
            pub const fn example(self) -> &'static str {
                match self {
                    $(Rule::$variant => $example,)*
                }
            }
        }
    };
}

rules! {
    Noun "noun" "a red *ball* → ball",
    Name "name" "*Big Ben* at night → big ben",
    Partitive "partitive" "a group of *elephants* → elephants",
    NounPhraseHead "noun-phrase-head" "the *young* sit on a bench → young",
    Adjective "adjective" "a *red* ball → ball is red",
    AdverbAdjective "adverb-adjective" "a *very sharp* knife → knife is very sharp",
    ShadedColour "shaded-colour" "a *dark brown* couch → couch is dark brown",
    Hyphenated "hyphenated" "a *middle-aged* man → man is middle aged",
    Participle "participle" "a *parked* car → car is parked",
    Number "number" "*two* dogs → dogs is two",
    Quantifier "quantifier" "*many* birds → birds is many",
    Measure "measure" "a *group of* elephants → elephants is group of",
    NounModifier "noun-modifier" "a *brick* wall → wall is brick",
    PredicateAdjective "predicate-adjective" "the sky is *blue* → sky is blue",
    PredicateAdverb "predicate-adverb" "the lights are *on* → lights is on",
    PredicateNoun "predicate-noun" "the man is a *surfer* → man is surfer",
    ResultAdjective "result-adjective" "leaves turning *red* → leaves is red",
    NounPreposition "noun-preposition" "a cup *on* a table → cup, on, table",
    PredicatePreposition "predicate-preposition" "the cup is *on* the table → cup, on, table",
    AdjectivePreposition "adjective-preposition" "a bowl *full of* fruit → bowl, full of, fruit",
    Existential "existential" "there is a cup *on* the table → cup, on, table",
    Possessor "possessor" "the *child's* hand → child, have, hand",
    Intransitive "intransitive" "*geese flying* → geese, fly",
    VerbObject "verb-object" "a man *riding* a horse → man, ride, horse",
    VerbPreposition "verb-preposition" "a cat *sits on* a bed → cat, sit on, bed",
    ObjectPreposition "object-preposition" "pouring wine *into* a glass → wine, into, glass",
    Passive "passive" "a bus *parked on* the street → bus, park on, street",
    PassiveAgent "passive-agent" "a house *surrounded by* trees → trees, surround, house",
    PassiveCover "passive-cover" "hands *covered with* paint → paint, cover, hands",
    NounParticiple "noun-participle" "*snow covered* roof → snow, cover, roof",
    RelativeObject "relative-object" "the horse that the man *rides* → man, ride, horse",
    RelativePreposition "relative-preposition" "the bench the man *sits on* → man, sit on, bench",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
