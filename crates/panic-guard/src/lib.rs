//! Turns a panic of a library that reads a broken file into an error.
#![warn(missing_docs)]

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; if it panics, gives the panic's message as the error.
///
/// Nothing is printed for such a panic. The process's panic hook stays what it was for every
/// other thread and every other panic: ours only stands before it and looks at a flag of the
/// current thread.
///
/// ```
/// assert_eq!(panic_guard::catch(|| 7), Ok(7));
/// assert_eq!(panic_guard::catch(|| -> u8 { panic!("page 3 is broken") }), Err("page 3 is broken".to_owned()));
/// ```
///
/// # Errors
/// The panic's message.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let outer = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                outer(info);
            }
        }));
    });
    let before = GUARDED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    result.map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "unknown reason".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::catch;

    #[test]
    fn a_panic_becomes_its_message() {
        let index = [1, 2, 3].len();
        assert_eq!(catch(|| 7), Ok(7));
        assert_eq!(catch(|| -> u8 { panic!("page {index} is broken") }), Err("page 3 is broken".to_owned()));
        assert!(catch(|| [1, 2, 3][index]).unwrap_err().contains("out of bounds"));
    }
}
