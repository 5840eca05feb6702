//! Rows become images.

use std::path::Path;
use std::slice;

use super::draft::{Draft, DraftBuilder};
use super::encoding::decode;
use super::error::PlanError;
use super::file::{RowFile, RowReader};
use super::grouped::SortedRows;
use super::report::PlanReport;

/// Gives one image after another, with all its captions.
///
/// It ends at the first error.
#[derive(Debug)]
pub struct Drafts<'p> {
    rows: Rows<'p>,
    /// The image whose rows are being read.
    open: Option<DraftBuilder>,
    report: PlanReport,
    is_over: bool,
}

/// Rows in an order in which those of an image are adjacent.
#[derive(Debug)]
pub(super) enum Rows<'p> {
    Sorted { files: slice::Iter<'p, RowFile>, current: SortedRows },
    Stream { file: Option<&'p RowFile>, reader: Option<RowReader> },
}

impl Rows<'_> {
    /// The next row, and the file that it stands in.
    fn next(&mut self) -> Result<Option<(&[u8], &Path)>, PlanError> {
        match self {
            Self::Sorted { files, current } => {
                while current.is_empty() {
                    // The old rows go before the new ones come.
                    *current = SortedRows::default();
                    let Some(file) = files.next() else { return Ok(None) };
                    *current = SortedRows::load(file)?;
                }
                Ok(current.next())
            }
            Self::Stream { file, reader } => {
                let Some(file) = file else { return Ok(None) };
                let reader = match reader {
                    Some(reader) => reader,
                    none => none.insert(file.read()?),
                };
                Ok(reader.next()?.map(|row| (row, file.path())))
            }
        }
    }
}

impl<'p> Drafts<'p> {
    pub(super) fn new(rows: Rows<'p>, report: PlanReport) -> Self {
        Self { rows, open: None, report, is_over: false }
    }

    /// What was found so far; all of it when there is no image left.
    pub fn report(&self) -> &PlanReport {
        &self.report
    }

    fn advance(&mut self) -> Result<Option<Draft>, PlanError> {
        loop {
            let Some((bytes, path)) = self.rows.next()? else {
                self.is_over = true;
                return Ok(self.open.take().and_then(|open| open.finish(&mut self.report)));
            };
            let Some(row) = decode(bytes) else {
                return Err(PlanError::Damaged { path: path.to_owned() });
            };
            match &mut self.open {
                Some(open) if open.image_id() == row.header.key => open.add(row, &mut self.report),
                open => {
                    let next = DraftBuilder::new(row, &mut self.report);
                    let done = open.replace(next).and_then(|done| done.finish(&mut self.report));
                    if done.is_some() {
                        return Ok(done);
                    }
                }
            }
        }
    }
}

impl Iterator for Drafts<'_> {
    type Item = Result<Draft, PlanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let draft = self.advance();
        self.is_over |= draft.is_err();
        draft.transpose()
    }
}
