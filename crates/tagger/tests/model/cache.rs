//! Generation token by token, subsets of tags, batches: the same numbers as all at once.

use candle_core::{Device, Tensor};
use tagger::model::{KeyValueCache, Tag2Text, Tag2TextConfig};
use tagger::nn::{Context, Fill, Initialisation, Parameters};

use crate::support::{batch, difference, random_f32, random_ids, smallest_config};

fn model(config: &Tag2TextConfig) -> Tag2Text {
    let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    let model = Tag2Text::new(config, &parameters.root()).unwrap();
    parameters.fill_by_rule(|name, dims| Some(Fill::reference(name, dims))).unwrap();
    model
}

#[test]
fn a_cache_gives_what_the_whole_text_gives() {
    let config = smallest_config("vit");
    let model = model(&config);
    let context = Context::inference();
    let (batch, length, prompt) = (3, 9, 4);
    let ids = random_ids(&[batch, length], config.text.vocabulary, 1);
    let tags = random_f32(&[batch, 7, config.text.hidden_size], 2);
    let whole = model.decode(&ids, None, &tags, &context).unwrap();

    let mut cache = KeyValueCache::new();
    let (mut ids, mut whole) = (ids, whole);
    let mut given = 0;
    for end in prompt..=length {
        let new = ids.narrow(1, given, end - given).unwrap();
        let logits = model.text_decoder().next(&new, &tags, &mut cache, &context).unwrap();
        let expected = whole.narrow(1, end - 1, 1).unwrap().squeeze(1).unwrap();
        assert!(difference(&logits, &expected) < 1e-5, "{end}");
        given = end;
        // Beams change places, and some of them double.
        let rows = Tensor::new(&[2u32, 0, 2], &Device::Cpu).unwrap();
        cache.select(&rows).unwrap();
        ids = ids.index_select(&rows, 0).unwrap();
        whole = whole.index_select(&rows, 0).unwrap();
    }
    assert_eq!(cache.len(), length);
}

#[test]
fn a_subset_of_tags_and_of_the_batch_changes_nothing() {
    for kind in ["swin", "vit"] {
        let config = smallest_config(kind);
        let model = model(&config);
        let context = Context::inference();
        let image = model.encode_image(&batch(&config, 3).images, &context).unwrap();
        let logits = model.tag_logits(&image, &context).unwrap();
        let tags = Tensor::new(&[4u32, 1], &Device::Cpu).unwrap();
        let some = model.tag_logits_of(&tags, &image, &context).unwrap();
        assert!(difference(&some, &logits.index_select(&tags, 1).unwrap()) < 1e-5);

        let alone = batch(&config, 3).images.narrow(0, 1, 1).unwrap();
        let alone = model.encode_image(&alone, &context).unwrap();
        assert!(difference(&alone, &image.narrow(0, 1, 1).unwrap()) < 1e-5);
    }
}

#[test]
fn wrong_shapes_are_told() {
    let config = smallest_config("swin");
    let model = model(&config);
    let context = Context::inference();
    let error = model.encode_image(&random_f32(&[1, 3, 8, 8], 1), &context).unwrap_err().to_string();
    assert_eq!(error, "a batch of images must be (B, 3, 16, 16), not [1, 3, 8, 8]");
    let error = model.tag_logits(&random_f32(&[1, 3, 5], 1), &context).unwrap_err().to_string();
    assert!(error.contains("(B, N, 8)"), "{error}");
    let long = random_ids(&[1, 10], 19, 1);
    let error = model.decode(&long, None, &random_f32(&[1, 7, 8], 1), &context).unwrap_err().to_string();
    assert!(error.contains("longer than the 9 positions"), "{error}");
    let unknown = Tensor::new(&[[19u32]], &Device::Cpu).unwrap();
    assert!(model.decode(&unknown, None, &random_f32(&[1, 7, 8], 1), &context).is_err());
}
