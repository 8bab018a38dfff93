//! What a step does over a WebSocket.

use super::Resolver;
use super::load::unique;
use super::request::Walk;
use crate::plan::{SocketAction, SocketStep};
use crate::spec::{ExpectSpec, StepSpec};

impl Resolver<'_> {
    /// The step, where `spec` writes exactly one of the keys of a WebSocket.
    pub(super) fn socket(&mut self, place: &[&str], spec: &StepSpec, walk: &mut Walk<'_>) -> Option<SocketStep> {
        let action = self.socket_action(place, spec, walk)?;
        let opens = matches!(action, SocketAction::Connect { .. });
        if !opens && !walk.has_socket {
            self.refuse(place, "there is no WebSocket at this step", "open one before it: `{connect: /ws}`");
        }
        walk.has_socket = !matches!(action, SocketAction::Leave(_));
        let name = spec.name.clone().unwrap_or_else(|| action.label());
        Some(SocketStep { name: unique(&format!("{}/{name}", walk.journey), &mut walk.step_names), action })
    }

    fn socket_action(&mut self, place: &[&str], spec: &StepSpec, walk: &Walk<'_>) -> Option<SocketAction> {
        let mut only = vec!["name"];
        let action = if let Some(path) = &spec.connect {
            only.push("headers");
            self.request_path(&[place, &["connect"]].concat(), path, walk);
            let headers: Vec<(String, String)> = spec.headers.clone().into_iter().collect();
            for (name, value) in &headers {
                self.template(&[place, &["headers", name]].concat(), value, walk);
            }
            self.headers(place, &headers);
            SocketAction::Connect { path: path.clone(), headers }
        } else if let Some(text) = &spec.send {
            self.template(&[place, &["send"]].concat(), text, walk);
            SocketAction::Send(text.clone())
        } else if let Some(pattern) = &spec.receive {
            only.push("expect");
            self.of_a_message(&[place, &["expect"]].concat(), spec.expect.as_ref());
            let pattern = self.pattern(&[place, &["receive"]].concat(), pattern);
            let within = spec.expect.as_ref().and_then(|expect| expect.within).map(|span| span.0);
            SocketAction::Receive { pattern, within }
        } else if spec.ping == Some(true) {
            SocketAction::Ping
        } else if let Some(time) = spec.stall {
            SocketAction::Stall(time.0)
        } else {
            SocketAction::Leave(spec.leave?.0)
        };
        self.says_only(place, spec, "is about a WebSocket", &only);
        Some(action)
    }

    /// Refuses what only an answer to a request has.
    fn of_a_message(&mut self, place: &[&str], spec: Option<&ExpectSpec>) {
        let Some(spec) = spec else { return };
        let of_answers = [
            ("status", spec.status.is_some()),
            ("header", !spec.header.is_empty()),
            ("body", spec.body.is_some()),
            ("json", !spec.json.is_empty()),
        ];
        for (key, _) in of_answers.iter().filter(|(_, written)| *written) {
            let hint = "say what it contains in `receive`, and how soon in `expect: {within: 100ms}`";
            self.refuse(&[place, &[key]].concat(), format!("a message over a WebSocket has no `{key}`"), hint);
        }
    }
}

/// How many of the keys of a WebSocket are written.
pub(super) fn socket_keys(spec: &StepSpec) -> usize {
    let written = [
        spec.connect.is_some(),
        spec.send.is_some(),
        spec.receive.is_some(),
        spec.ping.is_some(),
        spec.stall.is_some(),
        spec.leave.is_some(),
    ];
    written.into_iter().filter(|written| *written).count()
}
