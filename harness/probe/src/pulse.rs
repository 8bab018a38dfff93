//! A question that is asked again and again on one connection, and the moment at which the kernel had the first byte of
//! the answer.
//!
//! Nobody waits on the socket: whoever asked looks for the answer when it is convenient, and learns when it came. So a
//! beat costs one wake-up, and a harness that was held up meanwhile has not measured itself. It is the first byte that
//! tells that the target goes on: where an answer comes in pieces, the others wait until that one was read.

use std::io::{self, ErrorKind, IoSliceMut, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::os::linux::net::TcpStreamExt;
use std::time::Duration;

use clock::Clock;
use framing::{Body, Head, Malformed};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use nix::sys::time::TimeSpec;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use timeline::Elapsed;

/// A target whose queue of connections is full answers none; it is tried again.
const CONNECTING: Duration = Duration::from_millis(50);
/// For how long the first piece of an answer is waited for: about as long as an answer takes.
const PIECE: Timespec = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };
/// What is read at once.
const ROOM: usize = 16 * 1024;

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PulseError {
    #[error("cannot connect to {address}: {source}")]
    Connect { address: SocketAddr, source: io::Error },
    #[error("no answer: {0}")]
    Broken(#[from] io::Error),
    #[error("no answer: {0}")]
    Malformed(#[from] Malformed),
}

/// What became of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing yet.
    Awaited,
    /// The peer had closed the connection when the question came: it was asked once more, just now.
    AskedAgain,
    /// The whole answer is there.
    Came {
        /// Its status.
        status: u16,
        /// When the kernel had its first byte.
        at: Elapsed,
    },
}

/// The question, and the connection on which it is asked.
#[derive(Debug)]
pub(crate) struct Pulse {
    clock: Clock,
    address: SocketAddr,
    request: Vec<u8>,
    connection: Option<Connection>,
    /// Do answers come in pieces? Many services (in Java, in Python) write heads and bodies by themselves, and the kernel
    /// keeps the second piece back until the first is confirmed, which it is when it is read: so that is read at once.
    in_pieces: bool,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    /// How many answers it has given.
    answers: u64,
    /// When the first byte of the answer under way came.
    began: Option<Elapsed>,
    /// What was read of the answer and not yet used.
    unread: Vec<u8>,
    /// Of the answer under way: its head, and what is left of its body.
    answer: Option<(Head, Body)>,
}

impl Pulse {
    /// Gets `path`, naming `host`.
    pub(crate) fn new(clock: Clock, address: SocketAddr, host: Option<&str>, path: &str) -> Self {
        let host = host.map_or_else(|| address.to_string(), str::to_owned);
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: plimsoll-heartbeat\r\n\r\n");
        Self { clock, address, request: request.into_bytes(), connection: None, in_pieces: false }
    }

    /// Asks; on a new connection where the peer has closed the last one.
    pub(crate) fn ask(&mut self) -> Result<(), PulseError> {
        let mut connection = match self.connection.take().filter(Connection::is_open) {
            Some(connection) => connection,
            None => Connection::open(self.address)?,
        };
        (connection.answer, connection.began) = (None, None);
        connection.unread.clear();
        connection.stream.write_all(&self.request)?;
        if self.in_pieces {
            // Else even what is read is confirmed up to 40 ms later. The kernel forgets this with each question.
            connection.stream.set_quickack(true)?;
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// Where answers come in pieces: waits for the first of them, but not for long; whether there is one.
    pub(crate) fn wait_for_a_piece(&self) -> bool {
        let Some(connection) = self.connection.as_ref().filter(|_| self.in_pieces) else { return false };
        let mut readable = [PollFd::new(&connection.stream, PollFlags::IN)];
        poll(&mut readable, Some(&PIECE)).is_ok_and(|ready| ready > 0)
    }

    /// Looks for the answer. After an error, and after one that ends its connection, the next question has a new one.
    pub(crate) fn look(&mut self) -> Result<Answer, PulseError> {
        let Some(mut connection) = self.connection.take() else {
            return Err(io::Error::from(ErrorKind::NotConnected).into());
        };
        match connection.read(&self.clock, self.in_pieces) {
            Ok(None) => {
                self.in_pieces |= connection.began.is_some();
                self.connection = Some(connection);
                Ok(Answer::Awaited)
            }
            Ok(Some((head, at))) => {
                self.connection = (head.keeps && connection.unread.is_empty()).then_some(connection);
                Ok(Answer::Came { status: head.status, at })
            }
            Err(PulseError::Broken(_)) if connection.answers > 0 && connection.began.is_none() => {
                self.ask()?;
                Ok(Answer::AskedAgain)
            }
            Err(error) => Err(error),
        }
    }

    /// Gives the question under way up.
    pub(crate) fn give_up(&mut self) {
        self.connection = None;
    }
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self, PulseError> {
        let open = || {
            let stream = TcpStream::connect_timeout(&address, CONNECTING)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            setsockopt(&stream, sockopt::ReceiveTimestampns, &true)?;
            Ok(stream)
        };
        let stream = open().map_err(|source| PulseError::Connect { address, source })?;
        Ok(Self { stream, answers: 0, began: None, unread: Vec::new(), answer: None })
    }

    /// Has the peer neither closed it nor said anything that nobody asked for?
    fn is_open(&self) -> bool {
        self.stream.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Reads all that has come; the head of the answer and when it began to come, once all of it is there.
    fn read(&mut self, clock: &Clock, in_pieces: bool) -> Result<Option<(Head, Elapsed)>, PulseError> {
        let mut buffer = [0; ROOM];
        loop {
            // The kernel tells when the last byte of those came that are read at once.
            let room = if in_pieces && self.began.is_none() { 1 } else { ROOM };
            let (read, at) = match receive(&self.stream, &mut buffer[..room], clock) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                outcome => outcome?,
            };
            let ended = match self.answer {
                Some((head, Body::UntilClosed)) if read == 0 => Some(head),
                _ if read == 0 => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
                _ => None,
            };
            let began = *self.began.get_or_insert(at);
            self.unread.extend_from_slice(&buffer[..read]);
            if let Some(head) = self.parse()?.or(ended) {
                self.answers += 1;
                return Ok(Some((head, began)));
            }
        }
    }

    /// The head of the answer where all of it has been read.
    fn parse(&mut self) -> Result<Option<Head>, Malformed> {
        loop {
            let used = match &mut self.answer {
                Some((head, body)) => {
                    if body.is_over() {
                        return Ok(Some(*head));
                    }
                    body.feed(&self.unread)?.used
                }
                None if self.unread.is_empty() => 0,
                None => match Head::parse(&self.unread, false)? {
                    Some(head) => {
                        self.answer = (!head.is_interim()).then(|| (head, Body::new(head.framing)));
                        head.length
                    }
                    None => 0,
                },
            };
            self.unread.drain(..used);
            let is_over = self.answer.as_ref().is_some_and(|(_, body)| body.is_over());
            if used == 0 && !is_over {
                return Ok(None);
            }
        }
    }
}

/// Reads into `buffer`: how much, and when the last byte of it had come. The kernel stamps what it receives by the wall
/// clock (`SO_TIMESTAMPNS`); where it does not, it is now.
fn receive(stream: &TcpStream, buffer: &mut [u8], clock: &Clock) -> io::Result<(usize, Elapsed)> {
    let mut told = nix::cmsg_space!(TimeSpec);
    let mut into = [IoSliceMut::new(buffer)];
    let message = recvmsg::<()>(stream.as_raw_fd(), &mut into, Some(&mut told), MsgFlags::empty())?;
    let stamp = message.cmsgs()?.find_map(|told| match told {
        ControlMessageOwned::ScmTimestampns(stamp) => Some(Duration::from(stamp)),
        _ => None,
    });
    let at = stamp.and_then(|stamp| u64::try_from(stamp.as_nanos()).ok()).map(|nanos| clock.at_wall(nanos));
    Ok((message.bytes, at.unwrap_or_else(|| clock.now())))
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::*;

    /// A busy machine is late by less.
    const LATE: Duration = Duration::from_millis(100);

    /// A pulse whose questions are answered by these pieces, each `gap` after the one before.
    fn answered_by(pieces: &'static [&'static str], gap: Duration) -> Pulse {
        let clock = Clock::start();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                while connection.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {
                    for piece in pieces {
                        clock.block_until(clock.now() + gap);
                        connection.write_all(piece.as_bytes()).unwrap();
                    }
                    if pieces.last().is_some_and(|last| last.ends_with("bye")) {
                        break;
                    }
                }
            }
        });
        Pulse::new(clock, address, None, "/")
    }

    fn wait(pulse: &mut Pulse) -> (u16, Elapsed) {
        for _ in 0..1000 {
            if let Answer::Came { status, at } = pulse.look().unwrap() {
                return (status, at);
            }
            pulse.clock.block_until(pulse.clock.now() + Duration::from_millis(2));
        }
        panic!("no answer came");
    }

    #[test]
    fn an_answer_came_when_the_kernel_had_it_and_not_when_it_was_looked_for() {
        let mut pulse = answered_by(&["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"], Duration::from_millis(20));
        pulse.ask().unwrap();
        let sent = pulse.clock.now();
        pulse.clock.block_until(sent + Duration::from_millis(400));
        let (status, at) = wait(&mut pulse);
        let took = at.since(sent);
        assert!(status == 200 && took >= Duration::from_millis(19) && took < Duration::from_millis(200), "{took:?}");
    }

    #[test]
    fn an_answer_ends_where_its_framing_says() {
        let whole: [&[&str]; 4] = [
            &["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 20", "4 None\r\n\r\n"],
            &["HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab", "cd"],
            &["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r", "\nok\r\n0\r\n", "\r\n"],
            &["HTTP/1.1 200 OK\r\n\r\n", "and so on", "bye"],
        ];
        for pieces in whole {
            let mut pulse = answered_by(pieces, Duration::from_millis(5));
            for _ in 0..2 {
                let asked = pulse.clock.now();
                pulse.ask().unwrap();
                let (status, at) = wait(&mut pulse);
                assert!(status == 200 || status == 204);
                assert!(at.since(asked) >= Duration::from_millis(4), "{at} {pieces:?}");
                assert!(at.since(asked) < Duration::from_millis(5 * pieces.len() as u64) + LATE, "{at} {pieces:?}");
            }
        }
    }

    #[test]
    fn an_answer_in_pieces_is_there_before_the_next_question() {
        let mut pulse =
            answered_by(&["HTTP/1.1 200 OK\r\n", "content-length: 0\r\n", "\r\n"], Duration::from_micros(100));
        let mut at_once = 0;
        for _ in 0..60 {
            pulse.ask().unwrap();
            let sent = pulse.clock.now();
            let came = |answer| matches!(answer, Answer::Came { at, .. } if at.since(sent) < Duration::from_millis(3));
            let whole = pulse.wait_for_a_piece() && came(pulse.look().unwrap());
            pulse.clock.block_until(sent + Duration::from_millis(5));
            if whole || came(pulse.look().unwrap()) {
                at_once += 1;
            } else {
                wait(&mut pulse);
            }
        }
        assert!(at_once > 30, "{at_once} of 60");
    }

    #[test]
    fn what_is_no_answer_is_an_error_and_the_next_question_has_a_new_connection() {
        let mut pulse = answered_by(&["SSH-2.0-OpenSSH_9.2\r\n"], Duration::ZERO);
        for _ in 0..2 {
            pulse.ask().unwrap();
            let error = (0..1000).find_map(|_| {
                pulse.clock.block_until(pulse.clock.now() + Duration::from_millis(2));
                pulse.look().err()
            });
            assert_eq!(error.unwrap().to_string(), "no answer: malformed answer");
        }
        let broken = pulse.look().unwrap_err().to_string();
        assert!(broken.starts_with("no answer: "), "{broken}");
    }
}
