//! A scratch that has seen captions of a kind parses more of them without allocating.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use caption_parser::{Parser, Scratch};
use support::demo_captions;

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
    let mut captions = demo_captions();
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
