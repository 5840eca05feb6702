//! Sealed files: a magic word, a format version, the hash of the rest, and the rest.

use crate::model::ModelError;

/// Bytes of the magic word, the version and the hash.
const HEADER: usize = 8 + 4 + 32;

/// A kind of sealed file.
pub(crate) struct Kind {
    /// What errors call it.
    name: &'static str,
    /// Eight bytes.
    magic: &'static str,
    version: u32,
}

/// The parser's model.
pub(crate) const PARSER: Kind = Kind { name: "parser model", magic: "MTPARSER", version: 2 };
/// A network over pairs of words.
pub(crate) const PAIRS: Kind = Kind { name: "pair network", magic: "MTPAIRED", version: 1 };

impl Kind {
    /// Puts the header before a payload: the bytes of a file.
    pub(crate) fn seal(&self, payload: &[u8]) -> Vec<u8> {
        let mut file = Vec::with_capacity(HEADER + payload.len());
        file.extend(self.magic.as_bytes());
        file.extend(self.version.to_le_bytes());
        file.extend(blake3::hash(payload).as_bytes());
        file.extend(payload);
        file
    }

    /// Checks a file's header: its payload, and the payload's hash in hexadecimal.
    pub(crate) fn open<'f>(&self, file: &'f [u8]) -> Result<(&'f [u8], String), ModelError> {
        let &Self { name, magic, version } = self;
        if file.len() < HEADER || &file[..8] != magic.as_bytes() {
            return Err(ModelError::NotAModel { wanted: name, magic });
        }
        let found = u32::from_le_bytes([file[8], file[9], file[10], file[11]]);
        if found != version {
            return Err(ModelError::Version { kind: name, found, read: version });
        }
        let payload = &file[HEADER..];
        let hash = blake3::hash(payload);
        if hash.as_bytes()[..] != file[12..HEADER] {
            return Err(ModelError::Checksum { kind: name });
        }
        Ok((payload, hash.to_hex().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_are_refused() {
        for (kind, other) in [(PARSER, PAIRS), (PAIRS, PARSER)] {
            let file = kind.seal(b"payload");
            assert_eq!(kind.open(&file).unwrap().0, b"payload");
            assert!(matches!(other.open(&file), Err(ModelError::NotAModel { .. })));
            assert!(matches!(kind.open(b"PAR1"), Err(ModelError::NotAModel { .. })));
            let mut later = file.clone();
            later[8] = 9;
            assert!(matches!(kind.open(&later), Err(ModelError::Version { found: 9, .. })));
            let mut flipped = file;
            *flipped.last_mut().unwrap() ^= 1;
            assert!(matches!(kind.open(&flipped), Err(ModelError::Checksum { .. })));
        }
    }
}
