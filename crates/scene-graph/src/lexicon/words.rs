//! Embedded maps from words to numbers, with a memory of what was asked.

use std::cell::RefCell;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};

use compact_str::CompactString;
use foldhash::fast::FixedState;
use fst::raw::Fst;

/// Answers that a thread remembers, over all maps: words of captions come again and again, and the
/// automaton takes ten times as long as a look into a table.
const REMEMBERED: usize = 8192;
/// What one map is asked is known apart from what others are.
static NEXT: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static MEMORY: RefCell<Vec<Option<Answer>>> = const { RefCell::new(Vec::new()) };
}

struct Answer {
    map: u32,
    word: CompactString,
    value: Option<u64>,
}

/// A map or set of words as `fst` writes it.
pub struct Words {
    number: u32,
    automaton: Fst<&'static [u8]>,
}

impl Words {
    /// Opens an embedded map or set.
    ///
    /// # Errors
    /// If the bytes are no `fst`.
    pub fn new(bytes: &'static [u8]) -> Result<Self, fst::Error> {
        Ok(Self { number: NEXT.fetch_add(1, Ordering::Relaxed), automaton: Fst::new(bytes)? })
    }

    /// The word's value, in a set 0.
    pub fn get(&self, word: &str) -> Option<u64> {
        let place = FixedState::default().hash_one((self.number, word)) as usize % REMEMBERED;
        MEMORY.with_borrow_mut(|memory| {
            if memory.is_empty() {
                memory.resize_with(REMEMBERED, || None);
            }
            match &memory[place] {
                Some(answer) if answer.map == self.number && answer.word == word => answer.value,
                _ => {
                    let value = self.automaton.get(word.as_bytes()).map(|output| output.value());
                    memory[place] = Some(Answer { map: self.number, word: word.into(), value });
                    value
                }
            }
        })
    }

    /// True if the word is there.
    pub fn contains(&self, word: &str) -> bool {
        self.get(word).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn maps_do_not_answer_for_each_other() {
        let map = |value| {
            let bytes = fst::Map::from_iter([("dog", value)]).unwrap().into_fst().into_inner();
            Words::new(bytes.leak()).unwrap()
        };
        let (one, two) = (map(1), map(2));
        for _ in 0..2 {
            assert_eq!((one.get("dog"), two.get("dog"), one.get("cat")), (Some(1), Some(2), None));
        }
        let many: Vec<String> = (0..20_000).map(|number| format!("dog{number}")).collect();
        assert!(many.iter().all(|word| !one.contains(word)) && one.contains("dog"));
    }
}
