//! Tasks of Label Studio, and its JSON export back.

use std::io::{self, Write};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Row, Rows, columns};
use crate::candidates::Candidate;
use crate::decision::Judgement;

/// The interface of a Label Studio project that these tasks are for: to be pasted under "Labeling
/// Interface", "Code", in the project's settings. It has a control for every field of a judgement.
pub const LABELING_CONFIG: &str = r#"<View>
  <Header value="$title"/>
  <Text name="examples" value="$examples"/>
  <Choices name="verdict" toName="examples" choice="single-radio" required="true">
    <Choice value="keep" hotkey="k"/><Choice value="mute" hotkey="m"/>
    <Choice value="drop" hotkey="d"/><Choice value="merge" hotkey="g"/>
  </Choices>
  <TextArea name="into" toName="examples" placeholder="merge into" maxSubmissions="1"/>
  <Header value="Kind of the tag to merge into, if it is another" size="5"/>
  <Choices name="into_kind" toName="examples" choice="single">
    <Choice value="object"/><Choice value="scene"/><Choice value="action"/><Choice value="attribute"/>
  </Choices>
  <Header value="Another kind, if this tag's is wrong" size="5"/>
  <Choices name="new_kind" toName="examples" choice="single">
    <Choice value="object"/><Choice value="scene"/><Choice value="action"/><Choice value="attribute"/>
  </Choices>
  <TextArea name="rename" toName="examples" placeholder="another name" maxSubmissions="1"/>
  <TextArea name="note" toName="examples" placeholder="note" maxSubmissions="1"/>
</View>
"#;

/// The fields of a judgement, in the order of [`columns`].
const FIELDS: [&str; 6] = ["verdict", "into", "into_kind", "new_kind", "rename", "note"];
const CHOICES: [&str; 3] = ["verdict", "into_kind", "new_kind"];

pub(super) fn write<'c>(
    rows: impl Iterator<Item = (&'c Candidate, Option<Judgement>)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let tasks: Vec<Value> = rows.map(|(candidate, judgement)| task(candidate, judgement.as_ref())).collect();
    serde_json::to_writer_pretty(&mut *out, &tasks)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn task(candidate: &Candidate, judgement: Option<&Judgement>) -> Value {
    let Candidate { tag, mentions, captions, images, examples } = candidate;
    let mut task = json!({"data": {
        "title": format!("{} ({}), {images} images", tag.name, tag.kind),
        "name": tag.name,
        "kind": tag.kind,
        "mentions": mentions,
        "captions": captions,
        "images": images,
        "examples": examples.join("\n"),
    }});
    if judgement.is_some() {
        let fields = FIELDS.into_iter().zip(columns(judgement)).filter(|(_, text)| !text.is_empty());
        let result: Vec<Value> = fields.map(|(field, text)| result(field, text)).collect();
        // What was said before is shown, and can be changed.
        task["predictions"] = json!([{ "model_version": "mine-tags", "result": result }]);
    }
    task
}

fn result(field: &str, text: &str) -> Value {
    let is_choice = CHOICES.contains(&field);
    let (kind, value) = match is_choice {
        true => ("choices", json!({ "choices": [text] })),
        false => ("textarea", json!({ "text": [text] })),
    };
    json!({"from_name": field, "to_name": "examples", "type": kind, "value": value})
}

#[derive(Deserialize)]
struct Task {
    data: Data,
    annotations: Vec<Annotation>,
}

#[derive(Deserialize)]
struct Data {
    name: String,
    kind: String,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    was_cancelled: bool,
    #[serde(default)]
    result: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    from_name: String,
    value: Texts,
}

#[derive(Deserialize)]
struct Texts {
    #[serde(default)]
    choices: Vec<String>,
    #[serde(default)]
    text: OneOrMany,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// Of several annotations of a task the last counts.
pub(super) fn read(text: &[u8]) -> Rows {
    let tasks: Vec<Value> = match serde_json::from_slice(text) {
        Ok(tasks) => tasks,
        Err(error) => return vec![(1, Err(format!("this is no JSON export of Label Studio: {error}")))],
    };
    // An export has the field in each task, if only an empty list.
    let has_none = |task: &Value| task.is_object() && task.get("annotations").is_none();
    if !tasks.is_empty() && tasks.iter().all(has_none) {
        let reason = "no task has annotations: give what Label Studio exports as JSON".to_owned();
        return vec![(1, Err(reason))];
    }
    (1..).zip(tasks).map(|(number, task)| (number, row(task))).collect()
}

fn row(task: Value) -> Result<Row, String> {
    let Task { data, annotations } = serde_json::from_value(task).map_err(|error| error.to_string())?;
    let mut row = Row { name: data.name, kind: data.kind, ..Row::default() };
    let last = annotations.into_iter().rfind(|annotation| !annotation.was_cancelled);
    for Field { from_name, value } in last.into_iter().flat_map(|annotation| annotation.result) {
        let text = match value.text {
            OneOrMany::One(text) => Some(text),
            OneOrMany::Many(texts) => texts.into_iter().next(),
        };
        let text = value.choices.into_iter().next().or(text).unwrap_or_default().trim().to_owned();
        match from_name.as_str() {
            "verdict" => row.verdict = text,
            "into" => row.into = text,
            "into_kind" => row.into_kind = text,
            "new_kind" => row.new_kind = text,
            "rename" => row.rename = text,
            "note" => row.note = text,
            other => return Err(format!("{other:?} is none of the fields {}", FIELDS.join(", "))),
        }
    }
    Ok(row)
}
