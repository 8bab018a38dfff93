//! What a step makes of its answer.

use scenario::Request;

use super::capture::Capture;
use super::check::{Check, checks};
use super::json::{Found, Places};
use super::{Answer, Compiler, Scope, ScriptError, Unmet};

/// The expectations and the captures of a step; its status and its time are looked at elsewhere.
#[derive(Debug)]
pub struct Reading {
    places: Places,
    checks: Vec<Check>,
    captures: Vec<Capture>,
}

impl Reading {
    /// That of `request`.
    ///
    /// # Errors
    /// An expression that is none; a scenario that was read has none of these.
    pub fn new(request: &Request, compiler: &Compiler<'_>) -> Result<Self, ScriptError> {
        let mut places = Places::default();
        let checks = checks(&request.expect, &mut places)?;
        let capture = |plan| Capture::new(plan, compiler, &mut places);
        let captures = request.captures.iter().map(capture).collect::<Result<_, _>>()?;
        Ok(Self { places, checks, captures })
    }

    /// Does nobody look at the answer?
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty() && self.captures.is_empty()
    }

    /// Is something taken out of it, for the steps behind this one?
    pub fn captures(&self) -> bool {
        !self.captures.is_empty()
    }

    /// Does somebody look at its body? Where nobody does, it need not be kept.
    pub fn wants_body(&self) -> bool {
        self.checks.iter().any(Check::wants_body) || self.captures.iter().any(Capture::wants_body)
    }

    /// Looks at the answer, and takes out of it what can be.
    ///
    /// # Errors
    /// The first expectation that is not met, or else the first value that is not there.
    pub fn read<'a>(&'a self, answer: Answer<'a>, scope: &mut Scope) -> Result<(), Unmet<'a>> {
        let found = if self.places.is_empty() { Found::default() } else { self.places.find(answer.body) };
        let mut unmet = None;
        for check in &self.checks {
            if let Err(seen) = check.holds(answer, &found) {
                unmet = Some(Unmet { kind: &check.kind, seen, ends_the_walk: false });
                break;
            }
        }
        for capture in &self.captures {
            if !capture.take(answer, &found, scope) {
                let seen = if capture.wants_body() { answer.body } else { &[] };
                let first = Unmet { kind: &capture.kind, seen, ends_the_walk: true };
                unmet = Some(Unmet { ends_the_walk: true, ..unmet.unwrap_or(first) });
            }
        }
        unmet.map_or(Ok(()), Err)
    }
}
