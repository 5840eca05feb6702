//! Image–text alignment: BLIP's numbers, what moves in a step, retrieval, checkpoints.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use tagger::evaluation::recall_at;
use tagger::model::{
    Alignment, AlignmentBatch, AlignmentConfig, AlignmentLosses, AlignmentTraining, HardNegatives,
    ImageEncoderConfig, Negatives, Positives, Tag2Text, Tag2TextConfig, VitConfig,
};
use tagger::nn::{Context, Fill, Initialisation, Parameters, ParametersError, SafetensorsFile, TensorSource};
use tagger::training::{AdamW, AdamWConfig, Gradients};

use crate::goldens::{file, json, without_key_bias};
use crate::support::{
    difference, largest, padded_mask, random_f32, random_ids, read, reference, smallest_config, tiny_config,
};

/// What a file has under names that begin with "before.".
struct Before(SafetensorsFile);

impl TensorSource for Before {
    fn names(&self) -> Vec<String> {
        self.0.names().iter().map(|name| name.strip_prefix("before.").unwrap().to_owned()).collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.0.shape(&format!("before.{name}"))
    }

    fn read(&self, name: &str) -> Result<Tensor, ParametersError> {
        self.0.read(&format!("before.{name}"))
    }
}

struct Reference {
    parameters: Parameters,
    training: AlignmentTraining,
    batch: AlignmentBatch,
    negatives: HardNegatives,
    io: SafetensorsFile,
    gradients: SafetensorsFile,
}

impl Reference {
    fn open() -> Option<Self> {
        let folder = reference("alignment")?;
        let meta = json(&folder, "itc_meta.json");
        let size = |name: &str| meta[name].as_u64().unwrap() as usize;
        let config = AlignmentConfig {
            features: size("embed_dim"),
            queue: size("queue"),
            text_length: size("max_len"),
            ..AlignmentConfig::default()
        };
        assert_eq!(meta["alpha"].as_f64(), Some(config.alpha));
        assert_eq!(meta["momentum"].as_f64(), Some(config.momentum));
        let image =
            VitConfig { image_size: 64, patch_size: 16, width: 48, depth: 2, heads: 3, drop_path: 0.0 };
        let model = Tag2TextConfig { image: ImageEncoderConfig::Vit(image), ..tiny_config("vit") };
        let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
        let training = AlignmentTraining::new(&config, &model, &parameters.root()).unwrap();
        let report = parameters.load(&Before(file(&folder, "itc_before.safetensors"))).unwrap();
        // BLIP keeps the first as integers, and it starts at 0 as ours does; the others are positions.
        assert_eq!((report.missing, report.mismatched), (vec!["queue_ptr".to_owned()], vec![]));
        assert!(
            report.unexpected.iter().all(|name| name.ends_with("position_ids")),
            "{:?}",
            report.unexpected
        );

        let io = file(&folder, "itc_io.safetensors");
        let ids = |name| read(&io, name).to_dtype(DType::U32).unwrap();
        Some(Self {
            parameters,
            training,
            batch: AlignmentBatch {
                images: read(&io, "image"),
                text_ids: ids("text_ids"),
                text_mask: read(&io, "text_mask"),
                image_ids: None,
            },
            negatives: HardNegatives::Given(Negatives {
                images: ids("neg_image_idx").to_vec1().unwrap(),
                texts: ids("neg_text_idx").to_vec1().unwrap(),
            }),
            io,
            gradients: file(&folder, "itc_grads.safetensors"),
        })
    }

    fn step(&self, context: &Context) -> AlignmentLosses {
        let image = self.training.alignment().encode_image(&self.batch.images, context).unwrap();
        self.training.alignment_loss(&self.batch, &image, 0.4, &self.negatives, context).unwrap()
    }
}

fn trained(parameters: &Parameters) -> impl Iterator<Item = String> {
    parameters.names().into_iter().filter(|name| !is_state(name))
}

/// Whether it is no parameter that an optimiser moves.
fn is_state(name: &str) -> bool {
    name.contains("_m.") || name.ends_with("_queue") || name.ends_with("queue_ptr")
}

#[test]
fn features_losses_and_queues_are_the_references() {
    let Some(reference) = Reference::open() else { return };
    let context = Context::deterministic().with_probes();
    let losses = reference.step(&context);
    let mut found = context.into_probes();
    let mut found = |name: &str| found.remove(&format!("align.{name}")).unwrap();
    let hidden = found("itm_hidden");
    let parameter = |name| reference.parameters.get(name).unwrap().as_tensor().clone();
    let ours = [
        ("image_feat", found("image_feat")),
        ("text_feat", found("text_feat")),
        ("image_feat_m", found("image_feat_m")),
        ("text_feat_m", found("text_feat_m")),
        ("weights_t2i", found("weights_t2i")),
        ("weights_i2t", found("weights_i2t")),
        ("text_hidden", found("text_hidden")),
        ("itm_pos_hidden", hidden.narrow(0, 0, 4).unwrap()),
        ("itm_neg_hidden", hidden.narrow(0, 4, 8).unwrap()),
        ("loss_ita", losses.contrastive.reshape(1).unwrap()),
        ("loss_itm", losses.matching.reshape(1).unwrap()),
        ("after.image_queue", parameter("image_queue")),
        ("after.text_queue", parameter("text_queue")),
        ("after.queue_ptr", parameter("queue_ptr")),
        ("after.vision_proj_m.weight", parameter("vision_proj_m.weight")),
        ("after.text_proj_m.weight", parameter("text_proj_m.weight")),
    ];
    let mut worst = (0.0, "");
    for (name, ours) in ours {
        let found = difference(&ours, &read(&reference.io, name));
        println!("{name}: {found:.1e}");
        worst = if found > worst.0 { (found, name) } else { worst };
    }
    println!("largest deviation in alignment {:.1e} ({})", worst.0, worst.1);
    assert!(worst.0 <= 2e-5, "{worst:?}");
}

#[test]
fn gradients_are_the_references() {
    let Some(reference) = Reference::open() else { return };
    let losses = reference.step(&Context::deterministic());
    let gradients = Gradients::of(&losses.total, &reference.parameters).unwrap();
    let mut worst = (0.0, String::new());
    let mut names: Vec<String> = trained(&reference.parameters).collect();
    for name in &names {
        let (ours, golden) = (gradients.get(name).unwrap(), read(&reference.gradients, name));
        if name.ends_with(".key.bias") {
            assert!(largest(ours) < 1e-5, "{name}");
            continue;
        }
        let (ours, golden) = without_key_bias(name, ours, &golden);
        let relative = difference(&ours, &golden) / largest(&golden);
        worst = [worst, (relative, name.clone())].into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    }
    println!("largest relative deviation of a gradient in alignment {:.1e} ({})", worst.0, worst.1);
    assert!(worst.0 <= 1e-4, "{worst:?}");
    let mut listed = reference.gradients.names();
    listed.sort();
    names.sort();
    assert_eq!(names, listed);
}

fn small(positives: Positives) -> AlignmentConfig {
    AlignmentConfig { features: 6, queue: 10, text_length: 9, positives, ..AlignmentConfig::default() }
}

fn pairs(config: &Tag2TextConfig, count: usize, seed: u64) -> AlignmentBatch {
    let side = config.image.image_size();
    AlignmentBatch {
        images: random_f32(&[count, 3, side, side], seed),
        text_ids: random_ids(&[count, 9], config.text.vocabulary, seed + 1),
        text_mask: padded_mask(count, 9),
        image_ids: None,
    }
}

fn fresh() -> Parameters {
    Parameters::new(Initialisation::Random { seed: 5 }, &Device::Cpu)
}

fn losses(training: &AlignmentTraining, batch: &AlignmentBatch, context: &Context) -> AlignmentLosses {
    let image = training.alignment().encode_image(&batch.images, context).unwrap();
    training.alignment_loss(batch, &image, 0.4, &HardNegatives::Drawn { seed: 3 }, context).unwrap()
}

fn values(parameters: &Parameters) -> BTreeMap<String, Tensor> {
    let copy = |(name, var): (String, candle_core::Var)| (name, var.as_tensor().copy().unwrap().detach());
    parameters.variables().into_iter().map(copy).collect()
}

#[test]
fn a_step_moves_every_variable_and_its_follower() {
    for (kind, shared) in [("swin", false), ("vit", false), ("vit", true)] {
        for context in [Context::deterministic(), Context::training(4)] {
            let (model, parameters) = (smallest_config(kind), fresh());
            let config = AlignmentConfig { shared_text_encoder: shared, ..small(Positives::Pair) };
            let training = AlignmentTraining::new(&config, &model, &parameters.root()).unwrap();
            // Every word and every position occurs.
            let batch = pairs(&model, 8, 1);
            let losses = losses(&training, &batch, &context);
            let gradients = Gradients::of(&losses.total, &parameters).unwrap();
            let before = values(&parameters);
            AdamW::new(AdamWConfig::default()).step(&parameters, &gradients, 1e-3).unwrap();
            training.begin_step().unwrap();
            for (name, before) in &before {
                let moved = difference(&parameters.get(name).unwrap(), before);
                if name.contains("_m.") {
                    check_follower(name, before, &parameters);
                } else if !is_state(name) {
                    let gradient = gradients.get(name).unwrap_or_else(|| panic!("{name} has no gradient"));
                    assert!(largest(gradient).is_finite(), "{name}");
                    if !name.ends_with(".key.bias") {
                        assert!(largest(gradient) > 0.0, "{kind}: the gradient of {name} is zero");
                        assert!(moved > 0.0, "{kind}: {name} has not moved");
                    }
                }
                assert!(!is_state(name) || gradients.get(name).is_none(), "{name} has a gradient");
            }
            let encoder = if shared { "tag_encoder" } else { "text_encoder" };
            assert!(before.keys().any(|name| name.starts_with(encoder)));
            assert_eq!(before.keys().any(|name| name.starts_with("text_encoder.")), !shared);
        }
    }
}

fn check_follower(name: &str, before: &Tensor, parameters: &Parameters) {
    let leader = parameters.get(&name.replacen("_m.", ".", 1)).unwrap();
    let expected = ((before * 0.995).unwrap() + (leader.as_detached_tensor() * 0.005).unwrap()).unwrap();
    let now = parameters.get(name).unwrap();
    assert!(difference(&now, &expected) <= 1e-7 * largest(&expected).max(1.0), "{name}");
    assert!(
        largest(&leader) == 0.0 || difference(&now, before) > 0.0 || name.ends_with("key.bias"),
        "{name}"
    );
}

#[test]
fn queues_take_the_newest_in_place_of_the_oldest() {
    let (model, parameters) = (smallest_config("vit"), fresh());
    let training = AlignmentTraining::new(&small(Positives::Pair), &model, &parameters.root()).unwrap();
    let queue = |name: &str| parameters.get(name).unwrap().as_tensor().copy().unwrap().detach();
    let lengths = queue("image_queue").sqr().unwrap().sum(0).unwrap();
    assert!(difference(&lengths, &lengths.ones_like().unwrap()) < 1e-6);

    let context = Context::inference().with_probes();
    let start = queue("text_queue");
    losses(&training, &pairs(&model, 6, 1), &Context::inference());
    let first = queue("text_queue");
    assert_eq!(difference(&start.narrow(1, 6, 4).unwrap(), &first.narrow(1, 6, 4).unwrap()), 0.0);
    // Four more fit, and two begin again.
    losses(&training, &pairs(&model, 6, 7), &context);
    let second = queue("text_queue");
    let newest = context.into_probes()["align.text_feat_m"].t().unwrap();
    let order = |from, count| newest.narrow(1, from, count).unwrap();
    assert_eq!(difference(&second.narrow(1, 6, 4).unwrap(), &order(0, 4)), 0.0);
    assert_eq!(difference(&second.narrow(1, 0, 2).unwrap(), &order(4, 2)), 0.0);
    assert_eq!(difference(&second.narrow(1, 2, 4).unwrap(), &first.narrow(1, 2, 4).unwrap()), 0.0);
    assert_eq!(queue("queue_ptr").to_vec1::<f32>().unwrap(), [2.0]);

    let fewer = AlignmentBatch { images: pairs(&model, 5, 1).images, ..pairs(&model, 6, 1) };
    let image = training.alignment().encode_image(&fewer.images, &Context::inference()).unwrap();
    let negatives = HardNegatives::Drawn { seed: 1 };
    let error = training.losses(&fewer, &image, 0.0, &negatives, &Context::inference()).unwrap_err();
    assert_eq!(error.to_string(), "the images of these texts must be (6, 3, S, S), not [5, 3, 8, 8]");

    let batch = pairs(&model, 11, 1);
    let image = training.alignment().encode_image(&batch.images, &Context::inference()).unwrap();
    let error = training.alignment_loss(&batch, &image, 0.0, &negatives, &Context::inference()).unwrap_err();
    assert!(error.to_string().contains("a batch of 11 does not fit in queues of 10"), "{error}");
}

/// Against sums written out, in f64, at a second step: the queue has images of the batch.
#[test]
fn captions_of_the_same_image_are_positives() {
    let (model, parameters) = (smallest_config("vit"), fresh());
    let training = AlignmentTraining::new(&small(Positives::SameImage), &model, &parameters.root()).unwrap();
    let numbered = |ids: &[u32], seed| AlignmentBatch {
        image_ids: Some(ids.to_vec()),
        ..pairs(&model, ids.len(), seed)
    };
    losses(&training, &numbered(&[4, 9, 4], 1), &Context::inference());
    let table = |tensor: &Tensor| tensor.to_dtype(DType::F64).unwrap().to_vec2::<f64>().unwrap();
    let queues = ["image_queue", "text_queue"]
        .map(|name| table(&parameters.get(name).unwrap().as_tensor().t().unwrap()));
    let ids = [9, 7, 9, 1];
    let context = Context::inference().with_probes();
    let batch = numbered(&ids, 20);
    let found = losses(&training, &batch, &context);
    let probes = context.into_probes();
    let features = |name: &str| table(&probes[&format!("align.{name}")]);

    let all_ids: Vec<i64> = [9, 7, 9, 1, 4, 9, 4].into_iter().chain([-100; 7]).collect();
    let expected = [("image", "text", 1), ("text", "image", 0)].map(|(from, to, queue)| {
        let all: Vec<Vec<f64>> =
            features(&format!("{to}_feat_m")).into_iter().chain(queues[queue].clone()).collect();
        let similar = |row: &[f64]| -> Vec<f64> {
            all.iter().map(|other| row.iter().zip(other).map(|(a, b)| a * b).sum::<f64>() / 0.07).collect()
        };
        let soft = features(&format!("{from}_feat_m"));
        let rows =
            features(&format!("{from}_feat")).into_iter().zip(soft).zip(ids).map(|((row, soft), id)| {
                let hard: Vec<f64> = all_ids.iter().map(|&other| f64::from(other == i64::from(id))).collect();
                let positives: f64 = hard.iter().sum();
                let targets = log_softmax(&similar(&soft)).into_iter().zip(hard);
                let targets = targets.map(|(soft, hard)| 0.4 * soft.exp() + 0.6 * hard / positives);
                -targets.zip(log_softmax(&similar(&row))).map(|(target, log)| target * log).sum::<f64>()
            });
        rows.sum::<f64>() / 4.0
    });
    let contrastive = f64::from(found.contrastive.to_scalar::<f32>().unwrap());
    assert!((contrastive - (expected[0] + expected[1]) / 2.0).abs() < 1e-5, "{contrastive}, {expected:?}");
    for (row, drawn) in found.negatives.images.iter().chain(&found.negatives.texts).enumerate() {
        assert_ne!(ids[row % 4], ids[*drawn as usize]);
    }

    let image = training.alignment().encode_image(&batch.images, &Context::inference()).unwrap();
    let error = |batch: &AlignmentBatch| {
        let negatives = HardNegatives::Drawn { seed: 1 };
        training.losses(batch, &image, 0.0, &negatives, &Context::inference()).unwrap_err().to_string()
    };
    assert!(error(&AlignmentBatch { image_ids: None, ..batch.clone() }).contains("must be numbered"));
    assert!(error(&AlignmentBatch { image_ids: Some(vec![1]), ..batch.clone() }).contains("1 numbers for 4"));
    assert!(error(&AlignmentBatch { image_ids: Some(vec![8; 4]), ..batch }).contains("no negative"));
}

fn log_softmax(row: &[f64]) -> Vec<f64> {
    let log_sum = row.iter().map(|value| value.exp()).sum::<f64>().ln();
    row.iter().map(|value| value - log_sum).collect()
}

#[test]
fn a_checkpoint_holds_momentum_and_queues() {
    let (model, parameters) = (smallest_config("swin"), fresh());
    let config = AlignmentConfig { shared_text_encoder: true, ..small(Positives::Pair) };
    let built = |parameters: &Parameters| {
        Tag2Text::new(&model, &parameters.root()).unwrap();
        AlignmentTraining::new(&config, &model, &parameters.root()).unwrap()
    };
    let training = built(&parameters);
    let mut optimiser = AdamW::new(AdamWConfig::default());
    for step in 0..3 {
        let losses = losses(&training, &pairs(&model, 4, step), &Context::deterministic());
        let gradients = Gradients::of(&losses.total, &parameters).unwrap();
        optimiser.step(&parameters, &gradients, 1e-2).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    parameters.save(&path, &BTreeMap::new()).unwrap();

    let loaded = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    let again = built(&loaded);
    let report = loaded.load(&SafetensorsFile::open(&path).unwrap()).unwrap();
    assert_eq!((report.missing, report.unexpected, report.mismatched), Default::default());
    let total = |training: &AlignmentTraining| {
        losses(training, &pairs(&model, 4, 9), &Context::inference()).total.to_scalar::<f32>().unwrap()
    };
    assert_eq!(total(&training), total(&again));

    // A model that was trained without: the rest starts as in a new one.
    let tagging = fresh();
    Tag2Text::new(&model, &tagging.root()).unwrap();
    tagging.save(&path, &BTreeMap::new()).unwrap();
    let loaded = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    let training = built(&loaded);
    let report = loaded.load(&SafetensorsFile::open(&path).unwrap()).unwrap();
    loaded.initialise(&report.missing, 6).unwrap();
    training.start(&report.missing).unwrap();
    for (name, var) in loaded.variables() {
        if name.contains("_m.") {
            let leader = loaded.get(&name.replacen("_m.", ".", 1)).unwrap();
            assert_eq!(difference(&var, &leader), 0.0, "{name}");
        }
    }
    let lengths = loaded.get("text_queue").unwrap().sqr().unwrap().sum(0).unwrap();
    assert!(difference(&lengths, &lengths.ones_like().unwrap()) < 1e-6);
    assert!(total(&training).is_finite());
}

#[test]
fn retrieval_ranks_the_most_similar_again_by_matching() {
    let (model, parameters) = (smallest_config("vit"), fresh());
    let alignment = Alignment::new(&small(Positives::Pair), &model, &parameters.root()).unwrap();
    parameters.fill_by_rule(|name, dims| Some(Fill::reference(name, dims))).unwrap();
    assert!(parameters.names().iter().all(|name| !is_state(name)), "retrieval needs no more");
    let context = Context::inference();
    let (images, texts) = (pairs(&model, 3, 1), pairs(&model, 5, 2));
    let image = alignment.encode_image(&images.images, &context).unwrap();
    let (ids, mask) = (&texts.text_ids, &texts.text_mask);
    let (k, batch) = (3, 2);
    let scores = alignment.retrieve(&image, (ids, mask), k, batch, &context).unwrap();

    let image_features = alignment.image_features(&image, &context).unwrap().to_vec2::<f32>().unwrap();
    let text_features = alignment.text_features(ids, mask, &context).unwrap().to_vec2::<f32>().unwrap();
    let similarity = |image: usize, text: usize| -> f32 {
        image_features[image].iter().zip(&text_features[text]).map(|(a, b)| a * b).sum()
    };
    let matching = |i: usize, t: usize| {
        let (ids, mask) = (ids.narrow(0, t, 1).unwrap(), mask.narrow(0, t, 1).unwrap());
        let logits = alignment.matching_logits(&ids, &mask, &image.narrow(0, i, 1).unwrap(), &context);
        logits.unwrap().to_vec2::<f32>().unwrap()[0][1]
    };
    for i in 0..3 {
        for t in 0..5 {
            let before = |others: Vec<f32>| others.into_iter().filter(|&s| s > similarity(i, t)).count();
            let expected = |rank| if rank < k { matching(i, t) + similarity(i, t) } else { -100.0 };
            let rank = before((0..5).map(|t| similarity(i, t)).collect());
            assert!((scores.image_to_text[i * 5 + t] - expected(rank)).abs() < 1e-4);
            let rank = before((0..3).map(|i| similarity(i, t)).collect());
            assert!((scores.text_to_image[t * 3 + i] - expected(rank)).abs() < 1e-4);
        }
    }
}

/// Pairs that are learned by heart are found again, by features alone and by matching.
#[test]
fn what_is_aligned_is_retrieved() {
    let (model, parameters) = (smallest_config("vit"), fresh());
    // Their features of earlier steps, in the queue, are no negatives.
    let config = AlignmentConfig { momentum: 0.5, queue: 12, ..small(Positives::SameImage) };
    let training = AlignmentTraining::new(&config, &model, &parameters.root()).unwrap();
    let batch = AlignmentBatch { image_ids: Some((0..6).collect()), ..pairs(&model, 6, 1) };
    let mut optimiser = AdamW::new(AdamWConfig::default());
    let mut contrastive = f32::INFINITY;
    for step in 0..200 {
        let context = Context::deterministic();
        let image = training.alignment().encode_image(&batch.images, &context).unwrap();
        let negatives = HardNegatives::Drawn { seed: step };
        let losses = training.alignment_loss(&batch, &image, 0.0, &negatives, &context).unwrap();
        contrastive = losses.contrastive.to_scalar().unwrap();
        let gradients = Gradients::of(&losses.total, &parameters).unwrap();
        optimiser.step(&parameters, &gradients, 5e-3).unwrap();
    }
    // Each has three equal positives, two of them in the queue: no less than ln 3.
    assert!((contrastive - 3f32.ln()).abs() < 0.05, "{contrastive}");
    let context = Context::inference();
    let image = training.alignment().encode_image(&batch.images, &context).unwrap();
    let own: Vec<Vec<usize>> = (0..6).map(|pair| vec![pair]).collect();
    let texts = (&batch.text_ids, &batch.text_mask);
    let scores = training.alignment().retrieve(&image, texts, 6, 4, &context).unwrap();
    for scores in [&scores.image_to_text, &scores.text_to_image] {
        assert_eq!(recall_at(scores, 6, &own, &[1]).unwrap(), [1.0]);
    }
    let scores = training.alignment().retrieve(&image, texts, 1, 4, &context).unwrap();
    for scores in [&scores.image_to_text, &scores.text_to_image] {
        assert_eq!(recall_at(scores, 6, &own, &[1]).unwrap(), [1.0], "by features alone");
    }
}
