//! Real files, where they are at hand.

mod common;

use std::path::{Path, PathBuf};

use caption_corpus::{ImageKind, ImageRef, SampleChoice};
use common::samples::open;

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if !path.is_file() {
        eprintln!("skipped: {name} is not at hand");
        return None;
    }
    Some(path)
}

#[test]
fn ucm_has_five_captions_an_image() {
    let Some(path) = shared("ucm/ucm-captions.parquet") else { return };
    let choice =
        SampleChoice { split: Some("split".to_owned()), wants_bytes: true, ..SampleChoice::default() };
    let reader = open(&path, &choice).unwrap();
    assert_eq!((reader.images(), reader.image_column()), (ImageKind::Embedded, Some("image")));
    let (mut images, mut captions) = (0, 0);
    for batch in reader {
        for sample in batch.unwrap().iter() {
            let ImageRef::Bytes { data: Some(data), .. } = sample.image else { panic!("{sample:?}") };
            assert!(data.starts_with(b"\xff\xd8") && data.ends_with(b"\xff\xd9"), "row {}", sample.row);
            assert!(["train", "val", "test"].contains(&sample.split.unwrap()));
            assert!(sample.id.is_some());
            images += 1;
            captions += sample.captions.len();
        }
    }
    assert_eq!((images, captions), (2100, 10500));
}

#[test]
fn coco_has_captions_and_ids_alone() {
    let Some(path) = shared("captions/coco.parquet") else { return };
    let (mut images, mut captions) = (0, 0);
    for batch in open(&path, &SampleChoice::default()).unwrap() {
        for sample in batch.unwrap().iter() {
            assert!(sample.id.is_some() && sample.image == ImageRef::None);
            images += 1;
            captions += sample.captions.len();
        }
    }
    assert_eq!((images, captions), (31_309, 51_321));
}
