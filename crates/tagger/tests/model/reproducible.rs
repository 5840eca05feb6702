//! The same seed gives the same masks, the same start, and the same losses.

use candle_core::Device;
use tagger::model::Tag2Text;
use tagger::nn::{Context, Initialisation, Parameters};
use tagger::training::{AdamW, AdamWConfig, Gradients};

use crate::support::{batch, difference, random_f32, smallest_config};

#[test]
fn training_passes_repeat_from_their_seed() {
    let config = smallest_config("swin");
    let parameters = Parameters::new(Initialisation::Random { seed: 1 }, &Device::Cpu);
    let model = Tag2Text::new(&config, &parameters.root()).unwrap();
    let batch = batch(&config, 4);
    let total = |context: Context| model.losses(&batch, &context).unwrap().total.to_scalar::<f32>().unwrap();
    assert_eq!(total(Context::training(7)), total(Context::training(7)));
    assert_ne!(total(Context::training(7)), total(Context::training(8)));
    assert_eq!(total(Context::inference()), total(Context::deterministic()));
}

#[test]
fn parameters_start_from_seed_and_name_alone() {
    let config = smallest_config("vit");
    let built = |seed, first: bool| {
        let parameters = Parameters::new(Initialisation::Random { seed }, &Device::Cpu);
        if first {
            // Another order of creation.
            let scope = parameters.root().pp("fc");
            let init = tagger::nn::Init::Uniform { bound: 1.0 / (8f64).sqrt() };
            scope.get((1, 5), "b", init).unwrap();
        }
        Tag2Text::new(&config, &parameters.root()).unwrap();
        parameters
    };
    let (a, b, c) = (built(1, false), built(1, true), built(2, false));
    for (name, var) in a.variables() {
        assert_eq!(difference(&var, &b.get(&name).unwrap()), 0.0, "{name}");
    }
    let name = "tag_encoder.encoder.layer.1.attention.self.query.weight";
    assert!(difference(&a.get(name).unwrap(), &c.get(name).unwrap()) > 0.0);
}

#[test]
fn dropout_keeps_the_mean() {
    let x = (random_f32(&[200_000], 1).abs().unwrap() + 1.0).unwrap();
    let mean = |x: &candle_core::Tensor| x.mean_all().unwrap().to_scalar::<f32>().unwrap();
    for rate in [0.1, 0.5] {
        let dropped = tagger::nn::dropout(&x, rate, &Context::training(3)).unwrap();
        assert!((mean(&dropped) / mean(&x) - 1.0).abs() < 0.01);
        let zeros = dropped.eq(0f32).unwrap().to_dtype(candle_core::DType::F32).unwrap();
        assert!((f64::from(mean(&zeros)) - rate).abs() < 0.005);
    }
}

#[test]
fn an_optimiser_that_was_saved_goes_on_as_before() {
    let config = smallest_config("vit");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("optimiser.safetensors");
    let batch = batch(&config, 3);
    let run = |interrupted: bool| {
        let parameters = Parameters::new(Initialisation::Random { seed: 1 }, &Device::Cpu);
        let model = Tag2Text::new(&config, &parameters.root()).unwrap();
        let mut optimiser = AdamW::new(AdamWConfig::default());
        for step in 0..4 {
            if interrupted && step == 2 {
                optimiser.save(&path).unwrap();
                optimiser = AdamW::load(&path, AdamWConfig::default(), &Device::Cpu).unwrap();
                assert_eq!(optimiser.steps(), 2);
            }
            let losses = model.losses(&batch, &Context::training(step)).unwrap();
            let mut gradients = Gradients::of(&losses.total, &parameters).unwrap();
            let norm = gradients.clip(1.0).unwrap();
            assert!(norm <= 1.0 || (gradients.norm().unwrap() - 1.0).abs() < 1e-3);
            optimiser.step(&parameters, &gradients, 1e-3).unwrap();
        }
        parameters
    };
    let (straight, resumed) = (run(false), run(true));
    for (name, var) in straight.variables() {
        assert_eq!(difference(&var, &resumed.get(&name).unwrap()), 0.0, "{name}");
    }
}
