//! Which images are trained on and which are kept back: by image, never by caption.
//!
//! ```
//! use tag_triplets::splits::{SplitRule, Splits};
//!
//! let fractions = vec![("train".to_owned(), 0.9), ("val".to_owned(), 0.1)];
//! let splits = Splits::new(SplitRule::Fractions(fractions, 42))?;
//! let split = splits.assign("dog.jpg", None)?;
//! assert!(split == "train" || split == "val");
//! # Ok::<(), tag_triplets::splits::SplitError>(())
//! ```

use thiserror::Error;

use crate::hash::{Purpose, hash_seeded};

/// How far from 1 the fractions' sum may be.
const TOLERANCE: f64 = 1e-9;
/// Longest name of a split, in bytes.
const LONGEST_NAME: usize = 64;
/// Names that the files of a run have themselves.
const RESERVED: [&str; 2] = ["triplets", "vocabulary"];

/// How images are split.
#[derive(Clone, Debug, PartialEq)]
pub enum SplitRule {
    /// All images belong to one split of this name.
    All(String),
    /// Names with their shares of the images, and a seed. An image's split depends on its name,
    /// the seed and the shares alone: other images that come or go never move it.
    Fractions(Vec<(String, f64)>, u64),
    /// A column of the corpus says it.
    Column,
}

/// A rule that was found good.
#[derive(Clone, Debug)]
pub struct Splits {
    names: Vec<String>,
    assignment: Assignment,
}

#[derive(Clone, Debug)]
enum Assignment {
    ByHash {
        seed: u64,
        /// Where each split but the last ends in the range of the hash.
        ends: Vec<u64>,
    },
    ByColumn,
}

/// Why images cannot be split so.
#[derive(Debug, Error, PartialEq)]
pub enum SplitError {
    /// No split is named.
    #[error("no split is named: give names and fractions such as train=0.9,val=0.1")]
    NoSplits,
    /// A fraction is not a share of the images.
    #[error("split {name:?} has the fraction {fraction}: it must be above 0 and not above 1")]
    BadFraction {
        /// The split.
        name: String,
        /// What was given.
        fraction: f64,
    },
    /// The fractions are not the whole.
    #[error("the fractions of the splits sum to {sum}, not to 1")]
    BadSum {
        /// What they sum to.
        sum: f64,
    },
    /// Two splits have one name.
    #[error("two splits are called {name:?} (upper and lower case count as the same, as on some disks)")]
    Repeated {
        /// The name.
        name: String,
    },
    /// A name that cannot begin the name of a file everywhere.
    #[error(
        "a split cannot be called {name:?}: files are named by it; use up to {LONGEST_NAME} letters a-z, digits, '_' and '-', with a letter or digit at both ends, and neither \"triplets\" nor \"vocabulary\""
    )]
    UnsafeName {
        /// The name.
        name: String,
    },
    /// The column has no value for an image.
    #[error("image {image_id:?} has no split in its column")]
    Missing {
        /// The image.
        image_id: String,
    },
}

impl Splits {
    /// Checks a rule.
    ///
    /// # Errors
    /// If a name could not be part of a file's name, if names repeat, or if the fractions are not
    /// above 0 or do not sum to 1 within 10⁻⁹.
    pub fn new(rule: SplitRule) -> Result<Self, SplitError> {
        let (fractions, seed) = match rule {
            SplitRule::All(name) => (vec![(name, 1.0)], 0),
            SplitRule::Fractions(fractions, seed) => (fractions, seed),
            SplitRule::Column => return Ok(Self { names: Vec::new(), assignment: Assignment::ByColumn }),
        };
        check_fractions(&fractions)?;
        let (names, shares): (Vec<String>, Vec<f64>) = fractions.into_iter().unzip();
        check_names(&names)?;
        Ok(Self { names, assignment: Assignment::ByHash { seed, ends: ends(&shares) } })
    }

    /// The splits in their order. There are none if a column names them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The split of an image, given what a column says of it.
    ///
    /// # Errors
    /// If the column decides and gives no name, or one that could not be part of a file's name.
    pub fn assign<'a>(&'a self, image_id: &str, column: Option<&'a str>) -> Result<&'a str, SplitError> {
        match &self.assignment {
            Assignment::ByHash { seed, ends } => {
                let hash = hash_seeded(image_id, *seed, Purpose::Split);
                Ok(&self.names[ends.partition_point(|end| *end <= hash)])
            }
            Assignment::ByColumn => {
                let name = column.ok_or_else(|| SplitError::Missing { image_id: image_id.to_owned() })?;
                check_name(name)?;
                Ok(name)
            }
        }
    }
}

fn check_fractions(fractions: &[(String, f64)]) -> Result<(), SplitError> {
    if fractions.is_empty() {
        return Err(SplitError::NoSplits);
    }
    if let Some((name, fraction)) = fractions.iter().find(|(_, share)| !(*share > 0.0 && *share <= 1.0)) {
        return Err(SplitError::BadFraction { name: name.clone(), fraction: *fraction });
    }
    let sum: f64 = fractions.iter().map(|(_, fraction)| fraction).sum();
    if (sum - 1.0).abs() > TOLERANCE { Err(SplitError::BadSum { sum }) } else { Ok(()) }
}

fn check_names(names: &[String]) -> Result<(), SplitError> {
    for (number, name) in names.iter().enumerate() {
        check_name(name)?;
        if names[..number].iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(SplitError::Repeated { name: name.clone() });
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), SplitError> {
    if is_split_name(name) { Ok(()) } else { Err(SplitError::UnsafeName { name: name.to_owned() }) }
}

/// Whether every file system takes the name, and no path is made of it.
pub(crate) fn is_split_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric();
    let bytes = name.as_bytes();
    bytes.len() <= LONGEST_NAME
        && bytes.first().copied().is_some_and(is_plain)
        && bytes.last().copied().is_some_and(is_plain)
        && bytes.iter().all(|&byte| is_plain(byte) || b"_-".contains(&byte))
        && !RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name))
}

/// Where each split but the last ends, as a part of 2⁶⁴.
fn ends(shares: &[f64]) -> Vec<u64> {
    const RANGE: f64 = 18_446_744_073_709_551_616.0;
    let cumulative = shares.iter().scan(0.0, |sum, share| {
        *sum += share;
        Some(*sum)
    });
    // A conversion that is out of range gives the largest number.
    cumulative.take(shares.len().saturating_sub(1)).map(|end| (end * RANGE) as u64).collect()
}
