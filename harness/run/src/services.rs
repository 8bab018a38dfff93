//! The services that a target needs: where each is found, whether it lives, its end.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::path::Path;
use std::task::Poll;

use clock::Clock;
use scenario::{Launch, Plan, ServicePlan};
use target::{LaunchError, Network, Owner, Surroundings, Target};
use timeline::Death;

/// What was launched before the target, in that order.
#[derive(Debug, Default)]
pub(crate) struct Services {
    /// Of the run's containers, where there are several.
    network: Option<Network>,
    running: Vec<Service>,
}

#[derive(Debug)]
struct Service {
    plan: ServicePlan,
    target: Target,
    /// Was its death told?
    told: bool,
}

impl Services {
    /// Makes the network, where containers have to find each other.
    pub(crate) async fn lay_network(&mut self, plan: &Plan, owner: &Owner) -> Result<(), LaunchError> {
        let containers = plan.launches().filter(|launch| matches!(launch, Launch::Container(_))).count();
        if !plan.services.is_empty() && containers > 1 {
            self.network = Some(Network::create(owner).await?);
        }
        Ok(())
    }

    /// Launches a service, with its output in `folder`; says what it is.
    pub(crate) async fn launch(
        &mut self,
        plan: &ServicePlan,
        owner: &Owner,
        folder: &Path,
        clock: Clock,
    ) -> Result<String, LaunchError> {
        let log = folder.join(format!("service-{}.log", plan.name));
        let surroundings = Surroundings { service: Some(&plan.name), ..self.around(&plan.launched.launch) };
        let target = target::launch(&plan.launched, owner, &log, None, &surroundings, clock).await?;
        let what = target.what();
        self.running.push(Service { plan: plan.clone(), target, told: false });
        Ok(what)
    }

    /// Waits until the one that was launched last is ready.
    pub(crate) async fn last_is_ready(&self) -> Result<(), LaunchError> {
        match self.running.last() {
            Some(service) => service.target.ready().await,
            None => Ok(()),
        }
    }

    /// What something that is launched now finds of those that run.
    pub(crate) fn around(&self, launch: &Launch) -> Surroundings<'_> {
        let from_container = matches!(launch, Launch::Container(_));
        let network = self.network.as_ref().filter(|_| from_container);
        let host = |service: &Service| Some((service.plan.name.clone(), service.target.in_network(network?)?));
        Surroundings {
            variables: self.running.iter().flat_map(|service| service.variables(from_container)).collect(),
            network,
            hosts: self.running.iter().filter_map(host).collect(),
            ..Surroundings::default()
        }
    }

    /// Where a page of a service is.
    pub(crate) fn address(&self, name: &str, port: Option<u16>) -> Option<SocketAddr> {
        let service = self.running.iter().find(|service| service.plan.name == name)?;
        port.map_or_else(|| service.target.address(), |port| service.target.at_port(port))
    }

    /// Waits until one has ended by itself; each is told once. May be cancelled, and called again.
    pub(crate) async fn died(&mut self) -> (String, Death) {
        let alive = self.running.iter_mut().filter(|service| !service.told);
        let mut deaths: Vec<_> =
            alive.map(|service| (service.target.died(), &mut service.told, &service.plan)).collect();
        poll_fn(|turn| {
            let ready = deaths.iter_mut().find_map(|(death, told, plan)| match death.as_mut().poll(turn) {
                Poll::Ready(death) => {
                    **told = true;
                    Some((plan.name.clone(), death))
                }
                Poll::Pending => None,
            });
            ready.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Has one ended by itself of which nothing was told?
    pub(crate) fn has_news(&self) -> bool {
        self.running.iter().any(|service| !service.told && service.target.has_died())
    }

    /// Stops the one that was launched last; its name, and how it took it. `None` where all are stopped.
    pub(crate) async fn stop_last(&mut self) -> Option<(String, String)> {
        let mut service = self.running.pop()?;
        let how = service.target.stop().await.unwrap_or_else(|error| format!("not stopped: {error}"));
        Some((service.plan.name, how))
    }

    /// Removes the network, when all that was in it is gone.
    pub(crate) async fn clear_network(&mut self) {
        if let Some(network) = self.network.take()
            && let Err(error) = network.remove().await
        {
            tracing::warn!("the network of the run could not be removed: {error}");
        }
    }
}

impl Service {
    /// Where it is found: by its name from within a container, for both are in one network; else on this machine.
    /// `None` where it cannot be reached.
    fn place(&self, from_container: bool) -> Option<(String, u16)> {
        match &self.plan.launched.launch {
            Launch::Container(container) if from_container => Some((self.plan.name.clone(), container.port?)),
            _ if from_container => None,
            _ => self.target.address().map(|address| (address.ip().to_string(), address.port())),
        }
    }

    /// The same as variables; none where it cannot be reached.
    fn variables(&self, from_container: bool) -> Vec<(String, String)> {
        let Some((host, port)) = self.place(from_container) else { return Vec::new() };
        let prefix = self.plan.prefix();
        let address = format!("{host}:{port}");
        let variables = [("HOST", host), ("PORT", port.to_string()), ("ADDRESS", address)];
        variables.into_iter().map(|(name, value)| (format!("{prefix}_{name}"), value)).collect()
    }
}
