//! A scratch that has seen captions of a kind parses more of them without allocating, and a pair
//! network reads their vectors so.

#[path = "support/networks.rs"]
mod networks;
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use caption_parser::pairs::{MOST_TABLES, Pair, PairMemory, PairNetwork, probabilities};
use caption_parser::{Document, Parser, Scratch};
use networks::Shape;
use support::demo_captions;

struct Counting;

thread_local! {
    /// Of this thread alone: the one that runs tests allocates as well.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the promises of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the promises of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A pair network with its working memory, which scores all pairs of a caption's words.
struct Reader {
    network: PairNetwork,
    memory: PairMemory,
    rows: Vec<u32>,
    pairs: Vec<Pair>,
    shares: Vec<f32>,
}

impl Reader {
    fn read(&mut self, document: &Document) {
        let Self { network, memory, rows, pairs, shares } = self;
        for sentence in document.sentences() {
            let words = sentence.len() as u32;
            rows.clear();
            rows.extend(0..words * network.word_tables() as u32);
            network.encode(memory, sentence.vectors(), rows);
            probabilities(memory.word_logits(0), shares);
            pairs.clear();
            pairs.extend((0..words).map(|first| Pair {
                first,
                second: words - 1 - first,
                rows: [first; MOST_TABLES],
            }));
            for head in ["link", "relation"] {
                network.score(memory, network.head(head).unwrap(), pairs);
                probabilities(memory.pair_logits(0), shares);
            }
        }
    }
}

#[test]
fn nothing_is_allocated_in_the_steady_state() {
    let mut captions = demo_captions();
    assert!(captions.len() > 500);
    // More words than a scratch keeps, so that words give place to others.
    captions.extend((0..10_000).map(|number| format!("a zorb{number:05} riding two red blicks on grass")));
    let parser = Parser::embedded().unwrap();
    let mut scratch = Scratch::default().keeping_vectors();
    let mut reader = Reader {
        network: PairNetwork::from_bytes(&Shape::default().file(1), parser).unwrap(),
        memory: PairMemory::default(),
        rows: Vec::new(),
        pairs: Vec::new(),
        shares: Vec::new(),
    };
    // A word of 4-byte characters is the longest in lower case; the scratch then has room for all.
    parser.parse(&mut scratch, &"\u{10400}".repeat(40));
    for _ in 0..2 {
        for caption in &captions {
            reader.read(parser.parse(&mut scratch, caption));
        }
    }
    let before = ALLOCATIONS.get();
    let mut tokens = 0;
    for caption in &captions {
        let document = parser.parse(&mut scratch, caption);
        tokens += document.token_count();
        reader.read(document);
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
    assert!(tokens > 50_000);
}
