//! The name of a runtime.

use super::Written;
use crate::plan::RuntimeKind;

/// Which runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeName(pub RuntimeKind);

impl Written for RuntimeName {
    const NAME: &'static str = "a runtime";
    const EXAMPLE: &'static str = "`auto`, or one of `go`, `node`, `bun`, `deno`, `jvm`, `dotnet`, `python`, `ruby`, \
                                   `beam` and `native`";
    const PATTERN: &'static str = "^(auto|go|node|bun|deno|jvm|dotnet|python|ruby|beam|native)$";

    fn read(text: &str) -> Option<Self> {
        Some(Self(match text {
            "auto" => RuntimeKind::Auto,
            "go" => RuntimeKind::Go,
            "node" => RuntimeKind::Node,
            "bun" => RuntimeKind::Bun,
            "deno" => RuntimeKind::Deno,
            "jvm" => RuntimeKind::Jvm,
            "dotnet" => RuntimeKind::Dotnet,
            "python" => RuntimeKind::Python,
            "ruby" => RuntimeKind::Ruby,
            "beam" => RuntimeKind::Beam,
            "native" => RuntimeKind::Native,
            _ => return None,
        }))
    }
}
