//! Grouping in any order, with any number of threads and little memory, gives what a plain map gives.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::thread;

use proptest::prelude::*;
use tag_triplets::plan::{
    DEFAULT_MEMORY, Draft, DraftCaption, Drafts, Grouped, PlanError, PlanReport, Position, Record, Reference,
    Spill, StreamSpill, TaggedCaption,
};
use tag_triplets::{Image, Triplet};

/// A row of the generated corpora.
#[derive(Clone, Debug)]
struct Row {
    key: String,
    image: Option<Reference>,
    captions: Vec<DraftCaption>,
    split: Option<String>,
    position: Position,
}

impl Row {
    fn with_record<T>(&self, work: impl FnOnce(Record<'_>) -> T) -> T {
        let captions: Vec<TaggedCaption<'_>> = self
            .captions
            .iter()
            .map(|caption| TaggedCaption { text: &caption.text, tags: &caption.tags })
            .collect();
        work(Record {
            key: &self.key,
            image: self.image.as_ref().map(Reference::as_deref),
            captions: &captions,
            split: self.split.as_deref(),
            position: self.position,
        })
    }
}

/// Rows in the order of a corpus of several files.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let image = prop::option::weighted(
        0.9,
        prop_oneof![
            9 => Just(Reference::Path("a.jpg".to_owned())),
            1 => Just(Reference::Path("b.jpg".to_owned())),
            1 => Just(Reference::Url("https://example.org/a.jpg".to_owned())),
            1 => Just(Reference::Embedded),
        ],
    );
    let caption = ("[a-f]( dog)?", prop::collection::btree_set(0u32..400, 0..4))
        .prop_map(|(text, tags)| DraftCaption { text, tags: tags.into_iter().collect() });
    let split = prop::option::weighted(0.6, prop_oneof![9 => Just("train"), 1 => Just("val")]);
    let row = (0u32..40, image, prop::collection::vec(caption, 0..4), split);
    prop::collection::vec(row, 0..200).prop_map(|rows| {
        (0..)
            .zip(rows)
            .map(|(number, (key, image, captions, split))| Row {
                key: format!("image {key}"),
                image,
                captions,
                split: split.map(str::to_owned),
                // Far apart, so that no order of their bytes is their own.
                position: Position { file: number / 30, row: u64::from(number % 30) * 77 },
            })
            .collect()
    })
}

/// Makes an image of its rows with the plainest means.
fn plain_draft(key: &str, rows: &[&Row], report: &mut PlanReport) -> Option<Draft> {
    let with_image = rows.iter().find(|row| row.image.is_some());
    let first = with_image.and_then(|first| first.image.as_ref());
    let (rows_of_it, others): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.image.is_none() || row.image.as_ref() == first);
    others.iter().for_each(|row| report.image_conflicts.add(Some(row.position), key, ""));
    let first_row = rows[0];
    let rows = rows_of_it;
    let split = rows.iter().find_map(|row| row.split.clone());
    for row in &rows {
        if row.split.is_some() && row.split != split {
            report.split_conflicts.add(Some(row.position), key, "");
        }
    }
    let captions: Vec<DraftCaption> = rows.iter().flat_map(|row| row.captions.clone()).collect();
    let Some(with_image) = with_image else {
        report.without_image.add(Some(first_row.position), key, "");
        return None;
    };
    if captions.is_empty() {
        report.without_captions.add(Some(first_row.position), key, "");
        return None;
    }
    report.images += 1;
    report.captions += captions.len() as u64;
    Some(Draft {
        image_id: key.to_owned(),
        image: with_image.image.clone().unwrap(),
        position: with_image.position,
        captions,
        split,
        size: None,
    })
}

fn plain_groups(rows: &[Row]) -> (Vec<Draft>, PlanReport) {
    let mut images: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    rows.iter().for_each(|row| images.entry(&row.key).or_default().push(row));
    let mut report = PlanReport::default();
    let drafts = images.iter().filter_map(|(key, rows)| plain_draft(key, rows, &mut report)).collect();
    (drafts, report)
}

fn plain_stream(rows: &[Row]) -> (Vec<Draft>, PlanReport) {
    let mut report = PlanReport::default();
    let mut seen = HashSet::new();
    let mut drafts = Vec::new();
    for run in rows.chunk_by(|a, b| a.key == b.key) {
        if seen.insert(&run[0].key) {
            drafts.extend(plain_draft(&run[0].key, &run.iter().collect::<Vec<_>>(), &mut report));
        } else {
            report.duplicates.add(Some(run[0].position), &run[0].key, "");
        }
    }
    (drafts, report)
}

/// All drafts and the report, whose notes lose their words.
fn collect(mut drafts: Drafts<'_>) -> (Vec<Draft>, PlanReport) {
    let all: Vec<Draft> = drafts.by_ref().collect::<Result<_, _>>().unwrap();
    let mut report = drafts.report().clone();
    let noted = [
        &mut report.image_conflicts,
        &mut report.split_conflicts,
        &mut report.without_image,
        &mut report.without_captions,
        &mut report.duplicates,
    ];
    for note in noted.into_iter().flat_map(|noted| &mut noted.first) {
        assert!(!note.detail.is_empty());
        note.detail.clear();
    }
    (all, report)
}

fn group(rows: &[Row], threads: usize, memory: u64, folder: &Path) -> Result<Grouped, PlanError> {
    let spill = Spill::create(folder, memory)?;
    thread::scope(|scope| {
        for rows in rows.chunks(rows.len().div_ceil(threads).max(1)) {
            let spill = &spill;
            scope.spawn(move || rows.iter().for_each(|row| row.with_record(|row| spill.add([row]).unwrap())));
        }
    });
    spill.finish()
}

fn stream(rows: &[Row], folder: &Path) -> Result<(Vec<Draft>, PlanReport), PlanError> {
    let mut spill = StreamSpill::create(folder, DEFAULT_MEMORY)?;
    rows.iter().try_for_each(|row| row.with_record(|row| spill.add(&row)))?;
    let streamed = spill.finish()?;
    let first = collect(streamed.drafts());
    assert_eq!(collect(streamed.drafts()), first, "a second pass gives the same");
    Ok(first)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn groups_are_those_of_a_plain_map(
        (rows, shuffled) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        threads in 1usize..5,
        memory in prop_oneof![Just(DEFAULT_MEMORY), 10_000u64..40_000],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let grouped = group(&shuffled, threads, memory, folder.path()).unwrap();
        let found = collect(grouped.drafts());
        prop_assert_eq!(&collect(grouped.drafts()), &found, "a second pass gives the same");
        drop(grouped);
        prop_assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");

        let in_order = group(&rows, 1, DEFAULT_MEMORY, folder.path()).unwrap();
        prop_assert_eq!(&collect(in_order.drafts()), &found, "neither threads nor order matter");
        let (mut drafts, report) = found;
        drafts.sort_by(|a, b| a.image_id.cmp(&b.image_id));
        prop_assert_eq!((drafts, report), plain_groups(&rows));
    }

    #[test]
    fn streams_keep_their_order_and_leave_out_what_returns(mut rows in rows()) {
        // Long runs of one image.
        let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
        rows.iter_mut().enumerate().for_each(|(number, row)| row.key = keys[number - number % 3].clone());
        let folder = tempfile::tempdir().unwrap();
        prop_assert_eq!(stream(&rows, folder.path()).unwrap(), plain_stream(&rows));
        prop_assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}

fn simple_row(number: u64, key: &str) -> Row {
    Row {
        key: key.to_owned(),
        image: Some(Reference::Path(format!("{key}.jpg"))),
        captions: vec![DraftCaption { text: format!("caption {number}"), tags: vec![number as u32] }],
        split: None,
        position: Position { file: 0, row: number },
    }
}

/// Files of all rows in a temporary folder.
fn files(folder: &Path) -> Vec<String> {
    let inner = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    fs::read_dir(inner).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_does_not_fit_into_memory_is_split_again_and_again() {
    let rows: Vec<Row> = (0..9000).map(|number| simple_row(number, &format!("{}", number % 4500))).collect();
    let folder = tempfile::tempdir().unwrap();
    let expected = collect(group(&rows, 2, DEFAULT_MEMORY, folder.path()).unwrap().drafts());
    assert_eq!(expected.1.images, 4500);

    // An image's two rows fit, three rows do not.
    let grouped = group(&rows, 2, 280, folder.path()).unwrap();
    let files = files(folder.path());
    let splits = |file: &String| file.matches('-').count() - 1;
    assert!(files.iter().map(splits).max() >= Some(3), "64² ranges do not tell 4,500 images apart");
    assert_eq!(files.len(), 4500);
    assert_eq!(collect(grouped.drafts()), expected);
}

#[test]
fn an_image_that_does_not_fit_into_memory_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<Row> = (0..100).map(|number| simple_row(number, "the same")).collect();
    let is_named = |error: PlanError| {
        assert!(matches!(&error, PlanError::ImageTooLarge { image_id, .. } if image_id == "the same"));
        assert!(error.to_string().contains("the image's name"), "{error}");
    };
    is_named(group(&rows, 1, 2000, folder.path()).unwrap_err());
    let mut spill = StreamSpill::create(folder.path(), 2000).unwrap();
    let added = rows.iter().try_for_each(|row| row.with_record(|row| spill.add(&row)));
    is_named(added.unwrap_err());
}

#[test]
fn a_stream_in_another_order_than_the_corpus_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = vec![simple_row(3, "a"), simple_row(2, "b")];
    let error = stream(&rows, folder.path()).unwrap_err();
    assert_eq!(error.to_string(), "row 2 of file 0 came after row 3 of file 0");
    rows[1].position = Position { file: 1, row: 0 };
    assert_eq!(stream(&rows, folder.path()).unwrap().1.images, 2);
}

#[test]
fn a_damaged_temporary_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let grouped = group(&[simple_row(0, "a")], 1, DEFAULT_MEMORY, folder.path()).unwrap();
    let name = files(folder.path()).remove(0);
    let file = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path().join(&name);
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() |= 0x80;
    fs::write(&file, bytes).unwrap();
    let mut drafts = grouped.drafts();
    let error = drafts.next().unwrap().unwrap_err();
    assert!(error.to_string().contains(&name), "{error}");
    assert!(drafts.next().is_none());
}

#[test]
fn drafts_become_triplets() {
    let captions = vec![
        DraftCaption { text: "one".into(), tags: vec![3, 9] },
        DraftCaption { text: "two".into(), tags: vec![1, 3] },
    ];
    let image = Reference::Path("a.jpg".to_owned());
    let position = Position::default();
    let split = Some("train".to_owned());
    let draft = Draft { image_id: "a".into(), image, position, captions, split, size: Some((4, 3)) };
    let image = draft.image.to_image().unwrap();
    let expected = Triplet {
        image_id: "a".into(),
        image: Image::Path("a.jpg".into()),
        captions: vec!["one".into(), "two".into()],
        caption_tags: vec![vec![3, 9], vec![1, 3]],
        image_tags: vec![1, 3, 9],
        width: Some(4),
        height: Some(3),
        split: Some("train".into()),
    };
    assert_eq!(draft.into_triplet(image), expected);
}
