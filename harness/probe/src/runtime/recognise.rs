//! Which runtime the target is: told from outside, by what its processes show of themselves.

use std::net::SocketAddr;
use std::path::Path;

use clock::Clock;
use scenario::{RuntimeKind, RuntimePlan};
use timeline::Happening;

use super::agent::Attended;
use super::go::Go;
use super::jvm::Jvm;
use super::node::Node;
use super::{Agents, Process, Runtime, Unreadable, elf, sockets};
use crate::proc::{Life, Status, read_text};
use crate::tree::Descent;

/// Whose runtime is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Whom {
    /// The first process, where it is one of this machine.
    pub(crate) pid: Option<u32>,
    /// Where the target listens, as it is reached from here.
    pub(crate) address: Option<SocketAddr>,
    /// Where a Go service shows its `/debug/pprof`, where that is elsewhere.
    pub(crate) pprof: Option<SocketAddr>,
    /// The agents that were given to the target, where the scenario says so.
    pub(crate) agents: Option<Agents>,
    /// What the scenario says of it.
    pub(crate) plan: RuntimePlan,
}

/// Why there is no runtime to watch.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unknown {
    /// The scenario says that there is none.
    #[error("nothing collects in it: it is native")]
    Native,
    /// No process of it can be seen.
    #[error("its processes are out of reach")]
    OutOfReach,
    /// None of its processes is one that is known, or that the scenario asks for.
    #[error("none of its processes is {}", wanted(*.0))]
    Nobody(RuntimeKind),
    /// It was recognised, and cannot be asked.
    #[error("{kind}, process {pid}, cannot be asked: {why}", kind = .kind.name())]
    Silent {
        /// What it is.
        kind: RuntimeKind,
        /// Which process.
        pid: u32,
        /// Why not.
        why: String,
    },
}

impl Unknown {
    /// For the record.
    pub(crate) fn told(&self) -> Happening {
        let runtime = match self {
            Self::Native => "native",
            Self::Silent { kind, .. } => kind.name(),
            Self::OutOfReach | Self::Nobody(_) => "unknown",
        };
        Happening::RuntimeSeen { runtime: runtime.to_owned(), lacks: vec![self.to_string()] }
    }
}

fn wanted(kind: RuntimeKind) -> String {
    match kind {
        RuntimeKind::Auto => "of a runtime that is known".to_owned(),
        kind => kind.name().to_owned(),
    }
}

/// A process whose runtime is known.
#[derive(Debug)]
struct Candidate {
    kind: RuntimeKind,
    process: Process,
    /// What tells which of several serves: whether it listens on the target's port, whether it listens at all, and how
    /// much memory it has.
    rank: (bool, bool, u64),
}

/// A runtime that can be asked, and the hold on its process where that is of this machine.
type Met = (Box<dyn Runtime>, Option<Life>);

/// Finds the runtime, and the way to ask it.
pub(crate) fn recognise(whom: &Whom, clock: Clock) -> Result<Met, Unknown> {
    let wanted = whom.plan.kind;
    if wanted == RuntimeKind::Native {
        return Err(Unknown::Native);
    }
    if let Some(agents) = &whom.agents {
        return by_agent(agents, wanted, clock);
    }
    let Some(pid) = whom.pid else { return by_address(whom, clock) };
    let members = Descent::of(pid, clock).map_err(|_| Unknown::Nobody(wanted))?.members();
    let candidates = members.into_iter().filter_map(|pid| candidate(pid, whom.address));
    let wanted_one = |candidate: &Candidate| wanted == RuntimeKind::Auto || candidate.kind == wanted;
    let chosen = candidates.filter(wanted_one).max_by_key(|candidate| candidate.rank);
    let Candidate { kind, process, .. } = chosen.ok_or(Unknown::Nobody(wanted))?;
    let life = Life::of(process.pid).map_err(|_| Unknown::Nobody(wanted))?;
    let met = meet(kind, &process, whom.pprof, clock);
    met.map(|met| (met, Some(life))).map_err(|why| Unknown::Silent { kind, pid: process.pid, why })
}

/// Agents come forward by themselves.
fn by_agent(agents: &Agents, kind: RuntimeKind, clock: Clock) -> Result<Met, Unknown> {
    let met = Attended::meet(agents.clone(), clock);
    met.map(|met| (boxed(met), None)).map_err(|why| Unknown::Silent { kind, pid: 0, why })
}

/// Of what is only known by its address, a Go service shows all that it shows of itself.
fn by_address(whom: &Whom, clock: Clock) -> Result<Met, Unknown> {
    let address = whom.pprof.or(whom.address).filter(|_| whom.plan.kind == RuntimeKind::Go);
    let go = Go::meet(None, address.ok_or(Unknown::OutOfReach)?, clock);
    let silent = |why: Unreadable| Unknown::Silent { kind: RuntimeKind::Go, pid: 0, why: why.to_string() };
    go.map(|go| (boxed(go), None)).map_err(silent)
}

fn boxed(runtime: impl Runtime + 'static) -> Box<dyn Runtime> {
    Box::new(runtime)
}

/// The way to ask a process that was recognised; why there is none.
fn meet(
    kind: RuntimeKind,
    process: &Process,
    pprof: Option<SocketAddr>,
    clock: Clock,
) -> Result<Box<dyn Runtime>, String> {
    let told = |error: Unreadable| error.to_string();
    match kind {
        RuntimeKind::Go => {
            let address = pprof.or(process.address).ok_or("it has no port that is known")?;
            Go::meet(Some(process), address, clock).map(boxed).map_err(told)
        }
        RuntimeKind::Node | RuntimeKind::Deno => {
            Node::open(process.clone(), clock).map(boxed).map_err(|closed| closed.to_string())
        }
        RuntimeKind::Jvm => Jvm::meet(process, clock).map(boxed).map_err(told),
        _ => Err("it tells of itself only in its log".to_owned()),
    }
}

fn candidate(pid: u32, address: Option<SocketAddr>) -> Option<Candidate> {
    let process = Process::of(pid, address).ok()?;
    let kind = kind(&process)?;
    let ports = sockets::listening(&process);
    let serves = process.same_network && address.is_some_and(|address| ports.contains(&address.port()));
    let resident = Status::read(pid).map_or(0, |status| status.resident);
    Some(Candidate { kind, process, rank: (serves, !ports.is_empty(), resident) })
}

/// What a process runs, by the name of its program, the libraries in it, or the compiler that made it.
fn kind(process: &Process) -> Option<RuntimeKind> {
    let by_name = process.exe.file_name().and_then(|name| by_name(&name.to_string_lossy()));
    by_name.or_else(|| by_library(process)).or_else(|| elf::is_go(process).then_some(RuntimeKind::Go))
}

fn by_name(program: &str) -> Option<RuntimeKind> {
    // A program that was replaced since it was started: `/usr/bin/node (deleted)`.
    let program = program.split(' ').next().unwrap_or(program);
    let plain = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    match plain {
        "node" | "nodejs" => Some(RuntimeKind::Node),
        "bun" => Some(RuntimeKind::Bun),
        "deno" => Some(RuntimeKind::Deno),
        "java" => Some(RuntimeKind::Jvm),
        "dotnet" => Some(RuntimeKind::Dotnet),
        "python" => Some(RuntimeKind::Python),
        "ruby" => Some(RuntimeKind::Ruby),
        "beam.smp" | "beam" => Some(RuntimeKind::Beam),
        _ => None,
    }
}

/// A runtime may be a library in a program of another name.
fn by_library(process: &Process) -> Option<RuntimeKind> {
    const LIBRARIES: [(&str, RuntimeKind); 5] = [
        ("libjvm.so", RuntimeKind::Jvm),
        ("libcoreclr.so", RuntimeKind::Dotnet),
        ("libnode.so", RuntimeKind::Node),
        ("libruby", RuntimeKind::Ruby),
        ("libpython", RuntimeKind::Python),
    ];
    let maps = read_text(&process.proc("maps").to_string_lossy()).ok()?;
    let mapped = |library: &str| {
        let names = maps.lines().filter_map(|line| Path::new(line).file_name()?.to_str());
        names.into_iter().any(|name| name.starts_with(library))
    };
    LIBRARIES.into_iter().find_map(|(library, kind)| mapped(library).then_some(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_their_names_with_or_without_a_version() {
        assert_eq!(by_name("python3.11"), Some(RuntimeKind::Python));
        assert_eq!(by_name("ruby3.1"), Some(RuntimeKind::Ruby));
        assert_eq!(by_name("java"), Some(RuntimeKind::Jvm));
        assert_eq!(by_name("node (deleted)"), Some(RuntimeKind::Node));
        assert_eq!(by_name("beam.smp"), Some(RuntimeKind::Beam));
        assert_eq!(by_name("javac"), None);
        assert_eq!(by_name("sh"), None);
        assert_eq!(by_name("node_exporter"), None);
    }

    #[test]
    fn a_native_program_is_of_no_runtime() {
        let me = Process::of(std::process::id(), None).unwrap();
        assert_eq!(kind(&me), None);
    }
}
