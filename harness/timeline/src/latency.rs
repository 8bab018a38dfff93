//! What the load measured, per step and interval.

mod stored;

use std::collections::BTreeMap;
use std::fmt;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use crate::Elapsed;

/// The longest latency that is told apart, in microseconds: two minutes. Longer ones count as that.
const LONGEST: u64 = 120_000_000;

/// An empty histogram of microseconds: 1 µs to two minutes, three significant digits.
pub fn new_histogram() -> Histogram<u64> {
    match Histogram::new_with_bounds(1, LONGEST, 3) {
        Ok(histogram) => histogram,
        Err(refused) => unreachable!("the bounds are constants that a histogram takes: {refused}"),
    }
}

/// An `HdrHistogram` of microseconds in its V2 encoding, compressed, as it is stored; one that is not compressed reads too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EncodedHistogram(pub Vec<u8>);

impl EncodedHistogram {
    /// Encodes `histogram`.
    pub fn encode(histogram: &Histogram<u64>) -> Self {
        let mut bytes = Vec::new();
        match V2DeflateSerializer::new().serialize(histogram, &mut bytes) {
            Ok(_) => Self(bytes),
            Err(refused) => unreachable!("a Vec takes every byte: {refused:?}"),
        }
    }

    /// Decodes it; `None` where the bytes are not such a histogram.
    pub fn decode(&self) -> Option<Histogram<u64>> {
        Deserializer::new().deserialize(&mut self.0.as_slice()).ok()
    }

    /// Adds its times to `sum`, which is one of [`new_histogram`]; false where the bytes are not such a histogram, of
    /// which the times that were read stay.
    ///
    /// A run has one for each step and interval, and each is some dozen times in as many thousands of counts: they are
    /// read off as they are stored, without a table for all that could be.
    pub fn add_to(&self, sum: &mut Histogram<u64>) -> bool {
        let Some(plain) = stored::plain(&self.0) else { return false };
        match stored::Counts::of(&plain) {
            Some(mut counts) => {
                counts.by_ref().for_each(|(value, count)| sum.saturating_record_n(value, count));
                counts.is_whole()
            }
            None => self.decode().is_some_and(|histogram| sum.add(histogram).is_ok()),
        }
    }

    /// Both together, without loss; `None` where one of them is no histogram of [`new_histogram`]'s bounds.
    #[must_use]
    pub fn join(&self, other: &Self) -> Option<Self> {
        let mut all = self.decode()?;
        all.add(other.decode()?).ok()?;
        Some(Self::encode(&all))
    }
}

/// What a latency is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedFrom {
    /// The send: service times in a closed loop, in which a target that stands still is asked less.
    Send,
    /// The moment at which the request was due, whether or not anybody was free to send it: response times.
    Due,
    /// The one for users, the other for arrivals.
    Both,
}

impl CountedFrom {
    /// That of these intervals.
    pub fn of(intervals: &[LatencyInterval]) -> Self {
        let open = intervals.iter().filter(|interval| interval.response.is_some()).count();
        match open {
            0 => Self::Send,
            all if all == intervals.len() => Self::Due,
            _ => Self::Both,
        }
    }
}

impl fmt::Display for CountedFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Send => "service time in a closed loop: from the send until the body is read",
            Self::Due => "response time: from the moment at which each was due until the body is read",
            Self::Both => "response times of arrivals, from when they were due, and service times of users together",
        })
    }
}

/// The failed requests of an interval by kind: `status 503`, `timed out`, `connection refused`.
pub type Failures = BTreeMap<String, u64>;

/// Adds `more` to `sum`, kind by kind.
pub fn add_failures(sum: &mut Failures, more: &Failures) {
    for (kind, count) in more {
        *sum.entry(kind.clone()).or_default() += count;
    }
}

/// What one step saw in one interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyInterval {
    /// Which step: `journey/step`.
    pub step: String,
    /// Where the interval begins.
    pub start: Elapsed,
    /// Where it ends.
    pub end: Elapsed,
    /// Requests that ended in it, failed ones too.
    pub requests: u64,
    /// Those among them whose answer nobody waited for, as the scenario wants it: clients that leave, messages over a
    /// WebSocket. They have no time, and have not failed.
    #[serde(default)]
    pub unawaited: u64,
    /// The failed ones among them, by kind.
    pub failures: Failures,
    /// Service times in microseconds, from before the request is written until its body is read;
    /// of answered requests, whatever their status.
    pub histogram: EncodedHistogram,
    /// Response times in microseconds, of the same requests: from the moment at which each was due, whether or not
    /// anybody was free to send it. Only of arrivals; users wait for answers, so theirs are due when they are sent.
    #[serde(default)]
    pub response: Option<EncodedHistogram>,
}

impl LatencyInterval {
    /// How many requests failed.
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// What this generator and `other` saw of the same step in the same interval; it begins with the first of them, and
    /// ends with the last. `None` where the step is not the same, or a histogram is none.
    #[must_use]
    pub fn join(&self, other: &Self) -> Option<Self> {
        if self.step != other.step {
            return None;
        }
        let mut failures = self.failures.clone();
        add_failures(&mut failures, &other.failures);
        let response = match (&self.response, &other.response) {
            (Some(one), Some(two)) => Some(one.join(two)?),
            (one, two) => one.as_ref().or(two.as_ref()).cloned(),
        };
        Some(Self {
            step: self.step.clone(),
            start: self.start.min(other.start),
            end: self.end.max(other.end),
            requests: self.requests + other.requests,
            unawaited: self.unawaited + other.unawaited,
            failures,
            histogram: self.histogram.join(&other.histogram)?,
            response,
        })
    }

    /// The times that a limit is about: response times where they are known, else service times.
    pub fn times(&self) -> &EncodedHistogram {
        self.response.as_ref().unwrap_or(&self.histogram)
    }
}

/// What the load itself was like in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadInterval {
    /// Where the interval begins.
    pub start: Elapsed,
    /// Where it ends.
    pub end: Elapsed,
    /// How many users the scenario asked for at its end.
    pub users_planned: u64,
    /// How many users were at work at its end.
    pub users_active: u64,
    /// Requests that were given up in it because their user was taken away; they count neither as
    /// ended nor as failed.
    pub cut_off: u64,
    /// What became of arrivals, where there may be any.
    #[serde(default)]
    pub arrivals: Option<ArrivalInterval>,
    /// What the load itself cost, where the system tells.
    #[serde(default)]
    pub cost: Option<LoadCost>,
}

impl LoadInterval {
    /// What this generator and `other` were like in the same interval: together they are one load.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
            users_planned: self.users_planned + other.users_planned,
            users_active: self.users_active + other.users_active,
            cut_off: self.cut_off + other.cut_off,
            arrivals: joined(self.arrivals, other.arrivals, ArrivalInterval::join),
            cost: joined(self.cost, other.cost, LoadCost::join),
        }
    }
}

/// Both, or the one that there is.
fn joined<T>(one: Option<T>, two: Option<T>, join: impl Fn(T, T) -> T) -> Option<T> {
    match (one, two) {
        (Some(one), Some(two)) => Some(join(one, two)),
        (one, two) => one.or(two),
    }
}

/// The arrivals of one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivalInterval {
    /// How many were due.
    pub due: u64,
    /// How many of those that were due began their journey.
    pub begun: u64,
    /// How many were given up, because more were waiting than are kept.
    pub missed: u64,
    /// How many were waiting for a free connection at its end.
    pub waiting: u64,
    /// How late the load itself sent its requests, after they were due and somebody was free.
    pub lag: Delay,
    /// How long those waited who found nobody free.
    pub wait: Delay,
}

impl ArrivalInterval {
    fn join(self, other: Self) -> Self {
        Self {
            due: self.due + other.due,
            begun: self.begun + other.begun,
            missed: self.missed + other.missed,
            waiting: self.waiting + other.waiting,
            lag: self.lag.worse(other.lag),
            wait: self.wait.worse(other.wait),
        }
    }
}

/// How long something took in one interval, in microseconds; all 0 where it never was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delay {
    /// The median.
    pub p50: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The most.
    pub max: u64,
}

impl Delay {
    /// That of a histogram of microseconds.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let at = |share| histogram.value_at_quantile(share);
        Self { p50: at(0.5), p99: at(0.99), max: histogram.max() }
    }

    /// A bound for both together: no percentile of two spreads is larger than the larger of theirs.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        Self { p50: self.p50.max(other.p50), p99: self.p99.max(other.p99), max: self.max.max(other.max) }
    }
}

/// What the threads of the load took of the machine in one interval, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadCost {
    /// Processor time, user and system.
    pub cpu: u64,
    /// Time for which they could have run, and other things did.
    pub delayed: u64,
}

impl LoadCost {
    fn join(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, delayed: self.delayed + other.delayed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(times: impl IntoIterator<Item = u64>) -> EncodedHistogram {
        let mut histogram = new_histogram();
        times.into_iter().for_each(|time| histogram.saturating_record(time));
        EncodedHistogram::encode(&histogram)
    }

    fn seen(times: impl Iterator<Item = u64> + Clone, start: u64) -> LatencyInterval {
        LatencyInterval {
            step: "a".to_owned(),
            start: Elapsed::from_seconds(start as f64),
            end: Elapsed::from_seconds(start as f64 + 1.0),
            requests: times.clone().count() as u64,
            unawaited: 1,
            failures: [("timed out".to_owned(), start)].into(),
            histogram: encoded(times.clone()),
            response: Some(encoded(times.map(|time| time * 2))),
        }
    }

    #[test]
    fn the_shares_of_an_interval_add_up_to_the_whole() {
        let all = seen(1..1000, 3);
        let [odd, even] = [seen((1..1000).step_by(2), 1), seen((2..1000).step_by(2), 2)];
        let joined = odd.join(&even).unwrap();
        assert_eq!((&joined.histogram, &joined.response), (&all.histogram, &all.response), "not a value is lost");
        assert_eq!((joined.requests, joined.unawaited, joined.failed()), (999, 2, 3));
        assert_eq!((joined.start, joined.end), (odd.start, even.end));
        assert_eq!(odd.join(&LatencyInterval { step: "b".to_owned(), ..even.clone() }), None);
        assert_eq!(odd.join(&LatencyInterval { response: None, ..even.clone() }).unwrap().response, odd.response);
        assert_eq!(odd.join(&LatencyInterval { histogram: EncodedHistogram(vec![1]), ..even }), None);
    }

    #[test]
    fn what_is_read_off_as_it_is_stored_is_what_is_decoded() {
        let spreads: [Vec<u64>; 6] = [
            Vec::new(),
            vec![1],
            vec![LONGEST, LONGEST * 2, 1, 2047, 2048, 2049, 4096],
            (0..20_000).map(|at| at * at).collect(),
            vec![777; 100_000],
            (0..27).map(|power| 1 << power).collect(),
        ];
        let (mut read, mut decoded) = (new_histogram(), new_histogram());
        for spread in spreads {
            let stored = encoded(spread);
            let plain = stored::plain(&stored.0).unwrap();
            assert!(stored::Counts::of(&plain).is_some(), "it is read off, and not decoded");
            assert!(stored.add_to(&mut read));
            decoded.add(stored.decode().unwrap()).unwrap();
            assert_eq!(read, decoded);
            assert_eq!((read.max(), read.min(), read.len()), (decoded.max(), decoded.min(), decoded.len()));
        }
        let mut cut = encoded(1..1000);
        cut.0.truncate(cut.0.len() - 1);
        cut.0.push(0xff);
        assert!(!cut.add_to(&mut read), "what is cut short is none");
        assert!(!EncodedHistogram(vec![1, 2, 3]).add_to(&mut read));
    }

    #[test]
    fn generators_make_up_one_load() {
        let delay = |most| Delay { p50: 1, p99: 2, max: most };
        let arrivals = |due| Some(ArrivalInterval { due, begun: due, lag: delay(due), ..ArrivalInterval::default() });
        let one = LoadInterval { users_active: 2, arrivals: arrivals(5), ..LoadInterval::default() };
        let two = LoadInterval { users_active: 3, arrivals: arrivals(7), ..LoadInterval::default() };
        let joined = one.join(two);
        assert_eq!(
            (joined.users_active, joined.arrivals.unwrap().due, joined.arrivals.unwrap().lag),
            (5, 12, delay(7))
        );
        assert_eq!(one.join(LoadInterval::default()).arrivals, one.arrivals);
    }
}
