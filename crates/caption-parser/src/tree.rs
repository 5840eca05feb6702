//! The best tree: a maximum spanning arborescence with one root
//! (Chu & Liu 1965, Edmonds 1967; McDonald et al. 2005).

/// Taken off every root arc, so that the best tree has just one of them.
const ROOT_PENALTY: i64 = 1 << 40;
/// The score of what is no arc.
const NO_ARC: i64 = i64::MIN / 4;

/// Finds best trees. Its memory is reused from sentence to sentence.
#[derive(Default)]
pub(crate) struct Arborescence {
    levels: Vec<Level>,
}

impl Arborescence {
    /// Finds the heads with the highest total score: [`best_heads`], but word `d`'s scores begin at
    /// `scores[d * stride]`.
    pub(crate) fn best_heads(&mut self, scores: &[i32], stride: usize, heads: &mut [u32]) {
        let n = heads.len();
        let mut roots = 0;
        for (dependent, head) in heads.iter_mut().enumerate() {
            let best = best_column(&scores[dependent * stride..][..n + 1], dependent + 1);
            roots += usize::from(best == 0);
            *head = best.checked_sub(1).unwrap_or(dependent) as u32;
        }
        if roots != 1 || has_cycle(heads) {
            self.span(scores, stride, heads);
        }
    }

    /// Chu-Liu/Edmonds over all arcs; rarely needed.
    fn span(&mut self, scores: &[i32], stride: usize, heads: &mut [u32]) {
        let n = heads.len();
        // Each contraction takes a node away, so there are never more levels than nodes.
        if self.levels.len() <= n {
            self.levels.resize_with(n + 1, Level::default);
        }
        let first = &mut self.levels[0];
        first.clear(n + 1);
        for dependent in 0..n {
            let row = &mut first.matrix[(dependent + 1) * (n + 1)..][..n + 1];
            for (column, (arc, &score)) in row.iter_mut().zip(&scores[dependent * stride..]).enumerate() {
                let penalty = if column == 0 { ROOT_PENALTY } else { 0 };
                *arc = if column == dependent + 1 { NO_ARC } else { i64::from(score) - penalty };
            }
        }
        solve(&mut self.levels);
        for (dependent, &head) in self.levels[0].heads[1..].iter().enumerate() {
            heads[dependent] = if head == 0 { dependent } else { head - 1 } as u32;
        }
    }
}

/// The column with the highest score but for the word's own. Of equals it is the first word, then
/// the first column.
fn best_column(row: &[i32], own: usize) -> usize {
    let (before, after) = (&row[..own], &row[own + 1..]);
    let largest = |scores: &[i32]| scores.iter().copied().fold(i32::MIN, i32::max);
    let most = largest(before).max(largest(after));
    let first_word = if own == 1 { 2 } else { 1 };
    if row.get(first_word) == Some(&most) {
        return first_word;
    }
    let at = |scores: &[i32]| scores.iter().position(|&score| score == most);
    at(before).or_else(|| at(after).map(|at| own + 1 + at)).unwrap_or(0)
}

/// Finds the best tree of a sentence of `n` words, as the parser does: a teacher's trees and its
/// student's are then chosen alike.
///
/// `scores[d * (n + 1)]` is the score of word `d` as root, `scores[d * (n + 1) + 1 + h]` that of
/// word `h` as its head; a word's score for itself is ignored. `heads[d]` becomes the head's
/// index, the word's own for the root: one root, no cycles, whatever the scores.
///
/// # Panics
/// If there are fewer scores than that.
pub fn best_heads(scores: &[i32], heads: &mut [u32]) {
    Arborescence::default().best_heads(scores, heads.len() + 1, heads);
}

/// True if following heads from some word never reaches the root.
fn has_cycle(heads: &[u32]) -> bool {
    (0..heads.len()).any(|start| {
        let mut word = start;
        for _ in 0..heads.len() {
            let head = heads[word] as usize;
            // Words before the start are known to reach the root.
            if head == word || head < start {
                return false;
            }
            word = head;
        }
        true
    })
}

/// A problem of the algorithm: the sentence's, or one with a cycle as one node.
#[derive(Default)]
struct Level {
    nodes: usize,
    /// `matrix[d * nodes + h]` scores the arc from `h` to `d`; node 0 is the root.
    matrix: Vec<i64>,
    /// Heads of all nodes but node 0.
    heads: Vec<usize>,
    cycle: Vec<usize>,
    /// The nodes that are not of the cycle, in their order.
    outside: Vec<usize>,
    /// For each of those the node of the cycle that it would best be the head of,
    entries: Vec<usize>,
    /// and the one that would best be its head.
    exits: Vec<usize>,
    /// Working memory of the search for a cycle.
    seen_from: Vec<usize>,
}

/// Finds the heads of all nodes of the first level; those behind it are working memory.
fn solve(levels: &mut [Level]) {
    let Some((level, rest)) = levels.split_first_mut() else { return };
    level.choose_heads();
    if level.find_cycle()
        && let Some(smaller) = rest.first_mut()
    {
        level.contract(smaller);
        solve(rest);
        level.expand(&rest[0].heads);
    }
}

impl Level {
    fn clear(&mut self, nodes: usize) {
        self.nodes = nodes;
        self.matrix.clear();
        self.matrix.resize(nodes * nodes, NO_ARC);
    }

    fn arc(&self, dependent: usize, head: usize) -> i64 {
        self.matrix[dependent * self.nodes + head]
    }

    /// The best head of each node, the first of equals.
    fn choose_heads(&mut self) {
        let nodes = self.nodes;
        self.heads.clear();
        self.heads.push(0);
        for row in self.matrix.chunks_exact(nodes).skip(1) {
            let mut best = 0;
            for (head, &score) in row.iter().enumerate() {
                best = if score > row[best] { head } else { best };
            }
            self.heads.push(best);
        }
    }

    /// Fills `cycle` with a cycle of the heads, if there is one.
    fn find_cycle(&mut self) -> bool {
        self.cycle.clear();
        self.seen_from.clear();
        self.seen_from.resize(self.nodes, 0);
        for start in 1..self.nodes {
            let mut node = start;
            while node != 0 && self.seen_from[node] == 0 {
                self.seen_from[node] = start;
                node = self.heads[node];
            }
            if node != 0 && self.seen_from[node] == start {
                self.cycle.push(node);
                let mut next = self.heads[node];
                while next != node {
                    self.cycle.push(next);
                    next = self.heads[next];
                }
                return true;
            }
        }
        false
    }

    /// Writes the problem with the cycle as one node, the last, into `smaller`.
    fn contract(&mut self, smaller: &mut Level) {
        let cycle = &self.cycle;
        self.outside.clear();
        self.outside.extend((0..self.nodes).filter(|node| !cycle.contains(node)));
        let merged = self.outside.len();
        smaller.clear(merged + 1);
        self.entries.clear();
        self.exits.clear();
        for (at, &node) in self.outside.iter().enumerate() {
            let row = &self.matrix[node * self.nodes..][..self.nodes];
            let smaller_row = &mut smaller.matrix[at * (merged + 1)..][..merged];
            for (arc, &other) in smaller_row.iter_mut().zip(&self.outside) {
                *arc = row[other];
            }
            let gain = |inside: usize| self.arc(inside, node) - self.arc(inside, self.heads[inside]);
            let inside = || cycle.iter().copied();
            let entry = inside().max_by_key(|&inside| (gain(inside), inside)).unwrap_or(0);
            smaller.matrix[merged * (merged + 1) + at] = gain(entry);
            self.entries.push(entry);
            let exit = inside().max_by_key(|&inside| (self.arc(node, inside), inside)).unwrap_or(0);
            if node != 0 {
                smaller.matrix[at * (merged + 1) + merged] = self.arc(node, exit);
            }
            self.exits.push(exit);
        }
    }

    /// Takes over the heads of the smaller problem and opens the cycle where it is entered.
    fn expand(&mut self, solved: &[usize]) {
        let merged = self.outside.len();
        for (at, &node) in self.outside.iter().enumerate().skip(1) {
            self.heads[node] = if solved[at] == merged { self.exits[at] } else { self.outside[solved[at]] };
        }
        let entered_by = solved[merged];
        self.heads[self.entries[entered_by]] = self.outside[entered_by];
    }
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
