//! After one step every variable has a non-zero gradient and has moved.

use candle_core::{DType, Device, Tensor};
use tagger::model::{Bert, ImageEncoder, Tag2Text, TaggingHead, TextDecoder, TextInput};
use tagger::nn::{Context, Fill, Initialisation, Parameters};
use tagger::training::{AdamW, AdamWConfig, Gradients};

use crate::support::{batch, difference, largest, padded_mask, random_f32, random_ids, smallest_config};

const SEED: u64 = 3;

fn fresh() -> Parameters {
    Parameters::new(Initialisation::Random { seed: 1 }, &Device::Cpu)
}

/// Steps once down the gradient of `loss`. Parameters that `unused` names must have no gradient
/// and stay.
fn check(what: &str, parameters: &Parameters, loss: &Tensor, unused: impl Fn(&str) -> bool) {
    let before: Vec<Tensor> =
        parameters.variables().values().map(|var| var.as_tensor().copy().unwrap()).collect();
    let gradients = Gradients::of(loss, parameters).unwrap();
    AdamW::new(AdamWConfig::default()).step(parameters, &gradients, 1e-3).unwrap();
    assert!(!before.is_empty(), "{what}");
    for ((name, var), before) in parameters.variables().iter().zip(before) {
        let moved = difference(var, &before.detach());
        if unused(name) {
            assert!(gradients.get(name).is_none() && moved == 0.0, "{what}: {name} should be unused");
            continue;
        }
        let gradient = gradients.get(name).unwrap_or_else(|| panic!("{what}: {name} has no gradient"));
        assert!(largest(gradient).is_finite(), "{what}: {name}");
        // Softmax does not see a shift of all keys: their bias has a gradient of rounding noise.
        if !name.ends_with(".key.bias") {
            assert!(largest(gradient) > 0.0, "{what}: the gradient of {name} is zero");
            assert!(moved > 0.0, "{what}: {name} has not moved");
        }
    }
}

/// A scalar that every element of the output counts in.
fn weighted(output: &Tensor) -> Tensor {
    (output * random_f32(output.dims(), 8)).unwrap().sum_all().unwrap()
}

fn contexts() -> [(&'static str, Context); 2] {
    [("deterministic", Context::deterministic()), ("training", Context::training(SEED))]
}

#[test]
fn image_encoders_learn() {
    for kind in ["swin", "vit"] {
        for (mode, context) in contexts() {
            let (config, parameters) = (smallest_config(kind), fresh());
            let encoder = ImageEncoder::new(&config.image, &parameters.root()).unwrap();
            let output = encoder.forward(&batch(&config, 6).images, &context).unwrap();
            check(&format!("{kind}, {mode}"), &parameters, &weighted(&output), |_| false);
        }
    }
}

#[test]
fn berts_learn() {
    let config = smallest_config("vit").text;
    let (ids, mask) = (random_ids(&[4, 7], config.vocabulary, 1), padded_mask(4, 7));
    let input = TextInput { ids: &ids, mask: Some(&mask), causal: false };
    let source = random_f32(&[4, 5, 6], 2);
    for (mode, context) in contexts() {
        let parameters = fresh();
        let bert = Bert::new(&config, 6, "text", &parameters.root()).unwrap();
        let output = bert.forward(input, Some(&source), &context).unwrap();
        check(&format!("multimodal BERT, {mode}"), &parameters, &weighted(&output), |_| false);

        let output = bert.forward(input, None, &context).unwrap();
        let unused = |name: &str| name.contains("crossattention");
        check(&format!("text BERT, {mode}"), &parameters, &weighted(&output), unused);

        let parameters = fresh();
        let decoder = TextDecoder::new(&config, 6, &parameters.root()).unwrap();
        let logits = decoder.forward(&ids, Some(&mask), &source, &context).unwrap();
        check(&format!("text decoder, {mode}"), &parameters, &weighted(&logits), |_| false);
    }
}

#[test]
fn tagging_heads_learn() {
    let config = smallest_config("vit");
    for (mode, context) in contexts() {
        let parameters = fresh();
        let root = parameters.root();
        let head = TaggingHead::new(&config, &root, &root.pp("tag_encoder")).unwrap();
        let image = random_f32(&[3, 4, config.image.width()], 1);
        let logits = head.forward(&image, None, &context).unwrap();
        check(&format!("tagging head, {mode}"), &parameters, &weighted(&logits), |_| false);
    }
}

#[test]
fn whole_models_learn() {
    for kind in ["swin", "vit"] {
        for (mode, context) in contexts() {
            let (config, parameters) = (smallest_config(kind), fresh());
            let model = Tag2Text::new(&config, &parameters.root()).unwrap();
            let losses = model.losses(&batch(&config, 6), &context).unwrap();
            check(&format!("{kind} model, {mode}"), &parameters, &losses.total, |_| false);
        }
    }
}

/// A shared tensor's gradient is the sum of what its uses give.
#[test]
fn shared_layers_add_up_their_gradients() {
    let (config, parameters) = (smallest_config("vit"), fresh());
    let model = Tag2Text::new(&config, &parameters.root()).unwrap();
    let batch = batch(&config, 2);
    let context = Context::deterministic();
    let losses = model.losses(&batch, &context).unwrap();
    let name = "tag_encoder.encoder.layer.0.crossattention.self.query.weight";
    let of = |loss: &Tensor| Gradients::of(loss, &parameters).unwrap().get(name).unwrap().clone();
    let sum = (of(&losses.caption) + of(&losses.tagging)).unwrap();
    let both = of(&(&losses.caption + &losses.tagging).unwrap());
    assert!(largest(&of(&losses.tagging)) > 0.0);
    assert!(difference(&sum, &both) <= 1e-5 * largest(&both));
}

/// Mixed precision: f32 masters, computed in half. On the CPU candle multiplies f16, not bf16.
#[test]
fn half_precision_comes_close() {
    for kind in ["swin", "vit"] {
        let config = smallest_config(kind);
        let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
        let model = Tag2Text::new(&config, &parameters.root()).unwrap();
        parameters.fill_by_rule(|name, dims| Some(Fill::reference(name, dims))).unwrap();
        let batch = batch(&config, 4);
        let run = |dtype| {
            let context = Context::deterministic().with_dtype(dtype);
            let losses = model.losses(&batch, &context).unwrap();
            let total = losses.total.to_dtype(DType::F64).unwrap().to_scalar::<f64>().unwrap();
            (total, Gradients::of(&losses.total, &parameters).unwrap())
        };
        let ((exact, exact_gradients), (half, half_gradients)) = (run(DType::F32), run(DType::F16));
        assert!((half / exact - 1.0).abs() < 1e-2, "{kind}: {half} for {exact}");
        for (name, expected) in exact_gradients.iter().filter(|(name, _)| !name.ends_with(".key.bias")) {
            let gradient = half_gradients.get(name).unwrap();
            assert_eq!(gradient.dtype(), DType::F32, "{name}");
            let deviation = difference(gradient, expected) / largest(expected);
            assert!(deviation < 0.05, "{kind}: {name} deviates by {deviation:.3}");
        }
    }
}
