//! Pairs by blocks of products against pairs one by one.

use proptest::prelude::*;
use sentence_embeddings::{Embeddings, EmbeddingsError};

use crate::tiny::number;

fn cosine(embeddings: &Embeddings, a: usize, b: usize) -> f32 {
    let (a, b) = (embeddings.get(a).unwrap(), embeddings.get(b).unwrap());
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32
}

/// Every pair of `rows`, sorted, without regard to how near.
fn all(embeddings: &Embeddings, rows: &[usize]) -> Vec<(usize, usize, f32)> {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    rows.dedup();
    let mut pairs = Vec::new();
    for (place, &a) in rows.iter().enumerate() {
        pairs.extend(rows[place + 1..].iter().map(|&b| (a, b, cosine(embeddings, a, b))));
    }
    pairs
}

/// Whether `b` is among the `most` nearest of `a`.
fn is_near(embeddings: &Embeddings, rows: &[usize], a: usize, b: usize, most: usize) -> bool {
    let mut others: Vec<usize> = rows.iter().copied().filter(|&row| row != a).collect();
    others.sort_unstable();
    others.dedup();
    others.sort_by(|&x, &y| cosine(embeddings, a, y).total_cmp(&cosine(embeddings, a, x)));
    others.iter().take(most).any(|&row| row == b)
}

/// Small whole numbers, whose products and so ties are exact up to the scaling.
fn vectors() -> impl Strategy<Value = Vec<f32>> {
    proptest::collection::vec((-4_i8..5).prop_map(f32::from), 3 * 2..3 * 40).prop_map(|mut values| {
        values.truncate(values.len() / 3 * 3);
        values
    })
}

proptest! {
    #[test]
    fn pairs_are_those_of_a_brute_force(
        values in vectors(),
        rows in proptest::collection::vec(any::<prop::sample::Index>(), 0..60),
        least in -1.0_f32..1.0,
        most in 1_usize..6,
    ) {
        let embeddings = Embeddings::new(3, values).unwrap();
        let rows: Vec<usize> = rows.iter().map(|index| index.index(embeddings.len())).collect();
        // Off every cosine, so that rounding decides nothing.
        prop_assume!(all(&embeddings, &rows).iter().all(|&(.., cosine)| (cosine - least).abs() > 1e-5));
        let found = embeddings.similar(&rows, least, usize::MAX).unwrap();
        let wanted: Vec<_> = all(&embeddings, &rows).into_iter().filter(|&(.., cosine)| cosine >= least).collect();
        prop_assert_eq!(found.len(), wanted.len());
        for (pair, &(a, b, cosine)) in found.iter().zip(&wanted) {
            prop_assert_eq!((pair.a, pair.b, pair.mutual), (a, b, true));
            prop_assert!((pair.cosine - cosine).abs() < 1e-6);
        }
        let nearest = embeddings.similar(&rows, least, most).unwrap();
        prop_assert!(nearest.len() <= rows.len() * most);
        prop_assert!(nearest.is_sorted_by_key(|pair| (pair.a, pair.b)));
        prop_assert!(nearest.iter().all(|pair| found.iter().any(|other| (other.a, other.b, other.cosine) == (pair.a, pair.b, pair.cosine))));
    }
}

/// Vectors without ties.
fn spread(rows: usize, width: usize) -> Embeddings {
    let values = (0..rows * width).map(|place| number(1, place)).collect();
    Embeddings::new(width, values).unwrap()
}

#[test]
fn pairs_across_blocks_are_those_of_a_brute_force() {
    let embeddings = spread(2100, 4);
    let rows: Vec<usize> = (0..2100).collect();
    let (least, slack) = (0.97, 1e-6);
    let found = embeddings.similar(&rows, least, usize::MAX).unwrap();
    let wanted = all(&embeddings, &rows).into_iter().filter(|&(.., cosine)| cosine > least + slack);
    let mut pairs = found.iter();
    for (a, b, cosine) in wanted {
        let pair = pairs.find(|pair| (pair.a, pair.b) == (a, b)).expect("the pair is found, in order");
        assert!((pair.cosine - cosine).abs() < slack);
    }
    assert!(
        found.len() > 10_000 && found.iter().all(|pair| cosine(&embeddings, pair.a, pair.b) > least - slack)
    );
    let turned: Vec<usize> = rows.iter().rev().chain(&rows).copied().collect();
    assert_eq!(found, embeddings.similar(&turned, least, usize::MAX).unwrap());
}

#[test]
fn a_pair_is_brought_by_either_row_and_mutual_by_both() {
    let embeddings = spread(90, 8);
    let rows: Vec<usize> = (0..90).step_by(2).collect();
    for most in [1, 3] {
        let near = |a, b| is_near(&embeddings, &rows, a, b, most);
        let wanted = all(&embeddings, &rows).into_iter().map(|(a, b, _)| (a, b, near(a, b), near(b, a)));
        let wanted: Vec<_> =
            wanted.filter(|&(.., ab, ba)| ab || ba).map(|(a, b, ab, ba)| (a, b, ab && ba)).collect();
        let found = embeddings.similar(&rows, -1.0, most).unwrap();
        let found: Vec<_> = found.iter().map(|pair| (pair.a, pair.b, pair.mutual)).collect();
        assert_eq!(found, wanted);
        assert!(found.iter().any(|pair| pair.2) && found.iter().any(|pair| !pair.2));
    }
}

#[test]
fn vectors_that_are_none_are_refused() {
    assert!(matches!(Embeddings::new(0, vec![]), Err(EmbeddingsError::Shape { .. })));
    assert!(matches!(Embeddings::new(2, vec![1.0]), Err(EmbeddingsError::Shape { .. })));
    let broken = Embeddings::new(2, vec![1.0, 0.0, f32::NAN, 0.0]);
    assert!(matches!(broken, Err(EmbeddingsError::NotFinite { row: 1 })));
    let embeddings = Embeddings::new(2, vec![0.0, 0.0, f32::MAX, f32::MAX]).unwrap();
    assert_eq!(embeddings.get(0), Some([0.0, 0.0].as_slice()));
    assert!((cosine(&embeddings, 1, 1) - 1.0).abs() < 1e-6);
    assert_eq!(embeddings.get(usize::MAX), None);
    assert!(matches!(embeddings.similar(&[0, 2], 0.5, 3), Err(EmbeddingsError::NoRow { row: 2, rows: 2 })));
}
