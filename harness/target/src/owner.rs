//! Who started something, so that a later run can tell whether its owner still lives.

use std::fmt;
use std::str::FromStr;

use crate::proc;

/// The environment variable in which every started process carries its owner's line.
pub(crate) const OWNER_VARIABLE: &str = "PLIMSOLL_OWNER";

/// A run and the process that conducts it. It shows as one line without spaces, which stands in
/// labels, environments and names of cgroups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pid: u32,
    /// Field 22 of `/proc/<pid>/stat`: with it a pid that was used again is told from the first one.
    started: u64,
    boot: String,
    /// The pid namespace: a pid says nothing to those who live in another one.
    space: String,
    host: String,
    run: String,
}

/// What was read is no owner's line.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` names no owner")]
pub struct NoOwner(String);

impl Owner {
    /// This process, on behalf of `run`.
    pub fn this_process(run: &str) -> Self {
        let pid = std::process::id();
        Self {
            pid,
            started: proc::start_of(pid).unwrap_or_default(),
            boot: proc::boot(),
            space: proc::pid_space(),
            host: proc::host(),
            run: run.replace(|c: char| c.is_control() || c.is_whitespace() || c == '/', "-"),
        }
    }

    /// The run.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Has the owner ended for certain? Only an owner on this host and in this pid namespace can be
    /// judged; every other one counts as alive, for what is alive must never be swept.
    pub fn is_dead(&self) -> bool {
        if self.host != proc::host() {
            return false;
        }
        if self.boot != proc::boot() {
            return true;
        }
        self.space == proc::pid_space() && proc::start_of(self.pid) != Some(self.started)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, started, boot, space, host, run } = self;
        write!(f, "pid={pid},started={started},boot={boot},space={space},host={host},run={run}")
    }
}

impl FromStr for Owner {
    type Err = NoOwner;

    fn from_str(line: &str) -> Result<Self, NoOwner> {
        parse(line).ok_or_else(|| NoOwner(line.to_owned()))
    }
}

/// Reads the fields in their order; the run is last, and may hold commas.
fn parse(line: &str) -> Option<Owner> {
    let mut fields = line.splitn(6, ',');
    let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
    Some(Owner {
        pid: field("pid")?.parse().ok()?,
        started: field("started")?.parse().ok()?,
        boot: field("boot")?.to_owned(),
        space: field("space")?.to_owned(),
        host: field("host")?.to_owned(),
        run: field("run")?.to_owned(),
    })
}

#[cfg(test)]
impl Owner {
    /// An owner that cannot live: this process's pid with another start.
    pub(crate) fn dead(run: &str) -> Self {
        let this = Self::this_process(run);
        Self { started: this.started + 1, ..this }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_reads_back_as_it_was_written() {
        let owner = Owner::this_process("chat-soak,2 of/3");
        assert_eq!(owner.run(), "chat-soak,2-of-3");
        assert!(!owner.to_string().contains([' ', '/', '\n']));
        assert_eq!(owner.to_string().parse::<Owner>().unwrap(), owner);
        assert_eq!("pid=1,started=x".parse::<Owner>().unwrap_err().to_string(), "`pid=1,started=x` names no owner");
    }

    #[test]
    fn this_process_is_alive_and_a_reused_pid_is_not() {
        assert!(!Owner::this_process("r").is_dead());
        assert!(Owner::dead("r").is_dead());
    }

    #[test]
    fn an_owner_of_another_boot_is_dead_and_one_of_another_host_is_not_judged() {
        let this = Owner::this_process("r");
        assert!(Owner { boot: "another".to_owned(), ..this.clone() }.is_dead());
        assert!(!Owner { host: "another".to_owned(), ..Owner::dead("r") }.is_dead());
        assert!(!Owner { space: "another".to_owned(), ..Owner::dead("r") }.is_dead());
    }
}
