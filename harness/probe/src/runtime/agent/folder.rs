//! The folder in which agents lie, and the socket in it at which they call.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags, open};

use super::line::Line;

const FILES: [(&str, &str); 3] = [
    ("sitecustomize.py", include_str!("../../../agents/sitecustomize.py")),
    ("plimsoll_agent.rb", include_str!("../../../agents/plimsoll_agent.rb")),
    ("plimsoll-agent.cjs", include_str!("../../../agents/plimsoll-agent.cjs")),
];
const SOCKET: &str = "agent.sock";

/// A variable of the environment that has a runtime load its agent: what it holds already stays in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What is to stand in it, before whatever is there.
    pub value: String,
    /// What comes between the two.
    pub separator: &'static str,
}

/// Agents for a target that is about to be launched: they lie in a folder, which is removed with this, and call at a
/// socket in it.
#[derive(Clone, Debug)]
pub struct Agents(Arc<Home>);

#[derive(Debug)]
struct Home {
    folder: PathBuf,
    socket: UnixListener,
}

impl Agents {
    /// Makes `folder` and lays the agents in it.
    ///
    /// # Errors
    /// Where it is there already, cannot be written, or has a name that the runtimes' variables cannot hold.
    pub fn prepare(folder: &Path) -> io::Result<Self> {
        let plain = |name: &str| !name.contains([':', '"', '\\', '\n']);
        if !folder.is_absolute() || !folder.to_str().is_some_and(plain) {
            let message =
                format!("no agent can lie in `{}`: a colon, a quote or a backslash is in its name", folder.display());
            return Err(io::Error::new(ErrorKind::InvalidInput, message));
        }
        fs::create_dir(folder)?;
        let socket = furnish(folder).inspect_err(|_| drop(fs::remove_dir_all(folder)))?;
        Ok(Self(Arc::new(Home { folder: folder.to_owned(), socket })))
    }

    /// Where they lie.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The environment that has every runtime load its own, where the target sees the folder at `seen`.
    pub fn variables(seen: &str) -> Vec<Variable> {
        let variable = |name, value, separator| Variable { name, value, separator };
        vec![
            variable("PYTHONPATH", seen.to_owned(), ":"),
            variable("RUBYLIB", seen.to_owned(), ":"),
            variable("RUBYOPT", "-rplimsoll_agent".to_owned(), " "),
            variable("NODE_OPTIONS", format!("--require=\"{seen}/plimsoll-agent.cjs\""), " "),
        ]
    }

    /// Those who have called since the last time.
    pub(super) fn newcomers(&self) -> Vec<Line> {
        let calls = std::iter::from_fn(|| self.0.socket.accept().ok());
        calls.filter_map(|(stream, _)| Line::new(stream).ok()).collect()
    }

    pub(super) fn socket(&self) -> &UnixListener {
        &self.0.socket
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!("the agents' folder {} stays behind: {error}", self.folder.display());
        }
    }
}

/// Whoever the target runs as, it may read the files and call at the socket.
fn furnish(folder: &Path) -> io::Result<UnixListener> {
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    for (name, text) in FILES {
        let file = folder.join(name);
        fs::write(&file, text)?;
        fs::set_permissions(&file, Permissions::from_mode(0o644))?;
    }
    // The folder's own name may be longer than the address of a socket.
    let place = open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let socket = UnixListener::bind(format!("/proc/self/fd/{}/{SOCKET}", place.as_raw_fd()))?;
    fs::set_permissions(folder.join(SOCKET), Permissions::from_mode(0o666))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_no_variable_can_hold_is_refused() {
        for name in ["/a:b/agents", "relative", "/a\"b"] {
            assert_eq!(Agents::prepare(Path::new(name)).unwrap_err().kind(), ErrorKind::InvalidInput, "{name}");
        }
    }

    #[test]
    fn the_folder_goes_with_the_agents_however_long_its_name_is() {
        let folder = std::env::temp_dir().join(format!("plimsoll-agents-{}-{}", std::process::id(), "x".repeat(120)));
        let agents = Agents::prepare(&folder).unwrap();
        assert!(Agents::prepare(&folder).is_err(), "it is nobody else's");
        assert!(folder.join(SOCKET).exists() && agents.newcomers().is_empty());
        drop(agents);
        assert!(!folder.exists());
    }
}
