//! The parser as its users call it, on any text.

#[path = "support/trees.rs"]
mod trees;

use caption_parser::{Document, Parser, Scratch, Segments, Upos, conllu};
use proptest::prelude::*;
use trees::check_trees;

fn embedded() -> &'static Parser {
    Parser::embedded().expect("the embedded model is sound")
}

fn parse(text: &str) -> Document {
    embedded().parse(&mut Scratch::default(), text).clone()
}

/// Spans are in order and hold everything but white space, control characters and, between words,
/// invisible ones.
fn check_spans(document: &Document) {
    let text = document.text();
    let mut last = 0;
    for sentence in document.sentences() {
        assert!(sentence.len() > 0);
        for (index, token) in sentence.tokens().iter().enumerate() {
            let (start, end) = (token.start as usize, token.end as usize);
            assert!(last <= start && start < end, "{text:?}");
            assert!(is_gap(&text[last..start]), "lost {:?} of {text:?}", &text[last..start]);
            assert!(!sentence.form(index).contains(char::is_whitespace));
            assert!(!sentence.lemma(index).is_empty(), "{:?}", sentence.form(index));
            last = end;
        }
    }
    assert!(is_gap(&text[last..]), "lost {:?} of {text:?}", &text[last..]);
}

fn is_gap(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || INVISIBLE.contains(&c))
}

const INVISIBLE: [char; 6] = ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

fn caption_like() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-zA-Z]{1,9}",
        "[0-9]{1,4}",
        "[ -~]{1,6}",
        "\\PC{1,4}",
        Just("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}".to_owned()),
        Just("don't".to_owned()),
        Just("...".to_owned()),
    ];
    let space = prop_oneof![4 => Just(" "), 1 => Just("\n"), 1 => Just(""), 1 => Just("\u{3000}")];
    prop::collection::vec((word, space), 0..30)
        .prop_map(|parts| parts.into_iter().map(|(word, space)| word + space).collect())
}

fn conllu(document: &Document) -> String {
    let mut bytes = Vec::new();
    document.sentences().for_each(|sentence| conllu::write_sentence(&sentence, &mut bytes).unwrap());
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #[test]
    fn any_text_gets_spans_and_trees(text in prop_oneof![caption_like(), any::<String>()]) {
        let document = parse(&text);
        check_spans(&document);
        check_trees(&document);
    }

    /// Wherever invisible characters stand, trees are those of the caption without them, and spans
    /// hold what the caption has there.
    #[test]
    fn invisible_characters_are_no_part_of_words(
        parts in prop::collection::vec(("[ a-z'.,é-]{0,4}", prop::sample::select(INVISIBLE.to_vec())), 1..12),
    ) {
        let plain: String = parts.iter().map(|(text, _)| text.as_str()).collect();
        let marked: String = parts.iter().map(|(text, mark)| format!("{text}{mark}")).collect();
        let document = parse(&marked);
        prop_assert_eq!(document.text(), &marked);
        check_spans(&document);
        let mut segments = Segments::default();
        segments.find(&marked);
        let spans: Vec<_> = segments.sentences().flatten().collect();
        let forms = document.sentences().flat_map(|sentence| {
            (0..sentence.len()).map(move |index| (sentence.form(index), sentence.tokens()[index]))
        });
        for (index, (form, token)) in forms.enumerate() {
            prop_assert_eq!(&spans[index], &(token.start as usize..token.end as usize));
            let whole = &marked[spans[index].clone()];
            prop_assert_eq!(whole.replace(INVISIBLE, ""), form);
            let touches = spans.get(index + 1).is_some_and(|next| next.start == spans[index].end);
            prop_assert!(!whole.starts_with(INVISIBLE) && (touches || !whole.ends_with(INVISIBLE)));
        }
        prop_assert_eq!(conllu(&document), conllu(&parse(&plain)));
    }

    /// A scratch that has seen other captions gives the same parse as a fresh one.
    #[test]
    fn scratch_has_no_memory(first in caption_like(), second in caption_like()) {
        let mut scratch = Scratch::default();
        embedded().parse(&mut scratch, &first);
        prop_assert_eq!(embedded().parse(&mut scratch, &second), &parse(&second));
    }

    /// What is written as CoNLL-U reads back as the same tokens, tags, lemmas and trees, and
    /// parsing those tokens gives the same again.
    #[test]
    fn conllu_round_trips(text in caption_like()) {
        let document = parse(&text);
        for sentence in document.sentences() {
            let mut bytes = Vec::new();
            conllu::write_sentence(&sentence, &mut bytes).unwrap();
            let block = conllu::read(bytes.as_slice()).next().unwrap().unwrap();
            let mut scratch = Scratch::default();
            for other in [&block.to_document().unwrap(), embedded().parse_tokens(&mut scratch, &block)] {
                let other = other.sentences().next().unwrap();
                prop_assert_eq!(other.len(), sentence.len());
                for index in 0..sentence.len() {
                    prop_assert_eq!(other.form(index), sentence.form(index));
                    prop_assert_eq!(other.upos(index), sentence.upos(index));
                    prop_assert_eq!(other.lemma(index), sentence.lemma(index));
                    prop_assert_eq!(other.head(index), sentence.head(index));
                    prop_assert_eq!(other.relation(index), sentence.relation(index));
                }
            }
        }
    }
}

fn bits(vectors: &[f32]) -> Vec<u32> {
    vectors.iter().map(|value| value.to_bits()).collect()
}

/// A sentence's vectors are those that it has alone, and keeping them changes nothing else.
#[test]
fn vectors_are_kept_for_those_who_ask() {
    let texts = ["Two brown dogs run.", "A kite!", "the woman's umbrella is red"];
    let mut scratch = Scratch::default().keeping_vectors();
    let whole = embedded().parse(&mut scratch, &texts.join(" ")).clone();
    assert_eq!(whole.sentences().len(), texts.len());
    assert_eq!(whole.vectors().len(), whole.token_count() * embedded().width());
    for (sentence, text) in whole.sentences().zip(texts) {
        let alone = embedded().parse(&mut scratch, text);
        assert_eq!(bits(sentence.vectors()), bits(alone.vectors()));
        assert_ne!(sentence.vectors().len(), 0);
    }
    let without = parse(&texts.join(" "));
    assert!(without.vectors().is_empty());
    assert!(without.sentences().all(|sentence| sentence.vectors().is_empty()));
    let tokens = |document: &Document| -> Vec<_> {
        document.sentences().flat_map(|sentence| sentence.tokens()).copied().collect()
    };
    assert_eq!(tokens(&without), tokens(&whole));
    assert!(embedded().parse(&mut scratch, "").vectors().is_empty());
}

/// Found in review: such a character cut a word in two.
#[test]
fn words_with_invisible_characters_stay_whole() {
    let text = "two um\u{200b}brel\u{ad}las\u{feff}";
    let document = parse(text);
    let sentence = document.sentences().next().unwrap();
    assert_eq!((sentence.len(), sentence.form(1), sentence.lemma(1)), (2, "umbrellas", "umbrella"));
    assert_eq!(sentence.text(), text.trim_end_matches('\u{feff}'));
    let family = parse("a \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} walks");
    assert_eq!(family.sentences().next().unwrap().form(1), "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}");
}

#[test]
fn lemmas_are_right_where_it_matters() {
    let noun = [
        ("leaves", "leaf"),
        ("lenses", "lens"),
        ("lens", "lens"),
        ("glasses", "glasses"),
        ("bus", "bus"),
        ("buses", "bus"),
        ("women", "woman"),
        ("people", "people"),
        ("geese", "goose"),
        ("shelves", "shelf"),
        ("dishes", "dish"),
        ("giraffes", "giraffe"),
        ("puppies", "puppy"),
        ("jeans", "jeans"),
        ("tennis", "tennis"),
        ("grass", "grass"),
        ("stairs", "stair"),
        ("arms", "arm"),
        ("potatoes", "potato"),
    ];
    let verb = [
        ("riding", "ride"),
        ("sitting", "sit"),
        ("lying", "lie"),
        ("worn", "wear"),
        ("held", "hold"),
        ("skiing", "ski"),
        ("staring", "stare"),
        ("shining", "shine"),
        ("parked", "park"),
        ("hugging", "hug"),
        ("flies", "fly"),
    ];
    let parser = embedded();
    for (form, lemma) in noun {
        assert_eq!(parser.lemma(form, Upos::Noun), lemma);
    }
    for (form, lemma) in verb {
        assert_eq!(parser.lemma(form, Upos::Verb), lemma);
    }
}

#[test]
fn huge_captions_are_parsed() {
    let units = [
        "x",
        "dog ",
        "\u{1f600}",
        ".",
        "'s",
        "n't",
        "a-",
        "1-",
        "a.",
        "(",
        "a(",
        "@.",
        "#",
        "can't",
        "]",
        "\"",
        "'",
    ];
    for unit in units.into_iter().chain(["\u{1f1fa}\u{1f1f8}", "e\u{301}", "\u{301}"]) {
        // A long word first, which no stop should have looked at again.
        let text = format!("{}{}", "a".repeat(100_000), unit.repeat(100_000 / unit.len()));
        let document = parse(&text);
        check_spans(&document);
        check_trees(&document);
        // Trees cost more than linear time in their length, so no sentence may be long.
        assert!(document.sentences().all(|sentence| sentence.len() <= 121), "{unit}");
    }
}

/// Sentences of given tokens stay whole, however long.
#[test]
fn given_sentences_of_any_length_get_one_tree() {
    let row = |id: usize| format!("{id}\tdog\t_\t_\t_\t_\t_\t_\t_\t_\n");
    for length in [1, 119, 120, 121, 5000] {
        let text: String = (1..=length).map(row).collect();
        let block = conllu::read(text.as_bytes()).next().unwrap().unwrap();
        let mut scratch = Scratch::default().keeping_vectors();
        let document = embedded().parse_tokens(&mut scratch, &block);
        assert_eq!(document.sentences().len(), 1);
        assert_eq!(document.token_count(), length);
        assert_eq!(document.vectors().len(), length * embedded().width());
        check_trees(document);
    }
}

#[test]
fn forms_keep_their_white_space_and_are_never_empty() {
    let row = |form: &str| format!("1\t{form}\t_\t_\t_\t_\t0\troot\t_\t_\n\n");
    let spaced = row("dog\u{3000}");
    let block = conllu::read(spaced.as_bytes()).next().unwrap().unwrap();
    let mut scratch = Scratch::default();
    let document = Parser::embedded().unwrap().parse_tokens(&mut scratch, &block);
    assert_eq!(document.sentences().next().unwrap().form(0), "dog\u{3000}");
    for form in ["", " ", "\u{3000}"] {
        let empty = row(form);
        let error = conllu::read(empty.as_bytes()).next().unwrap().unwrap_err();
        assert_eq!((error.line, error.problem.as_str()), (1, "no FORM in column 2"));
    }
}
