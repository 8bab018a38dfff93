//! The values of one walk of a journey.

use std::fmt;
use std::sync::Arc;

use super::{Cast, Supplies};
use crate::random::Random;

/// What the templates of a walk are filled in from. Used for one walk after the other, it keeps its memory.
#[derive(Debug)]
pub struct Scope {
    pub(super) supplies: Arc<Supplies>,
    pub(super) user: u64,
    pub(super) iteration: u64,
    pub(super) random: Random,
    /// The captured values, by the numbers that the compiler gave them.
    captured: Vec<Captured>,
    /// The row of each set, by its number; of those that the journey does not name it means nothing.
    rows: Vec<u64>,
}

#[derive(Clone, Debug, Default)]
struct Captured {
    is_set: bool,
    value: Vec<u8>,
}

/// The rows of a set that are taken once each have all been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfData;

impl fmt::Display for OutOfData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of data")
    }
}

impl std::error::Error for OutOfData {}

impl Scope {
    /// An empty one; nothing is known before [`Scope::begin`].
    pub fn new(supplies: Arc<Supplies>) -> Self {
        let random = Random::of_user(0);
        Self { supplies, user: 0, iteration: 0, random, captured: Vec::new(), rows: Vec::new() }
    }

    /// Begins a walk: forgets what was captured and takes the rows. `user` is the rank of the user or the number of the
    /// arrival, `iteration` the walks that this user has behind it. The same seed, user and iteration draw the same
    /// numbers, whoever walks beside them.
    ///
    /// # Errors
    /// Where the rows have run out; the walk cannot be.
    pub fn begin(&mut self, cast: &Cast, user: u64, iteration: u64) -> Result<(), OutOfData> {
        self.user = user;
        self.iteration = iteration;
        self.random = Random::of_walk(self.supplies.seed, user, iteration);
        self.captured.resize_with(self.captured.len().max(cast.captured), Captured::default);
        self.captured.iter_mut().for_each(|captured| captured.is_set = false);
        for feed in &cast.feeds {
            let row = self.supplies.feed(*feed).take(&mut self.random).ok_or(OutOfData)?;
            self.rows.resize(self.rows.len().max(feed + 1), 0);
            self.rows[*feed] = row;
        }
        Ok(())
    }

    /// The captured value of this number; empty where it was not captured.
    pub(super) fn captured(&self, number: usize) -> &[u8] {
        self.captured.get(number).filter(|captured| captured.is_set).map_or(&[], |captured| &captured.value)
    }

    pub(super) fn capture(&mut self, number: usize, value: &[u8]) {
        if let Some(captured) = self.captured.get_mut(number) {
            captured.is_set = true;
            captured.value.clear();
            captured.value.extend_from_slice(value);
        }
    }

    /// Forgets a captured value: the answer that should have a new one has none.
    pub(super) fn forget(&mut self, number: usize) {
        self.captured.iter_mut().skip(number).take(1).for_each(|captured| captured.is_set = false);
    }

    pub(super) fn cell(&self, feed: usize, column: usize) -> &str {
        self.rows.get(feed).map_or("", |row| self.supplies.feed(feed).cell(*row, column))
    }
}
