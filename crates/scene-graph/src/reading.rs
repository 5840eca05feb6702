//! A sentence's tree as the rules read it: a copy that may be rearranged.
//!
//! The passes before the rules (repairs, prepositions, partitives) change the copy so that every
//! rule meets one tree for one meaning.

use std::ops::Range;

use caption_parser::{DependencyRelation as Dep, Sentence, Upos};

use crate::lexicon::is_hyphenated;

const NONE: u32 = u32::MAX;

/// Coordinated words that are read as one list: a bound for captions that are lists of thousands.
const LONGEST_LIST: usize = 32;

/// What a token is, apart from its place in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A word that rules may read.
    Word,
    /// Part of a preposition: "in", "front", "of".
    Preposition,
    /// A measure word that its noun has replaced in the tree: "group".
    Measure,
    /// Part of another token's name: "tennis" in "tennis racquet".
    NamePart,
    /// Inside quotation marks.
    Quoted,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub upos: Upos,
    pub relation: Dep,
    pub role: Role,
    /// The node's own index for the root.
    pub head: usize,
    /// The noun's preposition: a span of the arena.
    preposition: (u32, u32),
    /// First and last token of the preposition.
    pub preposition_tokens: (usize, usize),
    /// The measure word that this noun has replaced.
    pub measure: Option<usize>,
    /// The entity that stands for this node.
    pub entity: Option<usize>,
    form: (u32, u32),
    lemma: (u32, u32),
    bytes: (u32, u32),
    first_child: u32,
    next_sibling: u32,
}

/// The rearranged tree of one sentence.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    nodes: Vec<Node>,
    /// Lower-case forms, lemmas and prepositions.
    arena: String,
}

impl Reading {
    pub fn load(&mut self, sentence: &Sentence<'_>) {
        self.nodes.clear();
        self.arena.clear();
        for (index, token) in sentence.tokens().iter().enumerate() {
            let form = push_lower(&mut self.arena, sentence.form(index));
            let lemma = push_lower(&mut self.arena, sentence.lemma(index));
            self.nodes.push(Node {
                upos: token.upos,
                relation: token.relation,
                role: Role::Word,
                head: sentence.head(index).unwrap_or(index),
                preposition: (0, 0),
                preposition_tokens: (index, index),
                measure: None,
                entity: None,
                form,
                lemma,
                bytes: (token.start, token.end),
                first_child: NONE,
                next_sibling: NONE,
            });
        }
        self.link();
    }

    /// Rebuilds the lists of children, each from left to right.
    fn link(&mut self) {
        for node in &mut self.nodes {
            (node.first_child, node.next_sibling) = (NONE, NONE);
        }
        for index in (0..self.nodes.len()).rev() {
            let head = self.nodes[index].head;
            if head != index {
                self.nodes[index].next_sibling = self.nodes[head].first_child;
                self.nodes[head].first_child = index as u32;
            }
        }
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    pub fn node_mut(&mut self, index: usize) -> &mut Node {
        &mut self.nodes[index]
    }

    /// The token in lower case.
    pub fn form(&self, index: usize) -> &str {
        let (start, end) = self.nodes[index].form;
        &self.arena[start as usize..end as usize]
    }

    /// The token's base form in lower case.
    pub fn lemma(&self, index: usize) -> &str {
        let (start, end) = self.nodes[index].lemma;
        &self.arena[start as usize..end as usize]
    }

    pub fn set_lemma(&mut self, index: usize, lemma: &str) {
        self.nodes[index].lemma = push_lower(&mut self.arena, lemma);
    }

    /// The preposition that leads a noun, complex ones whole and without article; often empty.
    pub fn preposition(&self, index: usize) -> &str {
        let (start, end) = self.nodes[index].preposition;
        &self.arena[start as usize..end as usize]
    }

    /// Sets the preposition of `index` to the given tokens, articles left out.
    pub fn set_preposition(&mut self, index: usize, tokens: impl Iterator<Item = usize> + Clone) {
        let start = self.arena.len();
        for token in tokens.clone() {
            let (from, to) = self.nodes[token].form;
            if self.nodes[token].upos == Upos::Det {
                continue;
            }
            if self.arena.len() > start {
                self.arena.push(' ');
            }
            self.arena.extend_from_within(from as usize..to as usize);
        }
        let first = tokens.clone().min().unwrap_or(index);
        let last = tokens.max().unwrap_or(index);
        let node = &mut self.nodes[index];
        node.preposition = (start as u32, self.arena.len() as u32);
        node.preposition_tokens = (first, last);
    }

    /// Gives `to` the preposition of `from`.
    pub fn move_preposition(&mut self, from: usize, to: usize) {
        let (span, tokens) = (self.nodes[from].preposition, self.nodes[from].preposition_tokens);
        (self.nodes[to].preposition, self.nodes[to].preposition_tokens) = (span, tokens);
    }

    /// Takes a noun's preposition away: it is read as part of something else.
    pub fn drop_preposition(&mut self, index: usize) {
        self.nodes[index].preposition = (0, 0);
    }

    /// Bytes of a token in the caption.
    pub fn bytes(&self, index: usize) -> Range<usize> {
        let (start, end) = self.nodes[index].bytes;
        start as usize..end as usize
    }

    /// Bytes of the caption from one token to another.
    pub fn bytes_between(&self, first: usize, last: usize) -> Range<usize> {
        self.bytes(first).start..self.bytes(last).end
    }

    /// True for a hyphen that joins the tokens beside it: "middle-aged", and with spaces, as
    /// tokenized corpora write it, where the two are known as one word: "t - shirt".
    pub fn is_joint(&self, index: usize) -> bool {
        let stands_between =
            index > 0 && index + 1 < self.len() && matches!(self.form(index), "-" | "\u{2010}" | "\u{2011}");
        if !stands_between {
            return false;
        }
        let gap = |left: usize| self.bytes(left + 1).start - self.bytes(left).end;
        match (gap(index - 1), gap(index)) {
            (0, 0) => true,
            (1, 1) => is_hyphenated(self.form(index - 1), self.form(index + 1)),
            _ => false,
        }
    }

    /// First token of the hyphenated word that ends in `last`: "t" of "t-shirt". `None` if there is
    /// none, or its first part is read as something else already.
    pub fn hyphenated_start(&self, last: usize) -> Option<usize> {
        let first = last.checked_sub(2)?;
        let node = self.node(first);
        (self.is_joint(last - 1) && node.role == Role::Word && node.entity.is_none()).then_some(first)
    }

    pub fn is_root(&self, index: usize) -> bool {
        self.nodes[index].head == index
    }

    /// The tokens under `index`, from left to right.
    pub fn children(&self, index: usize) -> impl Iterator<Item = usize> + Clone + '_ {
        let follow = |at: u32| (at != NONE).then_some(at as usize);
        std::iter::successors(follow(self.nodes[index].first_child), move |&child| {
            follow(self.nodes[child].next_sibling)
        })
    }

    /// The children that stand in one relation to `index`.
    pub fn children_by(&self, index: usize, relation: Dep) -> impl Iterator<Item = usize> + Clone + '_ {
        self.children(index).filter(move |&child| self.nodes[child].relation == relation)
    }

    /// The first child in a relation.
    pub fn child(&self, index: usize, relation: Dep) -> Option<usize> {
        self.children_by(index, relation).next()
    }

    /// The node and its conjuncts, theirs as well; of a list without end the first ones.
    pub fn conjuncts(&self, index: usize) -> Vec<usize> {
        let mut all = vec![index];
        let mut at = 0;
        while at < all.len() && all.len() < LONGEST_LIST {
            let room = LONGEST_LIST - all.len();
            all.extend(self.children_by(all[at], Dep::Conj).take(room));
            at += 1;
        }
        all.sort_unstable();
        all
    }

    /// Hangs `index` under another head. Must not be under `index` itself.
    pub fn attach(&mut self, index: usize, head: usize, relation: Dep) {
        self.detach(index);
        self.nodes[index].head = head;
        self.nodes[index].relation = relation;
        if head == index {
            return;
        }
        let mut before = NONE;
        let mut at = self.nodes[head].first_child;
        while at != NONE && (at as usize) < index {
            (before, at) = (at, self.nodes[at as usize].next_sibling);
        }
        self.nodes[index].next_sibling = at;
        match before {
            NONE => self.nodes[head].first_child = index as u32,
            before => self.nodes[before as usize].next_sibling = index as u32,
        }
    }

    fn detach(&mut self, index: usize) {
        let head = self.nodes[index].head;
        if head == index {
            return;
        }
        let next = self.nodes[index].next_sibling;
        if self.nodes[head].first_child as usize == index {
            self.nodes[head].first_child = next;
        } else {
            let mut at = self.nodes[head].first_child as usize;
            while self.nodes[at].next_sibling as usize != index {
                at = self.nodes[at].next_sibling as usize;
            }
            self.nodes[at].next_sibling = next;
        }
        self.nodes[index].next_sibling = NONE;
    }

    /// Puts `new`, a node under `old`, in the place that `old` has in the tree: `old` and its
    /// children (but those that `keep` names) then hang under `new`.
    pub fn replace(&mut self, old: usize, new: usize, keep: impl Fn(&Node) -> bool) {
        let (head, relation) = (self.nodes[old].head, self.nodes[old].relation);
        let head = if head == old { new } else { head };
        self.attach(new, head, relation);
        let children: Vec<usize> = self.children(old).filter(|&child| child != new).collect();
        for child in children {
            if !keep(&self.nodes[child]) {
                let relation = self.nodes[child].relation;
                self.attach(child, new, relation);
            }
        }
        self.attach(old, new, Dep::Dep);
    }

    /// True if `below` hangs under `above`, or is it.
    pub fn is_under(&self, below: usize, above: usize) -> bool {
        let mut at = below;
        loop {
            if at == above {
                return true;
            }
            if self.is_root(at) {
                return false;
            }
            at = self.nodes[at].head;
        }
    }
}

fn push_lower(arena: &mut String, text: &str) -> (u32, u32) {
    let start = arena.len();
    if text.is_ascii() {
        arena.push_str(text);
        arena[start..].make_ascii_lowercase();
    } else {
        arena.extend(text.chars().flat_map(char::to_lowercase));
    }
    (start as u32, arena.len() as u32)
}
