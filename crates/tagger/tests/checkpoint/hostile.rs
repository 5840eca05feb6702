//! Files that are broken, or made to harm.

use std::fs;

use tagger::checkpoint::import::WeightsFile;
use tagger::nn::TensorSource;

use crate::pickle::{Pickle, archive, torch_file};

fn open(bytes: &[u8]) -> Result<WeightsFile, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pth");
    fs::write(&path, bytes).unwrap();
    let opened = WeightsFile::open(&path).map_err(|error| error.to_string());
    if let Ok(file) = &opened {
        file.names().iter().for_each(|name| _ = file.read(name).map_err(|error| error.to_string()));
    }
    opened
}

#[track_caller]
fn refused(bytes: &[u8], said: &[&str]) {
    let error = open(bytes).unwrap_err();
    for said in said.iter().chain(&["weights.pth"]) {
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
}

/// A file with one tensor "a" as `tensor` writes it, in a storage of 8 bytes.
fn one(tensor: impl Fn(&mut Pickle)) -> Vec<u8> {
    let mut pickle = Pickle::new();
    pickle.op(b"}(").text("a");
    tensor(&mut pickle);
    torch_file(pickle.op(b"u").end(), vec![vec![0; 8]])
}

fn good() -> Vec<u8> {
    one(|pickle| _ = pickle.tensor("FloatStorage", "0", 2, 0, &[2]))
}

#[test]
fn nothing_in_a_pickle_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("ran");
    let command = format!("touch {}", marker.display());
    for (module, name) in [
        ("os", "system"),
        ("posix", "system"),
        ("nt", "system"),
        ("subprocess", "check_output"),
        ("builtins", "eval"),
        ("__builtin__", "exec"),
        ("builtins", "getattr"),
        ("importlib.util", "find_spec"),
        ("runpy", "_run_code"),
    ] {
        let called = format!("{module}.{name}");
        let call = |pickle: &mut Pickle| _ = pickle.class(module, name).op(b"(").text(&command).op(b"tR");
        // In place of all, before a tensor, and within one.
        let mut alone = Pickle::new();
        call(&mut alone);
        refused(&torch_file(alone.end(), vec![]), &["is not safe", &called, "not run"]);
        refused(
            &one(|pickle| {
                call(pickle);
                pickle.text("b").tensor("FloatStorage", "0", 2, 0, &[2]);
            }),
            &["is not safe", &called],
        );
        refused(
            &one(|pickle| {
                pickle.class("torch._utils", "_rebuild_tensor_v2").op(b"(");
                call(pickle);
                pickle.int(0).sizes(&[2]).sizes(&[1]).op(b"\x89}tR");
            }),
            &["is not safe", &called],
        );
    }
    assert!(!marker.exists());
    // Objects of unknown classes are no danger where none is made.
    assert!(
        open(&one(|pickle| {
            pickle.class("yacs.config", "CfgNode").op(b")\x81}b").text("b").tensor(
                "FloatStorage",
                "0",
                2,
                0,
                &[2],
            );
        }))
        .is_ok()
    );
    assert!(open(&good()).is_ok());
}

#[test]
fn small_files_cannot_take_all_memory_or_the_stack() {
    // Each tuple holds the last one twice: 2^60 objects.
    let mut doubling = Pickle::new();
    doubling.op(b")q\x00");
    (0..60).for_each(|_| _ = doubling.op(b"h\x00h\x00\x86q\x00"));
    refused(&torch_file(doubling.end(), vec![]), &["objects"]);
    let mut deep = Pickle::new();
    deep.op(b")").op(&[0x85; 1_000_000]);
    refused(&torch_file(deep.end(), vec![]), &["nested"]);
    let mut lists = Pickle::new();
    lists.op(&b"]".repeat(1_000_000)).op(&b"a".repeat(999_999));
    refused(&torch_file(lists.end(), vec![]), &["nested"]);
    let claims = |count, dims: &[usize]| one(|pickle| _ = pickle.tensor("FloatStorage", "0", count, 0, dims));
    refused(&claims(2, &[3]), &["tensor a", "[3]", "8 bytes"]);
    refused(&claims(1 << 30, &[1 << 30]), &["tensor a", "8 bytes"]);
    refused(&claims(2, &[1 << 30; 4]), &["tensor a"]);
    refused(&one(|pickle| _ = pickle.tensor("FloatStorage", "0", 2, 1, &[2])), &["tensor a"]);
    refused(
        &one(|pickle| _ = pickle.tensor("FloatStorage", "../../1", 2, 0, &[2])),
        &["tensor a", "missing"],
    );
    let mut long = Pickle::new();
    long.op(b"X\xff\xff\xff\xff");
    refused(&torch_file(long.end(), vec![]), &["cut off"]);
}

#[test]
fn archives_that_torch_does_not_write_are_refused() {
    let file = good();
    refused(b"", &["neither"]);
    refused(b"not weights at all", &["neither"]);
    refused(
        b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02",
        &["old format", "torch.save"],
    );
    refused(b"PK\x03\x04", &["cannot be read as a .pth file"]);
    refused(&file[..file.len() / 2], &["cannot be read"]);
    refused(&archive(&[("archive/version".into(), b"3".to_vec())]), &["0 pickles"]);
    let twice = ["archive/data.pkl", "b/data.pkl"].map(|name| (name.to_owned(), b"\x80\x02}.".to_vec()));
    refused(&archive(&twice), &["2 pickles"]);
    refused(&torch_file(b"\x80\x02}.".to_vec(), vec![]), &["no tensors by name"]);
    let order = ("archive/byteorder".to_owned(), b"big".to_vec());
    refused(&archive(&[("archive/data.pkl".into(), b"\x80\x02}.".to_vec()), order]), &["big-endian"]);

    // A bomb must be compressed: "deflate" in the headers, here and there.
    let mut bomb = file.clone();
    for header in [b"PK\x03\x04".as_slice(), b"PK\x01\x02"] {
        let method = if header[2] == 3 { 8 } else { 10 };
        let places = (0..bomb.len() - 4).filter(|&at| &bomb[at..at + 4] == header).collect::<Vec<_>>();
        places.into_iter().for_each(|at| bomb[at + method] = 8);
    }
    refused(&bomb, &["compressed"]);
    // A flipped bit among the numbers.
    let mut flipped = file.clone();
    let at = file.windows(8).position(|window| window == [0; 8]).unwrap();
    let data = (at..file.len() - 8).find(|&at| file[at..at + 8] == [0; 8] && file[..at].ends_with(b"data/0"));
    let data = data.unwrap_or_else(|| panic!("the storage is not found"));
    flipped[data] = 1;
    refused(&flipped, &["data/0 is damaged"]);
}

#[test]
fn pickles_of_other_things_are_refused() {
    let pickled = |bytes: &[u8]| torch_file([b"\x80\x02", bytes].concat(), vec![]);
    for (bytes, said) in [
        (b"K\x05.".as_slice(), "no tensors"),
        (b"](K\x01K\x02e.", "no tensors"),
        (b"}K\x01K\x02s.", "no tensors"),
        (b"", "cut off"),
        (b"}(", "cut off"),
        (b".", "cannot be read"),
        (b"R.", "takes an object"),
        (b"t.", "misses a mark"),
        (b"h\x09.", "refers to the object 9"),
        (b"K\x01K\x02a.", ""),
        (b"\x93.", "opcode 0x93"),
        (b"ios\nsystem\n.", "opcode 0x69"),
        (b"cos\nsystem", "cut off"),
        (b"X\x02\x00\x00\x00\xff\xfe.", ""),
        (b"\x8a\x0a0123456789.", "10 bytes"),
    ] {
        refused(&pickled(bytes), &[said]);
    }
    // Too few arguments: candle's reader would panic.
    refused(&one(|pickle| _ = pickle.class("torch._utils", "_rebuild_tensor_v2").op(b")R")), &[]);
    refused(
        &one(|pickle| {
            pickle.class("torch._utils", "_rebuild_parameter").op(b")R");
        }),
        &[],
    );
}

#[test]
fn relatives_are_told_apart() {
    let named = |name: &str| {
        let mut pickle = Pickle::new();
        pickle.op(b"}(").text(name).tensor("FloatStorage", "0", 2, 0, &[2]);
        torch_file(pickle.op(b"u").end(), vec![vec![0; 8]])
    };
    refused(&named("wordvec_proj.weight"), &["RAM"]);
    refused(&named("dist_token"), &["distilled", "deit_base_patch16_224"]);
}
