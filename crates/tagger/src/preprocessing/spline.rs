//! Cubic splines with not-a-knot ends, as weights on the data points.

/// The coordinates of the source entries: 0 and ± 1, 1 + q, 1 + q + q², …
///
/// q makes the source reach about as far as the target. It is found by bisection; when the bracket is narrow
/// enough the last midpoint is used, not an end of the bracket: the reference does so.
pub(super) fn geometric_nodes(source: usize, target: usize) -> Vec<f64> {
    let terms = (source / 2) as i32;
    let reach = (target / 2) as f64;
    let (mut left, mut right) = (1.01, 1.5);
    let mut ratio: f64 = left;
    while right - left > 1e-6 {
        ratio = (left + right) / 2.0;
        if (1.0 - ratio.powi(terms)) / (1.0 - ratio) > reach {
            right = ratio;
        } else {
            left = ratio;
        }
    }
    let mut distance = 0.0;
    let mut step = 1.0;
    let mut outwards = Vec::with_capacity(source / 2);
    for _ in 0..source / 2 {
        distance += step;
        step *= ratio;
        outwards.push(distance);
    }
    let inwards = outwards.iter().rev().map(|distance| -distance);
    inwards.chain([0.0]).chain(outwards.iter().copied()).collect()
}

/// For each target the weight of each node's value in the interpolating cubic spline.
///
/// `nodes` ascend and are at least four. The second and the second-last node carry no knot: the cubic pieces at
/// either side of them are one. Targets outside are moved to the nearest end.
pub(super) fn not_a_knot_weights(nodes: &[f64], targets: &[f64]) -> Vec<Vec<f64>> {
    let curvatures = curvature_weights(nodes);
    targets
        .iter()
        .map(|&target| {
            let target = target.clamp(nodes[0], nodes[nodes.len() - 1]);
            let right = nodes.partition_point(|&node| node <= target).clamp(1, nodes.len() - 1);
            let left = right - 1;
            let width = nodes[right] - nodes[left];
            let (a, b) = ((nodes[right] - target) / width, (target - nodes[left]) / width);
            let bend = |x: f64| (x * x * x - x) * width * width / 6.0;
            let mut weights: Vec<f64> = curvatures[left]
                .iter()
                .zip(&curvatures[right])
                .map(|(from_left, from_right)| bend(a) * from_left + bend(b) * from_right)
                .collect();
            weights[left] += a;
            weights[right] += b;
            weights
        })
        .collect()
}

/// Row i: the weight of each node's value in the spline's second derivative at node i.
fn curvature_weights(nodes: &[f64]) -> Vec<Vec<f64>> {
    let n = nodes.len();
    let widths: Vec<f64> = nodes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut system = vec![vec![0.0; n]; n];
    let mut values = vec![vec![0.0; n]; n];
    for i in 1..n - 1 {
        let (before, after) = (widths[i - 1], widths[i]);
        system[i][i - 1] = before / 6.0;
        system[i][i] = (before + after) / 3.0;
        system[i][i + 1] = after / 6.0;
        values[i][i - 1] = 1.0 / before;
        values[i][i] = -1.0 / before - 1.0 / after;
        values[i][i + 1] = 1.0 / after;
    }
    for (row, first) in [(0, 0), (n - 1, n - 3)] {
        let (before, after) = (widths[first], widths[first + 1]);
        system[row][first] = after;
        system[row][first + 1] = -(before + after);
        system[row][first + 2] = before;
    }
    solve(system, values)
}

/// The solution of `system` · X = `values` by Gaussian elimination with pivoting.
fn solve(mut system: Vec<Vec<f64>>, mut values: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let n = system.len();
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|&a, &b| system[a][column].abs().total_cmp(&system[b][column].abs()))
            .unwrap_or(column);
        system.swap(column, pivot);
        values.swap(column, pivot);
        let (pivot_row, pivot_values) = (system[column].clone(), values[column].clone());
        for row in (0..n).filter(|&row| row != column) {
            let factor = system[row][column] / pivot_row[column];
            subtract(&mut system[row], &pivot_row, factor);
            subtract(&mut values[row], &pivot_values, factor);
        }
    }
    for (row, values) in values.iter_mut().enumerate() {
        let diagonal = system[row][row];
        values.iter_mut().for_each(|value| *value /= diagonal);
    }
    values
}

fn subtract(row: &mut [f64], other: &[f64], factor: f64) {
    for (value, other) in row.iter_mut().zip(other) {
        *value -= factor * other;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{geometric_nodes, not_a_knot_weights};

    fn evaluate(weights: &[f64], values: &[f64]) -> f64 {
        weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
    }

    #[test]
    fn the_ratios_are_the_reference_s() {
        // 7 → 12 lies within the bracket; 12 → 7 runs into its left end, 4 → 6 into its right one.
        for (source, target, ratio) in [(13, 23, 1.240_724), (23, 13, 1.01), (7, 11, 1.5)] {
            let nodes = geometric_nodes(source, target);
            let middle = source / 2;
            assert!((nodes[middle + 2] - nodes[middle + 1] - ratio).abs() < 2e-6, "{source} → {target}");
        }
    }

    proptest! {
        #[test]
        fn it_goes_through_its_data(
            steps in prop::collection::vec(0.1_f64..3.0, 3..40),
            seed in prop::collection::vec(-10.0_f64..10.0, 40),
        ) {
            let nodes: Vec<f64> = steps.iter().scan(0.0, |sum, step| { *sum += step; Some(*sum) }).chain([200.0]).collect();
            for (weights, value) in not_a_knot_weights(&nodes, &nodes).iter().zip(&seed) {
                prop_assert!((evaluate(weights, &seed) - value).abs() < 1e-9);
            }
        }

        #[test]
        fn it_reproduces_cubics_and_clamps(
            steps in prop::collection::vec(0.2_f64..2.0, 4..20),
            [a, b, c, d] in prop::array::uniform4(-1.0_f64..1.0),
            part in -0.5_f64..1.5,
        ) {
            let nodes: Vec<f64> = steps.iter().scan(-5.0, |sum, step| { *sum += step; Some(*sum) }).collect();
            let cubic = |x: f64| ((a * x + b) * x + c) * x + d;
            let values: Vec<f64> = nodes.iter().map(|&node| cubic(node)).collect();
            let (first, last) = (nodes[0], nodes[nodes.len() - 1]);
            let target = first + part * (last - first);
            let weights = not_a_knot_weights(&nodes, &[target]);
            let expected = cubic(target.clamp(first, last));
            prop_assert!((evaluate(&weights[0], &values) - expected).abs() < 1e-7 * (1.0 + expected.abs()));
        }
    }
}
