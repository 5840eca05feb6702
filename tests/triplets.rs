//! `mine-tags triplets`: captions and images in, training data out, over the real binary.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{AsArray, BinaryArray, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use support::{Workplace, array, png, vocabulary};
use tag_triplets::{Format, Image, ReadOptions, Triplet, Triplets};
use tag_vocabulary::Vocabulary;

fn read(folder: &Path) -> Vec<Triplet> {
    let triplets = Triplets::open(folder).unwrap();
    triplets.read(&ReadOptions::default()).unwrap().flat_map(Result::unwrap).collect()
}

fn by_id(triplets: Vec<Triplet>) -> BTreeMap<String, Triplet> {
    let count = triplets.len();
    let by_id: BTreeMap<_, _> =
        triplets.into_iter().map(|triplet| (triplet.image_id.clone(), triplet)).collect();
    assert_eq!(by_id.len(), count, "an image stands twice");
    by_id
}

/// Names of tags with kinds, in the order of ids.
fn names(vocabulary: &Vocabulary, ids: &[u32]) -> Vec<String> {
    ids.iter().map(|&id| vocabulary.get(id).unwrap().tag.to_string()).collect()
}

/// What `mine-tags parse` says of each caption, as ids of a vocabulary.
fn ids_by_parse(place: &Workplace, captions: &[String], vocabulary: &Vocabulary) -> Vec<Vec<u32>> {
    let lines: String = captions.iter().map(|caption| format!("{caption}\n")).collect();
    place.write("captions.txt", lines);
    let parsed = place.run(&["parse", "captions.txt", "--format", "json"]);
    let ids = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        let tags = value["tags"].as_array().unwrap().clone();
        let tags = tags.into_iter().map(|tag| serde_json::from_value(tag).unwrap());
        let ids: BTreeSet<u32> = tags.filter_map(|tag| vocabulary.id_of(&tag)).collect();
        ids.into_iter().collect()
    };
    parsed.stdout.lines().map(ids).collect()
}

#[test]
fn captions_become_ids_of_the_vocabulary() {
    let place = Workplace::new();
    vocabulary(
        &place,
        json!([
            {"name": "dog", "kind": "object", "merged": [{"name": "puppy", "kind": "object"}]},
            {"name": "train", "kind": "object"},
            {"name": "ride", "kind": "action"},
            {"name": "train", "kind": "action"},
            {"name": "one", "kind": "attribute", "muted": true},
        ]),
    );
    let rows = [
        json!({"image_path": "b.jpg", "caption": "A puppy near one train."}),
        json!({"image_path": "a.jpg", "caption": "People riding a train."}),
        json!({"image_path": "b.jpg", "caption": "The dog is running."}),
        json!({"image_path": "c.jpg", "caption": "Nothing of this is known."}),
        json!({"image_path": "c.jpg", "caption": "Nothing of this is known."}),
    ];
    place.write("a.jsonl", rows.map(|row| format!("{row}\n")).concat());
    let ran = place.run(&["triplets", "a.jsonl", "--vocabulary", "vocabulary.json"]);
    ran.expect(
        0,
        &["Wrote 3 images with 5 captions", "1 of the vocabulary's 5 tags have no image", "triplets.html"],
    );
    assert_eq!(ran.stdout, "");
    assert_eq!(
        place.list("triplets"),
        ["train-00000.parquet", "triplets.html", "triplets.json", "vocabulary.json"]
    );

    let vocabulary = Vocabulary::read(&place.path("vocabulary.json")).unwrap();
    let found = Triplets::open(&place.path("triplets")).unwrap();
    found.check_vocabulary(&vocabulary).unwrap();
    assert_eq!(found.provenance().inputs, ["a.jsonl"]);
    let images = by_id(read(&place.path("triplets")));
    assert_eq!(images["b.jpg"].captions, ["A puppy near one train.", "The dog is running."]);
    let b = &images["b.jpg"];
    assert_eq!(names(&vocabulary, &b.caption_tags[0]), ["dog/object", "train/object", "one/attribute"]);
    assert_eq!(names(&vocabulary, &b.caption_tags[1]), ["dog/object"]);
    assert_eq!(names(&vocabulary, &b.image_tags), ["dog/object", "train/object", "one/attribute"]);
    assert_eq!(names(&vocabulary, &images["a.jpg"].image_tags), ["train/object", "ride/action"]);
    assert_eq!(images["c.jpg"].caption_tags, [Vec::<u32>::new(), Vec::new()]);
    assert!(images.values().all(|image| image.split.as_deref() == Some("train")));
    assert_eq!(images["a.jpg"].image, Image::Path("a.jpg".to_owned()));
}

/// The same images, whatever the threads, the files and their names: also in the same order.
#[test]
fn triplets_do_not_depend_on_threads_or_files() {
    let place = Workplace::new();
    let captions = support::captions(700);
    place.write("whole/all.jsonl", support::json_lines(&captions));
    for (number, part) in captions.chunks(90).enumerate() {
        place.write(&format!("parts/{number}.jsonl"), support::json_lines(part));
    }
    place.run(&["whole"]).expect(0, &[]);
    let run = |inputs: &str, threads: &str, out: &str| {
        place
            .run(&[
                "triplets",
                inputs,
                "--vocabulary",
                "mined/candidates.csv",
                "--threads",
                threads,
                "--out",
                out,
                "--split",
                "train=0.8,val=0.2",
                "--format",
                "json",
            ])
            .expect(0, &[]);
        read(&place.path(out))
    };
    let (one, four) = (run("whole", "1", "one"), run("whole", "4", "four"));
    assert_eq!(one, four);
    for file in ["train.json", "val.json", "train_annots.txt", "triplets.html", "train.index.json"] {
        assert!(place.read(&format!("one/{file}")) == place.read(&format!("four/{file}")), "{file}");
    }
    assert_eq!(run("parts", "4", "parts-out"), one);
    let (train, val) = (place.json("one/train.json"), place.json("one/val.json"));
    let ids = |list: &Value| -> BTreeSet<String> {
        list.as_array().unwrap().iter().map(|item| item["image_id"].to_string()).collect()
    };
    assert!(ids(&train).is_disjoint(&ids(&val)) && !ids(&val).is_empty());
    assert_eq!(ids(&train).len() + ids(&val).len(), 234);
}

#[test]
fn images_are_checked_and_packed_into_tars() {
    let place = Workplace::new();
    place.write("images/deep/a.png", png(30, 20)).write("images/b.png", png(7, 8));
    place.write("a.csv", "path,caption\ndeep/a.png,a dog\nb.png,a cat\ndeep/a.png,a brown dog\n");
    place.run(&["a.csv"]).expect(0, &[]);
    let arguments = ["triplets", "a.csv", "--vocabulary", "mined/candidates.csv"];
    let with = |more: &[&str]| place.run(&[&arguments, more].concat());
    with(&["--image-root", "images", "--check-images", "--format", "webdataset", "--out", "tars"])
        .expect(0, &[]);
    let images = by_id(read(&place.path("tars")));
    let a = &images["deep/a.png"];
    assert_eq!((a.width, a.height, a.captions.len()), (Some(30), Some(20), 2));
    assert_eq!(a.image, Image::Bytes { data: png(30, 20), extension: "png".to_owned() });
    assert_eq!(images.len(), 2);
    // The page shows them.
    assert_eq!(place.text("tars/triplets.html").matches("<img alt").count(), 2);

    // Tars of ours are a corpus themselves.
    place
        .run(&[
            "triplets",
            "tars/train/shard-000000.tar",
            "--vocabulary",
            "tars/vocabulary.json",
            "--out",
            "again",
        ])
        .expect(0, &["Wrote 2 images with 3 captions"]);
    let again: Vec<Triplet> = read(&place.path("again"));
    let bytes: BTreeSet<Vec<u8>> = again
        .into_iter()
        .filter_map(|triplet| match triplet.image {
            Image::Bytes { data, .. } => Some(data),
            _ => None,
        })
        .collect();
    assert_eq!(bytes, BTreeSet::from([png(30, 20), png(7, 8)]));
}

#[test]
fn addresses_are_kept_as_they_are() {
    let place = Workplace::new();
    place.write("cc.tsv", "url\tcaption\nhttps://example.org/1.jpg\ta dog\n");
    place.run(&["cc.tsv"]).expect(0, &[]);
    place
        .run(&["triplets", "cc.tsv", "--vocabulary", "mined/candidates.csv", "--check-images"])
        .expect(0, &["Wrote 1 image with 1 caption"]);
    let found = read(&place.path("triplets"));
    assert_eq!(found[0].image, Image::Url("https://example.org/1.jpg".to_owned()));
    assert_eq!(place.json("triplets/triplets.json")["images"]["unchecked"], 1);
}

#[test]
fn what_is_left_out_as_asked_is_counted() {
    let place = Workplace::new();
    let mut rows = String::from("file_name,caption,part\n");
    for number in 0..40 {
        let place = if number < 3 { "boat" } else { "dog" };
        let part = if number % 4 == 0 { "val" } else { "train" };
        rows += &format!(
            "{number}.jpg,a {place},{part}\n{number}.jpg,a {place},{part}\n{number}.jpg,it is so,{part}\n"
        );
    }
    place.write("a.csv", rows);
    place.run(&["a.csv"]).expect(0, &[]);
    place
        .run(&[
            "triplets",
            "a.csv",
            "--vocabulary",
            "mined/candidates.csv",
            "--split-column",
            "part",
            "--drop-untagged",
            "--drop-repeated",
            "--min-images-per-tag",
            "5",
            "--images-per-shard",
            "8",
        ])
        .expect(
            0,
            &[
                "Wrote 37 images with 37 captions",
                "train 28, val 9",
                "captions that repeat another of their image: 40",
                "tags of too few images: 1",
            ],
        );
    let record = place.json("triplets/triplets.json");
    assert_eq!(record["balance"]["images_without_captions"]["count"], 3);
    assert_eq!(record["balance"]["repeated_captions"]["count"], 40);
    assert_eq!(record["statistics"]["splits"], json!({"train": 28, "val": 9}));
    assert!(place.path("triplets/train-00003.parquet").exists());
    let page = place.text("triplets/triplets.html");
    assert!(page.contains("37 images with 37 captions") && page.contains("boat"), "the unused tag is named");
}

#[test]
fn results_of_an_earlier_run_are_replaced_whole() {
    let place = Workplace::new();
    place.write("a.csv", "path,caption\na.png,a dog\n").write("images/a.png", png(2, 2));
    place.run(&["a.csv"]).expect(0, &[]);
    let run = |more: &[&str]| {
        let arguments =
            ["triplets", "a.csv", "--vocabulary", "mined/candidates.csv", "--image-root", "images"];
        place.run(&[&arguments, more].concat())
    };
    run(&["--format", "webdataset"]).expect(0, &[]);
    run(&[]).expect(2, &["triplets exists already", "--force"]);
    // Found in review: files of the user's in folders of the results were lost.
    place.write("triplets/train/mine.txt", "notes");
    run(&["--force"]).expect(2, &["triplets holds train/mine.txt"]);
    std::fs::remove_file(place.path("triplets/train/mine.txt")).unwrap();
    run(&["--format", "json", "--force"]).expect(0, &[]);
    assert!(!place.path("triplets/train").exists() && place.path("triplets/train.json").exists());
    // Images of its own are known; what it needs is never replaced.
    place
        .run(&[
            "triplets",
            "triplets/train.json",
            "--vocabulary",
            "mined/candidates.csv",
            "--image-root",
            "triplets",
            "--force",
        ])
        .expect(2, &["train.json lies in", "which --force would replace"]);
    place.write("triplets/images/train/00000/mine.txt", "notes");
    run(&["--force"]).expect(2, &["triplets holds images/train/00000/mine.txt"]);
    std::fs::remove_dir_all(place.path("triplets/images")).unwrap();
    place.write("triplets/mine.md", "notes");
    run(&["--force"]).expect(2, &["triplets holds mine.md"]);
    // A folder of tags is not one of triplets.
    run(&["--force", "--out", "mined"]).expect(2, &["no triplets.json"]);
    assert!(place.path("mined/tags.parquet").exists());
    // Results do not become a corpus by lying in its folder, but by being asked for.
    place
        .run(&["triplets", "triplets/*.json", "--vocabulary", "mined/candidates.csv", "--out", "from-json"])
        .expect(1, &["Wrote 1 image with 1 caption"]);
    place
        .run(&["triplets", ".", "--vocabulary", "mined/candidates.csv", "--out", "b"])
        .expect(0, &["Wrote 1 image"]);
}

fn ucm() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/ucm/ucm-captions.parquet");
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn rows(path: &Path) -> RecordBatch {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(&batches[0].schema(), &batches).unwrap()
}

/// Reads the corpus with Arrow alone, and the tags by `mine-tags parse`.
fn expected(place: &Workplace, path: &Path, vocabulary: &Vocabulary) -> Vec<Triplet> {
    let rows = rows(path);
    let column = |name: &str| rows.column_by_name(name).unwrap().clone();
    let text = |name: &str| arrow::compute::cast(&column(name), &arrow::datatypes::DataType::Utf8).unwrap();
    let (ids, splits, captions, images) =
        (text("image_id"), text("split"), column("captions"), column("image"));
    let images = images
        .as_binary_opt::<i32>()
        .cloned()
        .unwrap_or_else(|| images.as_struct().column_by_name("bytes").unwrap().as_binary::<i32>().clone());
    let captions: Vec<Vec<String>> = (0..rows.num_rows())
        .map(|row| {
            let list = captions.as_list::<i32>().value(row);
            list.as_string::<i32>().iter().map(|caption| caption.unwrap().trim().to_owned()).collect()
        })
        .collect();
    let tags = ids_by_parse(place, &captions.concat(), vocabulary);
    let mut tags = tags.into_iter();
    let triplet = |(row, captions): (usize, Vec<String>)| {
        let caption_tags: Vec<Vec<u32>> = tags.by_ref().take(captions.len()).collect();
        let image_tags: BTreeSet<u32> = caption_tags.iter().flatten().copied().collect();
        Triplet {
            image_id: ids.as_string::<i32>().value(row).to_owned(),
            image: Image::Bytes { data: images.value(row).to_vec(), extension: "jpg".to_owned() },
            captions,
            caption_tags,
            image_tags: image_tags.into_iter().collect(),
            width: Some(112),
            height: Some(112),
            split: Some(splits.as_string::<i32>().value(row).to_owned()),
        }
    };
    captions.into_iter().enumerate().map(triplet).collect()
}

#[test]
fn a_real_corpus_reads_back_equal_in_every_format() {
    let Some(path) = ucm() else { return };
    let place = Workplace::new();
    let corpus = path.to_str().unwrap();
    place.run(&[corpus]).expect(0, &[]);
    place.run(&["triplets", corpus, "--vocabulary", "mined/candidates.csv", "--out", "first"]).expect(0, &[]);
    let vocabulary = Vocabulary::read(&place.path("first/vocabulary.json")).unwrap();
    let mut expected = expected(&place, &path, &vocabulary);
    // Splits come one after the other, each in the order of the corpus.
    expected.sort_by(|a, b| a.split.cmp(&b.split));
    assert_eq!(expected.len(), 2100);
    for format in Format::ALL {
        let name = format.to_string();
        place
            .run(&[
                "triplets",
                corpus,
                "--vocabulary",
                "first/vocabulary.json",
                "--split-column",
                "split",
                "--check-images",
                "--format",
                &name,
                "--out",
                &name,
            ])
            .expect(0, &["Wrote 2,100 images with 10,500 captions"]);
        let found = read(&place.path(&name));
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.into_iter().zip(&expected) {
            let found = with_file(found, &place.path(&name));
            assert!(found == *expected, "{format}: {} differs", expected.image_id);
        }
    }
}

/// Formats without a place for images keep them as files beside.
fn with_file(mut triplet: Triplet, folder: &Path) -> Triplet {
    if let Image::Path(path) = &triplet.image {
        let data = std::fs::read(folder.join(path)).unwrap();
        triplet.image = Image::Bytes { data, extension: path.rsplit('.').next().unwrap().to_owned() };
    }
    triplet
}

#[test]
fn bytes_in_parquet_keep_the_order_of_the_corpus() {
    let place = Workplace::new();
    let images: Vec<Vec<u8>> = (1..6).map(|side| png(side, 3)).collect();
    let file = |name: &str, numbers: [usize; 3]| {
        let ids: Vec<String> = numbers.iter().map(|number| format!("{number}")).collect();
        let bytes: Vec<&[u8]> = numbers.iter().map(|&number| images[number].as_slice()).collect();
        place.parquet(
            name,
            vec![
                ("image_id", array(StringArray::from(ids))),
                ("caption", array(StringArray::from(vec!["a dog", "a cat", "a bird"]))),
                ("image", array(BinaryArray::from(bytes))),
            ],
        );
    };
    file("in/a.parquet", [3, 1, 1]);
    file("in/b.parquet", [0, 2, 3]);
    place.run(&["in"]).expect(0, &[]);
    let ran = place.run(&["triplets", "in", "--vocabulary", "mined/candidates.csv", "--check-images"]);
    // Image 3 comes again at the end: a duplicate, which is named.
    ran.expect(1, &["images that come a second time: 1 (3, in/b.parquet, row 3"]);
    let found = read(&place.path("triplets"));
    let ids: Vec<&str> = found.iter().map(|triplet| triplet.image_id.as_str()).collect();
    assert_eq!(ids, ["3", "1", "0", "2"]);
    assert_eq!(found[1].captions, ["a cat", "a bird"]);
    for triplet in &found {
        let number: usize = triplet.image_id.parse().unwrap();
        let Image::Bytes { data, .. } = &triplet.image else { panic!("no bytes") };
        assert!(*data == images[number]);
        assert_eq!(triplet.width, Some(number as u32 + 1));
    }
}
