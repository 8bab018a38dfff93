//! The services from their launch to their end.

use std::path::Path;

use scenario::ServicePlan;
use target::{LaunchError, Owner};
use timeline::{Death, Happening, Outcome};

use super::{Stage, interrupted};
use crate::progress::Progress;
use crate::seen::Seen;

impl Stage<'_> {
    /// Launches each when the one before it is ready; the outcome where the run was asked to end meanwhile.
    pub(super) async fn launch_services(
        &mut self,
        folder: &Path,
        owner: &Owner,
        seen: &Seen,
    ) -> Result<Option<Outcome>, LaunchError> {
        let plan = self.plan;
        self.services.lay_network(plan, owner).await?;
        for service in &plan.services {
            if let Some(outcome) = self.launch_service(service, folder, owner, seen).await? {
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }

    async fn launch_service(
        &mut self,
        plan: &ServicePlan,
        folder: &Path,
        owner: &Owner,
        seen: &Seen,
    ) -> Result<Option<Outcome>, LaunchError> {
        (self.watcher)(Progress::Doing("launching the services"));
        let what = self.services.launch(plan, owner, folder, self.clock).await?;
        self.happened(seen, Happening::ServiceLaunched { service: plan.name.clone(), what });
        tokio::select! {
            ready = self.services.last_is_ready() => ready?,
            () = interrupted(&mut self.interrupts) => {
                self.happened(seen, Happening::Interrupted);
                return Ok(Some(Outcome::Interrupted));
            }
        }
        self.happened(seen, Happening::ServiceReady { service: plan.name.clone() });
        Ok(None)
    }

    pub(super) fn service_died(&mut self, (service, death): (String, Death), seen: &Seen) {
        self.happened(seen, Happening::ServiceDied { service, death });
    }

    /// Stops all of them, the last first.
    pub(super) async fn stop_services(&mut self, seen: &Seen) {
        // What died in the last moment was not asked to.
        while self.services.has_news() {
            let death = self.services.died().await;
            self.service_died(death, seen);
        }
        while let Some((service, how)) = self.services.stop_last().await {
            self.happened(seen, Happening::ServiceStopped { service, how });
        }
        self.services.clear_network().await;
    }
}
