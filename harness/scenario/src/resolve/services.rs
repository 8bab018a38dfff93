//! What the target needs: named plainly, launched one way each, and within its reach.

use super::Resolver;
use crate::decode::{did_you_mean, list};
use crate::plan::{Launch, ServicePlan};
use crate::spec::{ServiceSpec, TargetSpec};

/// Each is launched and waited for, one after another.
const MOST_SERVICES: usize = 16;
/// It becomes a part of variables, names of files and of hosts.
const LONGEST_NAME: usize = 32;

impl Resolver<'_> {
    pub(super) fn services(&mut self, spec: &TargetSpec) -> Vec<ServicePlan> {
        let Some(written) = &spec.services else { return Vec::new() };
        let place = ["target", "services"];
        if spec.attach.is_some() {
            let hint = "launch the target too, as a `process` or a `container`, or start what it needs yourself";
            self.refuse(&place, "what runs already cannot be told where its services are", hint);
        }
        if written.0.len() > MOST_SERVICES {
            let message = format!("{} services are too many to launch beside the load", written.0.len());
            self.refuse(&place, message, format!("{MOST_SERVICES} at most"));
        }
        written.0.iter().filter_map(|(name, service)| self.service(spec, name, service)).collect()
    }

    fn service(&mut self, target: &TargetSpec, name: &str, spec: &ServiceSpec) -> Option<ServicePlan> {
        let place = ["target", "services", name];
        self.name_of_service(&place, name);
        let launched = match (&spec.container, &spec.process) {
            (Some(container), None) => self.container(&[place.as_slice(), &["container"]].concat(), container),
            (None, Some(process)) => self.process(&[place.as_slice(), &["process"]].concat(), process),
            _ if self.is_known_bad(&place) => return None,
            _ => {
                self.refuse(&place, "it is not clear how to launch it", "write one of `container` and `process`");
                return None;
            }
        };
        if matches!(launched.launch, Launch::Process(_)) && target.container.is_some() {
            let message = format!("the target is a container, and `{name}` a process, which it cannot reach");
            let hint = "everything listens on 127.0.0.1 only: launch both as containers, or both as processes";
            self.refuse(&place, message, hint);
        }
        Some(ServicePlan { name: name.to_owned(), launched })
    }

    fn name_of_service(&mut self, place: &[&str], name: &str) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || name.len() > LONGEST_NAME || !name.chars().all(plain) || name.ends_with('-') {
            let hint = format!("a letter, then lower case letters, digits and dashes, {LONGEST_NAME} at most: `db`");
            self.refuse(place, format!("`{name}` cannot be a service's name"), hint);
        }
        if name == "target" {
            self.refuse(place, "the target is no service of its own", "give it another name");
        }
    }

    /// A page of a service needs that service, and a port.
    pub(super) fn is_page_of_service(
        &mut self,
        place: &[&str],
        name: &str,
        port: Option<u16>,
        services: &[ServicePlan],
    ) {
        let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
        match services.iter().find(|service| service.name == name) {
            Some(service) if port.is_none() && !has_port(&service.launched.launch) => {
                let message = format!("the service `{name}` has no port");
                self.refuse(place, message, "say the page's: `port: 9100`");
            }
            None if !self.is_known_bad(&["target", "services"]) => {
                let known = if names.is_empty() { "there are none".to_owned() } else { list(&names) };
                let hint = did_you_mean(name, names.into_iter()).unwrap_or_else(|| format!("the services: {known}"));
                self.refuse(&[place, &["service"]].concat(), format!("there is no service `{name}`"), hint);
            }
            _ => {}
        }
    }
}

fn has_port(launch: &Launch) -> bool {
    match launch {
        Launch::Container(container) => container.port.is_some(),
        Launch::Process(_) | Launch::Attach(_) => true,
    }
}
