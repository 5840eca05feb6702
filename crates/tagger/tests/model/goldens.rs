//! The reference's reduced models: every tensor, every gradient, five steps.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde_json::Value;
use tagger::model::{Losses, Tag2Text, TrainingBatch};
use tagger::nn::{Context, Fill, Initialisation, Parameters, SafetensorsFile, TensorSource};
use tagger::training::{AdamW, AdamWConfig, Gradients};

use crate::support::{difference, largest, read, reference, tiny_config};

pub fn file(folder: &Path, name: &str) -> SafetensorsFile {
    SafetensorsFile::open(&folder.join(name)).unwrap()
}

pub fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

pub fn loaded(folder: &Path, kind: &str) -> (Parameters, Tag2Text) {
    let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    let model = Tag2Text::new(&tiny_config(kind), &parameters.root()).unwrap();
    let report = parameters.load(&file(folder, &format!("{kind}_model.safetensors"))).unwrap();
    assert_eq!((report.missing, report.mismatched, report.differing_aliases), Default::default());
    let buffers = ["position_ids", "relative_position_index", "attn_mask"];
    for name in report.unexpected {
        assert!(buffers.iter().any(|buffer| name.ends_with(buffer)), "{name}");
    }
    (parameters, model)
}

fn golden_batch(io: &SafetensorsFile) -> TrainingBatch {
    let ids = |name| read(io, name).to_dtype(DType::U32).unwrap();
    TrainingBatch {
        images: read(io, "in.image"),
        tags: read(io, "in.tag"),
        tag_ids: ids("in.tagenc_ids"),
        tag_mask: read(io, "in.tagenc_mask"),
        caption_ids: ids("in.dec_ids"),
        caption_mask: read(io, "in.dec_mask"),
        caption_targets: read(io, "in.dec_targets"),
    }
}

fn values(losses: &Losses) -> [f64; 2] {
    [&losses.caption, &losses.tagging].map(|loss| f64::from(loss.to_scalar::<f32>().unwrap()))
}

#[test]
fn parameters_have_the_published_names_and_the_rule_fills_them() {
    let Some(folder) = reference("tiny") else { return };
    for kind in ["swin", "vit"] {
        let (from_file, _) = loaded(&folder, kind);
        let meta = json(&folder, &format!("{kind}_meta.json"));
        let aliases: BTreeMap<String, String> = serde_json::from_value(meta["aliases"].clone()).unwrap();
        assert_eq!(from_file.aliases(), aliases);

        let table = json(&folder, &format!("{kind}_params.json"));
        let listed: Vec<String> = table.as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            from_file.names(),
            listed.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
        );

        let filled = Parameters::new(Initialisation::Zeros, &Device::Cpu);
        Tag2Text::new(&tiny_config(kind), &filled.root()).unwrap();
        let by_table = |name: &str| -> Fill {
            let entry = &table[name];
            serde_json::from_value(serde_json::json!({"offset": entry["offset"], "amp": entry["amp"]}))
                .unwrap()
        };
        filled
            .fill_by_rule(|name, dims| {
                assert_eq!(Fill::reference(name, dims), by_table(name), "{name}");
                Some(by_table(name))
            })
            .unwrap();
        for (name, var) in filled.variables() {
            assert_eq!(difference(&var, &from_file.get(&name).unwrap()), 0.0, "{name}");
        }
    }
}

#[test]
fn every_tensor_is_the_references() {
    let Some(folder) = reference("tiny") else { return };
    for kind in ["swin", "vit"] {
        let (_, model) = loaded(&folder, kind);
        let io = file(&folder, &format!("{kind}_io.safetensors"));
        let context = Context::inference().with_probes();
        let losses = model.losses(&golden_batch(&io), &context).unwrap();
        let mut found = context.into_probes();
        let sigmoid = candle_nn::ops::sigmoid(&found["tagging.logits"]).unwrap();
        found.insert("tagging.sigmoid".to_owned(), sigmoid);
        for (name, loss) in [("t2t", &losses.caption), ("tag", &losses.tagging), ("total", &losses.total)] {
            found.insert(format!("loss.{name}"), loss.reshape(1).unwrap());
        }
        let mut worst = (0.0, String::new());
        for name in io.names().into_iter().filter(|name| !name.starts_with("in.")) {
            let ours = found.remove(&name).unwrap_or_else(|| panic!("{kind}: {name} is not computed"));
            let golden = read(&io, &name);
            let ours = ours.broadcast_as(golden.dims()).unwrap();
            worst = [worst, (difference(&ours, &golden), name)]
                .into_iter()
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .unwrap();
        }
        println!("{kind}: largest deviation of a tensor {:.1e} ({})", worst.0, worst.1);
        assert!(worst.0 <= 2e-5, "{kind}: {worst:?}");
        assert!(found.is_empty(), "{kind}: the reference lacks {:?}", found.keys());
    }
}

#[test]
fn every_gradient_is_the_references() {
    let Some(folder) = reference("tiny") else { return };
    for kind in ["swin", "vit"] {
        let (parameters, model) = loaded(&folder, kind);
        let io = file(&folder, &format!("{kind}_io.safetensors"));
        let goldens = file(&folder, &format!("{kind}_grads.safetensors"));
        let losses = model.losses(&golden_batch(&io), &Context::deterministic()).unwrap();
        let gradients = Gradients::of(&losses.total, &parameters).unwrap();
        let mut worst = (0.0, String::new());
        for name in parameters.names() {
            let (ours, golden) = (gradients.get(&name).unwrap(), read(&goldens, &name));
            if name.ends_with(".key.bias") {
                // Zero but for rounding: softmax does not see a shift of all keys.
                assert!(largest(ours) < 1e-5, "{name}");
                continue;
            }
            let (ours, golden) = without_key_bias(&name, ours, &golden);
            let relative = difference(&ours, &golden) / largest(&golden);
            worst = [worst, (relative, name)].into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        }
        println!("{kind}: largest relative deviation of a gradient {:.1e} ({})", worst.0, worst.1);
        assert!(worst.0 <= 1e-4, "{kind}: {worst:?}");
        assert_eq!(goldens.names().len(), parameters.names().len());
    }
}

/// Without the middle third of the bias of queries, keys and values.
pub fn without_key_bias(name: &str, ours: &Tensor, golden: &Tensor) -> (Tensor, Tensor) {
    if !name.ends_with(".qkv.bias") {
        return (ours.clone(), golden.clone());
    }
    let outer = |tensor: &Tensor| {
        let parts = tensor.chunk(3, 0).unwrap();
        Tensor::cat(&[&parts[0], &parts[2]], 0).unwrap()
    };
    (outer(ours), outer(golden))
}

#[test]
fn five_steps_of_adamw_are_the_references() {
    let Some(folder) = reference("tiny") else { return };
    for kind in ["swin", "vit"] {
        let (parameters, model) = loaded(&folder, kind);
        let batch = golden_batch(&file(&folder, &format!("{kind}_io.safetensors")));
        let meta = json(&folder, &format!("{kind}_meta.json"));
        let trajectory: Vec<[f64; 2]> = serde_json::from_value(meta["trajectory"].clone()).unwrap();
        let mut optimiser = AdamW::new(AdamWConfig::default());
        let mut worst = 0f64;
        for golden in trajectory {
            let losses = model.losses(&batch, &Context::deterministic()).unwrap();
            for (ours, golden) in values(&losses).into_iter().zip(golden) {
                worst = worst.max((ours - golden).abs());
            }
            let gradients = Gradients::of(&losses.total, &parameters).unwrap();
            optimiser.step(&parameters, &gradients, 1e-3).unwrap();
        }
        println!("{kind}: largest deviation of a loss in five steps {worst:.1e}");
        assert!(worst <= 5e-4, "{kind}: {worst}");
        assert_eq!(optimiser.steps(), 5);
    }
}
