//! Every function with a gradient of our own, and the modules made of them, against finite
//! differences in f64.

use candle_core::{DType, Device, Result, Tensor, Var};
use tagger::losses::{AsymmetricLoss, caption_loss, total_loss};
use tagger::model::Tag2Text;
use tagger::nn::{
    Context, Fill, Initialisation, Parameters, add_parameter, attend, drop_path, dropout, gelu, layer_norm,
    linear, permute_tokens, repeat_batch, softmax, softmax_biased, softmax_masked,
};

use crate::support::{batch, random, smallest_config};

const STEP: f64 = 1e-5;
const TOLERANCE: f64 = 1e-6;

/// Holds the gradients of all inputs against central differences. The function's result is made a
/// scalar by random weights, so that every element counts differently.
fn check(name: &str, inputs: &[Tensor], function: impl Fn(&[Tensor]) -> Result<Tensor>) {
    let weighted = |inputs: &[Tensor]| {
        let value = function(inputs).unwrap_or_else(|error| panic!("{name}: {error}"));
        (&value * random(value.dims(), 99)).unwrap().sum_all().unwrap()
    };
    let vars: Vec<Var> = inputs.iter().map(|input| Var::from_tensor(input).unwrap()).collect();
    let tensors: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let gradients = weighted(&tensors).backward().unwrap();
    let mut worst = 0f64;
    for (index, var) in vars.iter().enumerate() {
        let gradient = gradients.get(var).unwrap_or_else(|| panic!("{name}: input {index} has none"));
        assert_eq!(gradient.dims(), var.dims(), "{name}: input {index}");
        let gradient: Vec<f64> = gradient.flatten_all().unwrap().to_vec1().unwrap();
        let values: Vec<f64> = inputs[index].flatten_all().unwrap().to_vec1().unwrap();
        assert!(gradient.iter().any(|value| *value != 0.0), "{name}: input {index}");
        // Not all elements of large inputs.
        for at in (0..values.len()).step_by(values.len().div_ceil(40)) {
            let moved = |by: f64| {
                let mut values = values.clone();
                values[at] += by;
                let mut inputs = inputs.to_vec();
                inputs[index] = Tensor::from_vec(values, var.dims(), &Device::Cpu).unwrap();
                weighted(&inputs).to_scalar::<f64>().unwrap()
            };
            let expected = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            worst = worst.max((gradient[at] - expected).abs() / expected.abs().max(1.0));
        }
    }
    println!("{name}: largest deviation {worst:.1e}");
    assert!(worst <= TOLERANCE, "{name}: {worst:.1e}");
}

#[test]
fn gelu_and_softmax() {
    let x = (random(&[3, 4, 5], 1) * 3.0).unwrap();
    check("gelu", std::slice::from_ref(&x), |inputs| gelu(&inputs[0]));
    check("softmax", std::slice::from_ref(&x), |inputs| softmax(&inputs[0]));
    let mask = (random(&[3, 1, 5], 2) * 2.0).unwrap();
    check("softmax_masked", &[x], |inputs| softmax_masked(&inputs[0], &mask));
}

#[test]
fn biased_softmax_and_parameters_that_are_added() {
    let inputs = [random(&[6, 2, 3, 4], 1), random(&[3, 2, 3, 4], 2)];
    check("softmax_biased", &inputs, |inputs| softmax_biased(&inputs[0], &inputs[1]));
    let inputs = [random(&[2, 3, 4], 1), random(&[1, 3, 4], 2)];
    check("add_parameter", &inputs, |inputs| add_parameter(&inputs[0], &inputs[1]));
    check("repeat_batch", &[random(&[1, 3, 4], 1)], |inputs| repeat_batch(&inputs[0], 5));
}

#[test]
fn products_with_weights() {
    // Both ways of multiplying: with few rows and with many.
    for rows in [2, 120] {
        let inputs = [random(&[2, rows, 3], 1), random(&[4, 3], 2), random(&[4], 3)];
        check("linear", &inputs, |inputs| linear(&inputs[0], &inputs[1], Some(&inputs[2])));
        check("linear without bias", &inputs[..2], |inputs| linear(&inputs[0], &inputs[1], None));
    }
}

#[test]
fn layer_norms() {
    for eps in [1e-12, 1e-5] {
        let x = (random(&[3, 4, 7], 1) + 0.5).unwrap();
        let inputs = [x, random(&[7], 2), random(&[7], 3)];
        check("layer_norm", &inputs, |inputs| layer_norm(&inputs[0], &inputs[1], &inputs[2], eps));
    }
}

#[test]
fn tokens_in_another_order() {
    let order = Tensor::new(&[2u32, 0, 3, 1], &Device::Cpu).unwrap();
    let inverse = Tensor::new(&[1u32, 3, 0, 2], &Device::Cpu).unwrap();
    let x = random(&[2, 4, 3], 1);
    check("permute_tokens", &[x], |inputs| permute_tokens(&inputs[0], &order, &inverse));
}

#[test]
fn dropout_and_stochastic_depth() {
    let x = random(&[6, 4, 3], 1);
    check("dropout", std::slice::from_ref(&x), |x| dropout(&x[0], 0.3, &Context::training(5)));
    check("drop_path", &[x], |x| drop_path(&x[0], 0.3, &Context::training(5)));
}

#[test]
fn attention() {
    let [queries, keys, values] = [1, 2, 3].map(|seed| random(&[2, 3, 4, 5], seed));
    let mask = random(&[2, 1, 1, 4], 4);
    let inputs = [queries, keys, values];
    check("attend", &inputs, |inputs| {
        attend(&inputs[0], &inputs[1], &inputs[2], None, 0.0, &Context::deterministic())
    });
    check("attend with mask and dropout", &inputs, |inputs| {
        attend(&inputs[0], &inputs[1], &inputs[2], Some(&mask), 0.2, &Context::training(5))
    });
}

#[test]
fn losses() {
    let targets = Tensor::new(&[[-100i64, -100, 3, 0, 1], [-100, 2, 2, -100, 4]], &Device::Cpu).unwrap();
    let logits = (random(&[2, 5, 6], 1) * 2.0).unwrap();
    check("caption_loss", &[logits], |inputs| Ok(caption_loss(&inputs[0], &targets, 0.1).unwrap()));
    // The gradient takes the weights for constants: so must the difference. Without focusing they
    // are constants.
    let plain = AsymmetricLoss { gamma_negative: 0.0, ..AsymmetricLoss::default() };
    let targets = Tensor::new(&[[1u32, 0, 0, 1], [0, 0, 1, 0]], &Device::Cpu).unwrap();
    let logits = (random(&[2, 4], 2) * 3.0).unwrap();
    check("asymmetric_loss", &[logits], |inputs| Ok(plain.forward(&inputs[0], &targets).unwrap()));
}

#[test]
fn the_total_rescales_by_a_constant() {
    let [caption, tagging] =
        [2.5, 40.0].map(|value| Var::from_tensor(&Tensor::new(value, &Device::Cpu).unwrap()).unwrap());
    let total = total_loss(&caption, &tagging).unwrap();
    assert_eq!(total.to_scalar::<f64>().unwrap(), 5.0);
    let gradients = total.backward().unwrap();
    let gradient = |var: &Var| gradients.get(var).unwrap().to_scalar::<f64>().unwrap();
    assert_eq!((gradient(&caption), gradient(&tagging)), (1.0, 2.5 / 40.0));
}

/// All of the model from the pixels on, with dropout and stochastic depth.
#[test]
fn the_whole_model_from_the_pixels() {
    for kind in ["swin", "vit"] {
        let config = smallest_config(kind);
        let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
        let model = Tag2Text::new(&config, &parameters.root()).unwrap();
        // Larger weights than a fresh model's, so that attention is not even.
        parameters.fill_by_rule(|name, dims| Some(Fill::reference(name, dims))).unwrap();
        let batch = batch(&config, 3);
        let images = batch.images.to_dtype(DType::F64).unwrap();
        check(&format!("{kind} model"), &[images], |inputs| {
            let context = Context::training(11).with_dtype(DType::F64);
            let e = model.encode_image(&inputs[0], &context).unwrap();
            let tags = model.tag_encode(&batch.tag_ids, &batch.tag_mask, &e, &context).unwrap();
            let logits =
                model.decode(&batch.caption_ids, Some(&batch.caption_mask), &tags, &context).unwrap();
            let caption = caption_loss(&logits, &batch.caption_targets, 0.1).unwrap();
            model.tag_logits(&e, &context).unwrap().sum_all()? + caption
        });
    }
}
