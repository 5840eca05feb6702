//! Plain lists of a vocabulary, for other programs.

use std::io;

use crate::{Entry, TagKind, Vocabulary};

impl Vocabulary {
    /// The names alone, one a line in the order of the ids, with a line feed after each: the layout
    /// of recognize-anything's tag lists.
    ///
    /// Two tags of one name and different kinds give two equal lines; the line tells the id.
    pub fn to_tag_list(&self) -> Vec<u8> {
        self.entries().iter().map(|entry| format!("{}\n", entry.tag.name)).collect::<String>().into_bytes()
    }

    /// A CSV table in the layout of the WD14 taggers' `selected_tags.csv`, in the order of the ids.
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
    /// If the table cannot be built in memory.
    pub fn to_wd14_csv(&self) -> io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["tag_id", "name", "category", "count"])?;
        for (id, Entry { tag, images, .. }) in self.entries().iter().enumerate() {
            let category = category(tag.kind).to_string();
            writer.write_record([&id.to_string(), &tag.name, &category, &images.to_string()])?;
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)
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
