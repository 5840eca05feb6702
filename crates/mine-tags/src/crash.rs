//! What happens on a bug: a line that says so, and no more harm than must be.

use std::fmt;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

static LAST_PLACE: Mutex<Option<String>> = Mutex::new(None);

/// A panic that was caught.
#[derive(Debug)]
pub struct Crash {
    message: String,
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// From now on a panic prints nothing by itself: whoever catches it says what it meant.
pub fn silence_panics() {
    panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or("unknown reason");
        let place = info.location().map(|place| format!("{message} ({place})"));
        if let Ok(mut last) = LAST_PLACE.lock() {
            *last = place;
        }
    }));
}

/// Runs `work` and gives a panic as an error.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Crash> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let place = LAST_PLACE.lock().ok().and_then(|mut last| last.take());
        Crash { message: place.unwrap_or_else(|| "unknown reason".to_owned()) }
    })
}

/// Writes a line for people. A closed standard error is no reason to stop.
pub fn tell(message: impl fmt::Display) {
    _ = writeln!(io::stderr(), "{message}");
}

#[cfg(test)]
mod tests {
    use super::{catch, silence_panics};

    #[test]
    fn a_caught_panic_tells_what_and_where() {
        silence_panics();
        assert_eq!(catch(|| 7).ok(), Some(7));
        let crash = catch(|| panic!("no head for token {}", 3)).unwrap_err().to_string();
        assert!(crash.starts_with("no head for token 3 (") && crash.contains("crash.rs"), "{crash}");
    }
}
