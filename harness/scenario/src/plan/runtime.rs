//! The runtime of the target.

use serde::{Deserialize, Serialize};

/// In which runtime the target runs, and how it is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimePlan {
    /// Which.
    pub kind: RuntimeKind,
    /// The port on which a Go service shows its `/debug/pprof`, where it is not the target's own: inside the container,
    /// or at 127.0.0.1 for a process.
    pub pprof: Option<u16>,
    /// Is an agent loaded into it at its start?
    #[serde(default)]
    pub agent: bool,
}

impl RuntimePlan {
    /// How it is asked to collect, as far as that is known before the run.
    ///
    /// # Errors
    /// Why it is not.
    pub const fn collects(&self) -> Result<&'static str, &'static str> {
        if self.agent { Ok("by its agent") } else { self.kind.collects() }
    }
}

/// The runtimes that are known by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuntimeKind {
    /// It is found out.
    #[default]
    Auto,
    /// Go.
    Go,
    /// Node.
    Node,
    /// Bun.
    Bun,
    /// Deno.
    Deno,
    /// The Java virtual machine.
    Jvm,
    /// .NET.
    Dotnet,
    /// `CPython`.
    Python,
    /// Ruby.
    Ruby,
    /// Erlang's.
    Beam,
    /// None: nothing of it collects, and nothing of it is asked.
    Native,
}

impl RuntimeKind {
    /// Those that can load an agent of ours.
    pub const WITH_AGENT: [Self; 3] = [Self::Node, Self::Python, Self::Ruby];

    /// How it is asked to collect without an agent, as far as that is known before the run.
    ///
    /// # Errors
    /// Why it is not.
    pub const fn collects(self) -> Result<&'static str, &'static str> {
        match self {
            Self::Auto => Ok("where the runtime, which is found out during the run, can be asked"),
            Self::Go => Ok("by its /debug/pprof, where the service shows it"),
            Self::Jvm => Ok("by its attach mechanism"),
            Self::Node | Self::Deno => Ok("by its inspector"),
            Self::Native => Err("nothing collects in it"),
            Self::Bun | Self::Dotnet | Self::Python | Self::Ruby | Self::Beam => {
                Err("it takes no such request from outside")
            }
        }
    }

    /// As people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "unknown",
            Self::Go => "Go",
            Self::Node => "Node",
            Self::Bun => "Bun",
            Self::Deno => "Deno",
            Self::Jvm => "the JVM",
            Self::Dotnet => ".NET",
            Self::Python => "CPython",
            Self::Ruby => "Ruby",
            Self::Beam => "BEAM",
            Self::Native => "native",
        }
    }
}
