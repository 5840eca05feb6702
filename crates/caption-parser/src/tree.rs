//! The best tree: a maximum spanning arborescence with one root
//! (Chu & Liu 1965, Edmonds 1967; McDonald et al. 2005).

/// Taken off every root arc, so that the best tree has just one of them.
const ROOT_PENALTY: i64 = 1 << 40;

/// Finds the heads of a sentence of `n` words with the highest total score.
///
/// `scores[d * (n + 1)]` is the score of word `d` as root, `scores[d * (n + 1) + 1 + h]` that of
/// word `h` as its head; a word's score for itself is ignored. `heads[d]` becomes the head's
/// index, the word's own for the root: one root, no cycles, whatever the scores.
pub fn best_heads(scores: &[i32], heads: &mut [u32]) {
    let n = heads.len();
    let mut roots = 0;
    for dependent in 0..n {
        let row = &scores[dependent * (n + 1)..][..n + 1];
        let mut best = if n == 1 { 0 } else { usize::from(dependent == 0) + 1 };
        for (column, &score) in row.iter().enumerate() {
            if column != dependent + 1 && score > row[best] {
                best = column;
            }
        }
        if best == 0 {
            roots += 1;
            heads[dependent] = dependent as u32;
        } else {
            heads[dependent] = best as u32 - 1;
        }
    }
    if roots != 1 || has_cycle(heads) {
        span(scores, heads);
    }
}

/// True if following heads from some word never reaches the root.
fn has_cycle(heads: &[u32]) -> bool {
    (0..heads.len()).any(|start| {
        let mut word = start;
        (0..heads.len()).all(|_| {
            let head = heads[word] as usize;
            let moved = head != word;
            word = head;
            moved
        })
    })
}

/// Chu-Liu/Edmonds over all arcs; rarely needed, so it may allocate.
fn span(scores: &[i32], heads: &mut [u32]) {
    let n = heads.len();
    let mut matrix = vec![vec![i64::MIN / 4; n + 1]; n + 1];
    for dependent in 0..n {
        for column in 0..=n {
            if column != dependent + 1 {
                let penalty = if column == 0 { ROOT_PENALTY } else { 0 };
                matrix[dependent + 1][column] = i64::from(scores[dependent * (n + 1) + column]) - penalty;
            }
        }
    }
    for (dependent, head) in arborescence(&matrix).into_iter().enumerate().skip(1) {
        heads[dependent - 1] = if head == 0 { dependent as u32 - 1 } else { head as u32 - 1 };
    }
}

/// Heads of all nodes but node 0, the root; `matrix[d][h]` scores the arc from `h` to `d`.
fn arborescence(matrix: &[Vec<i64>]) -> Vec<usize> {
    let nodes = matrix.len();
    let mut heads = vec![0; nodes];
    for dependent in 1..nodes {
        heads[dependent] = (0..nodes)
            .filter(|&head| head != dependent)
            .max_by_key(|&head| (matrix[dependent][head], std::cmp::Reverse(head)))
            .unwrap_or(0);
    }
    match find_cycle(&heads) {
        None => heads,
        Some(cycle) => contract(matrix, &heads, &cycle),
    }
}

fn find_cycle(heads: &[usize]) -> Option<Vec<usize>> {
    let mut seen_from = vec![0; heads.len()];
    for start in 1..heads.len() {
        let mut node = start;
        while node != 0 && seen_from[node] == 0 {
            seen_from[node] = start;
            node = heads[node];
        }
        if node != 0 && seen_from[node] == start {
            let mut cycle = vec![node];
            let mut next = heads[node];
            while next != node {
                cycle.push(next);
                next = heads[next];
            }
            return Some(cycle);
        }
    }
    None
}

/// Solves the problem with the cycle as one node, then opens the cycle where it is entered.
fn contract(matrix: &[Vec<i64>], heads: &[usize], cycle: &[usize]) -> Vec<usize> {
    let nodes = matrix.len();
    let outside: Vec<usize> = (0..nodes).filter(|node| !cycle.contains(node)).collect();
    let merged = outside.len();
    let mut smaller = vec![vec![i64::MIN / 4; merged + 1]; merged + 1];
    let mut entries = vec![0; merged];
    let mut exits = vec![0; merged];
    for (at, &node) in outside.iter().enumerate() {
        for (other_at, &other) in outside.iter().enumerate() {
            smaller[at][other_at] = matrix[node][other];
        }
        let gain = |inside: usize| matrix[inside][node] - matrix[inside][heads[inside]];
        let entry = cycle.iter().copied().max_by_key(|&inside| (gain(inside), inside)).unwrap_or(0);
        (smaller[merged][at], entries[at]) = (gain(entry), entry);
        if node != 0 {
            let exit =
                cycle.iter().copied().max_by_key(|&inside| (matrix[node][inside], inside)).unwrap_or(0);
            (smaller[at][merged], exits[at]) = (matrix[node][exit], exit);
        }
    }
    let solved = arborescence(&smaller);
    let mut result = heads.to_vec();
    for (at, &node) in outside.iter().enumerate().skip(1) {
        result[node] = if solved[at] == merged { exits[at] } else { outside[solved[at]] };
    }
    let entered_by = solved[merged];
    result[entries[entered_by]] = outside[entered_by];
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_tree(heads: &[u32]) -> bool {
        let roots = heads.iter().enumerate().filter(|&(word, &head)| word == head as usize).count();
        roots == 1 && !has_cycle(heads)
    }

    fn total(scores: &[i32], heads: &[u32]) -> i64 {
        let n = heads.len();
        let column = |word: usize, head: u32| if head as usize == word { 0 } else { head as usize + 1 };
        heads
            .iter()
            .enumerate()
            .map(|(word, &head)| i64::from(scores[word * (n + 1) + column(word, head)]))
            .sum()
    }

    fn brute_force(scores: &[i32], n: usize) -> i64 {
        let mut best = i64::MIN;
        for code in 0..(n as u32).pow(n as u32) {
            let heads: Vec<u32> = (0..n as u32).map(|word| code / (n as u32).pow(word) % n as u32).collect();
            if is_tree(&heads) {
                best = best.max(total(scores, &heads));
            }
        }
        best
    }

    proptest! {
        #[test]
        fn finds_the_best_tree(n in 1usize..6, values in prop::collection::vec(-50i32..50, 30)) {
            let scores = &values[..n * (n + 1)];
            let mut heads = vec![0; n];
            best_heads(scores, &mut heads);
            prop_assert!(is_tree(&heads), "{heads:?}");
            prop_assert_eq!(total(scores, &heads), brute_force(scores, n));
        }

        #[test]
        fn long_sentences_get_a_tree(n in 50usize..121, seed in any::<u32>()) {
            let mut state = seed;
            let scores: Vec<i32> = (0..n * (n + 1))
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state as i32) >> 8
                })
                .collect();
            let mut heads = vec![0; n];
            best_heads(&scores, &mut heads);
            prop_assert!(is_tree(&heads));
        }
    }
}
