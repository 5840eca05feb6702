//! Which columns hold the image, its id and its split.

use crate::columns::{self, Chosen, Column};
use crate::error::{Problem, Role};

/// Names of id columns, the best first.
const ID_NAMES: &[&[&str]] = &[&["image_id"], &["imageid", "img_id"], &["key"], &["uid"]];

/// Names of columns that hold images themselves.
const EMBEDDED_NAMES: &[&[&str]] =
    &[&["image", "img"], &["jpg", "jpeg", "png", "webp"], &["image_bytes", "image_data", "bytes"]];

/// Names of columns that name image files, the best first.
const FILE_NAMES: &[&[&str]] = &[
    &["image_path"],
    &["file_name"],
    &["filename"],
    &["filepath", "file_path"],
    &["path"],
    &["image_name"],
    &["image"],
];

/// Names of columns of web addresses, the best first.
const URL_NAMES: &[&[&str]] = &[&["url"], &["image_url"], &["coco_url"]];

/// The last resort: it names an image, but seldom its file.
const KEY_NAMES: &[&[&str]] = &[&["key"]];

/// What is to be read of each sample. A column that is not named is found by its name, except for
/// the split.
///
/// The image is looked for in this order: a column that holds images (`image`, `jpg`, …; bytes, or
/// Hugging Face's struct of bytes and path), names of files (`image_path`, `file_name`, `path`,
/// `image`, …), addresses (`url`, `image_url`, …), `key`. In a tar it is the member `.jpg`,
/// `.jpeg`, `.png` or `.webp`. In COCO's files the fields of the list `images` serve too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleChoice {
    /// The column that says which rows are of one image.
    pub image_id: Option<String>,
    /// The column of images, or of their names or paths.
    pub image: Option<String>,
    /// The column of the images' addresses. Not together with `image`.
    pub url: Option<String>,
    /// The column of splits. `None`: there are none, whatever the columns' names.
    pub split: Option<String>,
    /// Whether images that stand in the file are read. If not, their bytes are passed over, not
    /// even decoded; all else is the same.
    pub wants_bytes: bool,
    /// Whether a file without a place for images is refused.
    pub needs_image: bool,
}

/// How a column gives an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// A name or an address.
    Reference,
    /// The image itself.
    Bytes,
    /// A struct of the image itself and its name.
    BytesAndPath,
}

/// The column of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub column: usize,
    pub shows: Shows,
    pub is_url: bool,
}

/// Completes the choice of the caption column with those of a sample.
pub(crate) fn choose(columns: &[Column], caption: usize, choice: &SampleChoice) -> Result<Chosen, Problem> {
    let named = |role, name: &Option<String>| {
        name.as_ref().map(|name| columns::named(columns, role, name)).transpose()
    };
    let image = match named(Role::ImageId, &choice.image_id)? {
        None => columns::by_name(columns, Role::ImageId, ID_NAMES, |column| column.names_images)?,
        id => id,
    };
    let reference = match (named(Role::ImageSource, &choice.image)?, named(Role::Url, &choice.url)?) {
        (Some(_), Some(_)) => return Err(Problem::TwoImageColumns),
        (Some(column), None) => Some((column, false)),
        (None, Some(column)) => Some((column, true)),
        (None, None) => found(columns)?,
    };
    let reference = reference
        .and_then(|(column, is_url)| Some(Reference { column, shows: columns[column].shows?, is_url }));
    if reference.is_none() && choice.needs_image {
        return Err(Problem::NoImageColumn { columns: columns::infos(columns) });
    }
    Ok(Chosen { caption, image, reference, split: named(Role::Split, &choice.split)? })
}

/// The image's column by its name, and whether it is one of addresses.
fn found(columns: &[Column]) -> Result<Option<(usize, bool)>, Problem> {
    let refers = |column: &Column| column.shows == Some(Shows::Reference);
    let embeds = |column: &Column| column.shows.is_some() && !refers(column);
    let find =
        |names, is_it: &dyn Fn(&Column) -> bool| columns::by_name(columns, Role::ImageSource, names, is_it);
    if let Some(column) = find(EMBEDDED_NAMES, &embeds)? {
        return Ok(Some((column, false)));
    }
    for (names, is_url) in [(FILE_NAMES, false), (URL_NAMES, true), (KEY_NAMES, false)] {
        if let Some(column) = find(names, &refers)? {
            return Ok(Some((column, is_url)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image_of(names: &[(&str, Option<Shows>)]) -> Result<Option<(usize, bool)>, Problem> {
        let column = |&(name, shows): &(&str, _)| Column { shows, ..Column::new(name, "any") };
        let columns: Vec<Column> = names.iter().map(column).collect();
        choose(&columns, 0, &SampleChoice::default())
            .map(|chosen| chosen.reference.map(|reference| (reference.column, reference.is_url)))
    }

    #[test]
    fn images_are_found_by_name_and_type() {
        let (text, bytes) = (Some(Shows::Reference), Some(Shows::Bytes));
        let both = Some(Shows::BytesAndPath);
        assert_eq!(image_of(&[("caption", text), ("image_id", text)]).unwrap(), None);
        assert_eq!(image_of(&[("url", text), ("key", text)]).unwrap(), Some((0, true)));
        assert_eq!(image_of(&[("key", text), ("uid", text)]).unwrap(), Some((0, false)));
        assert_eq!(image_of(&[("url", text), ("File Name", text)]).unwrap(), Some((1, false)));
        assert_eq!(image_of(&[("file_name", text), ("image", both)]).unwrap(), Some((1, false)));
        assert_eq!(image_of(&[("image", None), ("image_url", text)]).unwrap(), Some((1, true)));
        assert_eq!(image_of(&[("image", text), ("png", bytes)]).unwrap(), Some((1, false)));
        let problem = image_of(&[("image", bytes), ("img", bytes)]).unwrap_err().to_string();
        assert!(problem.starts_with(
            "image and img could each be the image column: choose one with --image-column; the columns are:"
        ));
    }
}
