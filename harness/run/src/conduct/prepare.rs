//! What is run before anything starts.

use std::path::Path;

use scenario::{PreparePlan, ServicePlan};
use target::{LaunchError, Owner, Preparation};
use timeline::{Happening, Outcome};

use super::{Stage, interrupted};
use crate::progress::Progress;
use crate::seen::Seen;

impl Stage<'_> {
    /// Runs what prepares the launches to its end, one after another; the outcome where the run was asked to end meanwhile.
    pub(super) async fn prepare(
        &mut self,
        folder: &Path,
        owner: &Owner,
        seen: &Seen,
    ) -> Result<Option<Outcome>, LaunchError> {
        let plan = self.plan;
        for ServicePlan { name, launched } in &plan.services {
            let log = folder.join(format!("prepare-{name}.log"));
            if let Some(prepare) = &launched.prepare
                && let Some(outcome) = self.run_to_its_end(prepare, Some(name.clone()), &log, owner, seen).await?
            {
                return Ok(Some(outcome));
            }
        }
        let Some(prepare) = &plan.target.prepare else { return Ok(None) };
        self.run_to_its_end(prepare, None, &folder.join("prepare.log"), owner, seen).await
    }

    async fn run_to_its_end(
        &mut self,
        plan: &PreparePlan,
        service: Option<String>,
        log: &Path,
        owner: &Owner,
        seen: &Seen,
    ) -> Result<Option<Outcome>, LaunchError> {
        (self.watcher)(Progress::Doing("preparing the launch"));
        let preparation = Preparation::start(plan, owner, log, self.clock)?;
        let from = preparation.started();
        let asked = tokio::select! {
            () = preparation.over() => false,
            () = interrupted(&mut self.interrupts) => true,
        };
        let done = preparation.finish().await;
        if asked {
            self.happened(seen, Happening::Interrupted);
            return Ok(Some(Outcome::Interrupted));
        }
        done?;
        self.happened(seen, Happening::Prepared { service, from, to: self.clock.now() });
        Ok(None)
    }
}
