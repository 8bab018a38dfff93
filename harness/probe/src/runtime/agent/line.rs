//! The connection to one agent.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;
use serde::Deserialize;

use super::Agents;

/// What is longer than this is no line of an agent's: its histogram has some ten thousand types at most.
const LONGEST: usize = 8 << 20;

/// What an agent says in a line: who it is, of a collection, or an answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    /// Who it is.
    pub(super) hello: Option<String>,
    /// What was collected.
    pub(super) gc: Option<String>,
    /// When that began, in nanoseconds of the system's monotonic clock.
    pub(super) start: Option<u64>,
    /// How long it took, in nanoseconds.
    pub(super) length: Option<u64>,
    /// How much of it on a processor, in nanoseconds.
    pub(super) cpu: Option<u64>,
    /// The number of the question that it answers.
    pub(super) reply: Option<u64>,
    /// Sizes and counts by name.
    pub(super) values: BTreeMap<String, f64>,
    /// The bytes that are still reached.
    pub(super) live: Option<u64>,
    /// Types with the number of their objects and the bytes of these.
    pub(super) types: Vec<(String, u64, u64)>,
    /// Why there is no answer.
    pub(super) error: Option<String>,
}

/// A connection to an agent.
#[derive(Debug)]
pub(super) struct Line {
    stream: UnixStream,
    rest: Vec<u8>,
}

impl Line {
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, rest: Vec::new() })
    }

    /// Says a question; false where nobody hears it any more.
    pub(super) fn say(&mut self, question: &str) -> bool {
        match self.stream.write(question.as_bytes()) {
            Ok(written) => written == question.len(),
            // It has not read what it was asked before: it stands still, and is not asked again.
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }

    /// Reads what has come; false where nothing more can come.
    pub(super) fn read(&mut self, heard: &mut Vec<Said>) -> bool {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return false,
                Ok(read) => self.rest.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
            if let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') {
                let lines: Vec<u8> = self.rest.drain(..=end).collect();
                // A line that is torn is passed over.
                heard.extend(lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()));
            }
            if self.rest.len() > LONGEST {
                return false;
            }
        }
    }
}

/// Waits until something has come, or someone.
pub(super) fn wait_for(agents: &Agents, lines: &[Line], within: Duration) {
    let streams = lines.iter().map(|line| PollFd::new(&line.stream, PollFlags::IN));
    let mut polled: Vec<PollFd<'_>> = streams.chain([PollFd::new(agents.socket(), PollFlags::IN)]).collect();
    let within = Timespec { tv_sec: within.as_secs().min(3600).cast_signed(), tv_nsec: within.subsec_nanos().into() };
    // A signal may end the wait early: whoever waits looks at the clock.
    let _ = poll(&mut polled, Some(&within));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(pieces: &[&[u8]]) -> (Vec<Said>, bool) {
        let (mut agent, stream) = UnixStream::pair().unwrap();
        let (mut line, mut heard, mut open) = (Line::new(stream).unwrap(), Vec::new(), true);
        for piece in pieces {
            agent.write_all(piece).unwrap();
            open = line.read(&mut heard);
        }
        (heard, open)
    }

    #[test]
    fn a_line_in_two_pieces_is_one() {
        let (said, open) = heard(&[b"{\"hello\":\"CPy", b"thon 3\",\"pid\":7}\n{\"reply\":1,\"values\":{\"a\":2}}\n"]);
        assert!(open && said.len() == 2);
        assert_eq!(said[0].hello.as_deref(), Some("CPython 3"));
        assert_eq!((said[1].reply, said[1].values["a"]), (Some(1), 2.0));
    }

    #[test]
    fn a_torn_line_is_passed_over_and_the_next_is_heard() {
        let (said, _) = heard(&[b"{\"gc\":\"generati{\"reply\":1}\n\xff\xfe\n{\"reply\":2}\n"]);
        assert_eq!(said.iter().map(|said| said.reply).collect::<Vec<_>>(), [Some(2)]);
    }

    #[test]
    fn who_hangs_up_is_noticed() {
        let (agent, stream) = UnixStream::pair().unwrap();
        let mut line = Line::new(stream).unwrap();
        drop(agent);
        assert!(!line.read(&mut Vec::new()) && !line.say("values 1\n"));
    }
}
