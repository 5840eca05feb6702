//! Writes files as `torch.save` does.

use std::io::{Cursor, Write};

use candle_core::{DType, Tensor};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A pickle of protocol 2 as it grows.
#[derive(Clone, Default)]
pub struct Pickle(pub Vec<u8>);

impl Pickle {
    pub fn new() -> Self {
        Self(vec![0x80, 2])
    }

    pub fn op(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend(bytes);
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.op(b"X").op(&(text.len() as u32).to_le_bytes()).op(text.as_bytes())
    }

    pub fn int(&mut self, value: usize) -> &mut Self {
        match value {
            0..=0xff => self.op(&[b'K', value as u8]),
            0x100..=0xffff => self.op(b"M").op(&(value as u16).to_le_bytes()),
            0x1_0000..=0x7fff_ffff => self.op(b"J").op(&(value as i32).to_le_bytes()),
            _ => self.op(&[0x8a, 8]).op(&(value as i64).to_le_bytes()),
        }
    }

    pub fn class(&mut self, module: &str, name: &str) -> &mut Self {
        self.op(format!("c{module}\n{name}\n").as_bytes())
    }

    pub fn ordered_dict(&mut self) -> &mut Self {
        self.class("collections", "OrderedDict").op(b")R")
    }

    pub fn sizes(&mut self, sizes: &[usize]) -> &mut Self {
        self.op(b"(");
        sizes.iter().for_each(|&size| _ = self.int(size));
        self.op(b"t")
    }

    /// `_rebuild_tensor_v2(storage, offset, dims, strides, False, OrderedDict())`
    pub fn tensor(
        &mut self,
        kind: &str,
        key: &str,
        count: usize,
        offset: usize,
        dims: &[usize],
    ) -> &mut Self {
        let strides: Vec<usize> = (1..=dims.len())
            .map(|next| dims[next..].iter().fold(1_usize, |a, &b| (a * b).min(1 << 30)))
            .collect();
        self.class("torch._utils", "_rebuild_tensor_v2").op(b"(");
        self.op(b"(").text("storage").class("torch", kind).text(key).text("cpu").int(count).op(b"tq\x07Q");
        self.int(offset).sizes(dims).sizes(&strides).op(b"\x89").ordered_dict().op(b"tq\x08R")
    }

    pub fn end(&mut self) -> Vec<u8> {
        self.op(b".");
        std::mem::take(&mut self.0)
    }
}

/// A zip archive of these entries, not compressed.
pub fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(name, SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored))
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A file of torch's with this pickle and these storages.
pub fn torch_file(pickle: Vec<u8>, storages: Vec<Vec<u8>>) -> Vec<u8> {
    let storages =
        storages.into_iter().enumerate().map(|(key, bytes)| (format!("archive/data/{key}"), bytes));
    let mut entries = vec![("archive/data.pkl".to_owned(), pickle)];
    entries.extend(storages);
    entries.push(("archive/version".to_owned(), b"3\n".to_vec()));
    archive(&entries)
}

/// `torch.save({"epoch": 4, key: state, "config": {"lr": 1e-4, "tags": ["a"]}}, …)`, or
/// `torch.save(state, …)`.
pub fn save(key: Option<&str>, state: &[(String, Tensor)]) -> Vec<u8> {
    let mut pickle = Pickle::new();
    if let Some(key) = key {
        pickle.op(b"}q\x00(").text("epoch").int(4).text(key);
    }
    pickle.ordered_dict().op(b"q\x01(");
    let mut storages = Vec::new();
    for (name, tensor) in state {
        let kind = if tensor.dtype() == DType::F32 { "FloatStorage" } else { "LongStorage" };
        pickle.text(name).tensor(kind, &storages.len().to_string(), tensor.elem_count(), 0, tensor.dims());
        storages.push(bytes(tensor));
    }
    pickle.op(b"u");
    if key.is_some() {
        pickle.text("config").op(b"}q\x02(").text("lr").op(b"G").op(&1e-4_f64.to_be_bytes());
        pickle.text("tags").op(b"]q\x03").text("a").op(b"au").op(b"u");
    }
    torch_file(pickle.end(), storages)
}

fn bytes(tensor: &Tensor) -> Vec<u8> {
    let flat = tensor.flatten_all().unwrap();
    match tensor.dtype() {
        DType::F32 => flat.to_vec1::<f32>().unwrap().iter().flat_map(|value| value.to_le_bytes()).collect(),
        _ => flat.to_vec1::<i64>().unwrap().iter().flat_map(|value| value.to_le_bytes()).collect(),
    }
}
