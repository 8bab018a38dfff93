//! What is done with the news of the command that is the load.

use std::time::Duration;

use target::{LaunchError, Target};
use timeline::{Event, Happening, Observation};

use super::Stage;
use crate::foreign::{self, Foreign, News};
use crate::seen::Seen;
use crate::session::Input;

/// How long is waited for the death of a target to be noticed, when the command has failed.
const DEATH_TOLD_WITHIN: Duration = Duration::from_millis(500);

impl Stage<'_> {
    /// Keeps what the command has told of its requests; how many there were per second.
    pub(super) fn keep_requests(&self, foreign: &Foreign, seen: &Seen) -> f64 {
        let Some(what) = foreign.requests() else { return 0.0 };
        let rate = match what {
            Happening::Requests { from, to, count } => count as f64 / to.since(from).as_secs_f64().max(0.001),
            _ => 0.0,
        };
        seen.append(Observation::Event(Event { at: self.clock.now(), what }));
        rate
    }

    /// Tells that the command was started; what comes of it where it could not be.
    pub(super) fn started(&mut self, started: Result<Option<Happening>, LaunchError>, seen: &Seen) -> Option<Input> {
        match started {
            Ok(None) => None,
            Ok(Some(what)) => {
                self.happened(seen, what);
                None
            }
            Err(error) => Some(self.load_failed(foreign::reason(&error), seen)),
        }
    }

    /// Tells that the command has ended; why that is a failure, where it is one.
    pub(super) fn told(&mut self, news: News, foreign: &Foreign, seen: &Seen) -> Option<String> {
        self.keep_requests(foreign, seen);
        let News { exit, asked, .. } = news;
        let exit = match exit {
            Ok(exit) => exit,
            Err(reason) => return Some(format!("the command could not be ended: {reason}")),
        };
        let failed = (!asked && exit.code != Some(0)).then(|| format!("the command {}", exit.how));
        let last_lines = if failed.is_some() { exit.last_lines } else { Vec::new() };
        self.happened(seen, Happening::CommandEnded { how: exit.how, exit_code: exit.code, asked, last_lines });
        failed
    }

    /// What the end of the command means.
    pub(super) async fn weigh(&mut self, news: News, target: &Target, foreign: &mut Foreign, seen: &Seen) -> Input {
        let over = news.over;
        let Some(reason) = self.told(news, foreign, seen) else {
            let waited = foreign.start_waiting();
            return self.started(waited, seen).unwrap_or(if over { Input::Tick } else { Input::LoadEnded });
        };
        // Where the target has died, that is why the command failed, and it may be noticed a moment later.
        tokio::select! {
            biased;
            death = target.died() => Input::TargetDied(death),
            () = self.clock.sleep_until(self.clock.now() + DEATH_TOLD_WITHIN) => self.load_failed(reason, seen),
        }
    }
}
