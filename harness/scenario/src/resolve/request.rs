//! What a step says: its templates, its body, its manner and its think time.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use super::target::{absolute, is_path};
use crate::decode::did_you_mean;
use crate::plan::{Body, Manner, Part, PartContent, Think};
use crate::quantity::SpanRange;
use crate::short::{InOrder, Short};
use crate::spec::{DataSpec, MannerSpec, PartSpec, StepSpec, ThinkSpec};
use crate::template::{BUILT_IN, Piece, Variable, pieces};

/// What is known on the way through a journey.
pub(super) struct Walk<'a> {
    pub(super) journey: &'a str,
    /// The names that its steps have so far.
    pub(super) step_names: BTreeSet<String>,
    /// What its steps captured so far.
    pub(super) captured: BTreeSet<String>,
    pub(super) data: &'a BTreeMap<String, DataSpec>,
    pub(super) in_repeat: bool,
    /// Is a WebSocket open?
    pub(super) has_socket: bool,
    /// Are requests sent by HTTP/2?
    pub(super) is_http_2: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(journey: &'a str, data: &'a BTreeMap<String, DataSpec>, is_http_2: bool) -> Self {
        Self {
            journey,
            step_names: BTreeSet::new(),
            captured: BTreeSet::new(),
            data,
            in_repeat: false,
            has_socket: false,
            is_http_2,
        }
    }

    fn knows(&self, variable: &Variable) -> bool {
        match variable {
            Variable::Captured(name) => self.captured.contains(name),
            Variable::Column { set, .. } => self.data.contains_key(set),
            _ => true,
        }
    }

    /// What to do about a name that is not known.
    fn hint(&self, name: &str) -> String {
        let known = BUILT_IN.into_iter().chain(self.captured.iter().chain(self.data.keys()).map(String::as_str));
        did_you_mean(name, known).unwrap_or_else(|| {
            format!("capture it in a step before this one: `capture: {{{name}: {{json: $.{name}}}}}`")
        })
    }
}

impl Resolver<'_> {
    /// Takes `text` apart and looks its names up; what it is with all names left out.
    pub(super) fn template(&mut self, place: &[&str], text: &str, walk: &Walk<'_>) -> String {
        let pieces = pieces(text).unwrap_or_else(|fault| {
            self.refuse(place, fault.message, fault.hint);
            Vec::new()
        });
        let mut constant = String::new();
        for piece in pieces {
            match piece {
                Piece::Constant(text) => constant.push_str(&text),
                Piece::Variable(variable) if walk.knows(&variable) => {}
                Piece::Variable(Variable::Column { set, .. }) => {
                    let known = walk.data.keys().map(String::as_str);
                    let hint = did_you_mean(&set, known)
                        .unwrap_or_else(|| format!("name the file of its rows: `data: {{{set}: {{csv: {set}.csv}}}}`"));
                    self.refuse(place, format!("there is no data `{set}`"), hint);
                }
                Piece::Variable(Variable::Captured(name)) => {
                    let hint = walk.hint(&name);
                    self.refuse(place, format!("nothing is known of `{name}` at this step"), hint);
                }
                Piece::Variable(_) => {}
            }
        }
        constant
    }

    pub(super) fn request_path(&mut self, place: &[&str], path: &str, walk: &Walk<'_>) {
        let constant = self.template(place, path, walk);
        let good = path.starts_with('/') && is_path(&constant);
        if !good && !self.is_known_bad(place) {
            self.refuse(place, format!("`{path}` is not a path"), "a path on the target, such as `/items?page=1`");
        }
    }

    pub(super) fn body(&mut self, place: &[&str], spec: &StepSpec, walk: &Walk<'_>) -> Option<Body> {
        let written = [
            ("body", spec.body.is_some()),
            ("json", spec.json.is_some()),
            ("form", spec.form.is_some()),
            ("multipart", spec.multipart.is_some()),
            ("file", spec.file.is_some()),
        ];
        let mut written = written.iter().filter(|(_, is)| *is).map(|(key, _)| key);
        if let (Some(first), Some(second)) = (written.next(), written.next()) {
            self.refuse(place, format!("`{first}` and `{second}` exclude each other"), "keep one of them");
        }
        if let Some(text) = &spec.body {
            self.template(&[place, &["body"]].concat(), text, walk);
            return Some(Body::Text(text.clone()));
        }
        if let Some(json) = &spec.json {
            self.json_templates(&[place, &["json"]].concat(), json, walk);
            return Some(Body::Json { json: json.clone() });
        }
        if let Some(InOrder(fields)) = &spec.form {
            for (name, text) in fields {
                self.template(&[place, &["form", name]].concat(), text, walk);
            }
            return Some(Body::Form { form: fields.clone() });
        }
        if let Some(InOrder(parts)) = &spec.multipart {
            return Some(Body::Multipart { multipart: self.parts(place, parts, walk) });
        }
        spec.file.as_ref().map(|file| Body::File { file: absolute(self.folder, file) })
    }

    fn json_templates(&mut self, place: &[&str], json: &serde_json::Value, walk: &Walk<'_>) {
        match json {
            serde_json::Value::String(text) => {
                self.template(place, text, walk);
            }
            serde_json::Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.json_templates(&[place, &[&index.to_string()]].concat(), item, walk);
                }
            }
            serde_json::Value::Object(entries) => {
                for (key, value) in entries {
                    self.json_templates(&[place, &[key]].concat(), value, walk);
                }
            }
            _ => {}
        }
    }

    fn parts(&mut self, place: &[&str], parts: &[(String, Short<String, PartSpec>)], walk: &Walk<'_>) -> Vec<Part> {
        let mut plan = Vec::new();
        for (name, part) in parts {
            let place = [place, &["multipart", name]].concat();
            let content = match part {
                Short::Short(text) => {
                    self.template(&place, text, walk);
                    PartContent::Text(text.clone())
                }
                Short::Long(spec) => self.file_part(&place, spec),
            };
            if name.chars().any(|c| c.is_control() || c == '"') {
                self.refuse(&place, "that cannot be the name of a field", "leave out quotes and line ends");
            }
            plan.push(Part { name: name.clone(), content });
        }
        plan
    }

    fn file_part(&mut self, place: &[&str], spec: &PartSpec) -> PartContent {
        let media_type = spec.media_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
        if media_type.chars().any(char::is_control) {
            self.refuse(&[place, &["type"]].concat(), "that is not a content type", "for example `image/png`");
        }
        PartContent::File { path: absolute(self.folder, &spec.file), media_type }
    }

    pub(super) fn think(&mut self, place: &[&str], spec: &Short<SpanRange, ThinkSpec>) -> Think {
        match spec {
            Short::Short(range) => Think::Even(range.0.clone()),
            Short::Long(ThinkSpec { exponential: Some(mean), normal: None }) => Think::Exponential { mean: mean.0 },
            Short::Long(ThinkSpec { exponential: None, normal: Some(normal) }) => {
                Think::Normal { mean: normal.mean.0, deviation: normal.deviation.0 }
            }
            Short::Long(_) => {
                let place = [place, &["think"]].concat();
                if !self.is_known_bad(&place) {
                    let hint = "write one of `exponential` and `normal`, or a time";
                    self.refuse(&place, "it is not clear how long this is", hint);
                }
                Think::Exponential { mean: std::time::Duration::ZERO }
            }
        }
    }

    pub(super) fn manner(&mut self, place: &[&str], spec: &StepSpec) -> Option<Manner> {
        let manner = spec.manner.as_ref()?;
        let here = [place, &["manner"]].concat();
        let mut manners = manners(manner).into_iter().flatten();
        let (Some(first), None) = (manners.next(), manners.next()) else {
            if !self.is_known_bad(&here) {
                let hint = "write one of `leaves_after`, `sends_only`, `reads_at` and `reads_nothing_for`";
                self.refuse(&here, "it is not clear how the client misbehaves", hint);
            }
            return None;
        };
        let gets_an_answer = matches!(first, Manner::ReadsAt(_));
        if !gets_an_answer && (spec.expect.is_some() || !spec.capture.is_empty()) {
            let hint = "leave `expect` and `capture` out of this step";
            self.refuse(&here, "a client that leaves gets no answer to look at", hint);
        }
        if matches!(first, Manner::SendsOnly(_)) && !has_body(spec) {
            self.refuse(&here, "there is no body of which only a part could be sent", "add `body` or `file`");
        }
        Some(first)
    }
}

fn manners(spec: &MannerSpec) -> [Option<Manner>; 4] {
    [
        spec.leaves_after.map(|point| Manner::LeavesAfter(point.0)),
        spec.sends_only.map(|size| Manner::SendsOnly(size.0 as u64)),
        spec.reads_at.map(|pace| Manner::ReadsAt(pace.0)),
        spec.reads_nothing_for.map(|span| Manner::ReadsNothingFor(span.0)),
    ]
}

fn has_body(spec: &StepSpec) -> bool {
    spec.body.is_some() || spec.json.is_some() || spec.form.is_some() || spec.multipart.is_some() || spec.file.is_some()
}
