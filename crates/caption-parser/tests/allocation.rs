//! A scratch that has seen captions of a kind parses more of them without allocating.

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use caption_parser::{Parser, Scratch};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the promises of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the promises of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test alone, so that no other thread allocates meanwhile.
#[test]
fn nothing_is_allocated_in_the_steady_state() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora/demo.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let mut captions: Vec<String> =
        rows.filter_map(|row| row["caption"].as_str().map(str::to_owned)).collect();
    assert!(captions.len() > 500);
    // More words than a scratch keeps, so that words give place to others.
    captions.extend((0..10_000).map(|number| format!("a zorb{number:05} riding two red blicks on grass")));
    let parser = Parser::embedded().unwrap();
    let mut scratch = Scratch::default();
    // A word of 4-byte characters is the longest in lower case; the scratch then has room for all.
    parser.parse(&mut scratch, &"\u{10400}".repeat(40));
    for _ in 0..2 {
        for caption in &captions {
            parser.parse(&mut scratch, caption);
        }
    }
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let tokens: usize =
        captions.iter().map(|caption| parser.parse(&mut scratch, caption).token_count()).sum();
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0);
    assert!(tokens > 50_000);
}
