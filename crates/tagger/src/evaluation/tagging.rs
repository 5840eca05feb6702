//! Metrics of tagging: average precision over the ranking, precision and recall of the decisions.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::{MetricError, rows};

/// Average precision of each class, and its mean.
#[derive(Debug, Clone, PartialEq)]
pub struct AveragePrecision {
    /// The plain mean over all classes, 0 to 1.
    pub mean: f64,
    /// Each class's, 0 to 1. A class without positives has 0 and counts in the mean, as in the reference.
    pub per_class: Vec<f64>,
}

/// Precision and recall of each class, and their means.
#[derive(Debug, Clone, PartialEq)]
pub struct PrecisionRecall {
    /// The plain mean of the precisions (CP), 0 to 1.
    pub precision: f64,
    /// The plain mean of the recalls (CR), 0 to 1.
    pub recall: f64,
    /// Each class's precision and recall. Where nothing was predicted, or nothing is positive, it is 0.
    pub per_class: Vec<(f64, f64)>,
}

/// The mean average precision of `scores`, a table of images × `classes`, row by row; `labels` says which are
/// positive.
///
/// Not interpolated: the mean over the positives of (positives up to it) / (its rank). Of equal scores the image
/// with the higher index comes first.
///
/// # Errors
/// If the tables differ in size, there are no classes, or a score is not a number.
pub fn mean_average_precision(
    scores: &[f32],
    labels: &[bool],
    classes: usize,
) -> Result<AveragePrecision, MetricError> {
    rows(scores, classes, "classes")?;
    same_length(labels, scores.len())?;
    let per_class: Vec<f64> =
        (0..classes).into_par_iter().map(|class| average_precision(scores, labels, class, classes)).collect();
    Ok(AveragePrecision { mean: per_class.iter().sum::<f64>() / classes as f64, per_class })
}

fn average_precision(scores: &[f32], labels: &[bool], class: usize, classes: usize) -> f64 {
    let column = |row: usize| row * classes + class;
    let mut ranking: Vec<usize> = (0..scores.len() / classes).collect();
    // No score is NaN here.
    ranking.sort_by(|&a, &b| {
        let by_score = scores[column(b)].partial_cmp(&scores[column(a)]).unwrap_or(Ordering::Equal);
        by_score.then(b.cmp(&a))
    });
    let mut found = 0_u32;
    let mut sum = 0.0;
    for (place, _) in ranking.iter().enumerate().filter(|&(_, &row)| labels[column(row)]) {
        found += 1;
        sum += f64::from(found) / (place + 1) as f64;
    }
    sum / (f64::from(found) + 1e-8)
}

/// Precision and recall of decisions, a table of images × `classes`, row by row.
///
/// # Errors
/// If the tables differ in size or there are no classes.
pub fn precision_recall(
    predicted: &[bool],
    labels: &[bool],
    classes: usize,
) -> Result<PrecisionRecall, MetricError> {
    if classes == 0 {
        return Err(MetricError::Empty("classes"));
    }
    if !predicted.len().is_multiple_of(classes) {
        let (found, expected) = (predicted.len() % classes, classes);
        return Err(MetricError::Length { what: "the last row", found, expected });
    }
    same_length(labels, predicted.len())?;
    // Per class: both, predicted, positive.
    let mut counts = vec![[0_u64; 3]; classes];
    for (predicted, labels) in predicted.chunks(classes).zip(labels.chunks(classes)) {
        for ((count, &predicted), &label) in counts.iter_mut().zip(predicted).zip(labels) {
            count[0] += u64::from(predicted && label);
            count[1] += u64::from(predicted);
            count[2] += u64::from(label);
        }
    }
    let share = |part: u64, whole: u64| part as f64 / (whole as f64 + 1e-9);
    let per_class: Vec<_> =
        counts.iter().map(|&[both, predicted, label]| (share(both, predicted), share(both, label))).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| per_class.iter().map(of).sum::<f64>() / classes as f64;
    Ok(PrecisionRecall { precision: mean(|both| both.0), recall: mean(|both| both.1), per_class })
}

fn same_length(labels: &[bool], expected: usize) -> Result<(), MetricError> {
    if labels.len() == expected {
        Ok(())
    } else {
        Err(MetricError::Length { what: "the table of labels", found: labels.len(), expected })
    }
}

#[cfg(test)]
mod tests {
    use super::{MetricError, mean_average_precision, precision_recall};

    #[test]
    fn ties_go_to_the_higher_index() {
        let of = |labels: &[bool]| mean_average_precision(&[0.5; 4], labels, 1).unwrap().mean;
        assert!((of(&[false, false, false, true]) - 1.0).abs() < 1e-7);
        assert!((of(&[true, false, false, false]) - 0.25).abs() < 1e-7);
        // 0 and −0 are equal, too.
        let signed = mean_average_precision(&[0.0, -0.0], &[false, true], 1).unwrap().mean;
        assert!((signed - 1.0).abs() < 1e-7);
    }

    #[test]
    fn a_class_without_positives_counts() {
        let result = mean_average_precision(&[0.9, 0.1, 0.2, 0.8], &[true, false, false, false], 2).unwrap();
        assert!((result.mean - 0.5).abs() < 1e-7);
        assert_eq!(result.per_class[1], 0.0);
    }

    #[test]
    fn tables_that_do_not_fit_are_errors() {
        assert_eq!(mean_average_precision(&[], &[], 0), Err(MetricError::Empty("classes")));
        assert!(mean_average_precision(&[0.1; 3], &[true; 3], 2).is_err());
        assert!(precision_recall(&[true; 4], &[true; 2], 2).is_err());
        let missing = mean_average_precision(&[0.0, 0.1, 0.2, f32::NAN], &[true; 4], 2);
        assert_eq!(missing, Err(MetricError::NotANumber { row: 1, column: 1 }));
    }
}
