//! The random part of training's preprocessing: within bounds, and the same for the same seed.

use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tagger::preprocessing::{
    Operation, RandAugment, RandomResizedCrop, TrainingPreprocess, load_training_images, visit_seed,
};

fn striped(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 37) as u8, (y * 91) as u8, (x * y) as u8]))
}

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

proptest! {
    #[test]
    fn crops_lie_within_the_image(
        (width, height) in prop_oneof![(1_u32..300, 1_u32..300), (1_u32..4, 200_u32..3_000), (200_u32..3_000, 1_u32..4)],
        seed in any::<u64>(),
    ) {
        let image = RgbImage::new(width, height);
        let crop = RandomResizedCrop::default();
        let mut rng = rng(seed);
        for _ in 0..20 {
            let region = crop.draw(&image, &mut rng);
            prop_assert!(region.width >= 1 && region.height >= 1);
            prop_assert!(region.left + region.width <= width && region.top + region.height <= height);
        }
    }

    #[test]
    fn senseless_settings_still_give_a_crop(
        scale in any::<(f64, f64)>(),
        ratio in any::<(f64, f64)>(),
        seed in any::<u64>(),
    ) {
        let region = RandomResizedCrop { scale, ratio }.draw(&RgbImage::new(30, 20), &mut rng(seed));
        prop_assert!(region.width >= 1 && region.left + region.width <= 30);
        prop_assert!(region.height >= 1 && region.top + region.height <= 20);
    }

    #[test]
    fn a_seed_fixes_the_result(
        (width, height) in (1_u32..60, 1_u32..60),
        seed in any::<u64>(),
    ) {
        let image = striped(width, height);
        let preprocess = TrainingPreprocess::released(16);
        let first = preprocess.apply(&image, &mut rng(seed)).unwrap();
        prop_assert_eq!(first.len(), 3 * 16 * 16);
        prop_assert_eq!(first, preprocess.apply(&image, &mut rng(seed)).unwrap());
    }

    #[test]
    fn operations_keep_the_size(
        (width, height) in (1_u32..20, 1_u32..20),
        operation in prop::sample::select(Operation::ALL.to_vec()),
        level in 0.0_f64..10.0,
        negative in any::<bool>(),
    ) {
        let image = striped(width, height);
        prop_assert_eq!(operation.apply(&image, level, negative, [128; 3]).dimensions(), (width, height));
    }
}

#[test]
fn crops_have_the_asked_area_and_aspect() {
    let image = RgbImage::new(400, 300);
    let mut rng = rng(3);
    let shares: Vec<f64> = (0..2_000)
        .map(|_| {
            let region = RandomResizedCrop::default().draw(&image, &mut rng);
            let aspect = f64::from(region.width) / f64::from(region.height);
            assert!((0.74..1.35).contains(&aspect), "{region:?}");
            f64::from(region.width * region.height) / f64::from(400 * 300)
        })
        .collect();
    assert!(shares.iter().all(|share| (0.19..=1.0).contains(share)));
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    // The mean of 200,000 draws by an independent program of the same rule is 0.496.
    assert!((0.476..0.516).contains(&mean), "{mean}");
}

#[test]
fn augmentation_draws_every_operation() {
    let image = striped(40, 30);
    let mut rng = rng(5);
    let unchanged =
        (0..400).filter(|_| RandAugment::default().apply(image.clone(), &mut rng) == image).count();
    // Half of the draws are left out, and three of ten operations change nothing at level 5; those that spread
    // values over 0 to 255 change little here.
    assert!((100..300).contains(&unchanged), "{unchanged}");
    let never = RandAugment { probability: 0.0, ..RandAugment::default() };
    assert_eq!(never.apply(image.clone(), &mut rng), image);
}

#[test]
fn batches_do_not_depend_on_threads() {
    let file = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images").join(name);
    let visits: Vec<(PathBuf, u64)> = ["palette.png", "alpha.webp", "rotated.jpg"]
        .iter()
        .cycle()
        .take(30)
        .enumerate()
        .map(|(item, name)| (file(name), visit_seed(42, 1, item as u64)))
        .collect();
    let preprocess = TrainingPreprocess::released(16);
    let load = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let results = pool.install(|| load_training_images(&visits, &preprocess));
        results.into_iter().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let one = load(1);
    assert_eq!(one, load(3));
    assert_ne!(one[0], one[3], "another visit of the same image draws anew");
}
