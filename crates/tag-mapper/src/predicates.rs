//! Which prepositions belong to a verb: those that people wrote with it, and for verbs without
//! an object those that say where.

use std::sync::LazyLock;

use compact_str::format_compact;
use scene_graph::lexicon::Words;

/// "sit on" and the like, WordNet's verbs of two words ("pick up"), and alone the verbs that mostly
/// have an object ("hold").
static SEEN: LazyLock<Words> = LazyLock::new(|| {
    Words::new(include_bytes!("../lexicons/predicates.fst"))
        .expect("the embedded lexicon is an fst: the tests open it")
});

/// Prepositions that say where or where to. Others ("with", "as", "to", "for") belong to few verbs,
/// and those are seen with them.
const WHERE: [&str; 42] = [
    "above",
    "across",
    "against",
    "along",
    "among",
    "amongst",
    "around",
    "at",
    "atop",
    "behind",
    "below",
    "beneath",
    "beside",
    "between",
    "by",
    "down",
    "from behind",
    "in",
    "in front of",
    "inside",
    "inside of",
    "into",
    "near",
    "next to",
    "off",
    "off of",
    "on",
    "on top of",
    "onto",
    "out of",
    "outside",
    "outside of",
    "over",
    "past",
    "round",
    "through",
    "toward",
    "towards",
    "under",
    "underneath",
    "up",
    "upon",
];

/// Verbs done together or to somebody, of which gold graphs of single regions have few.
const TOGETHER: [(&str, &str); 31] = [
    ("cheer", "for"),
    ("talk", "to"),
    ("laugh", "at"),
    ("smile", "at"),
    ("yell", "at"),
    ("speak", "into"),
    ("talk", "on"),
    ("chat", "with"),
    ("compete", "with"),
    ("converse", "with"),
    ("dance", "to"),
    ("dance", "with"),
    ("dress", "as"),
    ("dress", "like"),
    ("fight", "with"),
    ("hold", "on to"),
    ("interact", "with"),
    ("listen", "to"),
    ("pose", "with"),
    ("read", "to"),
    ("sing", "to"),
    ("speak", "to"),
    ("speak", "with"),
    ("swim", "with"),
    ("talk", "about"),
    ("talk", "with"),
    ("tend", "to"),
    ("wave", "to"),
    ("work", "with"),
    ("wrestle", "with"),
    ("pose", "for"),
];

/// Verbs of the voice and the face: a place beside them is where somebody is, not what is done.
const VOICE: [&str; 14] = [
    "chat", "cheer", "converse", "cry", "grin", "laugh", "say", "shout", "smile", "sneeze", "speak", "talk",
    "whisper", "yell",
];

/// Particles with which a verb may still have a preposition: "come out of", but not "sit together at".
const PARTICLES: [&str; 8] = ["away", "back", "down", "off", "on", "out", "over", "up"];

/// True if a preposition belongs to a verb, which may have a particle: "sit on", "come out of".
pub(crate) fn belongs(verb: &str, particle: &str, preposition: &str) -> bool {
    let seen = match particle {
        "" => format_compact!("{verb} {preposition}"),
        _ => format_compact!("{verb} {particle} {preposition}"),
    };
    if particle.is_empty() && TOGETHER.contains(&(verb, preposition)) {
        return true;
    }
    if VOICE.contains(&verb) {
        return false;
    }
    if SEEN.contains(&seen) {
        return true;
    }
    let may_be_somewhere = match particle {
        "" => !SEEN.contains(verb),
        _ => PARTICLES.contains(&particle),
    };
    may_be_somewhere && WHERE.binary_search(&preposition).is_ok()
}

/// True if a particle belongs to a verb: "line up", "hang out", "stand together", but not "gather
/// out", nor "find outside".
pub(crate) fn has_particle(verb: &str, particle: &str) -> bool {
    let has_object = || SEEN.contains(verb) || matches!(verb, "enjoy" | "find" | "keep" | "leave");
    SEEN.contains(&format_compact!("{verb} {particle}"))
        || particle != "out" && (PARTICLES.contains(&particle) || !has_object())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prepositions_that_say_where_belong_to_verbs_without_object() {
        assert!(WHERE.is_sorted());
        assert!(belongs("sit", "", "on") && belongs("laugh", "", "at") && belongs("dance", "", "with"));
        assert!(belongs("come", "out", "of") && !belongs("sit", "together", "at"));
        assert!(!belongs("wear", "", "in front of") && !belongs("kneel", "", "with"));
    }
}
