//! Parameters in files.

use std::collections::BTreeMap;
use std::fs;

use candle_core::Device;
use tagger::nn::{
    Init, Initialisation, Mismatch, Parameters, ParametersError, SafetensorsFile, TensorSource,
};

use crate::support::difference;

fn model(seed: u64, shapes: &[(&str, usize)]) -> Parameters {
    let parameters = Parameters::new(Initialisation::Random { seed }, &Device::Cpu);
    for (name, size) in shapes {
        parameters.root().pp("a").get(*size, name, Init::Normal { deviation: 1.0 }).unwrap();
    }
    parameters
}

#[test]
fn a_load_says_what_matched_and_what_did_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let notes = BTreeMap::from([("kind".to_owned(), "test".to_owned())]);
    let saved = model(1, &[("same", 3), ("wider", 4), ("old", 2)]);
    saved.save(&path, &notes).unwrap();

    let file = SafetensorsFile::open(&path).unwrap();
    assert_eq!(file.notes(), notes);
    assert_eq!(file.shape("a.wider"), Some(vec![4]));
    let loaded = model(2, &[("same", 3), ("wider", 5), ("new", 2)]);
    let before = loaded.get("a.new").unwrap().as_tensor().copy().unwrap();
    let report = loaded.load(&file).unwrap();
    assert_eq!(report.matched, ["a.same"]);
    assert_eq!(report.missing, ["a.new", "a.wider"]);
    assert_eq!(report.unexpected, ["a.old"]);
    let mismatch = Mismatch { name: "a.wider".to_owned(), expected: vec![5], found: vec![4] };
    assert_eq!(report.mismatched, [mismatch]);
    let same = |name: &str| difference(&loaded.get(name).unwrap(), &saved.get(name).unwrap());
    assert_eq!(same("a.same"), 0.0);
    assert_eq!(difference(&loaded.get("a.new").unwrap(), &before), 0.0);

    loaded.initialise(&["a.same".to_owned()], 2).unwrap();
    assert_eq!(
        difference(&loaded.get("a.same").unwrap(), &model(2, &[("same", 3)]).get("a.same").unwrap()),
        0.0
    );
    assert!(matches!(loaded.initialise(&["a.none".to_owned()], 2), Err(ParametersError::Unknown { .. })));
}

#[test]
fn a_shared_parameter_is_found_under_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let both = model(1, &[("first", 3), ("second", 3)]);
    both.save(&path, &BTreeMap::new()).unwrap();

    let shared = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    let root = shared.root().pp("a");
    let first = root.get(3, "first", Init::Constant(0.0)).unwrap();
    let alias = root.shared("b", &root).get(3, "first", Init::Constant(0.0)).unwrap();
    assert_eq!(first.id(), alias.id());
    assert_eq!(shared.aliases(), BTreeMap::from([("a.b.first".to_owned(), "a.first".to_owned())]));
    assert_eq!((shared.count(), shared.names()), (3, vec!["a.first".to_owned()]));
    assert!(shared.load(&SafetensorsFile::open(&path).unwrap()).unwrap().differing_aliases.is_empty());
    assert!(shared.get("a.b.first").is_some());
    let error = root.get(4, "first", Init::Constant(0.0)).unwrap_err();
    assert_eq!(error.to_string(), "parameter a.first has the shape [4], the model needs [3]");
}

#[test]
fn broken_files_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    model(1, &[("same", 300)]).save(&path, &BTreeMap::new()).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut longer = whole.clone();
    longer.push(0);
    let mut huge = whole.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut garbled = whole.clone();
    garbled[10] = b'\xff';
    let cut = |at: usize| whole[..at].to_vec();
    for bytes in [cut(0), cut(7), cut(20), cut(whole.len() - 1), longer, huge, garbled] {
        fs::write(&path, &bytes).unwrap();
        let error = SafetensorsFile::open(&path).unwrap_err();
        assert!(matches!(error, ParametersError::Format { .. }), "{error}");
        assert!(error.to_string().contains("model.safetensors"), "{error}");
    }
    let error = SafetensorsFile::open(&folder.path().join("none")).unwrap_err();
    assert!(matches!(error, ParametersError::Read { .. }), "{error}");
}
