//! JSON: an object a line, or a list of them. What is nested is named with dots: `memory.rss`.

use serde_json::{Map, Value};

use crate::docker::Docker;
use crate::mistake::{Mistake, Place};
use crate::table::{Growing, Table};
use crate::text;

/// The column of what stands before an object on its line.
const BEFORE: &str = "time";
/// How deep nested objects are followed.
const DEEPEST: usize = 8;

/// The table of lines of JSON, each with or without a time before it.
pub(crate) fn lines(text: &str) -> Table {
    let mut rows = Rows::default();
    for (number, line) in text.lines().enumerate() {
        let painted = line.contains('\u{1b}');
        let line = text::unpainted(line);
        let place = Place::Line(number + 1);
        match split(&line) {
            _ if line.is_empty() => {}
            Some((_, object)) if painted && rows.docker.repeats(&object) => {}
            Some((before, object)) => rows.push(place, before, &object),
            None => rows.mistakes.push(unreadable(place, &line)),
        }
    }
    rows.finish()
}

/// The table of a list of objects.
pub(crate) fn list(text: &str) -> Result<Table, Vec<Mistake>> {
    let items: Vec<Value> = serde_json::from_str(text).map_err(|error| vec![not_json(&error)])?;
    let mut rows = Rows::default();
    for (number, item) in items.iter().enumerate() {
        let place = Place::Item(number + 1);
        match item {
            Value::Object(object) => rows.push(place, "", object),
            other => {
                let message = format!("`{}` is no object", shortened(&other.to_string()));
                rows.mistakes.push(Mistake::new(place, message));
            }
        }
    }
    Ok(rows.finish())
}

/// What stands before the object on a line, and the object; `None` where there is none.
pub(crate) fn split(line: &str) -> Option<(&str, Map<String, Value>)> {
    let line = line.trim();
    let at = line.find('{')?;
    let object = serde_json::from_str(&line[at..]).ok()?;
    Some((line[..at].trim().trim_end_matches([',', ';', ':']), object))
}

/// The whole is not valid JSON.
pub(crate) fn not_json(error: &serde_json::Error) -> Mistake {
    let hint = if error.is_eof() { "it ends too early: was the download cut short?" } else { "check it with `jq .`" };
    Mistake::new(Place::Line(error.line()), format!("not valid JSON: {error}")).hint(hint)
}

fn unreadable(place: Place, line: &str) -> Mistake {
    let error = line.find('{').and_then(|at| serde_json::from_str::<Map<String, Value>>(&line[at..]).err());
    let why = error.map_or_else(|| "there is no `{`".to_owned(), |error| error.to_string());
    let why = why.split(" at line ").next().unwrap_or_default();
    let mistake = Mistake::new(place, format!("`{}` is no JSON object: {why}", shortened(line)));
    mistake.hint("each line needs one object: `{\"time\": 12.5, \"rss\": 1048576}`")
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 48;
    let start: String = text.chars().take(LONGEST).collect();
    if start.len() < text.len() { start + "..." } else { start }
}

/// The rows so far.
#[derive(Default)]
struct Rows {
    growing: Growing,
    docker: Docker,
    mistakes: Vec<Mistake>,
    /// What stood before an object last: a round of `docker stats` has one time and a line for each container.
    before: String,
}

impl Rows {
    fn push(&mut self, place: Place, before: &str, object: &Map<String, Value>) {
        let mut cells = Vec::new();
        if !before.is_empty() {
            before.clone_into(&mut self.before);
        }
        if !self.before.is_empty() {
            cells.push((BEFORE.to_owned(), self.before.clone()));
        }
        let step = if let Some(step) = self.docker.cells(object, &mut cells) {
            step
        } else {
            flatten("", object, DEEPEST, &mut cells);
            self.growing.table.rows.len()
        };
        self.growing.push(place, step, cells);
    }

    fn finish(self) -> Table {
        Table { timeless: self.docker.seen(), mistakes: self.mistakes, ..self.growing.table }
    }
}

fn flatten(prefix: &str, object: &Map<String, Value>, depth: usize, cells: &mut Vec<(String, String)>) {
    for (key, value) in object {
        let name = format!("{prefix}{key}");
        match value {
            Value::Null => cells.push((name, String::new())),
            Value::Bool(_) | Value::Number(_) => cells.push((name, value.to_string())),
            Value::String(text) => cells.push((name, text.clone())),
            Value::Object(inner) if depth > 0 => flatten(&format!("{name}."), inner, depth - 1, cells),
            Value::Object(_) | Value::Array(_) => {}
        }
    }
}
