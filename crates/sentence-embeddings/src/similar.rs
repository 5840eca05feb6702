//! Pairs of vectors that are alike, among tens of thousands, by blocks of matrix products.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use candle_core::{Device, Tensor};

use crate::{Embeddings, EmbeddingsError};

/// Rows and columns of a block of cosines: 2 MiB. Larger ones are slower, for their memory is fetched anew each time.
const BLOCK: (usize, usize) = (512, 1024);

/// Two rows that are alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The lower row.
    pub a: usize,
    /// The higher row.
    pub b: usize,
    /// Of the angle between them, -1 to 1.
    pub cosine: f32,
    /// Whether each is among the other's nearest.
    pub mutual: bool,
}

/// A neighbour of some row. The greatest of some is the farthest; of equals, the one with the higher row.
#[derive(Clone, Copy)]
struct Neighbour {
    cosine: f32,
    place: usize,
}

impl Ord for Neighbour {
    fn cmp(&self, other: &Self) -> Ordering {
        other.cosine.total_cmp(&self.cosine).then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Neighbour {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Neighbour {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Neighbour {}

impl Embeddings {
    /// The pairs among `rows` whose cosine is `least` or more, and of which one row is among the `most`
    /// nearest of the other; sorted by rows. A row that stands in `rows` twice counts once, and of neighbours
    /// equally near the lower row comes first.
    ///
    /// The result is the same for any number of threads and any order of `rows`. Memory is some 10 MB and
    /// that of the pairs, of which there are at most `rows.len() * most`. Time is quadratic: some seconds for
    /// 50,000 rows.
    ///
    /// ```
    /// let embeddings = sentence_embeddings::Embeddings::new(2, vec![1.0, 0.0, 1.0, 0.1, 0.0, 1.0])?;
    /// let pairs = embeddings.similar(&[0, 1, 2], 0.9, 1)?;
    /// assert_eq!(pairs.len(), 1);
    /// assert_eq!((pairs[0].a, pairs[0].b, pairs[0].mutual), (0, 1, true));
    /// # Ok::<(), sentence_embeddings::EmbeddingsError>(())
    /// ```
    ///
    /// # Errors
    /// [`EmbeddingsError::NoRow`] if a row does not exist.
    pub fn similar(&self, rows: &[usize], least: f32, most: usize) -> Result<Vec<Pair>, EmbeddingsError> {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        rows.dedup();
        if let Some(&row) = rows.last().filter(|&&row| row >= self.len()) {
            return Err(EmbeddingsError::NoRow { row, rows: self.len() });
        }
        let mut nearest = vec![BinaryHeap::new(); rows.len()];
        let mut keep = |place: usize, neighbour: Neighbour| {
            let heap: &mut BinaryHeap<Neighbour> = &mut nearest[place];
            heap.push(neighbour);
            if heap.len() > most {
                heap.pop();
            }
        };
        self.each_above(&rows, least, &mut |a, b, cosine| {
            keep(a, Neighbour { cosine, place: b });
            keep(b, Neighbour { cosine, place: a });
        })
        .map_err(|error| EmbeddingsError::Product(error.to_string()))?;
        Ok(pairs(&rows, nearest))
    }

    /// Every pair of places in `rows`, the lower first, whose cosine is `least` or more.
    fn each_above(
        &self,
        rows: &[usize],
        least: f32,
        found: &mut impl FnMut(usize, usize, f32),
    ) -> candle_core::Result<()> {
        for (block, above) in rows.chunks(BLOCK.0).enumerate() {
            let start = block * BLOCK.0;
            let left = self.gather(above)?;
            for (block, beside) in rows[start..].chunks(BLOCK.1).enumerate() {
                let first = start + block * BLOCK.1;
                let products = left.matmul(&self.gather(beside)?.t()?)?.flatten_all()?;
                let cosines: Vec<f32> = products.to_vec1()?;
                for (place, row) in cosines.chunks_exact(beside.len()).enumerate() {
                    let a = start + place;
                    let alike = row.iter().enumerate().filter(|&(_, &cosine)| cosine >= least);
                    let pairs = alike.map(|(place, &cosine)| (first + place, cosine)).filter(|&(b, _)| a < b);
                    pairs.for_each(|(b, cosine)| found(a, b, cosine));
                }
            }
        }
        Ok(())
    }

    /// The vectors of some rows, `[rows, width]`.
    fn gather(&self, rows: &[usize]) -> candle_core::Result<Tensor> {
        let vectors = rows.iter().filter_map(|&row| self.get(row));
        let values: Vec<f32> = vectors.flatten().copied().collect();
        Tensor::from_vec(values, (rows.len(), self.width()), &Device::Cpu)
    }
}

fn pairs(rows: &[usize], nearest: Vec<BinaryHeap<Neighbour>>) -> Vec<Pair> {
    let all = nearest.into_iter().enumerate().flat_map(|(place, heap)| {
        let pair = move |Neighbour { cosine, place: other }| Pair {
            a: rows[place.min(other)],
            b: rows[place.max(other)],
            cosine,
            mutual: false,
        };
        heap.into_iter().map(pair)
    });
    let mut all: Vec<Pair> = all.collect();
    all.sort_unstable_by_key(|pair| (pair.a, pair.b));
    all.dedup_by(|second, first| {
        let same = (second.a, second.b) == (first.a, first.b);
        first.mutual |= same;
        same
    });
    all
}
