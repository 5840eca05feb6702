//! Preprocessing, interpolation, metrics and schedules against what the reference gives.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use image::RgbImage;
use serde_json::Value;
use tagger::evaluation::{mean_average_precision, precision_recall};
use tagger::preprocessing::{
    CropBox, Operation, Preprocess, Prompt, ResizeFilter, TAG_LENGTH, TextTokenizer, decode_image,
    interpolate_bias_table, interpolate_positions, join_tags, pre_caption, resize, resize_region,
};
use tagger::training::schedule::LearningRateSchedule;

fn golden(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/tag2text").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn json(name: &str) -> Option<Value> {
    Some(serde_json::from_str(&fs::read_to_string(golden(name)?).unwrap()).unwrap())
}

fn tensors(name: &str) -> Option<HashMap<String, Tensor>> {
    Some(candle_core::safetensors::load(golden(name)?, &Device::Cpu).unwrap())
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn image_of(tensor: &Tensor) -> RgbImage {
    let (height, width, _) = tensor.dims3().unwrap();
    let bytes = tensor.flatten_all().unwrap().to_vec1().unwrap();
    RgbImage::from_raw(width as u32, height as u32, bytes).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn largest_step(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

/// A vocabulary of bert-base-uncased's size in which the pieces that the goldens name have their ids.
///
/// Greedy longest match gives the same pieces as with all of them. `BERT_VOCABULARY` may name the whole vocab.txt.
fn bert_vocabulary(golden: &Value) -> String {
    if let Ok(path) = std::env::var("BERT_VOCABULARY") {
        return fs::read_to_string(path).unwrap();
    }
    let mut pieces = BTreeMap::new();
    for (key, token) in
        [("pad", "[PAD]"), ("unk", "[UNK]"), ("cls", "[CLS]"), ("sep", "[SEP]"), ("mask", "[MASK]")]
    {
        pieces.insert(golden[key].as_i64().unwrap(), token.to_owned());
    }
    let special = |id: &i64| [101, 102, 0, 30522].contains(id);
    let mut name = |ids: &[i64], tokens: Vec<String>| {
        for (id, token) in ids.iter().zip(tokens) {
            if *id < 30522 && !pieces.values().any(|known| *known == token) {
                pieces.entry(*id).or_insert(token);
            }
        }
    };
    let cases = golden["cases"].as_array().unwrap();
    for case in cases.iter().filter(|case| case.get("tokens").is_some()) {
        let ids = integers(&case["ids"]);
        name(&ids[1..ids.len() - 1], strings(&case["tokens"]));
    }
    // Cases without their tokens: the pieces are the words, as far as there are as many.
    for case in cases.iter().chain(golden["decode"].as_array().unwrap()) {
        let ids: Vec<i64> = integers(&case["ids"]).into_iter().filter(|id| !special(id)).collect();
        let spaced = ["'", ",", "?", "-"]
            .iter()
            .fold(text(&case["text"]).to_owned(), |text, mark| text.replace(mark, &format!(" {mark} ")));
        let words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
        if words.len() == ids.len() || ids.len() > 14 {
            name(&ids, words);
        }
    }
    (0..30522).map(|id| pieces.remove(&id).unwrap_or_else(|| format!("[unused{id}]")) + "\n").collect()
}

#[test]
fn token_ids_are_the_reference_s() {
    let Some(golden) = json("preprocessing/tokenizer.json") else { return };
    let made = TextTokenizer::from_vocabulary(&bert_vocabulary(&golden), "vocab.txt").unwrap();
    let read = TextTokenizer::from_json(&made.to_json().unwrap(), "tokenizer.json").unwrap();
    let whole = std::env::var("BERT_VOCABULARY").is_ok();
    for tokenizer in [made, read] {
        let special = tokenizer.special();
        for (key, id) in [
            ("bos", special.bos),
            ("enc", special.enc),
            ("sep", special.sep),
            ("cls", special.cls),
            ("pad", special.pad),
            ("unk", special.unknown),
        ] {
            assert_eq!(golden[key], id, "{key}");
        }
        assert_eq!(golden["n"], tokenizer.vocabulary_size());
        let mut checked = 0;
        for case in golden["cases"].as_array().unwrap() {
            let text = text(&case["text"]);
            let ids: Vec<u32> = integers(&case["ids"]).into_iter().map(|id| id as u32).collect();
            let named = case.get("tokens").is_some() || text.split(' ').count() == ids.len() - 2;
            if !whole && !named {
                continue;
            }
            checked += 1;
            assert_eq!(tokenizer.encode(text, special.cls, usize::MAX).unwrap(), ids, "{text}");
            if case.get("ids_max40").is_some() {
                let mut row = tokenizer.tag_batch(&[text]).unwrap();
                row.ids[0] = special.cls;
                assert_eq!(
                    row.ids.iter().map(|&id| i64::from(id)).collect::<Vec<_>>(),
                    integers(&case["ids_max40"])
                );
                assert_eq!(
                    row.mask.iter().map(|&id| i64::from(id)).collect::<Vec<_>>(),
                    integers(&case["mask40"])
                );
            }
        }
        println!("{checked} of {} cases", golden["cases"].as_array().unwrap().len());
        assert!(checked > 60);
        for case in golden["decode"].as_array().unwrap() {
            let ids: Vec<u32> = integers(&case["ids"]).into_iter().map(|id| id as u32).collect();
            assert_eq!(tokenizer.decode(&ids), text(&case["text"]));
        }
        assert_eq!(tokenizer.prompt_ids().unwrap(), [30522, 1037, 3861, 1997]);
    }
}

#[test]
fn the_small_models_inputs_are_the_reference_s() {
    let (Some(vocabulary), Some(tags)) = (golden("tiny/tokenizer/vocab.txt"), golden("tiny/tag_list.txt"))
    else {
        return;
    };
    let tokenizer = TextTokenizer::from_file(&vocabulary).unwrap();
    let tags = fs::read_to_string(tags).unwrap();
    let tags: Vec<&str> = tags.lines().collect();
    for model in ["swin", "vit"] {
        let meta = json(&format!("tiny/{model}_meta.json")).unwrap();
        let io = tensors(&format!("tiny/{model}_io.safetensors")).unwrap();
        let ids = |name: &str| values(&io[name].to_dtype(candle_core::DType::F32).unwrap());
        let plain = |ids: &[u32]| ids.iter().map(|&id| id as f32).collect::<Vec<_>>();
        let rows: Vec<String> = meta["tagsets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|set| join_tags(integers(set).into_iter().map(|tag| tags[tag as usize])))
            .collect();
        let batch = tokenizer.tag_batch(&rows).unwrap();
        assert_eq!(plain(&batch.ids), ids("in.tagenc_ids"));
        assert_eq!(plain(&batch.mask), ids("in.tagenc_mask"));
        // They are the release's: without the prompt, and its positions hidden all the same.
        let batch = tokenizer.caption_batch(&strings(&meta["captions"]), Prompt::HiddenOnly).unwrap();
        let targets: Vec<f32> = batch.targets.iter().map(|&target| target as f32).collect();
        assert_eq!(plain(&batch.tokens.ids), ids("in.dec_ids"));
        assert_eq!(plain(&batch.tokens.mask), ids("in.dec_mask"));
        assert_eq!(targets, ids("in.dec_targets"));
    }
}

#[test]
fn captions_are_cleaned_as_the_reference_does() {
    let Some(golden) = json("preprocessing/pre_caption.json") else { return };
    for case in golden.as_array().unwrap() {
        assert_eq!(pre_caption(text(&case["text"]), 30), text(&case["out30"]));
        assert_eq!(pre_caption(text(&case["text"]), 50), text(&case["out50"]));
    }
}

#[test]
fn weights_are_carried_to_other_resolutions() {
    let Some(golden) = tensors("preprocessing/interp.safetensors") else { return };
    for (from, to) in [(14, 14), (14, 24), (24, 14), (4, 7)] {
        let result = interpolate_positions(&golden[&format!("pos.{from}.src")], to).unwrap();
        let expected = &golden[&format!("pos.{from}to{to}")];
        assert_eq!(result.dims(), expected.dims());
        let difference = largest_difference(&values(&result), &values(expected));
        println!("positions {from} to {to}: {difference:e}");
        assert!(difference < 5e-6);
    }
    for (from, to) in [(7, 12), (12, 7), (12, 24), (4, 6)] {
        let result = interpolate_bias_table(&golden[&format!("relpos.{from}.src")], to).unwrap();
        let expected = &golden[&format!("relpos.{from}to{to}")];
        assert_eq!(result.dims(), expected.dims());
        let difference = largest_difference(&values(&result), &values(expected));
        println!("bias table {from} to {to}: {difference:e}");
        assert!(difference < 1e-6);
    }
}

fn table(golden: &Value, lines: &str, tags: &[String]) -> Vec<bool> {
    let lines = strings(&golden[lines]);
    let row = |line: &String| {
        let on: Vec<String> = line.split(',').skip(1).map(str::to_owned).collect();
        tags.iter().map(|tag| on.contains(tag)).collect::<Vec<_>>()
    };
    lines.iter().flat_map(row).collect()
}

#[test]
fn metrics_are_the_reference_s() {
    let Some(golden) = json("preprocessing/metrics.json") else { return };
    let tags = strings(&golden["taglist"]);
    let labels = table(&golden, "gt", &tags);
    let scores = |name: &str| -> Vec<f32> {
        golden[name].as_array().unwrap().iter().flat_map(numbers).map(|score| score as f32).collect()
    };
    let result = mean_average_precision(&scores("scores_notie"), &labels, tags.len()).unwrap();
    assert!((result.mean - golden["mAP_notie"].as_f64().unwrap()).abs() < 1e-12);
    for (ours, theirs) in result.per_class.iter().zip(numbers(&golden["APs_notie"])) {
        assert!((ours - theirs).abs() < 1e-12);
    }
    let result = precision_recall(&table(&golden, "pred", &tags), &labels, tags.len()).unwrap();
    assert!((result.precision - golden["P"].as_f64().unwrap()).abs() < 1e-12);
    assert!((result.recall - golden["R"].as_f64().unwrap()).abs() < 1e-12);
    for (ours, (precision, recall)) in
        result.per_class.iter().zip(numbers(&golden["Ps"]).into_iter().zip(numbers(&golden["Rs"])))
    {
        assert!((ours.0 - precision).abs() < 1e-12 && (ours.1 - recall).abs() < 1e-12);
    }
    // A tag list that names a tag twice.
    let tags = strings(&golden["taglist_dup"]);
    let labels = table(&golden, "gt", &tags);
    let result = mean_average_precision(&scores("scores"), &labels, tags.len()).unwrap();
    println!("with ties: {} and {}", result.mean, golden["mAP_dup"]);
}

#[test]
fn images_are_resized_and_normalised_as_by_pil() {
    let Some(golden_tensors) = tensors("preprocessing/preprocess.safetensors") else { return };
    for name in ["big", "small"] {
        let path = golden(&format!("preprocessing/img_{name}.png")).unwrap();
        let expected = |what: &str| &golden_tensors[&format!("{name}.{what}")];
        let image = decode_image(&path, &Default::default()).unwrap();
        assert_eq!(image, image_of(expected("rgb")));
        let resized = resize(&image, 64, 64, ResizeFilter::Bilinear).unwrap();
        assert_eq!(resized, image_of(expected("resize64_u8")));
        // The goldens' box: 5 rows and 7 columns off, half as high and wide as the image.
        let region = CropBox { left: 7, top: 5, width: image.width() / 2, height: image.height() / 2 };
        let cropped = resize_region(&image, region, 64, 64, ResizeFilter::Bicubic).unwrap();
        assert_eq!(cropped, image_of(expected("crop_bicubic64_u8")));
        let all = Preprocess::released(64).load(&path).unwrap();
        let difference = largest_difference(&all, &values(expected("eval64")));
        println!("{name}: normalised {difference:e}");
        assert!(difference < 1e-6);
    }
}

#[test]
fn augmentations_are_the_reference_s() {
    let Some(golden) = tensors("preprocessing/preprocess.safetensors") else { return };
    let source = image_of(&golden["aug.src"]);
    let mut checked = 0;
    for operation in Operation::ALL {
        for (negative, direction) in [(false, "pos"), (true, "neg")] {
            let Some(expected) = golden.get(&format!("aug.{operation:?}.{direction}")) else { continue };
            let step = largest_step(&operation.apply(&source, 5.0, negative, [128; 3]), &image_of(expected));
            assert_eq!(step, 0, "{operation:?} {direction}");
            checked += 1;
        }
    }
    assert_eq!(checked, 15);
}

#[test]
fn learning_rates_are_the_reference_s() {
    let Some(golden) = json("preprocessing/lr.json") else { return };
    let rates = |name: &str| -> Vec<(u64, f64)> {
        let rates = golden[name].as_array().unwrap();
        rates.iter().map(|pair| (pair[0].as_u64().unwrap(), pair[1].as_f64().unwrap())).collect()
    };
    for (epoch, rate) in rates("step") {
        assert_eq!(LearningRateSchedule::PRE_TRAINING.rate(epoch, 3_000), rate);
    }
    for (step, rate) in rates("warm") {
        assert_eq!(LearningRateSchedule::PRE_TRAINING.rate(0, step), rate);
    }
    for (epoch, rate) in rates("cos") {
        assert_eq!(LearningRateSchedule::fine_tuning(2).rate(epoch, 7), rate);
    }
}

#[test]
fn a_row_of_tags_has_exactly_40_ids() {
    assert_eq!(TAG_LENGTH, 40);
    let Some(vocabulary) = golden("tiny/tokenizer/vocab.txt") else { return };
    let tokenizer = TextTokenizer::from_file(&vocabulary).unwrap();
    let special = tokenizer.special();
    let none = tokenizer.tag_batch(&[""]).unwrap();
    assert_eq!(none.ids[..3], [special.enc, special.sep, special.pad]);
    let many = tokenizer.tag_batch(&[join_tags(["dog"; 50])]).unwrap();
    assert_eq!((many.ids.len(), many.ids[39]), (40, special.sep));
    assert!(many.mask.iter().all(|&kept| kept == 1));
}
