//! Commands to a JVM over the socket that its attach mechanism opens: what `jcmd` does, without a JDK.
//!
//! A JVM opens the socket when it finds a file of a known name and gets a SIGQUIT; one that does not catch that signal
//! is never sent it. It lets in root and who runs as its own user.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, chown};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use clock::Clock;
use rustix::process::{Pid, Signal, kill_process};

use super::has_option;
use crate::runtime::{PATIENCE, Process, Unreadable};

const SIGQUIT: u32 = 3;
/// An answer is read up to this length.
const LONGEST: u64 = 64 << 20;
/// The protocol has three arguments for each command.
const ARGUMENTS: usize = 3;

/// The way to a JVM.
#[derive(Clone, Debug)]
pub(super) struct Attach {
    process: Process,
    clock: Clock,
}

impl Attach {
    pub(super) fn new(process: &Process, clock: Clock) -> Self {
        Self { process: process.clone(), clock }
    }

    /// Has it carry out a command of `jcmd`; what it prints. The answer may take `within` to begin, and then as long
    /// between its parts.
    pub(super) fn jcmd(&self, command: &str, within: Duration) -> Result<String, Unreadable> {
        let answer = self.ask("jcmd", command, within).map_err(|source| self.silent(command, source))?;
        match answer.split_once('\n') {
            Some(("0", output)) => Ok(output.to_owned()),
            Some((_, reason)) => Err(strange(command, reason)),
            None => Err(strange(command, &answer)),
        }
    }

    fn silent(&self, command: &str, source: io::Error) -> Unreadable {
        Unreadable::Silent { what: format!("{command} of process {}", self.process.pid), source }
    }

    fn ask(&self, command: &str, argument: &str, within: Duration) -> io::Result<String> {
        let mut stream = UnixStream::connect(self.socket()?)?;
        stream.set_read_timeout(Some(within))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut request = format!("1\0{command}\0{argument}\0");
        (1..ARGUMENTS).for_each(|_| request.push('\0'));
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.take(LONGEST).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// The socket, opened where it is not yet.
    fn socket(&self) -> io::Result<PathBuf> {
        let socket = self.process.within(format!("/tmp/.java_pid{}", self.process.inner_pid));
        if !is_socket(&socket) {
            self.open(&socket)?;
        }
        Ok(socket)
    }

    fn open(&self, socket: &PathBuf) -> io::Result<()> {
        // It would take the signal for a wish to see its threads.
        if has_option(&self.process, "-XX:+DisableAttachMechanism") {
            return Err(io::Error::other("it was started with -XX:+DisableAttachMechanism"));
        }
        if !self.process.catches(SIGQUIT) {
            return Err(io::Error::other("it does not catch SIGQUIT: was it started with -Xrs?"));
        }
        let sign = self.sign()?;
        let pid = Pid::from_raw(self.process.pid.cast_signed()).ok_or(io::ErrorKind::NotFound)?;
        let opened = kill_process(pid, Signal::QUIT).map_err(io::Error::from).and_then(|()| self.wait_for(socket));
        // It may be gone with the process.
        let _ = fs::remove_file(sign);
        opened
    }

    /// The file that tells a JVM what the signal is for; its working folder is where it looks first.
    fn sign(&self) -> io::Result<PathBuf> {
        let name = format!(".attach_pid{}", self.process.inner_pid);
        let places = [self.process.proc("cwd").join(&name), self.process.within("/tmp").join(&name)];
        let mut refused = io::Error::from(io::ErrorKind::NotFound);
        for place in places {
            match File::create(&place) {
                Ok(_) => {
                    if let Some((user, group)) = self.process.owner() {
                        // Old ones take it only from their own user; whoever may not give it away is that user.
                        let _ = chown(&place, Some(user), Some(group));
                    }
                    return Ok(place);
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn wait_for(&self, socket: &PathBuf) -> io::Result<()> {
        let limit = self.clock.now() + PATIENCE;
        while !is_socket(socket) {
            if self.clock.now() >= limit {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "it opens no socket to attach to"));
            }
            self.clock.block_until(self.clock.now() + Duration::from_millis(10));
        }
        Ok(())
    }
}

fn is_socket(path: &PathBuf) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket())
}

fn strange(command: &str, answer: &str) -> Unreadable {
    let first = answer.lines().find(|line| !line.is_empty()).unwrap_or("nothing").trim();
    Unreadable::Strange { what: command.to_owned(), how: format!("was answered: {first}") }
}
