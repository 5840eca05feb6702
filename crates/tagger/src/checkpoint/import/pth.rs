//! torch's files: a zip archive of a pickle and of the numbers, one entry a storage.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use candle_core::pickle::{PthTensors, TensorInfo};
use zip::{CompressionMethod, ZipArchive};

use super::ImportError;
use super::guard::{self, Problem};
use crate::nn::ParametersError;

/// The pickle of the largest published checkpoint has some hundred kilobytes.
const MOST_PICKLE_BYTES: u64 = 16 << 20;
/// Where a checkpoint keeps the weights, if not at the top.
const STATE_KEYS: [&str; 4] = ["model", "state_dict", "model_state_dict", "module"];

/// An open file of torch's. Its tensors are read one at a time.
pub(super) struct PthFile {
    path: PathBuf,
    tensors: PthTensors,
}

impl PthFile {
    /// Reads what tensors there are. Nothing of the pickle is executed, and every entry is held
    /// against its checksum.
    pub(super) fn open(path: &Path) -> Result<Self, ImportError> {
        let damaged = |reason| ImportError::Damaged { path: path.to_owned(), reason };
        let archive = panic_guard::catch(|| Archive::read(path)).map_err(damaged)?.map_err(damaged)?;
        guard::check(&archive.pickle).map_err(|problem| match problem {
            Problem::Hostile(what) => ImportError::Hostile { path: path.to_owned(), what },
            Problem::Malformed(reason) => damaged(reason),
        })?;
        let tensors = panic_guard::catch(|| state(path)).map_err(damaged)?.map_err(damaged)?;
        tensors
            .tensor_infos()
            .values()
            .try_for_each(|info| check_tensor(info, &archive.sizes))
            .map_err(damaged)?;
        Ok(Self { path: path.to_owned(), tensors })
    }

    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.tensors.tensor_infos().keys().cloned().collect();
        names.sort();
        names
    }

    pub(super) fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let info = self.tensors.tensor_infos().get(name)?;
        info.dtype.is_float().then(|| info.layout.dims().to_vec())
    }

    pub(super) fn read(&self, name: &str) -> Result<Tensor, ParametersError> {
        let broken = |reason: String| ParametersError::Read {
            path: self.path.clone(),
            error: io::Error::other(format!("tensor {name}: {reason}")),
        };
        let read = panic_guard::catch(|| self.tensors.get(name)).map_err(broken)?;
        let tensor = read.map_err(|error| broken(error.to_string()))?;
        tensor.ok_or_else(|| ParametersError::Unknown { name: name.to_owned() })
    }
}

/// The weights, wherever in the file they are.
fn state(path: &Path) -> Result<PthTensors, String> {
    let mut reason = "it holds no tensors by name".to_owned();
    for key in STATE_KEYS.into_iter().map(Some).chain([None]) {
        match PthTensors::new(path, key) {
            Ok(tensors) if !tensors.tensor_infos().is_empty() => return Ok(tensors),
            Ok(_) => {}
            Err(error) if key.is_none() => reason = error.to_string(),
            Err(_) => {}
        }
    }
    Err(reason)
}

/// A tensor must lie in its storage: memory is asked for before it is read.
fn check_tensor(info: &TensorInfo, sizes: &HashMap<String, u64>) -> Result<(), String> {
    let name = &info.name;
    let stored = sizes.get(&info.path).copied();
    let stored = stored.ok_or_else(|| format!("the storage {} of tensor {name} is missing", info.path))?;
    let bytes = info
        .layout
        .dims()
        .iter()
        .try_fold(info.dtype.size_in_bytes(), |bytes, &dim| bytes.checked_mul(dim))
        .and_then(|bytes| bytes.checked_add(info.layout.start_offset()));
    match bytes {
        Some(bytes) if bytes as u64 <= stored => Ok(()),
        _ => Err(format!(
            "tensor {name} of shape {:?} does not fit in its storage of {stored} bytes",
            info.layout.dims()
        )),
    }
}

/// What of the archive is needed to judge it.
struct Archive {
    pickle: Vec<u8>,
    /// Bytes of each entry.
    sizes: HashMap<String, u64>,
}

impl Archive {
    fn read(path: &Path) -> Result<Self, String> {
        let text = |error: zip::result::ZipError| error.to_string();
        let file = File::open(path).map_err(|error| error.to_string())?;
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(text)?;
        let mut archive = Self { pickle: Vec::new(), sizes: HashMap::new() };
        let mut pickles = 0;
        for index in 0..zip.len() {
            let mut entry = zip.by_index_raw(index).map_err(text)?;
            let (name, size) = (entry.name().map_err(text)?.into_owned(), entry.size());
            // Nothing in such an archive may become larger than it is.
            if entry.compression() != CompressionMethod::Stored
                || entry.encrypted()
                || entry.compressed_size() != size
            {
                return Err(format!("its entry {name} is compressed, which torch.save never does"));
            }
            if name.ends_with("data.pkl") {
                pickles += 1;
                if size > MOST_PICKLE_BYTES {
                    return Err(format!("its pickle has {size} bytes, more than any model's"));
                }
                entry.read_to_end(&mut archive.pickle).map_err(|error| error.to_string())?;
            } else if name.ends_with("/byteorder") {
                check_byte_order(&mut entry)?;
            }
            drop(entry);
            archive.sizes.insert(name, size);
        }
        if pickles != 1 {
            return Err(format!("it has {pickles} pickles (data.pkl) where there should be one"));
        }
        check_sums(&mut zip)?;
        Ok(archive)
    }
}

fn check_byte_order(entry: &mut impl Read) -> Result<(), String> {
    let mut order = String::new();
    entry.take(16).read_to_string(&mut order).map_err(|error| error.to_string())?;
    if order.trim() == "little" { Ok(()) } else { Err(format!("its numbers are in {order}-endian order")) }
}

/// Reads every entry to its end, where the archive's reader compares the checksums.
fn check_sums(zip: &mut ZipArchive<BufReader<File>>) -> Result<(), String> {
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(|error| error.to_string())?;
        let name = entry.name().map_err(|error| error.to_string())?.into_owned();
        io::copy(&mut entry, &mut io::sink())
            .map_err(|error| format!("its entry {name} is damaged: {error}"))?;
    }
    Ok(())
}
