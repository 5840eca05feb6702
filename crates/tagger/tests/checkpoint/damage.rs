//! Files with random damage: an error or the same model, never a panic.

use std::fs;
use std::sync::OnceLock;

use candle_core::{DType, Device, Tensor};
use proptest::prelude::*;
use tagger::checkpoint::import::WeightsFile;
use tagger::checkpoint::{Checkpoint, save};
use tagger::model::Tag2Text;
use tagger::nn::TensorSource;

use crate::files::{assert_same, description, random};
use crate::pickle::{Pickle, save as torch_save, torch_file};

struct Saved {
    checkpoint: Checkpoint,
    bytes: Vec<u8>,
    header: usize,
}

fn saved() -> &'static Saved {
    static SAVED: OnceLock<Saved> = OnceLock::new();
    SAVED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let checkpoint = random(description("vit"), 3);
        save(&path, &checkpoint.parameters, &checkpoint.description).unwrap();
        let bytes = fs::read(&path).unwrap();
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        Saved { checkpoint, bytes, header }
    })
}

/// Where in a file, and what stands there afterwards.
fn damage() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
}

fn loaded(bytes: &[u8]) -> Option<Checkpoint> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    fs::write(&path, bytes).unwrap();
    match Tag2Text::load(&path, &Device::Cpu) {
        Ok(checkpoint) => Some(checkpoint),
        Err(error) => {
            assert!(error.to_string().contains("model.safetensors"), "{error}");
            None
        }
    }
}

fn read_all(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pth");
    fs::write(&path, bytes).unwrap();
    if let Ok(file) = WeightsFile::open(&path) {
        file.names().iter().for_each(|name| _ = file.read(name));
    }
}

fn small_state() -> Vec<(String, Tensor)> {
    let tensor = |dims: &[usize]| Tensor::ones(dims, DType::F32, &Device::Cpu).unwrap();
    vec![("fc.W".to_owned(), tensor(&[1, 3, 4])), ("fc.b".to_owned(), tensor(&[1, 3]))]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_checkpoint_is_refused(damage in damage(), header_only: bool, cut in prop::option::weighted(0.2, any::<prop::sample::Index>())) {
        let Saved { checkpoint, bytes, header } = saved();
        let mut damaged = bytes.clone();
        let reach = if header_only { *header } else { damaged.len() };
        for (place, byte) in damage {
            damaged[place.index(reach)] = byte;
        }
        if let Some(cut) = cut {
            damaged.truncate(cut.index(bytes.len()));
        }
        if let Some(loaded) = loaded(&damaged) {
            assert_same(&loaded.parameters, &checkpoint.parameters);
            prop_assert_eq!(loaded.description.config, checkpoint.description.config.clone());
        }
    }

    #[test]
    fn a_damaged_file_of_torchs_never_panics(damage in damage(), cut in prop::option::weighted(0.3, any::<prop::sample::Index>())) {
        let mut bytes = torch_save(Some("model"), &small_state());
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read_all(&bytes);
    }

    /// The archive's checksums are right here, so that the pickle is read.
    #[test]
    fn a_damaged_pickle_never_panics(damage in damage(), noise in prop::collection::vec(any::<u8>(), 0..64), place: prop::sample::Index) {
        let mut pickle = Pickle::new();
        pickle.op(b"}(").text("model").ordered_dict().op(b"(");
        pickle.text("fc.b").tensor("FloatStorage", "0", 3, 0, &[1, 3]);
        pickle.text("fc.W").tensor("HalfStorage", "1", 12, 0, &[1, 3, 4]);
        let mut bytes = pickle.op(b"uu").end();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let place = place.index(bytes.len());
        bytes.splice(place..place, noise);
        read_all(&torch_file(bytes, vec![vec![1; 12], vec![1; 24]]));
    }
}
