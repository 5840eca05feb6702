//! Safetensors files, read a tensor at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use candle_core::{DType, Device, Tensor};
use safetensors::tensor::{Dtype, Metadata};
use serde_json::{Map, Value, json};
use whole_file::WholeFile;

use super::{ParametersError, TensorSource};

/// What candle and safetensors allow themselves at most.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// An open safetensors file. Only its header is in memory.
#[derive(Debug)]
pub struct SafetensorsFile {
    path: PathBuf,
    file: Mutex<File>,
    /// Where the tensors begin.
    start: u64,
    metadata: Metadata,
}

impl SafetensorsFile {
    /// Opens the file and checks its header against its length.
    ///
    /// # Errors
    /// If it cannot be read, or is not a whole safetensors file.
    pub fn open(path: &Path) -> Result<Self, ParametersError> {
        let unreadable = |error| ParametersError::Read { path: path.to_owned(), error };
        let broken = |reason: String| ParametersError::Format { path: path.to_owned(), reason };
        let mut file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut size = [0; 8];
        file.read_exact(&mut size).map_err(|_| broken("it is too short".to_owned()))?;
        let size = u64::from_le_bytes(size);
        if size > MAX_HEADER_BYTES || size > length {
            return Err(broken("it has no header".to_owned()));
        }
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header).map_err(|_| broken("its header is cut off".to_owned()))?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|error| broken(error.to_string()))?;
        let start = 8 + size;
        let expected = start + metadata.data_len() as u64;
        if expected != length {
            return Err(broken(format!("it should have {expected} bytes and has {length}")));
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), start, metadata })
    }

    /// The notes in the header.
    pub fn notes(&self) -> BTreeMap<String, String> {
        self.metadata.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    fn bytes(&self, (from, to): (usize, usize)) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; to - from];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.start + from as u64))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl TensorSource for SafetensorsFile {
    fn names(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let info = self.metadata.info(name)?;
        let float = matches!(info.dtype, Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64);
        float.then(|| info.shape.clone())
    }

    /// Tensors of any type, buffers of integers too.
    fn read(&self, name: &str) -> Result<Tensor, ParametersError> {
        let info = self.metadata.info(name);
        let info = info.ok_or_else(|| ParametersError::Unknown { name: name.to_owned() })?;
        let dtype = DType::try_from(info.dtype)?;
        let bytes = self
            .bytes(info.data_offsets)
            .map_err(|error| ParametersError::Read { path: self.path.clone(), error })?;
        Ok(Tensor::from_raw_buffer(&bytes, dtype, &info.shape, &Device::Cpu)?)
    }
}

/// Writes f32 tensors as a file that appears whole or not at all. The same tensors and notes give
/// the same bytes, which safetensors' own writer does not promise.
pub(crate) fn write_tensors(
    path: &Path,
    tensors: BTreeMap<String, Tensor>,
    notes: &BTreeMap<String, String>,
) -> Result<(), ParametersError> {
    let failed = |error| ParametersError::Write { path: path.to_owned(), error };
    let mut file = WholeFile::begin(path).map_err(failed)?;
    file.write_all(&header(&tensors, notes)).map_err(failed)?;
    for tensor in tensors.values() {
        let values = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        file.write_all(&bytes).map_err(failed)?;
    }
    file.finish().map_err(failed)
}

/// The header of the safetensors format: its length, then JSON that says where each tensor is.
fn header(tensors: &BTreeMap<String, Tensor>, notes: &BTreeMap<String, String>) -> Vec<u8> {
    let mut entries = Map::new();
    entries.insert("__metadata__".to_owned(), json!(notes));
    let mut start = 0;
    for (name, tensor) in tensors {
        let end = start + tensor.elem_count() * size_of::<f32>();
        let entry = json!({"dtype": "F32", "shape": tensor.dims(), "data_offsets": [start, end]});
        entries.insert(name.clone(), entry);
        start = end;
    }
    let mut json = Value::Object(entries).to_string().into_bytes();
    // Tensors begin at a multiple of eight.
    json.resize(json.len().next_multiple_of(8), b' ');
    [&(json.len() as u64).to_le_bytes(), json.as_slice()].concat()
}
