//! Which column holds the captions and which names the image.

use crate::SampleChoice;
use crate::error::{ColumnInfo, Problem, Role};
use crate::samples::{self, ImageKind, Reference, Shows};

/// A text table may have so many columns. What has more is no table of captions, and the names
/// alone would fill the memory.
pub(crate) const MAX_COLUMNS: usize = 100_000;

/// Names of caption columns. Those of a group are equally good; an earlier group wins.
const CAPTION_NAMES: &[&[&str]] = &[
    &["caption", "captions"],
    &["text", "texts", "sentence", "sentences"],
    &["title", "alt", "alt_text", "alttext"],
    &["description", "phrase", "comment", "raw"],
];

/// Names of image columns, the best first.
const IMAGE_NAMES: &[&[&str]] = &[
    &["image_id"],
    &["imageid", "img_id"],
    &["image_path"],
    &["file_name"],
    &["filename"],
    &["filepath"],
    &["image_name"],
    &["url"],
    &["image_url"],
    &["key"],
    &["uid"],
    &["image"],
];

/// The columns that the user named. `None`: find it by its name.
///
/// A name must be a column's name, in any case if that is unambiguous. For a CSV or TSV file
/// without a header it may be the column's number, 1 for the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnChoice {
    /// The caption column (`--caption-column`).
    pub caption: Option<String>,
    /// The image column (`--image-column`).
    pub image: Option<String>,
}

/// A column of a table and what it can serve for.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub info: ColumnInfo,
    pub holds_captions: bool,
    /// Whether its values serve as ids.
    pub names_images: bool,
    /// How its values give an image, if they do.
    pub shows: Option<Shows>,
}

impl Column {
    /// A column of text, which serves for everything.
    pub fn new(name: &str, type_name: impl Into<String>) -> Self {
        let info = ColumnInfo { name: name.to_owned(), type_name: type_name.into() };
        Self { info, holds_captions: true, names_images: true, shows: Some(Shows::Reference) }
    }

    fn serves(&self, role: Role) -> bool {
        match role {
            Role::Caption => self.holds_captions,
            Role::Image | Role::ImageId | Role::Split => self.names_images,
            Role::ImageSource => self.shows.is_some(),
            Role::Url => self.shows == Some(Shows::Reference),
        }
    }
}

/// What is to be read: captions alone, or samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'c> {
    pub columns: &'c ColumnChoice,
    pub samples: Option<&'c SampleChoice>,
}

impl Wanted<'_> {
    /// Whether the bytes of embedded images are to be read.
    pub fn wants_bytes(self) -> bool {
        self.samples.is_some_and(|choice| choice.wants_bytes)
    }
}

/// Indices of the chosen columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub caption: usize,
    /// What the image is known by.
    pub image: Option<usize>,
    /// The image itself, or where it is: of samples alone.
    pub reference: Option<Reference>,
    /// Of samples alone.
    pub split: Option<usize>,
}

/// Names of the chosen columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnNames {
    pub caption: Option<String>,
    pub image: Option<String>,
    pub reference: Option<String>,
    pub split: Option<String>,
    pub images: ImageKind,
}

impl ColumnNames {
    pub fn of(chosen: &Chosen, name: impl Fn(usize) -> String) -> Self {
        Self {
            caption: Some(name(chosen.caption)),
            image: chosen.image.map(&name),
            reference: chosen.reference.map(|reference| name(reference.column)),
            split: chosen.split.map(&name),
            images: match chosen.reference.map(|reference| reference.shows) {
                None => ImageKind::Absent,
                Some(Shows::Reference) => ImageKind::Referenced,
                Some(Shows::Bytes | Shows::BytesAndPath) => ImageKind::Embedded,
            },
        }
    }
}

/// Chooses the columns of a table.
pub(crate) fn choose(columns: &[Column], wanted: Wanted<'_>) -> Result<Chosen, Problem> {
    let choice = wanted.columns;
    let caption = match &choice.caption {
        Some(name) => named(columns, Role::Caption, name)?,
        None => by_name(columns, Role::Caption, CAPTION_NAMES, |column| column.holds_captions)?
            .ok_or_else(|| Problem::NoCaptionColumn { columns: infos(columns), no_header: false })?,
    };
    if let Some(samples) = wanted.samples {
        return samples::choose(columns, caption, samples);
    }
    let image = match &choice.image {
        Some(name) => Some(named(columns, Role::Image, name)?),
        None => by_name(columns, Role::Image, IMAGE_NAMES, |column| column.names_images)?,
    };
    Ok(Chosen { caption, image, reference: None, split: None })
}

/// Whether a name is one that [`choose`] would find captions by.
pub(crate) fn is_caption_name(name: &str) -> bool {
    CAPTION_NAMES.iter().any(|group| group.contains(&normal(name).as_str()))
}

/// Whether a name is one that [`choose`] would find images by.
pub(crate) fn is_image_name(name: &str) -> bool {
    IMAGE_NAMES.iter().any(|group| group.contains(&normal(name).as_str()))
}

pub(crate) fn infos(columns: &[Column]) -> Vec<ColumnInfo> {
    columns.iter().map(|column| column.info.clone()).collect()
}

/// "Image ID" and "image-id" are `image_id`.
fn normal(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// The column that the user named.
pub(crate) fn named(columns: &[Column], role: Role, name: &str) -> Result<usize, Problem> {
    let exact: Vec<usize> = positions(columns, |column| column.info.name == name);
    let found = if exact.is_empty() {
        positions(columns, |column| normal(&column.info.name) == normal(name))
    } else {
        exact
    };
    match found[..] {
        [] => Err(Problem::NoSuchColumn { role, name: name.to_owned(), columns: infos(columns) }),
        [index] if columns[index].serves(role) => Ok(index),
        [index] => Err(wrong_type(columns, role, index)),
        _ => Err(ambiguous(columns, role, &found)),
    }
}

/// The column of the best name among those that can serve.
pub(crate) fn by_name(
    columns: &[Column],
    role: Role,
    groups: &[&[&str]],
    serves: impl Fn(&Column) -> bool,
) -> Result<Option<usize>, Problem> {
    for group in groups {
        let found = positions(columns, |column| group.contains(&normal(&column.info.name).as_str()));
        let usable: Vec<usize> = found.iter().copied().filter(|&index| serves(&columns[index])).collect();
        match (&usable[..], &found[..]) {
            ([index], _) => return Ok(Some(*index)),
            ([_, ..], _) => return Err(ambiguous(columns, role, &usable)),
            // A table can do without an image column, but a caption column of a strange type is
            // more likely the right one than another of a weaker name.
            ([], [index, ..]) if role == Role::Caption => return Err(wrong_type(columns, role, *index)),
            ([], _) => {}
        }
    }
    Ok(None)
}

fn positions(columns: &[Column], is_it: impl Fn(&Column) -> bool) -> Vec<usize> {
    (0..columns.len()).filter(|&index| is_it(&columns[index])).collect()
}

fn wrong_type(columns: &[Column], role: Role, index: usize) -> Problem {
    Problem::WrongType { role, column: columns[index].info.clone(), columns: infos(columns) }
}

fn ambiguous(columns: &[Column], role: Role, found: &[usize]) -> Problem {
    let candidates = found.iter().map(|&index| columns[index].info.name.clone()).collect();
    Problem::AmbiguousColumn { role, candidates, columns: infos(columns) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(names: &[&str]) -> Vec<Column> {
        names.iter().map(|name| Column::new(name, "string")).collect()
    }

    fn chosen(names: &[&str]) -> Option<(&'static str, Option<String>)> {
        let columns = table(names);
        let wanted = Wanted { columns: &ColumnChoice::default(), samples: None };
        let chosen = choose(&columns, wanted).ok()?;
        let caption = columns[chosen.caption].info.name.clone().leak();
        Some((caption, chosen.image.map(|index| columns[index].info.name.clone())))
    }

    #[test]
    fn columns_are_found_by_name_and_doubt_is_an_error() {
        assert_eq!(chosen(&["url", "caption"]), Some(("caption", Some("url".into()))));
        assert_eq!(chosen(&["SAMPLE_ID", "URL", "TEXT", "HEIGHT"]), Some(("TEXT", Some("URL".into()))));
        assert_eq!(chosen(&["uid", "url", "text", "key"]), Some(("text", Some("url".into()))));
        assert_eq!(chosen(&["title", "caption"]), Some(("caption", None)));
        assert_eq!(chosen(&["sentences", "Image ID"]), Some(("sentences", Some("Image ID".into()))));
        assert_eq!(chosen(&["text", "TEXT"]), None);
        assert_eq!(chosen(&["caption", "captions"]), None);
        assert_eq!(chosen(&["caption", "url", "URL"]), None);
        assert_eq!(chosen(&["a", "b"]), None);
    }

    #[test]
    fn named_columns_must_exist_and_fit() {
        let mut columns = table(&["text", "TEXT", "size"]);
        columns[2].holds_captions = false;
        let with = |name: &str| {
            let choice = ColumnChoice { caption: Some(name.to_owned()), image: None };
            let wanted = Wanted { columns: &choice, samples: None };
            choose(&columns, wanted).map(|chosen| chosen.caption).map_err(|problem| problem.to_string())
        };
        assert_eq!(with("TEXT"), Ok(1));
        assert!(with("Text").unwrap_err().contains("text and TEXT could each be the caption column"));
        assert!(with("size").unwrap_err().contains("--caption-column"));
        assert_eq!(
            with("words").unwrap_err(),
            "no column named \"words\" (--caption-column); the columns are: text (string), TEXT (string), size (string)"
        );
    }
}
