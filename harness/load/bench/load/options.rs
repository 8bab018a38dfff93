//! What is asked on the command line.

use crate::child::{CLIENT, Place, SERVER};

/// What to measure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Shorter, and in fewer rounds.
    pub(crate) quick: bool,
    /// One measurement alone.
    pub(crate) only: Option<String>,
    /// Server and clients at real-time priority, but in the long run of `memory`; takes root.
    pub(crate) realtime: bool,
}

/// The measurements, in their order.
pub(crate) const NAMES: [&str; 9] =
    ["closed", "open", "http2", "evenness", "floor", "freeze", "stall", "memory", "sockets"];

impl Options {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let usage = format!("options: --quick, --realtime, --only NAME; names: {}", NAMES.join(", "));
        let mut options = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                // Said by `cargo bench` to every bench.
                "--bench" => {}
                "--quick" => options.quick = true,
                "--realtime" => options.realtime = true,
                "--only" => {
                    let name = words.next().filter(|name| NAMES.contains(&name.as_str()));
                    options.only = Some(name.ok_or_else(|| format!("--only needs a name; {usage}"))?);
                }
                _ => return Err(format!("`{word}` is not known; {usage}")),
            }
        }
        Ok(options)
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == name)
    }

    /// Where the server runs.
    pub(crate) fn server(&self) -> Place {
        SERVER.at_realtime(self.realtime)
    }

    /// Where what drives it runs.
    pub(crate) fn client(&self) -> Place {
        CLIENT.at_realtime(self.realtime)
    }

    /// Of two numbers that for a quick run, or the other.
    pub(crate) fn pick<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }
}
