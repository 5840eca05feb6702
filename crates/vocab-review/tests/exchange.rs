//! Judgements go out to other tools and come back as they were; wrong rows are all named.

use proptest::prelude::*;
use tag_vocabulary::{Tag, TagKind};
use vocab_review::exchange::{ImportError, LABELING_CONFIG, Layout, export, import};
use vocab_review::{
    Annotator, Candidate, Candidates, Decision, DecisionId, Judgement, NewDecision, Review, Verdict,
};

const LAYOUTS: [Layout; 3] = [Layout::Csv, Layout::JsonLines, Layout::LabelStudio];
const NAMES: [&str; 5] = ["dog", "hot dog", "train", "@home", "bicycle"];

fn candidates() -> Candidates {
    let candidate = |(number, name): (u64, &&str)| Candidate {
        tag: Tag::new(*name, TagKind::Object).unwrap(),
        mentions: number,
        captions: number,
        images: number,
        examples: vec!["=1+1, \"a dog\"".to_owned(), "é\u{1f436}".to_owned()],
    };
    let mut list: Vec<Candidate> = (1..).zip(&NAMES).map(candidate).collect();
    list.push(Candidate { tag: Tag::new("train", TagKind::Action).unwrap(), ..list[0].clone() });
    list.push(Candidate { tag: Tag::new("kite", TagKind::Object).unwrap(), ..list[0].clone() });
    Candidates::new(list).unwrap()
}

fn anna() -> Annotator {
    Annotator::new("anna").unwrap()
}

fn review(judgements: &[(Tag, Judgement)]) -> Review {
    let decisions: Vec<Decision> = judgements
        .iter()
        .map(|(tag, judgement)| Decision {
            at: chrono::DateTime::from_timestamp(0, 0).unwrap(),
            id: DecisionId::new(),
            by: anna(),
            adjudicates: false,
            batch: None,
            retraces: None,
            tag: tag.clone(),
            judgement: Some(judgement.clone()),
        })
        .collect();
    Review::of(&decisions)
}

/// What Label Studio makes of the tasks if an annotator accepts what is shown.
fn as_annotated(layout: Layout, text: Vec<u8>) -> Vec<u8> {
    if layout != Layout::LabelStudio {
        return text;
    }
    let mut tasks: serde_json::Value = serde_json::from_slice(&text).unwrap();
    for task in tasks.as_array_mut().unwrap() {
        let mut annotations = task["predictions"].take();
        for annotation in annotations.as_array_mut().into_iter().flatten() {
            annotation["result"].as_array_mut().unwrap().retain(has_control);
        }
        task["annotations"] = if annotations.is_null() { serde_json::json!([]) } else { annotations };
    }
    serde_json::to_vec(&tasks).unwrap()
}

/// Whether the interface can show a field of a prediction. What it cannot, it drops.
fn has_control(field: &serde_json::Value) -> bool {
    let (name, value) = (field["from_name"].as_str().unwrap(), &field["value"]);
    let control = |tag: &str| {
        let start = LABELING_CONFIG.find(&format!("<{tag} name=\"{name}\" toName=\"examples\""))?;
        Some(&LABELING_CONFIG[start..])
    };
    match field["type"].as_str().unwrap() {
        "textarea" => control("TextArea").is_some() && value["text"][0].is_string(),
        "choices" => control("Choices").is_some_and(|control| {
            let choices = &control[..control.find("</Choices>").unwrap()];
            choices.contains(&format!("<Choice value={}", value["choices"][0]))
        }),
        _ => false,
    }
}

fn judgement() -> impl Strategy<Value = Judgement> {
    // Of the same name as one of those judged, or the same kind.
    let targets = [("train", TagKind::Action), ("kite", TagKind::Object)];
    let targets = targets.map(|(name, kind)| Tag::new(name, kind).unwrap());
    let verdict = prop_oneof![
        Just(Verdict::Keep),
        Just(Verdict::Mute),
        Just(Verdict::Drop),
        prop::sample::select(targets.to_vec()).prop_map(|into| Verdict::Merge { into }),
    ];
    let kind = prop::option::of(prop::sample::select(TagKind::ALL.to_vec()));
    let rename = prop::option::of(Just("new name".to_owned()));
    let note = prop::option::of("[a-z=@\"',é|\n\r-]{1,12}( [a-z]{3})?");
    // As the page keeps it.
    (verdict, kind, rename, note).prop_map(|(verdict, kind, rename, note)| {
        let dog = Tag::new("dog", TagKind::Object).unwrap();
        Judgement { verdict, kind, rename, note }.checked(&dog).unwrap()
    })
}

fn import_new(layout: Layout, text: &str) -> Result<Vec<NewDecision>, ImportError> {
    import(layout, text.as_bytes(), &candidates(), &Review::default(), &anna())
}

/// The rows that are wrong, and what is said of all.
fn refused(layout: Layout, text: &str) -> (Vec<u64>, String) {
    let error = import_new(layout, text).unwrap_err();
    (error.0.iter().map(|bad| bad.row).collect(), error.to_string())
}

proptest! {
    #[test]
    fn what_goes_out_comes_back(judgements in prop::collection::vec(prop::option::of(judgement()), 5)) {
        let candidates = candidates();
        let judged: Vec<(Tag, Judgement)> = NAMES
            .iter()
            .zip(judgements)
            .filter_map(|(name, judgement)| Some((Tag::new(*name, TagKind::Object).unwrap(), judgement?)))
            .collect();
        let review = review(&judged);
        for layout in LAYOUTS {
            let mut text = Vec::new();
            export(layout, &candidates, &review, Some(&anna()), &mut text).unwrap();
            let text = as_annotated(layout, text);
            let mut found: Vec<(Tag, Judgement)> = import(layout, &text, &candidates, &Review::default(), &anna())
                .unwrap()
                .into_iter()
                .map(|decision| (decision.tag, decision.judgement.unwrap()))
                .collect();
            found.sort();
            let mut expected = judged.clone();
            expected.sort();
            prop_assert_eq!(found, expected, "{}", layout);
            // Nothing is new for whoever said so already.
            prop_assert!(import(layout, &text, &candidates, &review, &anna()).unwrap().is_empty());
        }
    }
}

#[test]
fn every_wrong_row_is_named_and_nothing_is_imported() {
    let table = "name,kind,verdict,into,into_kind,new_kind,rename,note\n\
        dog,object,keep,,,,,\n\
        dog,object,drop,,,,,\n\
        hound,object,keep,,,,,\n\
        train,thing,keep,,,,,\n\
        train,action,maybe,,,,,\n\
        hot dog,object,merge,,,,,\n\
        train,object,merge,hound,,,,\n\
        bicycle,object,keep,,,,Bike,\n\
        @home,object,,,,,,why\n";
    let (rows, text) = refused(Layout::Csv, table);
    assert_eq!(rows, [3, 4, 5, 6, 7, 8, 9, 10], "{text}");
    for said in
        ["hound/object is not one of the candidates", "\"maybe\" is no verdict", "\"Bike\"", "no verdict"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    for (layout, text) in
        [(Layout::Csv, "a,b\n1,2\n"), (Layout::JsonLines, "{\"name\": 7}\n"), (Layout::LabelStudio, "{}")]
    {
        assert!(import_new(layout, text).is_err(), "{layout}");
    }
}

/// Captions are strangers' text: a spreadsheet must not take them for formulas.
#[test]
fn no_cell_is_a_formula() {
    let mut text = Vec::new();
    export(Layout::Csv, &candidates(), &Review::default(), None, &mut text).unwrap();
    let mut table = csv::Reader::from_reader(text.as_slice());
    for record in table.records() {
        let record = record.unwrap();
        assert!(record.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{record:?}");
    }
}

/// What is longer than the page takes, the log must not have to take either.
#[test]
fn long_texts_are_refused() {
    let row = |field: &str, length: usize| {
        format!(
            "{{\"name\":\"dog\",\"kind\":\"object\",\"verdict\":\"keep\",\"{field}\":\"{}\"}}\n",
            "é".repeat(length)
        )
    };
    for (field, most) in [("note", 2_000), ("rename", 100)] {
        assert_eq!(import_new(Layout::JsonLines, &row(field, most)).unwrap().len(), 1);
        for length in [most + 1, 1_100_000] {
            let (rows, text) = refused(Layout::JsonLines, &row(field, length));
            assert_eq!(rows, [1]);
            assert!(text.len() < 200 && text.contains("characters"), "{text}");
        }
    }
    // Nor must what is said of it fill the terminal.
    let row = row("note", 1).replace("dog", &"a b ".repeat(300_000));
    assert!(refused(Layout::JsonLines, &row).1.len() < 400);
}

/// Else a drop would differ from another's plain drop.
#[test]
fn a_tag_that_goes_gets_no_new_name() {
    let table = "name,kind,verdict,into,into_kind,new_kind,rename,note\n\
        dog,object,drop,,,scene,hound, why \n\
        hot dog,object,merge,dog,,scene,kitty,\n\
        bicycle,object,mute,,,object,bicycle,\n";
    let found = import_new(Layout::Csv, table).unwrap();
    let dog = Tag::new("dog", TagKind::Object).unwrap();
    let found: Vec<Judgement> = found.into_iter().filter_map(|decision| decision.judgement).collect();
    let dropped = Judgement { note: Some("why".to_owned()), ..Verdict::Drop.into() };
    assert_eq!(found, [dropped, Verdict::Merge { into: dog }.into(), Verdict::Mute.into()]);
}

/// The library ends a quoted cell at the next quote, wherever that is.
#[test]
fn no_row_is_swallowed_by_an_open_quote() {
    for (table, line) in [
        ("name,kind,verdict,note\ndog,object,keep,\"say no\ntrain,object,keep,\nbicycle,object,drop,\n", 2),
        (
            "name,kind,verdict,note\r\ndog,object,keep,\r\ntrain,object,keep,\"no\r\nbicycle,object,drop,\"x\"\r\n",
            3,
        ),
        ("name,kind,verdict,note\ndog,object,keep,\"no\ntrain,object,keep,\"no\nbicycle,object,drop,\n", 2),
        ("name,kind,verdict,note\n\ndog,object,keep,5\" wide\n", 3),
        ("name,kind,\"verdict,note\ndog,object,keep,\n", 1),
    ] {
        let (rows, text) = refused(Layout::Csv, table);
        assert_eq!(rows, [line], "{table}: {text}");
        assert!(text.contains("quotation mark"), "{text}");
    }
    let table = "name,kind,verdict,note\ndog,object,keep,\"\"\"no\"\",\n5\"\" wide\"\ntrain,object,keep,\"\"";
    let found = import_new(Layout::Csv, table).unwrap();
    let notes: Vec<_> = found.iter().filter_map(|decision| decision.judgement.clone()?.note).collect();
    assert_eq!((found.len(), notes.as_slice()), (2, ["\"no\",\n5\" wide".to_owned()].as_slice()));
}

#[test]
fn no_cell_of_a_table_is_passed_over() {
    let table = "name,kind,verdict,note\n\
        dog,object,keep,nice, but loud\n\
        train,object\n\
        bicycle,object,keep,\n\
        @home,thing,keep,\n";
    let (rows, text) = refused(Layout::Csv, table);
    assert_eq!(rows, [2, 3, 5], "{text}");
    for column in ["Note", "NOTE ", "new kind", "New_Kind", "into-kind", "Rename", "verdict"] {
        let (rows, text) = refused(Layout::Csv, &format!("name,kind,verdict,{column}\ndog,object,keep,\n"));
        assert_eq!(rows, [1], "{column}");
        assert!(text.contains(column) && text.contains("column"), "{text}");
    }
    let others = "colour, note ,kind,verdict,name,Notes\nred,why,object,keep,dog,mine\n";
    let found = import_new(Layout::Csv, others).unwrap();
    assert_eq!(found[0].judgement.as_ref().unwrap().note.as_deref(), Some("why"));
    assert!(import_new(Layout::Csv, "").is_err());
}

/// The library counts some line breaks twice and others not at all.
#[test]
fn errors_name_the_line_of_the_file() {
    let table = "name,kind,verdict,note\n\
        dog,object,keep,\"two\nlines\"\n\
        train,object,kep,\n\
        \n\
        hound,object,keep,\"two\n\nlines\"\n\
        bicycle,object,keep\n\
        @home,object,kep,";
    for end in ["\n", "\r\n", "\r"] {
        let (rows, text) = refused(Layout::Csv, &table.replace('\n', end));
        assert_eq!(rows, [4, 6, 9, 10], "{end:?}: {text}");
    }
    // A line that is not of the encoding stands between others.
    let latin = b"name,kind,verdict,note\r\ndog,object,keep,\xe9\r\ntrain,object,kep,\r\n";
    let error = import(Layout::Csv, latin, &candidates(), &Review::default(), &anna()).unwrap_err();
    assert_eq!(error.0.iter().map(|bad| bad.row).collect::<Vec<_>>(), [2, 3], "{error}");
}

#[test]
fn no_field_of_a_line_is_passed_over() {
    let lines = r#"{"name":"dog","kind":"object","verdit":"keep"}
        {"name":"train","kind":"object","verdict":"keep","Note":"why"}

        {"name":"bicycle","kind":"object","verdict":"merge","into":{"name":"dog","Kind":"object"}}
        {"name":"bicycle","kind":"object","verdict":"merge","into":{"name":"dog","kind":"object","images":1}}
        {"name":"hot dog","kind":"object","verdict":null,"note":"why"}
        {"name":"@home","kind":"object","verdict":"keep"} x
    "#;
    let (rows, text) = refused(Layout::JsonLines, lines);
    assert_eq!(rows, [1, 2, 4, 5, 6, 7], "{text}");
    assert!(text.contains("unknown field `verdit`") && !text.contains(" line "), "{text}");
    let null = r#"{"name":"dog","kind":"object","verdict":null,"into":null,"new_kind":null,"rename":null,"note":null}"#;
    assert!(import_new(Layout::JsonLines, null).unwrap().is_empty());
}

#[test]
fn merges_in_a_circle_are_refused() {
    let table = "name,kind,verdict,into,into_kind\n\
        bicycle,object,merge,dog,\n\
        dog,object,merge,hot dog,\n\
        hot dog,object,merge,train,action\n\
        @home,object,keep,,\n\
        train,action,merge,dog,object\n\
        train,object,merge,@home,\n";
    let (rows, text) = refused(Layout::Csv, table);
    assert_eq!(rows, [3, 4, 6], "{text}");
    assert!(text.contains("dog/object (row 3) → hot dog/object (row 4) → train/action (row 6) → dog/object"));
    let (rows, text) = refused(Layout::Csv, "name,kind,verdict,into\ndog,object,merge,dog\n");
    assert_eq!(rows, [2], "{text}");
}

/// What the annotator said before counts, unless the file says something else.
#[test]
fn a_circle_may_close_through_the_log() {
    let [dog, hot_dog, bicycle] =
        ["dog", "hot dog", "bicycle"].map(|name| Tag::new(name, TagKind::Object).unwrap());
    let before = [
        (dog.clone(), Verdict::Merge { into: hot_dog.clone() }.into()),
        (hot_dog, Verdict::Merge { into: bicycle }.into()),
    ];
    let review = review(&before);
    let import = |rows: &str, by: &Annotator| {
        let table = format!("name,kind,verdict,into\n{rows}");
        import(Layout::Csv, table.as_bytes(), &candidates(), &review, by)
    };
    let circle = "train,object,keep,\nbicycle,object,merge,dog\n";
    let error = import(circle, &anna()).unwrap_err();
    assert_eq!(error.0.len(), 1);
    assert_eq!(error.0[0].row, 3);
    assert!(error.to_string().contains("dog/object (decided before)"), "{error}");
    // A row without a verdict takes nothing back; another verdict opens the circle.
    assert!(import(&format!("{circle}dog,object,,\n"), &anna()).is_err());
    assert_eq!(import(&format!("{circle}hot dog,object,keep,\n"), &anna()).unwrap().len(), 3);
    let other = Annotator::new("ben").unwrap();
    assert_eq!(import(circle, &other).unwrap().len(), 2);
}

/// A tag's name may be another's too; only the kind tells them apart.
#[test]
fn label_studio_has_a_control_for_the_kind_of_a_target() {
    let task = |fields: &str| {
        let verdict = r#"{"from_name":"verdict","type":"choices","value":{"choices":["merge"]}}"#;
        let into = r#"{"from_name":"into","type":"textarea","value":{"text":["train"]}}"#;
        let data = r#"{"name":"train","kind":"object"}"#;
        format!(r#"[{{"data":{data},"annotations":[{{"result":[{verdict},{into}{fields}]}}]}}]"#)
    };
    let kind = r#"{"from_name":"into_kind","type":"choices","value":{"choices":["action"]}}"#;
    assert!(has_control(&serde_json::from_str(kind).unwrap()));
    let found = import_new(Layout::LabelStudio, &task(&format!(",{kind}"))).unwrap();
    let into = Tag::new("train", TagKind::Action).unwrap();
    assert_eq!(found[0].judgement, Some(Verdict::Merge { into }.into()));
    let (rows, text) = refused(Layout::LabelStudio, &task(""));
    assert!(rows == [1] && text.contains("into_kind"), "{text}");
}
