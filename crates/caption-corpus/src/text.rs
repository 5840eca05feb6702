//! Plain text: a caption a line.

use std::path::Path;

use crate::SkipReason;
use crate::batch::BatchBuilder;
use crate::columns::ColumnNames;
use crate::error::Problem;
use crate::input::Lines;
use crate::shard::{Opened, Source};

struct Text {
    lines: Lines,
}

/// Opens a file of one caption a line.
pub(crate) fn open(path: &Path) -> Result<Opened, Problem> {
    let lines = Lines::open(path)?;
    Ok(Opened { source: Box::new(Text { lines }), columns: ColumnNames::default() })
}

impl Source for Text {
    fn fill(&mut self, batch: &mut BatchBuilder) -> Result<bool, Problem> {
        while !batch.is_full() {
            let Some(line) = self.lines.next()? else { return Ok(false) };
            match line.bytes {
                Some(bytes) => batch.begin_row(line.number).caption(bytes),
                None => batch.skip_row(line.number, SkipReason::TooLong),
            }
        }
        Ok(true)
    }

    fn progress(&self) -> f64 {
        self.lines.fraction()
    }
}
