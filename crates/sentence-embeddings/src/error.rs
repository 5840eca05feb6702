use std::io;
use std::path::PathBuf;

/// Why an encoder cannot be opened or texts cannot be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// A file of the folder is missing or could not be read.
    #[error(
        "cannot read {}: {source}; give the folder of a sentence encoder such as all-MiniLM-L6-v2, with config.json, model.safetensors, and tokenizer.json or vocab.txt",
        path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file of the folder is damaged, or of a model that this crate cannot run.
    #[error(
        "{} cannot be used: {reason}; give the folder of a BERT sentence encoder such as all-MiniLM-L6-v2, and download it again if it is one",
        path.display()
    )]
    Unsuitable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A text could not be encoded.
    #[error("cannot encode {text:?}: {reason}")]
    Encode {
        /// The text.
        text: String,
        /// What is wrong.
        reason: String,
    },
}

/// Why vectors cannot be taken or compared.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddingsError {
    /// The numbers cannot be cut into rows.
    #[error("{values} numbers are no rows of {width}")]
    Shape {
        /// Numbers a row.
        width: usize,
        /// Numbers in all.
        values: usize,
    },
    /// A number is infinite or none.
    #[error("row {row} has a number that is not finite")]
    NotFinite {
        /// The row.
        row: usize,
    },
    /// A row that does not exist was asked for.
    #[error("there is no row {row}: there are {rows}")]
    NoRow {
        /// The row asked for.
        row: usize,
        /// How many there are.
        rows: usize,
    },
    /// Matrices could not be multiplied.
    #[error("cannot compare the rows: {0}")]
    Product(String),
}
