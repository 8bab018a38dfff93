//! What a timeline means: assertions are judged, and come out as findings with evidence.
//!
//! Pure and deterministic: a plan and a timeline go in.

pub mod compare;
pub mod duel;
mod finding;
pub mod growth;
pub mod history;

mod judge;
mod outlook;
mod stats;
mod trace;

pub use finding::{Estimate, Evidence, Exhaustion, Finding, Verdict};
pub use judge::{Given, Look, Sight, analyze, judge, looks, overall};
pub use outlook::Outlook;
pub use trace::{Mark, Stroke, Trace};
