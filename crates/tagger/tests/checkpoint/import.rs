//! Others' weights.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use tagger::checkpoint::import::{
    ImportError, ImportOptions, ImportReport, WeightsFile, WeightsKind, import, told_config,
};
use tagger::checkpoint::{Checkpoint, Description};
use tagger::model::{
    BertConfig, ImageEncoderConfig, SwinConfig, Tag2TextConfig, TaggingHeadConfig, VitConfig,
};
use tagger::nn::{Context, Parameters, SafetensorsFile, TensorSource};
use tagger::preprocessing::{Preprocess, TextTokenizer, interpolate_bias_table, interpolate_positions};

use crate::files::{assert_same, description, random};
use crate::pickle::save as torch_save;
use crate::support::{difference, read, reference};

const STRICT: ImportOptions = ImportOptions { allow_missing: false, seed: 1 };

type State = Vec<(String, Tensor)>;

/// A model's parameters as a state dict, under both names of those that are shared.
fn state(parameters: &Parameters) -> State {
    let mut state: State =
        parameters.variables().into_iter().map(|(name, var)| (name, var.as_tensor().clone())).collect();
    for (alias, name) in parameters.aliases() {
        state.push((alias, parameters.get(&name).unwrap().as_tensor().clone()));
    }
    state
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("weights.pth");
        fs::write(&path, bytes).unwrap();
        path
    }

    fn save(&self, key: Option<&str>, state: &[(String, Tensor)]) -> WeightsFile {
        WeightsFile::open(&self.write(&torch_save(key, state))).unwrap()
    }
}

#[track_caller]
fn refused(result: Result<(Checkpoint, ImportReport), ImportError>, said: &[&str]) {
    let error = result.unwrap_err().to_string();
    for said in said.iter().chain(&["weights.pth"]) {
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
}

fn golden_state(path: &Path) -> State {
    let file = SafetensorsFile::open(path).unwrap();
    file.names().into_iter().map(|name| (name.clone(), read(&file, &name))).collect()
}

#[test]
fn the_references_state_dict_gives_its_tensors_and_logits() {
    for kind in ["swin", "vit"] {
        let Some(golden) = reference(&format!("tiny/{kind}_model.safetensors")) else { return };
        let vocabulary = reference("tiny/tokenizer/vocab.txt").unwrap();
        let tokenizer = TextTokenizer::from_file(&vocabulary).unwrap();
        let state = golden_state(&golden);
        let old: State = state
            .iter()
            .map(|(name, tensor)| (name.replace("tagging_head", "vision_multi"), tensor.clone()))
            .collect();
        let parallel: State =
            state.iter().map(|(name, tensor)| (format!("module.{name}"), tensor.clone())).collect();
        let place = Place::new();
        for file in [
            place.save(Some("model"), &old),
            place.save(Some("state_dict"), &parallel),
            place.save(None, &state),
            WeightsFile::open(&golden).unwrap(),
        ] {
            let description = Description { tokenizer: tokenizer.clone(), ..description(kind) };
            let (imported, report) = import(&file, description, STRICT).unwrap();
            assert_eq!(file.kind(), WeightsKind::Tag2Text);
            assert_eq!(report.matched, imported.parameters.names());
            assert!(report.missing.is_empty() && report.unexpected.is_empty() && report.differing.is_empty());
            assert!(report.interpolated.is_empty());
            assert!(report.ignored.iter().any(|name| name.ends_with("position_ids")), "{:?}", report.ignored);
            for (name, tensor) in &state {
                let Some(var) = imported.parameters.get(name) else {
                    assert!(report.ignored.iter().any(|ignored| ignored.ends_with(name)), "{name} is lost");
                    continue;
                };
                assert_eq!(difference(&var, tensor), 0.0, "{name}");
            }
            let io =
                SafetensorsFile::open(&reference(&format!("tiny/{kind}_io.safetensors")).unwrap()).unwrap();
            let context = Context::inference();
            let image = imported.model.encode_image(&read(&io, "in.image"), &context).unwrap();
            let logits = imported.model.tag_logits(&image, &context).unwrap();
            assert!(difference(&logits, &read(&io, "tagging.logits")) < 2e-5);
        }
    }
}

/// Sizes of which all can be told: heads 64 wide.
fn regular(image: ImageEncoderConfig) -> Description {
    let tiny = description("vit");
    let config = Tag2TextConfig {
        image,
        text: BertConfig { hidden_size: 128, heads: 2, layers: 2, intermediate_size: 48, ..tiny.config.text },
        tagging: TaggingHeadConfig { layers: 1, heads: 4 },
        ..tiny.config
    };
    let preprocess = Preprocess::released(config.image.image_size() as u32);
    Description { config, preprocess, ..tiny }
}

fn swin(image_size: usize, window_size: usize) -> ImageEncoderConfig {
    let (depths, heads) = (vec![1, 2, 1], vec![1, 2, 4]);
    ImageEncoderConfig::Swin(SwinConfig {
        image_size,
        patch_size: 4,
        window_size,
        embed_dim: 8,
        depths,
        heads,
        drop_path: 0.1,
    })
}

fn vit(image_size: usize) -> ImageEncoderConfig {
    ImageEncoderConfig::Vit(VitConfig {
        image_size,
        patch_size: 16,
        width: 64,
        depth: 2,
        heads: 1,
        drop_path: 0.0,
    })
}

#[test]
fn sizes_are_told_by_the_tensors() {
    let place = Place::new();
    for image in [swin(64, 4), vit(48)] {
        let made = random(regular(image), 5);
        let file = place.save(Some("model"), &state(&made.parameters));
        let config = told_config(&file, None, &made.description.tokenizer, 37).unwrap();
        assert_eq!(config, made.description.config);
        let (imported, _) = import(&file, made.description.clone(), STRICT).unwrap();
        assert_same(&made.parameters, &imported.parameters);
    }
    let tiny = random(description("vit"), 5);
    let file = place.save(None, &state(&tiny.parameters));
    let error = told_config(&file, None, &tiny.description.tokenizer, 37).unwrap_err().to_string();
    assert!(error.contains("32 wide") || error.contains("48 wide"), "{error}");
}

#[test]
fn other_resolutions_are_carried_over() {
    let place = Place::new();
    for (small, large, name) in [
        (swin(64, 4), swin(96, 6), "visual_encoder.layers.0.blocks.0.attn.relative_position_bias_table"),
        (vit(48), vit(80), "visual_encoder.pos_embed"),
    ] {
        let made = random(regular(small), 5);
        let file = place.save(None, &state(&made.parameters));
        let size = Some(large.image_size());
        let config = told_config(&file, size, &made.description.tokenizer, 37).unwrap();
        assert_eq!(config.image, large);
        let (imported, report) = import(&file, regular(large.clone()), STRICT).unwrap();
        assert!(report.interpolated.iter().any(|known| known == name), "{:?}", report.interpolated);
        assert_eq!(report.matched, imported.parameters.names());
        for carried in &report.interpolated {
            let from = made.parameters.get(carried).unwrap();
            let expected = match large {
                ImageEncoderConfig::Swin(_) => interpolate_bias_table(&from, 6),
                ImageEncoderConfig::Vit(_) => interpolate_positions(&from, 5),
            };
            assert_eq!(difference(&imported.parameters.get(carried).unwrap(), &expected.unwrap()), 0.0);
        }
    }
}

#[test]
fn an_image_encoder_alone_starts_a_model() {
    let place = Place::new();
    for image in [swin(64, 4), vit(48)] {
        let made = random(regular(image), 5);
        let mut alone: State = state(&made.parameters)
            .into_iter()
            .filter_map(|(name, tensor)| Some((name.strip_prefix("visual_encoder.")?.to_owned(), tensor)))
            .collect();
        let encoder = alone.len();
        alone.push(("head.weight".to_owned(), Tensor::zeros((9, 64), DType::F32, &Device::Cpu).unwrap()));
        let file = place.save(Some("model"), &alone);
        assert_eq!(file.kind(), WeightsKind::ImageEncoder);
        let (imported, report) = import(&file, made.description.clone(), STRICT).unwrap();
        assert_eq!(report.matched.len(), encoder);
        assert_eq!(report.ignored, ["head.weight"]);
        assert!(report.unexpected.is_empty());
        assert!(report.missing.iter().all(|name| !name.starts_with("visual_encoder.")));
        for name in &report.matched {
            let (a, b) = (made.parameters.get(name).unwrap(), imported.parameters.get(name).unwrap());
            assert_eq!(difference(&a, &b), 0.0, "{name}");
        }
        // The rest is drawn, and from the seed.
        let drawn =
            |seed| import(&file, made.description.clone(), ImportOptions { seed, ..STRICT }).unwrap().0;
        assert_same(&drawn(1).parameters, &imported.parameters);
        let label = |checkpoint: &Checkpoint| checkpoint.parameters.get("label_embed.weight").unwrap();
        assert_ne!(difference(&label(&drawn(2)), &label(&imported)), 0.0);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let place = Place::new();
    let made = random(description("vit"), 5);
    let whole = state(&made.parameters);
    let with = |name: &str, dims: &[usize]| {
        let mut state: State = whole.iter().filter(|(known, _)| known != name).cloned().collect();
        state.push((name.to_owned(), Tensor::ones(dims, DType::F32, &Device::Cpu).unwrap()));
        import(&place.save(Some("model"), &state), description("vit"), STRICT)
    };
    refused(with("label_embed.weight", &[38, 32]), &["38 tags", "vocabulary has 37"]);
    refused(
        with("text_decoder.bert.embeddings.word_embeddings.weight", &[131, 32]),
        &["131 tokens", "tokenizer has 129"],
    );
    refused(with("fc.b", &[37]), &["tensor fc.b has the shape [37], the model needs [1, 37]"]);
    refused(with("visual_encoder.pos_embed", &[1, 8, 48]), &["visual_encoder.pos_embed", "[1, 8, 48]"]);
    refused(with("vision_multi.encoder.layer.0.output.dense.bias", &[32]), &["same place"]);
    let (_, report) = with("itm_head.weight", &[2, 32]).unwrap();
    assert_eq!(report.unexpected, ["itm_head.weight"]);

    let lacking: State = whole.iter().filter(|(name, _)| name != "fc.W").cloned().collect();
    let file = place.save(None, &lacking);
    refused(import(&file, description("vit"), STRICT), &["missing", "fc.W"]);
    let allowed = ImportOptions { allow_missing: true, ..STRICT };
    let (_, report) = import(&file, description("vit"), allowed).unwrap();
    assert_eq!(report.missing, ["fc.W"]);

    let strange = vec![("a.b".to_owned(), Tensor::ones(2, DType::F32, &Device::Cpu).unwrap())];
    refused(
        import(&place.save(None, &strange), description("vit"), allowed),
        &["none of its tensors", "a.b"],
    );

    let nan = Tensor::full(f32::NAN, (1, 37), &Device::Cpu).unwrap();
    let broken: State =
        lacking.into_iter().filter(|(name, _)| name != "fc.b").chain([("fc.b".to_owned(), nan)]).collect();
    refused(import(&place.save(None, &broken), description("vit"), allowed), &["fc.b", "no finite numbers"]);
}

#[test]
fn shared_tensors_that_differ_are_told() {
    let made = random(description("vit"), 5);
    let name = "tagging_head.encoder.layer.0.output.dense.bias";
    let mut state = state(&made.parameters);
    let second = state.iter_mut().find(|(known, _)| known == name).unwrap();
    second.1 = Tensor::full(3_f32, 32, &Device::Cpu).unwrap();
    let (imported, report) = import(&Place::new().save(None, &state), description("vit"), STRICT).unwrap();
    assert_eq!(report.differing, [name]);
    let var = imported.parameters.get("tag_encoder.encoder.layer.0.output.dense.bias").unwrap();
    assert_eq!(var.to_vec1::<f32>().unwrap(), [3.0; 32]);
}
