//! Commands as one types them.

use std::path::Path;

/// A word as a shell takes it.
pub fn quoted(word: &Path) -> String {
    let word = word.to_string_lossy();
    let is_plain =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '=' | ':' | ',' | '+');
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::quoted;

    #[test]
    fn words_are_quoted_as_shells_need_them() {
        let quoted = |word: &str| quoted(Path::new(word));
        assert_eq!(quoted("data/a-1.parquet"), "data/a-1.parquet");
        assert_eq!(quoted("cc3m/*.tsv"), "'cc3m/*.tsv'");
        assert_eq!(quoted("Ann's captions"), "'Ann'\\''s captions'");
    }
}
