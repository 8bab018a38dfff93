//! Stopping a target: asked first, then made to.

use std::io;
use std::time::Duration;

use clock::Clock;
use rustix::process::Signal;
use timeline::show_duration;

use crate::ending::{Ended, Ending};
use crate::engine::EngineError;
use crate::target::Kind;

/// How long a killed target may take to be gone: one that waits for a broken disk cannot be killed.
pub(crate) const GONE_WITHIN: Duration = Duration::from_secs(10);

/// Why a target could not be stopped, or cleared away.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The engine failed.
    #[error("the container could not be stopped and removed")]
    Engine(#[from] EngineError),
    /// The system failed.
    #[error("the process could not be stopped and cleared away")]
    System(#[from] io::Error),
    /// It was killed, and is still there.
    #[error("it was killed {} ago, and is still there", show_duration(GONE_WITHIN))]
    Survives,
}

/// Brings the target to its end and clears it away; says how it went.
pub(crate) async fn stop(kind: &mut Kind, grace: Duration, clock: Clock) -> Result<String, StopError> {
    let how = match (kind.ending().ended(), &*kind) {
        (Some(ended), _) => format!("had ended by itself{}", shown(ended)),
        (None, Kind::AttachedContainer(_) | Kind::AttachedProcess(_) | Kind::AttachedAddress(_)) => {
            "left running, as attached".to_owned()
        }
        (None, _) => bring_to_end(kind, grace, clock).await?,
    };
    clear_away(kind).await?;
    Ok(how)
}

async fn bring_to_end(kind: &Kind, grace: Duration, clock: Clock) -> Result<String, StopError> {
    let began = clock.now();
    let ending = kind.ending();
    let (asked, heard) = match kind {
        Kind::Container(container) => container.stop_signal(),
        _ => ("SIGTERM", true),
    };
    if heard {
        signal(kind, asked).await?;
        if let Some(ended) = ending.wait_for(grace).await {
            return Ok(exited(ended, asked, clock.now().since(began)));
        }
    }
    kill(kind, ending).await?;
    Ok(if heard {
        format!("killed after {}", show_duration(grace))
    } else {
        format!("killed at once, for it does not listen to {asked}")
    })
}

async fn kill(kind: &Kind, ending: &Ending) -> Result<(), StopError> {
    signal(kind, "SIGKILL").await?;
    ending.wait_for(GONE_WITHIN).await.map(drop).ok_or(StopError::Survives)
}

async fn signal(kind: &Kind, name: &str) -> Result<(), StopError> {
    match kind {
        Kind::Container(container) => container.signal(name).await?,
        Kind::Process(process) if name == "SIGKILL" => process.signal(Signal::KILL)?,
        Kind::Process(process) => process.signal(Signal::TERM)?,
        Kind::AttachedContainer(_) | Kind::AttachedProcess(_) | Kind::AttachedAddress(_) => {}
    }
    Ok(())
}

async fn clear_away(kind: &mut Kind) -> Result<(), StopError> {
    match kind {
        Kind::Container(container) => container.remove().await?,
        Kind::Process(process) => process.clear_away().await?,
        Kind::AttachedContainer(_) | Kind::AttachedProcess(_) | Kind::AttachedAddress(_) => {}
    }
    Ok(())
}

fn exited(ended: Ended, asked: &str, took: Duration) -> String {
    let took = show_duration(took);
    match ended.exit_code {
        Some(code) => format!("exited {code} after {asked} in {took}"),
        None => format!("exited after {asked} in {took}"),
    }
}

/// ` (exit 3)`.
fn shown(ended: Ended) -> String {
    ended.exit_code.map(|code| format!(" (exit {code})")).unwrap_or_default()
}
