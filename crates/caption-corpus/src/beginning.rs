//! What a stream of text begins with: a byte order mark, gzip, or something that is no text.

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use crate::error::Problem;

/// Text, unpacked and behind its byte order mark.
pub type TextReader = BufReader<Box<dyn Read + Send>>;

pub(crate) const BUFFER_BYTES: usize = 1 << 16;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
pub(crate) const GZIP: &[u8] = b"\x1F\x8B";
const UTF16: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
/// What else packs files: its mark, its name, and the command that unpacks to the standard output.
const PACKERS: [(&[u8], &str, &str); 3] = [
    (b"\x28\xB5\x2F\xFD", "zstd", "zstdcat"),
    (b"\xFD7zXZ\0", "xz", "xzcat"),
    (b"PK\x03\x04", "zip", "unzip -p"),
];
/// Where binary data shows its nature.
const TELLING_BYTES: usize = 512;

/// Makes text of what is read from a file or a pipe: a UTF-8 byte order mark is dropped, and gzip
/// is unpacked, whatever the file's name.
///
/// No more is waited for than the bytes that tell: one, for most texts.
///
/// ```
/// use std::io::BufRead;
///
/// let text = caption_corpus::text_reader(&b"\xEF\xBB\xBFa dog\na cat\n"[..])?;
/// assert_eq!(text.lines().next().unwrap()?, "a dog");
/// let problem = caption_corpus::text_reader(&b"\xFF\xFEa\0"[..]).err().unwrap();
/// assert!(problem.to_string().contains("UTF-16"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If it cannot be read, is packed in another way, or is UTF-16 or binary data.
pub fn text_reader(raw: impl Read + Send + 'static) -> Result<TextReader, Problem> {
    let mut raw = BufReader::with_capacity(BUFFER_BYTES, raw);
    let head = beginning(&mut raw)?;
    if !head.starts_with(GZIP) {
        return text(head, raw);
    }
    let unpacked = MultiGzDecoder::new(Cursor::new(head).chain(raw));
    let mut unpacked = BufReader::with_capacity(BUFFER_BYTES, unpacked);
    text(beginning(&mut unpacked)?, unpacked)
}

/// The first bytes, as long as they may be one of the marks.
fn beginning(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let packers = PACKERS.iter().map(|&(mark, ..)| mark);
    let marks: Vec<&[u8]> = packers.chain(UTF16).chain([BYTE_ORDER_MARK, GZIP]).collect();
    let mut head = Vec::new();
    while marks.iter().any(|mark| mark.len() > head.len() && mark.starts_with(&head))
        && reader.by_ref().take(1).read_to_end(&mut head)? > 0
    {}
    Ok(head)
}

fn text<R: Read + Send + 'static>(mut head: Vec<u8>, rest: BufReader<R>) -> Result<TextReader, Problem> {
    if UTF16.iter().any(|mark| head.starts_with(mark)) {
        return Err(Problem::Utf16);
    }
    check_packing(&head)?;
    if is_binary(&[&head, rest.buffer()].concat()) {
        return Err(Problem::Binary);
    }
    if head == BYTE_ORDER_MARK {
        head.clear();
    }
    Ok(BufReader::with_capacity(BUFFER_BYTES, Box::new(Cursor::new(head).chain(rest))))
}

/// Refuses what is packed in another way than by gzip.
pub(crate) fn check_packing(head: &[u8]) -> Result<(), Problem> {
    match PACKERS.iter().find(|(mark, ..)| head.starts_with(mark)) {
        Some(&(_, packer, command)) => Err(Problem::Packed { packer, command }),
        None => Ok(()),
    }
}

/// A stray NUL among captions is no reason to refuse them all. So a quarter must be NUL, as in
/// UTF-16 without its mark and in files that a crash has emptied; or the first bytes must have NUL
/// and what is no UTF-8, as pictures and archives have.
fn is_binary(head: &[u8]) -> bool {
    let nuls = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == 0).count();
    let first = &head[..head.len().min(TELLING_BYTES)];
    // The cut may go through a character.
    let is_utf8 = std::str::from_utf8(first).map_or_else(|error| error.error_len().is_none(), |_| true);
    let all = nuls(head);
    all > 0 && (all * 4 >= head.len() || (nuls(first) > 0 && !is_utf8))
}

#[cfg(test)]
mod tests {
    use super::is_binary;

    #[test]
    fn stray_nuls_leave_text_what_it_is() {
        assert!(is_binary(b"a\0 \0d\0o\0g\0\n\0"));
        assert!(is_binary(&[0; 4096]));
        assert!(is_binary(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
        assert!(!is_binary("a dog\0\nein Kätzchen\n".as_bytes()));
        assert!(!is_binary(b"bad \xff bytes\n"));
        let cut = format!("\0{}", "ä".repeat(600));
        assert!(!is_binary(cut.as_bytes()));
    }
}
