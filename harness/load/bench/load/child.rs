//! A process on a core of its own, and what it takes of the machine.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Where a process runs, and how it is preferred.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    core: &'static str,
    realtime: bool,
}

/// Where the server runs.
pub(crate) const SERVER: Place = Place { core: "0", realtime: false };
/// Where what drives it runs.
pub(crate) const CLIENT: Place = Place { core: "1", realtime: false };

impl Place {
    /// The same core, before all that is not at real-time priority.
    pub(crate) fn at_realtime(self, realtime: bool) -> Self {
        Self { realtime, ..self }
    }

    fn command(self, program: &Path) -> Command {
        let mut command = Command::new("taskset");
        command.args(["-c", self.core]);
        if self.realtime {
            command.args(["chrt", "--rr", "1"]);
        }
        command.arg(program);
        command
    }
}

/// A process that ends with this value. Parts of the bench end by themselves when their input does.
pub(crate) struct Child {
    process: process::Child,
    output: BufReader<process::ChildStdout>,
}

/// What a process has taken so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// Processor time, user and system, of all its threads.
    pub(crate) cpu: Duration,
    /// What is in memory of it, bytes.
    pub(crate) resident: u64,
}

impl Child {
    /// Starts a program.
    pub(crate) fn start(place: Place, program: &Path, arguments: &[String]) -> io::Result<Self> {
        let mut command = place.command(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn()?;
        let output = process.stdout.take().ok_or_else(|| io::Error::other("a child without an output"))?;
        Ok(Self { process, output: BufReader::new(output) })
    }

    /// Starts a part of this very program.
    pub(crate) fn part(place: Place, name: &str, arguments: &[String]) -> io::Result<Self> {
        let arguments: Vec<String> = ["part", name].map(str::to_owned).into_iter().chain(arguments.to_vec()).collect();
        Self::start(place, &std::env::current_exe()?, &arguments)
    }

    /// The next line of what it says.
    pub(crate) fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    pub(crate) fn taken(&self) -> io::Result<Taken> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name, in parentheses, may hold anything; behind it the fields are numbered from 3 (proc(5)).
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let field = |number: usize| -> io::Result<u64> {
            let text = fields.get(number - 3).copied().unwrap_or_default();
            text.parse().map_err(|_| io::Error::other(format!("no number in field {number} of {stat}")))
        };
        let ticks = field(14)? + field(15)?;
        let cpu = Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64);
        Ok(Taken { cpu, resident: field(24)? * rustix::param::page_size() as u64 })
    }

    /// Stops it, or lets it go on.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.process), signal)?)
    }

    /// Ends its input, and waits for what it says to that.
    pub(crate) fn end(mut self) -> io::Result<String> {
        drop(self.process.stdin.take());
        let mut said = String::new();
        self.output.read_to_string(&mut said)?;
        Ok(said)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
