//! The target: exactly one way for it to be there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Resolver;
use crate::plan::{
    AttachPlan, ContainerPlan, Image, Launch, PreparePlan, ProcessPlan, Ready, ReadyWhen, Resources, RuntimePlan,
    TargetPlan,
};
use crate::quantity::Size;
use crate::spec::{AttachSpec, ContainerSpec, ProcessSpec, ReadySpec, TargetSpec};

const DEFAULT_READY_WITHIN: Duration = Duration::from_mins(1);
/// No engine starts a container with less, and no process lives in less.
const LEAST_MEMORY: f64 = 6.0 * 1024.0 * 1024.0;

impl Resolver<'_> {
    pub(super) fn target(&mut self, spec: &TargetSpec) -> TargetPlan {
        let kinds = [spec.container.is_some(), spec.process.is_some(), spec.attach.is_some()];
        let written = kinds.iter().filter(|is| **is).count();
        if written != 1 && !(written == 0 && self.is_known_bad(&["target"])) {
            let message = if written == 0 { "the target is missing" } else { "there is more than one target" };
            self.refuse(&["target"], message, "write one of `container`, `process` and `attach`");
        }
        let plan = match (&spec.container, &spec.process, &spec.attach) {
            (Some(container), ..) => self.container(&["target", "container"], container),
            (_, Some(process), _) => self.process(&["target", "process"], process),
            (_, _, Some(attach)) => self.attach(attach),
            _ => nothing(),
        };
        TargetPlan { runtime: self.runtime(spec), ..plan }
    }

    pub(super) fn container(&mut self, place: &[&str], spec: &ContainerSpec) -> TargetPlan {
        let image = self.image(place, spec);
        let resources = self.resources(place, spec.memory, spec.cpus);
        let ready = self.ready(place, spec.ready.as_ref(), spec.port.is_some());
        let container = ContainerPlan {
            image,
            command: spec.command.clone(),
            env: spec.env.clone(),
            labels: spec.labels.clone(),
            port: spec.port,
            resources,
        };
        let prepare = self.prepare(place, spec.prepare.as_deref(), absolute(self.folder, "."));
        TargetPlan { prepare, ..launched(Launch::Container(container), ready) }
    }

    fn image(&mut self, place: &[&str], spec: &ContainerSpec) -> Image {
        match (&spec.image, &spec.build) {
            (Some(image), None) => Image::Named(image.clone()),
            (None, Some(build)) => {
                let context = absolute(self.folder, &build.context);
                let dockerfile = context.join(build.dockerfile.as_deref().unwrap_or("Dockerfile"));
                Image::Build { context, dockerfile }
            }
            (Some(image), Some(_)) => {
                self.refuse(place, "`image` and `build` exclude each other", "keep one of them");
                Image::Named(image.clone())
            }
            (None, None) => {
                if !self.is_known_bad(place) {
                    self.refuse(place, "there is no image", "write `image: name:tag` or `build: {context: ./folder}`");
                }
                Image::Named(String::new())
            }
        }
    }

    pub(super) fn process(&mut self, place: &[&str], spec: &ProcessSpec) -> TargetPlan {
        if spec.command.is_empty() {
            let place = [place, &["command"]].concat();
            self.refuse(&place, "the command is empty", "write `command: [program, argument]`");
        }
        let resources = self.resources(place, spec.memory, spec.cpus);
        let ready = self.ready(place, spec.ready.as_ref(), true);
        let process = ProcessPlan {
            command: spec.command.clone(),
            env: spec.env.clone(),
            folder: absolute(self.folder, spec.folder.as_deref().unwrap_or(".")),
            port: spec.port,
            resources,
        };
        let prepare = self.prepare(place, spec.prepare.as_deref(), process.folder.clone());
        TargetPlan { prepare, ..launched(Launch::Process(process), ready) }
    }

    fn prepare(&mut self, place: &[&str], command: Option<&[String]>, folder: PathBuf) -> Option<PreparePlan> {
        let command = command?.to_vec();
        if command.is_empty() {
            let place = [place, &["prepare"]].concat();
            self.refuse(&place, "there is nothing to run", "write `prepare: [program, argument]`, or leave it out");
        }
        Some(PreparePlan { command, folder })
    }

    fn attach(&mut self, spec: &AttachSpec) -> TargetPlan {
        let launch = match (&spec.container, spec.pid, &spec.url) {
            (Some(name), None, None) => AttachPlan::Container { name: name.clone(), port: spec.port },
            (None, Some(pid), None) => AttachPlan::Process { pid, port: spec.port },
            (None, None, Some(url)) => {
                if spec.port.is_some() {
                    let place = ["target", "attach", "port"];
                    self.refuse(&place, "the url has a port of its own", "write it there: `http://127.0.0.1:8080`");
                }
                AttachPlan::Url(self.address(url))
            }
            _ => {
                if !self.is_known_bad(&["target", "attach"]) {
                    self.refuse(
                        &["target", "attach"],
                        "it is not clear what to attach to",
                        "write one of `container`, `pid` and `url`",
                    );
                }
                AttachPlan::Process { pid: 0, port: None }
            }
        };
        let when = if spec.port.is_some() || spec.url.is_some() { ReadyWhen::Tcp } else { ReadyWhen::Started };
        launched(Launch::Attach(launch), Ready { when, within: DEFAULT_READY_WITHIN })
    }

    fn resources(&mut self, place: &[&str], memory: Option<Size>, cpus: Option<f64>) -> Resources {
        let of = |key| [place, &[key]].concat();
        if memory.is_some_and(|size| size.0 < LEAST_MEMORY) {
            self.refuse(&of("memory"), "the memory limit is too low to start anything", "at least `6MiB`");
        }
        if cpus.is_some_and(|cpus| cpus < 0.01) {
            self.refuse(&of("cpus"), "the processor quota is too low", "at least `0.01`");
        }
        Resources { memory: memory.map(|size| size.0 as u64), cpus }
    }

    fn ready(&mut self, place: &[&str], spec: Option<&ReadySpec>, has_port: bool) -> Ready {
        let place = [place, &["ready"]].concat();
        let default = if has_port { ReadyWhen::Tcp } else { ReadyWhen::Started };
        let Some(spec) = spec else { return Ready { when: default, within: DEFAULT_READY_WITHIN } };
        let when = match (&spec.http, &spec.log, spec.tcp.unwrap_or(false)) {
            (Some(path), None, false) => {
                self.path(&[place.as_slice(), &["http"]].concat(), path);
                ReadyWhen::Http(path.clone())
            }
            (None, Some(line), false) => ReadyWhen::Log(line.clone()),
            (None, None, true) => ReadyWhen::Tcp,
            (None, None, false) => default,
            _ => {
                self.refuse(&place, "there is more than one sign of readiness", "keep one of `http`, `log` and `tcp`");
                default
            }
        };
        if !has_port && matches!(when, ReadyWhen::Http(_) | ReadyWhen::Tcp) {
            self.refuse(&place, "readiness is asked of a port, and there is none", "add `port: 8080` to the container");
        }
        Ready { when, within: spec.within.map_or(DEFAULT_READY_WITHIN, |span| span.0) }
    }

    /// A path of the target has to begin with a slash: it is joined to `http://127.0.0.1:port`.
    pub(super) fn path(&mut self, place: &[&str], path: &str) {
        if !path.starts_with('/') || !is_path(path) {
            let hint = "a path on the target, such as `/items?page=1`";
            self.refuse(place, format!("`{path}` is not a path"), hint);
        }
    }
}

fn launched(launch: Launch, ready: Ready) -> TargetPlan {
    TargetPlan { launch, ready, prepare: None, runtime: RuntimePlan::default(), other_ports: Vec::new() }
}

/// In the place of a target that could not be read.
fn nothing() -> TargetPlan {
    let ready = Ready { when: ReadyWhen::Started, within: DEFAULT_READY_WITHIN };
    launched(Launch::Attach(AttachPlan::Process { pid: 0, port: None }), ready)
}

/// Can it stand in the first line of a request?
pub(super) fn is_path(text: &str) -> bool {
    !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// `path` seen from the scenario's folder, without its `.` parts.
pub(super) fn absolute(folder: &Path, path: &str) -> PathBuf {
    folder.join(path).components().collect()
}
