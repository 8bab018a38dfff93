//! Removing what a harness that was killed has left behind.

use std::fmt;
use std::path::PathBuf;

use rustix::process::Signal;

use crate::Later;
use crate::engine::{Engine, EngineError, Labels, OWNER_LABEL};
use crate::owner::{OWNER_VARIABLE, Owner};
use crate::{cgroup, proc, process};

/// What a sweep has removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// The ids of containers.
    pub containers: Vec<String>,
    /// The ids of networks.
    pub networks: Vec<String>,
    /// The pids of processes.
    pub processes: Vec<u32>,
    /// The folders of cgroups.
    pub cgroups: Vec<PathBuf>,
    /// What could not be removed, and why.
    pub failures: Vec<String>,
    /// Why containers and networks could not even be looked for, where no engine answers.
    pub no_engine: Option<String>,
}

impl Swept {
    /// Was there nothing to remove, as far as could be seen?
    pub fn is_empty(&self) -> bool {
        *self == Self { no_engine: self.no_engine.clone(), ..Self::default() }
    }

    fn note<T>(&mut self, into: impl FnOnce(&mut Self) -> &mut Vec<T>, what: T, done: Result<(), impl fmt::Display>) {
        match done {
            Ok(()) => into(self).push(what),
            Err(error) => self.failures.push(error.to_string()),
        }
    }
}

impl fmt::Display for Swept {
    /// `2 containers and 1 process`, `nothing`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.containers.len(), "container", "containers"),
            (self.networks.len(), "network", "networks"),
            (self.processes.len(), "process", "processes"),
            (self.cgroups.len(), "cgroup", "cgroups"),
        ];
        let told = counts.iter().filter(|(count, ..)| *count > 0);
        let told: Vec<_> =
            told.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many })).collect();
        match told.split_last() {
            None => f.write_str("nothing"),
            Some((last, [])) => f.write_str(last),
            Some((last, others)) => write!(f, "{} and {last}", others.join(", ")),
        }
    }
}

/// Removes every container, network, process and cgroup whose owner is dead. Harmless where there is
/// no engine, and to what other harnesses that still run own.
pub fn sweep() -> Later<'static, Swept> {
    Box::pin(async { sweep_where(&|owner| owner.parse::<Owner>().is_ok_and(|owner| owner.is_dead())).await })
}

/// Removes every container, network, process and cgroup that `owner` owns, dead or alive.
pub fn sweep_owned_by(owner: &Owner) -> Later<'static, Swept> {
    let line = owner.to_string();
    Box::pin(async move { sweep_where(&|owner| owner == line).await })
}

/// Removes what belongs to an owner whose line is `meant`.
async fn sweep_where(meant: &(dyn Fn(&str) -> bool + Sync)) -> Swept {
    let mut swept = Swept::default();
    kill_processes(meant, &mut swept);
    remove_cgroups(meant, &mut swept).await;
    match Engine::connect().await {
        Ok(engine) => {
            let removed = remove_from_engine(&engine, meant, &mut swept).await;
            swept.failures.extend(removed.err().map(|error| error.to_string()));
        }
        Err(error) => swept.no_engine = Some(error.to_string()),
    }
    swept
}

fn kill_processes(meant: &dyn Fn(&str) -> bool, swept: &mut Swept) {
    for pid in proc::all().into_iter().filter(|pid| *pid != std::process::id()) {
        // It is opened before its environment is read: a signal can hit none but the one that was read.
        if let Some(process) = proc::Process::open(pid)
            && proc::variable_of(pid, OWNER_VARIABLE).is_some_and(|owner| meant(&owner))
        {
            let killed = process.signal(Signal::KILL).map_err(|error| format!("process {pid}: {error}"));
            swept.note(|swept| &mut swept.processes, pid, killed);
        }
    }
}

async fn remove_cgroups(meant: &(dyn Fn(&str) -> bool + Sync), swept: &mut Swept) {
    for (folder, name) in cgroup::all() {
        if process::owner_in_cgroup_name(&name).is_some_and(meant) {
            let removed = cgroup::remove(&folder).await;
            swept.note(|swept| &mut swept.cgroups, folder, removed);
        }
    }
}

async fn remove_from_engine(
    engine: &Engine,
    meant: &(dyn Fn(&str) -> bool + Sync),
    swept: &mut Swept,
) -> Result<(), EngineError> {
    let is_meant = |labels: &Labels| labels.get(OWNER_LABEL).is_some_and(|owner| meant(owner));
    for (id, _) in engine.managed_containers().await?.into_iter().filter(|(_, labels)| is_meant(labels)) {
        let removed = engine.remove(&id).await;
        swept.note(|swept| &mut swept.containers, id, removed);
    }
    // After the containers, for a network that is in use cannot be removed.
    for (id, _) in engine.managed_networks().await?.into_iter().filter(|(_, labels)| is_meant(labels)) {
        let removed = engine.remove_network(&id).await;
        swept.note(|swept| &mut swept.networks, id, removed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_tells_what_it_removed() {
        let swept = Swept { processes: vec![1], ..Swept::default() };
        assert_eq!(swept.to_string(), "1 process");
        let swept = Swept { containers: vec!["a".into(), "b".into()], networks: vec!["c".into()], ..swept };
        assert_eq!(swept.to_string(), "2 containers, 1 network and 1 process");
        assert_eq!(Swept::default().to_string(), "nothing");
    }
}
