//! Tokenizers: learned, saved, loaded, refused.

use std::collections::HashSet;
use std::fs;

use proptest::prelude::*;
use tagger::preprocessing::{
    CAPTION_LENGTH, IGNORED, Prompt, TAG_LENGTH, TextTokenizer, TokenizerTraining, join_tags, pre_caption,
};

const CAPTIONS: [&str; 6] = [
    "A man riding a wave on top of a surfboard.",
    "Two skateboarders doing tricks at the skatepark, one of them jumping",
    "a picture of a black dog running after a frisbee | two dogs",
    "The café's façade, with people sitting at small tables",
    "playing, player, played, plays: a boy plays while others are playing",
    "running runner runs; riding rider rides, surfing surfer surfs",
];

fn trained() -> TextTokenizer {
    let training = TokenizerTraining { vocabulary_size: 250, min_frequency: 2, characters: 50 };
    TextTokenizer::train(CAPTIONS, &training).unwrap()
}

#[test]
fn training_depends_on_the_captions_only() {
    let first = trained();
    assert!(first.vocabulary_size() > 120 && first.vocabulary_size() <= 250);
    let mut reversed = CAPTIONS;
    reversed.reverse();
    let training = TokenizerTraining { vocabulary_size: 250, min_frequency: 2, characters: 50 };
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let again = pool.install(|| TextTokenizer::train(reversed, &training)).unwrap();
        assert_eq!(again.to_json().unwrap(), first.to_json().unwrap());
    }
    let special = first.special();
    assert_eq!((special.pad, special.unknown, special.cls, special.sep), (0, 1, 2, 3));
    let size = first.vocabulary_size() as u32;
    assert_eq!((special.bos, special.enc), (size - 2, size - 1));
}

#[test]
fn a_learned_tokenizer_spells_everything_printable() {
    let tokenizer = trained();
    let special = tokenizer.special();
    for text in ["zyx | w0q'k -- ?", "a picture of ", "playing", "FACADE"] {
        let ids = tokenizer.encode(text, special.cls, 40).unwrap();
        assert!(!ids.contains(&special.unknown), "{text}");
    }
    assert_eq!(
        tokenizer.decode(&tokenizer.encode("Playing, a DOG!", special.cls, 40).unwrap()),
        "playing, a dog!"
    );
    // Frequent words are few pieces.
    assert!(tokenizer.encode("playing", special.cls, 40).unwrap().len() <= 4);
}

#[test]
fn too_little_to_learn_from_is_an_error() {
    let training = TokenizerTraining::default();
    assert!(TextTokenizer::train([""; 3], &training).is_err());
    assert!(TextTokenizer::train(Vec::<String>::new(), &training).is_err());
    let small = TokenizerTraining { vocabulary_size: 20, ..training };
    let error = TextTokenizer::train(CAPTIONS, &small).unwrap_err().to_string();
    assert!(error.contains("20 tokens were asked for"), "{error}");
}

#[test]
fn what_is_saved_is_what_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    let tokenizer = trained();
    tokenizer.save(&path).unwrap();
    let loaded = TextTokenizer::from_file(&path).unwrap();
    assert_eq!(loaded.to_json().unwrap(), tokenizer.to_json().unwrap());
    assert_eq!(loaded.special(), tokenizer.special());
    assert_eq!(loaded.vocabulary_size(), tokenizer.vocabulary_size());
    assert_eq!(loaded.tag_batch(&CAPTIONS).unwrap(), tokenizer.tag_batch(&CAPTIONS).unwrap());
    assert!(tokenizer.save(&folder.path().join("no/such/folder.json")).is_err());
}

#[test]
fn malformed_files_are_refused_with_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let json = trained().to_json().unwrap();
    let gap = json.replacen("\"!\": 5,", "\"!\": 5000,", 1);
    assert_ne!(gap, json);
    for (name, content, reason) in [
        ("vocab.txt", "[PAD]\n[UNK]\n[CLS]\ndog\n", "[SEP]"),
        ("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\ndog\n\ncat\n", "line 6 is empty"),
        ("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\ndog\ndog\n", "line 6 repeats \"dog\" of line 5"),
        ("vocab.txt", "", "[SEP]"),
        ("tokenizer.json", "", "EOF"),
        ("tokenizer.json", "{}", "Model missing"),
        ("tokenizer.json", "[1, 2]", ""),
        ("tokenizer.json", &json[..json.len() / 2], ""),
        ("tokenizer.json", &gap, "gaps"),
        ("tokenizer.json", &json.replace("[SEP]", "[END]"), "[SEP]"),
        ("tokenizer.json", &json.replace("\"type\": \"WordPiece\"", "\"type\": \"Nonsense\""), ""),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let error = TextTokenizer::from_file(&path).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(reason), "{error}");
    }
    fs::write(folder.path().join("vocab.txt"), [0xff, 0xfe]).unwrap();
    assert!(TextTokenizer::from_file(&folder.path().join("vocab.txt")).is_err());
    assert!(TextTokenizer::from_file(&folder.path().join("missing.txt")).is_err());
}

#[test]
fn the_prompt_is_hidden_from_the_loss() {
    let tokenizer = trained();
    let hidden = tokenizer.prompt_length().unwrap();
    assert_eq!(tokenizer.prompt_ids().unwrap()[0], tokenizer.special().bos);
    let batch = tokenizer.caption_batch(&["a dog", "a black dog running"], Prompt::Prepended).unwrap();
    assert_eq!(batch.tokens.ids[..hidden], tokenizer.prompt_ids().unwrap());
    let row = &batch.targets[..batch.tokens.length];
    assert!(row[..hidden].iter().all(|&target| target == IGNORED));
    assert_ne!(row[hidden], IGNORED);
    assert!(batch.visible() > 0);
    // As released: a batch of captions that are shorter than the prompt has nothing to learn from.
    let released = tokenizer.caption_batch(&["a", ""], Prompt::HiddenOnly).unwrap();
    assert_eq!(released.visible(), 0);
    assert_eq!(tokenizer.caption_batch::<&str>(&[], Prompt::Prepended).unwrap().tokens.rows, 0);
}

proptest! {
    #[test]
    fn rows_never_exceed_their_length(texts in prop::collection::vec(".{0,120}", 1..4), many in 0_usize..60) {
        let tokenizer = trained();
        let special = tokenizer.special();
        let size = tokenizer.vocabulary_size() as u32;
        let mut rows = texts.clone();
        rows.push(join_tags(vec!["skate park"; many]));
        let batch = tokenizer.tag_batch(&rows).unwrap();
        prop_assert_eq!(batch.ids.len(), rows.len() * TAG_LENGTH);
        for (ids, mask) in batch.ids.chunks(TAG_LENGTH).zip(batch.mask.chunks(TAG_LENGTH)) {
            let kept = mask.iter().take_while(|&&kept| kept == 1).count();
            prop_assert!(mask[kept..].iter().all(|&kept| kept == 0));
            prop_assert_eq!((ids[0], ids[kept - 1]), (special.enc, special.sep));
            prop_assert!(ids[kept..].iter().all(|&id| id == special.pad));
            prop_assert!(ids.iter().all(|&id| id < size));
        }
        let captions: Vec<String> = texts.iter().map(|text| pre_caption(text, 30)).collect();
        let batch = tokenizer.caption_batch(&captions, Prompt::Prepended).unwrap();
        prop_assert!(batch.tokens.length <= CAPTION_LENGTH);
        prop_assert_eq!(batch.targets.len(), captions.len() * batch.tokens.length);
        let _ = tokenizer.decode(&batch.tokens.ids);
    }

    #[test]
    fn clean_captions_stay_as_they_are(text in "[ -~\t\n]{0,200}", words in 1_usize..40) {
        let clean = pre_caption(&text, words);
        prop_assert_eq!(&pre_caption(&clean, words), &clean);
        prop_assert!(clean.split(' ').count() <= words);
        let removed: HashSet<char> = ".!\"()*#:;~".chars().collect();
        prop_assert!(!clean.contains(|character| removed.contains(&character)));
    }
}

/// Every visit has an order of its own, which it keeps; no tag is lost or doubled.
#[test]
fn tags_are_shuffled_by_visit() {
    use std::collections::BTreeSet;

    use tagger::preprocessing::{TagOrder, visit_seed};

    let names: Vec<String> = (0..30).map(|number| format!("tag {number}")).collect();
    let ids: Vec<u32> = (0..30).rev().collect();
    let sorted = TagOrder::ById.text(&ids, &names, 1);
    assert_eq!(sorted, names.join(" | "));
    let texts: BTreeSet<String> =
        (0..20).map(|epoch| TagOrder::Shuffled.text(&ids, &names, visit_seed(3, epoch, 5))).collect();
    assert_eq!(texts.len(), 20, "each epoch has another order");
    for text in &texts {
        let mut tags: Vec<&str> = text.split(" | ").collect();
        tags.sort_unstable_by_key(|tag| tag[4..].parse::<u32>().unwrap());
        assert_eq!(tags, names);
    }
    let again = TagOrder::Shuffled.text(&ids, &names, visit_seed(3, 0, 5));
    assert!(texts.contains(&again));
}
