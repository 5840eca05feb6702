//! The losses and the classifier, against the reference and at their limits.

use candle_core::{Device, Tensor, Var};
use tagger::losses::{AsymmetricLoss, IGNORED, LossError, caption_loss};
use tagger::nn::{SafetensorsFile, group_wise_linear};

use crate::support::{difference, largest, read, reference};

fn check(file: &SafetensorsFile, name: &str, input: &str, loss: impl Fn(&Tensor) -> Tensor) {
    let input = Var::from_tensor(&read(file, input)).unwrap();
    let loss = loss(&input);
    let expected = read(file, &format!("{name}.loss"));
    let value = difference(&loss.reshape(1).unwrap(), &expected) / largest(&expected).max(1.0);
    let gradients = loss.backward().unwrap();
    let expected = read(file, &format!("{name}.grad"));
    let gradient = difference(gradients.get(&input).unwrap(), &expected) / largest(&expected);
    println!("{name}: loss {value:.1e}, gradient {gradient:.1e}");
    assert!(value <= 2e-6 && gradient <= 1e-5, "{name}: loss {value:.1e}, gradient {gradient:.1e}");
}

#[test]
fn losses_and_their_gradients_are_the_references() {
    let Some(path) = reference("preprocessing/losses.safetensors") else { return };
    let file = SafetensorsFile::open(&path).unwrap();
    let asymmetric = |gamma_negative, gamma_positive, margin| {
        let targets = read(&file, "asl.y");
        let loss = AsymmetricLoss { gamma_negative, gamma_positive, margin };
        move |logits: &Tensor| loss.forward(logits, &targets).unwrap()
    };
    check(&file, "asl.tag2text", "asl.x", asymmetric(7.0, 0.0, 0.05));
    check(&file, "asl.default", "asl.x", asymmetric(4.0, 1.0, 0.05));
    check(&file, "asl.bce", "asl.x", asymmetric(0.0, 0.0, 0.0));
    check(&file, "asl.noclip", "asl.x", asymmetric(4.0, 1.0, 0.0));
    let labels = read(&file, "ce.labels");
    check(&file, "ce", "ce.logits", |logits| caption_loss(logits, &labels, 0.1).unwrap());

    let [x, weight, bias] = ["gwl.x", "gwl.W", "gwl.b"].map(|name| read(&file, name));
    let logits = group_wise_linear(&x, &weight, &bias).unwrap();
    assert!(difference(&logits, &read(&file, "gwl.y")) <= 2e-6);
}

#[test]
fn confident_logits_give_finite_losses() {
    let logits = Tensor::new(&[[1e4f32, -1e4, 1e4, -1e4, 0.0]], &Device::Cpu).unwrap();
    let logits = Var::from_tensor(&logits).unwrap();
    let targets = Tensor::new(&[[1f32, 0.0, 0.0, 1.0, 1.0]], &Device::Cpu).unwrap();
    let loss = AsymmetricLoss::default().forward(&logits, &targets).unwrap();
    assert!(loss.to_scalar::<f32>().unwrap().is_finite());
    let gradients = loss.backward().unwrap();
    assert!(largest(gradients.get(&logits).unwrap()).is_finite());
}

#[test]
fn captions_without_anything_to_learn_are_told() {
    let logits = Tensor::zeros((1, 3, 5), candle_core::DType::F32, &Device::Cpu).unwrap();
    let loss =
        |targets: [[i64; 3]; 1]| caption_loss(&logits, &Tensor::new(&targets, &Device::Cpu).unwrap(), 0.1);
    // The first target has no logits before it.
    assert!(matches!(loss([[1, IGNORED, IGNORED]]), Err(LossError::NoTargets)));
    assert!(matches!(loss([[1, 5, 2]]), Err(LossError::Target { target: 5, vocabulary: 5 })));
    assert!(matches!(loss([[1, -1, 2]]), Err(LossError::Target { target: -1, .. })));
    let even = loss([[1, 2, IGNORED]]).unwrap().to_scalar::<f32>().unwrap();
    assert!((even - 5f32.ln()).abs() < 1e-6);
}
