//! Plain lists of a vocabulary, for other programs.

use std::path::Path;

use crate::error::VocabularyError;
use crate::vocabulary::write_whole;
use crate::{Entry, TagKind, Vocabulary, VocabularyProblem};

impl Vocabulary {
    /// Writes the names alone, one a line in the order of the ids, with a line feed after each:
    /// the layout of recognize-anything's tag lists.
    ///
    /// Two tags of one name and different kinds give two equal lines; the line tells the id. The
    /// file appears whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written; the error names the file.
    pub fn write_tag_list(&self, path: &Path) -> Result<(), VocabularyError> {
        let mut list = String::new();
        for entry in self.entries() {
            list.push_str(&entry.tag.name);
            list.push('\n');
        }
        write_whole(path, list.as_bytes())
    }

    /// Writes a CSV file in the layout of the WD14 taggers' `selected_tags.csv`, in the order of
    /// the ids. The file appears whole or not at all.
    ///
    /// | column | |
    /// |---|---|
    /// | `tag_id` | the id |
    /// | `name` | with spaces between words, where WD14 has underscores |
    /// | `category` | 0 object, 1 scene, 2 action, 3 attribute |
    /// | `count` | images that any caption mentions it for |
    ///
    /// The categories are not WD14's own, in which 4 is a character and 9 a rating.
    ///
    /// # Errors
    /// If it cannot be written; the error names the file.
    pub fn write_wd14_csv(&self, path: &Path) -> Result<(), VocabularyError> {
        let table = self
            .wd14_table()
            .map_err(|error| VocabularyError::at(path, VocabularyProblem::Write(error.into())))?;
        write_whole(path, &table)
    }

    fn wd14_table(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["tag_id", "name", "category", "count"])?;
        for (id, Entry { tag, images, .. }) in self.entries().iter().enumerate() {
            let category = category(tag.kind).to_string();
            writer.write_record([&id.to_string(), &tag.name, &category, &images.to_string()])?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}

fn category(kind: TagKind) -> u8 {
    match kind {
        TagKind::Object => 0,
        TagKind::Scene => 1,
        TagKind::Action => 2,
        TagKind::Attribute => 3,
    }
}
