//! Performs a run: what the session decides is done here, and nothing is decided here.

mod command;
mod evidence;
mod prepare;
mod services;

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use clock::Clock;
use load::{Cut, Demand, Example, Load};
use probe::{Agents, Moment, Probes, Watched};
use record::{Record, Writer};
use scenario::{Plan, ScrapePlan};
use target::{LaunchError, Owner, Reaper, Surroundings, Target};
use timeline::{Elapsed, Event, Happening, Observation, Outcome};
use tokio::sync::watch;
use verdict::Look;

use crate::agents;
use crate::fallback::Engine;
use crate::foreign::{Foreign, Job};
use crate::growing::Growing;
use crate::logs::Logs;
use crate::progress::{Progress, Snapshot};
use crate::seen::Seen;
use crate::services::Services;
use crate::session::{Command, Input, Session};
use crate::{NotStarted, Order, Run, RunError};

/// Whom a run tells of itself.
type Watcher<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// A run under way; boxed, so that it is compiled here and not in every crate that awaits it.
type Conducted<'a> = Pin<Box<dyn Future<Output = Result<Run, RunError>> + Send + 'a>>;

/// Conducts a run from the sweep of old remains to the judged record.
///
/// A target that does not start, dies, or a run that is interrupted is no error: each ends with a
/// sealed record.
///
/// # Errors
/// [`RunError`] where the run cannot be kept.
pub fn conduct(order: Order, clock: Clock, watcher: Watcher<'_>) -> Conducted<'_> {
    Box::pin(perform(order, clock, watcher))
}

async fn perform(order: Order, clock: Clock, watcher: Watcher<'_>) -> Result<Run, RunError> {
    let swept = target::sweep().await;
    if !swept.is_empty() {
        watcher(Progress::Swept(swept.to_string()));
    }
    let mut writer = Writer::create(&order.results, &order.about)?;
    watcher(Progress::Kept(writer.folder().to_owned()));
    let owner = Owner::this_process(&writer.about().id);
    let reaper = Reaper::spawn(&owner).map_err(RunError::Reaper)?;
    let (growing, services) = (Growing::default(), Services::default());
    let mut stage = Stage { plan: &order.plan, clock, interrupts: order.interrupts, watcher, growing, services };
    let (outcome, not_started) = stage.play(&mut writer, &owner).await;
    if let Err(error) = reaper.dismiss().await {
        tracing::warn!("the reaper did not end: {error}");
    }
    let folder = writer.seal(&outcome)?;
    let record = judged(&folder)?;
    Ok(Run { record, not_started })
}

/// Reads the record back, judges it and keeps the findings: what is judged is what is kept.
fn judged(folder: &Path) -> Result<Record, RunError> {
    let mut record = record::open(folder)?;
    record.findings = verdict::judge(&record.about.plan, &record.timeline);
    record::save_findings(folder, &record.findings)?;
    Ok(record)
}

/// What the parts of a performance share.
struct Stage<'a> {
    plan: &'a Plan,
    clock: Clock,
    interrupts: watch::Receiver<u32>,
    watcher: Watcher<'a>,
    growing: Growing,
    services: Services,
}

impl Stage<'_> {
    /// Everything between the launch and the teardown; how it ended.
    async fn play(&mut self, writer: &mut Writer, owner: &Owner) -> (Outcome, Option<NotStarted>) {
        let seen = Seen::new(writer.sink(), self.plan);
        let played = self.play_with_services(writer, owner, &seen).await;
        self.stop_services(&seen).await;
        played.map_or_else(|error| (error.outcome(), Some(error)), |outcome| (outcome, None))
    }

    async fn play_with_services(
        &mut self,
        writer: &mut Writer,
        owner: &Owner,
        seen: &Seen,
    ) -> Result<Outcome, NotStarted> {
        if let Some(outcome) = self.prepare(writer.folder(), owner, seen).await? {
            return Ok(outcome);
        }
        // A file of the journeys that is not there is found before anything is started.
        load::check(&Demand::of(self.plan), self.clock)?;
        let foreign = Foreign::find(self.plan, owner, &writer.folder().join("load.log"), self.clock);
        let foreign = foreign.map_err(NotStarted::Command)?;
        if let Some(outcome) = self.launch_services(writer.folder(), owner, seen).await? {
            return Ok(outcome);
        }
        (self.watcher)(Progress::Doing("launching the target"));
        let agents = agents::prepare(&self.plan.target.runtime, writer.folder())?;
        let logs = Logs::new(self.plan, seen.clone(), self.clock);
        let mut target = self.launch(writer.folder(), owner, &logs, agents.as_ref()).await?;
        writer.note_target(&target.what(), target.image_digest());
        self.happened(seen, Happening::Launched { what: target.what() });
        let played = self.play_with(&target, seen, foreign, agents, writer).await;
        if let Ok(Outcome::TargetDied(death)) = &played {
            self.happened(seen, Happening::Died(death.clone()));
        }
        (self.watcher)(Progress::Doing("stopping the target"));
        let how = target.stop().await.unwrap_or_else(|error| format!("not stopped: {error}"));
        logs.finish();
        self.happened(seen, Happening::Stopped { how });
        played
    }

    /// Launches the target. A launch that is under way is never cut off: what it has created would be left behind.
    async fn launch(
        &mut self,
        folder: &Path,
        owner: &Owner,
        logs: &Logs,
        agents: Option<&Agents>,
    ) -> Result<Target, LaunchError> {
        let hear = Some(logs.listener(self.plan));
        let preload = agents.map(agents::preload);
        let around = self.services.around(&self.plan.target.launch);
        let around = Surroundings { preload: preload.as_ref(), ..around };
        target::launch(&self.plan.target, owner, &folder.join("target.log"), hear, &around, self.clock).await
    }

    async fn play_with(
        &mut self,
        target: &Target,
        seen: &Seen,
        foreign: Option<Foreign>,
        agents: Option<Agents>,
        writer: &Writer,
    ) -> Result<Outcome, NotStarted> {
        (self.watcher)(Progress::Doing("waiting until it is ready"));
        tokio::select! {
            ready = target.ready() => ready?,
            () = interrupted(&mut self.interrupts) => {
                self.happened(seen, Happening::Interrupted);
                return Ok(Outcome::Interrupted);
            }
        }
        self.happened(seen, Happening::Ready);
        let probes = self.watch(target, seen, agents)?;
        let load = self.load(target)?;
        self.gather(&probes, target, writer.folder(), Moment::Baseline).await;
        let outcome = self.perform(target, seen, load, foreign, &probes).await;
        if evidence::is_wanted(self.plan, writer, &outcome) {
            self.gather(&probes, target, writer.folder(), Moment::Failure).await;
        }
        if let Err(error) = probes.stop() {
            tracing::warn!("{error}");
        }
        Ok(outcome)
    }

    fn watch(&self, target: &Target, seen: &Seen, agents: Option<Agents>) -> Result<Probes, NotStarted> {
        let stats = target.stats();
        let watched = Watched {
            pid: target.pid(),
            container: target.container().map(str::to_owned),
            address: target.address(),
            only_address: self.plan.only_address().is_some(),
            runtime: self.plan.target.runtime.clone(),
            pprof: self.plan.target.runtime.pprof.and_then(|port| target.at_port(port)),
            pages: self.pages(target),
            agents,
            fallback: stats.map(|stats| -> Box<dyn probe::Fallback> { Box::new(Engine(stats)) }),
        };
        let all = seen.clone();
        Ok(probe::start(&self.plan.probes, watched, self.clock, move |seen| all.append(seen))?)
    }

    /// Where each page is that is scraped, in the order of the plan.
    fn pages(&self, target: &Target) -> Vec<Option<SocketAddr>> {
        let page = |scrape: &ScrapePlan| match (&scrape.service, scrape.port) {
            (Some(service), port) => self.services.address(service, port),
            (None, Some(port)) => target.at_port(port),
            (None, None) => target.address(),
        };
        self.plan.probes.scrapes.iter().map(page).collect()
    }

    fn load(&self, target: &Target) -> Result<Option<Load>, NotStarted> {
        let demand = Demand::of(self.plan);
        let Some(address) = target.address().filter(|_| !demand.is_empty()) else { return Ok(None) };
        Ok(Some(load::start(demand, address, self.clock)?))
    }

    /// Walks the session to its end; the load is stopped when this returns.
    async fn perform(
        &mut self,
        target: &Target,
        seen: &Seen,
        mut load: Option<Load>,
        mut foreign: Option<Foreign>,
        probes: &Probes,
    ) -> Outcome {
        let mut commands = Vec::new();
        let begun = self.clock.now();
        let mut session = Session::begin(self.plan, begun, &mut commands);
        if let Some(load) = &mut load {
            load.begin(begun);
        }
        let mut settled = begun;
        let outcome = 'run: loop {
            let mut next = None;
            for command in commands.drain(..) {
                match command {
                    Command::End(outcome) => break 'run outcome,
                    Command::SetUsers(users) => load.iter().for_each(|load| load.set_users(users)),
                    Command::Left(span) => seen.append(Observation::Phase(span)),
                    Command::Enter(index) => self.enter(index, seen),
                    Command::StartLoad(index) => {
                        let job = Job::new(self.plan, &self.plan.phases[index], target);
                        next = next.or(foreign.as_mut().and_then(|foreign| self.started(foreign.start(job), seen)));
                    }
                    Command::EndLoad => foreign.iter_mut().for_each(Foreign::stop),
                    Command::Rest(index) => self.entered(index, false, seen),
                    Command::Collect => probes.collect(),
                    Command::Look(look) => next = next.or(self.look(look, settled, seen)),
                    Command::Cut => settled = self.cut(&session, load.as_ref(), foreign.as_ref(), seen),
                }
            }
            let input = match next {
                Some(input) => input,
                None => self.next_input(&session, target, load.as_mut(), foreign.as_mut(), seen).await,
            };
            session.on(self.clock.now(), input, &mut commands);
        };
        if let Some(mut foreign) = foreign
            && let Some(news) = foreign.finish().await
            && let Some(reason) = self.told(news, &foreign, seen)
        {
            tracing::warn!("at the end {reason}");
        }
        if let Some(load) = load {
            keep(seen, load.stop().await);
        }
        outcome
    }

    /// Closes the load's interval; from when on there may be more to come.
    fn cut(&mut self, session: &Session, load: Option<&Load>, foreign: Option<&Foreign>, seen: &Seen) -> Elapsed {
        let settled = match load.map(Load::cut) {
            Some(cut) => {
                let (begun, snapshot) = (cut.load.start, self.snapshot(session, &cut, seen));
                (self.watcher)(Progress::Interval(snapshot));
                keep(seen, cut);
                begun
            }
            None => Elapsed::from(self.clock.now().since(Elapsed::ZERO).saturating_sub(Duration::from_secs(1))),
        };
        if let Some(foreign) = foreign {
            let rate = self.keep_requests(foreign, seen);
            let snapshot = Snapshot { rate, ..self.without_load(session, seen) };
            (self.watcher)(Progress::Interval(snapshot));
        }
        seen.settle(settled);
        settled
    }

    fn look(&mut self, look: Look, until: Elapsed, seen: &Seen) -> Option<Input> {
        let reason = seen.look(self.plan, look, until)?;
        self.happened(seen, Happening::StoppedEarly { reason: reason.clone() });
        Some(Input::Leaks { look: look.number, seen: until, reason })
    }

    /// Waits for whatever comes first.
    async fn next_input(
        &mut self,
        session: &Session,
        target: &Target,
        load: Option<&mut Load>,
        mut foreign: Option<&mut Foreign>,
        seen: &Seen,
    ) -> Input {
        let failed = async {
            match load {
                Some(load) => load.failed().await,
                None => std::future::pending().await,
            }
        };
        let news = async {
            match &mut foreign {
                Some(foreign) => foreign.news().await,
                None => std::future::pending().await,
            }
        };
        let news = tokio::select! {
            biased;
            death = target.died() => return Input::TargetDied(death),
            () = interrupted(&mut self.interrupts) => {
                self.happened(seen, Happening::Interrupted);
                return Input::Interrupted;
            }
            death = self.services.died() => {
                self.service_died(death, seen);
                return Input::Tick;
            }
            reason = failed => return self.load_failed(reason, seen),
            news = news => news,
            () = self.clock.sleep_until(session.next_due()) => return Input::Tick,
        };
        match foreign {
            Some(foreign) => self.weigh(news, target, foreign, seen).await,
            None => Input::Tick,
        }
    }

    fn enter(&mut self, index: usize, seen: &Seen) {
        let phase = &self.plan.phases[index];
        self.entered(index, phase.loaded(), seen);
        (self.watcher)(Progress::Phase(phase.clone()));
    }

    fn entered(&self, index: usize, loaded: bool, seen: &Seen) {
        let phase = &self.plan.phases[index];
        let what = Happening::Entered { phase: phase.name.clone(), cycle: phase.cycle, loaded };
        seen.append(Observation::Event(Event { at: self.clock.now(), what }));
    }

    fn snapshot(&mut self, session: &Session, cut: &Cut, seen: &Seen) -> Snapshot {
        let seconds = cut.load.end.since(cut.load.start).max(Duration::from_millis(1)).as_secs_f64();
        Snapshot {
            users: cut.load.users_planned,
            rate: cut.totals.requests as f64 / seconds,
            waiting: cut.load.arrivals.map_or(0, |arrivals| arrivals.waiting),
            failed: cut.totals.failed,
            latency: cut.totals.p50_micros.zip(cut.totals.p99_micros),
            ..self.without_load(session, seen)
        }
    }

    fn without_load(&mut self, session: &Session, seen: &Seen) -> Snapshot {
        let (at, memory) = (session.planned(self.clock.now()), seen.memory());
        Snapshot {
            at,
            length: self.plan.length(),
            users: 0,
            rate: 0.0,
            waiting: 0,
            failed: 0,
            latency: None,
            memory,
            growth: memory.and_then(|memory| self.growing.take(self.plan, at, memory)),
        }
    }

    fn load_failed(&mut self, reason: String, seen: &Seen) -> Input {
        self.happened(seen, Happening::LoadFailed { reason: reason.clone() });
        Input::LoadFailed(reason)
    }

    fn happened(&mut self, seen: &Seen, what: Happening) {
        let event = Event { at: self.clock.now(), what };
        (self.watcher)(Progress::Happened(event.clone()));
        seen.append(Observation::Event(event));
    }
}

/// Keeps an interval: of the idle ones, only that nobody was at work.
fn keep(seen: &Seen, cut: Cut) {
    for Example { step, kind, seen: answer } in cut.examples {
        let what = Happening::Unexpected { step, failure: kind, seen: answer };
        seen.append(Observation::Event(Event { at: cut.load.end, what }));
    }
    cut.latency.into_iter().for_each(|interval| seen.append(Observation::Latency(interval)));
    seen.append(Observation::Load(cut.load));
}

/// Resolves when the run has been asked to end; never, where nobody can ask any more.
async fn interrupted(interrupts: &mut watch::Receiver<u32>) {
    if interrupts.wait_for(|count| *count > 0).await.is_err() {
        std::future::pending::<()>().await;
    }
}
