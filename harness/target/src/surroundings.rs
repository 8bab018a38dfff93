//! What is launched finds around it: variables, a network, what is loaded into it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::network::Network;
use crate::preload::Preload;

/// The surroundings of one launch; there is nothing in them where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Surroundings<'a> {
    /// Which service is launched; the target, where none is named.
    pub service: Option<&'a str>,
    /// What is loaded into what is launched.
    pub preload: Option<&'a Preload>,
    /// Variables of its environment; one that the plan gives it too is the plan's.
    pub variables: BTreeMap<String, String>,
    /// The network that a container is in.
    pub network: Option<&'a Network>,
    /// Names, and what they mean in a container.
    pub hosts: Vec<(String, Ipv4Addr)>,
}

impl Surroundings<'_> {
    /// How messages call what is launched.
    pub(crate) fn called(&self) -> String {
        self.service.map_or_else(|| "the target".to_owned(), |name| format!("the service `{name}`"))
    }
}
