//! Look-ups in finite-state maps.

use crate::model::ModelError;

/// Takes the bytes of a map, checking them against the checksum that they end with: a damaged map
/// could lead look-ups anywhere.
pub(crate) fn read_map(name: &str, bytes: Vec<u8>) -> Result<fst::Map<Vec<u8>>, ModelError> {
    let map = fst::Map::new(bytes).map_err(|error| ModelError::damaged(name, error))?;
    map.as_fst().verify().map_err(|error| ModelError::damaged(name, error))?;
    Ok(map)
}

/// The longest key that the bytes begin with: its value and its length in bytes.
pub(crate) fn longest_key(map: &fst::Map<Vec<u8>>, bytes: impl Iterator<Item = u8>) -> Option<(u64, usize)> {
    let fst = map.as_fst();
    let mut node = fst.root();
    let mut value = 0;
    let mut best = None;
    for (position, byte) in bytes.enumerate() {
        let Some(index) = node.find_input(byte) else { break };
        let transition = node.transition(index);
        value += transition.out.value();
        node = fst.node(transition.addr);
        if node.is_final() {
            best = Some((value + node.final_output().value(), position + 1));
        }
    }
    best
}
