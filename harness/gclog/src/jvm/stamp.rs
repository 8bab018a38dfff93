//! When a line of a JVM's log was written: by what stands in brackets in the unified log, and before a colon until 8.

use jiff::fmt::strtime::BrokenDownTime;

use crate::clocks::{Clock, Unit};
use crate::number::moment;

/// The clock and what it showed, microseconds: the best that is told. Nanoseconds are of the monotonic clock, or of the
/// process, which comes to the same once a line has placed them.
pub(super) fn stamp(before: &str) -> Option<(Clock, i64)> {
    let brackets = before.split('[').skip(1).filter_map(|part| Some(part.split_once(']')?.0.trim()));
    brackets.filter_map(read).min_by_key(|(clock, _)| rank(*clock)).or_else(|| until_8(before))
}

/// `2018-12-10T18:20:40.066+0000: 4776.466: `, or one of the two.
fn until_8(before: &str) -> Option<(Clock, i64)> {
    let last = before.trim_end().strip_suffix(':')?.rsplit(' ').next()?;
    moment(last).map(|told| (Clock::Since(Unit::JvmSeconds), told)).or_else(|| wall(last))
}

fn rank(clock: Clock) -> u8 {
    match clock {
        Clock::Monotonic => 0,
        Clock::Since(Unit::JvmSeconds) => 1,
        Clock::Since(_) | Clock::Isolate(..) => 2,
        Clock::Wall => 3,
    }
}

fn read(text: &str) -> Option<(Clock, i64)> {
    // Cheap to tell from `info` and `gc,start`, and never looked at again.
    text.starts_with(|first: char| first.is_ascii_digit()).then_some(())?;
    if let Some(nanos) = text.strip_suffix("ns") {
        Some((Clock::Monotonic, nanos.parse::<i64>().ok()? / 1000))
    } else if let Some(millis) = text.strip_suffix("ms") {
        Some((Clock::Since(Unit::JvmMillis), millis.parse::<i64>().ok()?.checked_mul(1000)?))
    } else if let Some(seconds) = text.strip_suffix('s') {
        Some((Clock::Since(Unit::JvmSeconds), moment(seconds)?))
    } else {
        wall(text)
    }
}

/// The time of day: `2026-11-21T08:08:53.405+0000`.
fn wall(text: &str) -> Option<(Clock, i64)> {
    let time = BrokenDownTime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?.to_timestamp().ok()?;
    Some((Clock::Wall, time.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_all_decorations_is_taken() {
        let uptime = |told| Some((Clock::Since(Unit::JvmSeconds), told));
        assert_eq!(stamp("[0.306s][info][gc] "), uptime(306_000));
        assert_eq!(stamp("app-1  | [2026-11-21T08:08:53.405+0000][0.306s][info][gc               ] "), uptime(306_000));
        assert_eq!(stamp("[0,306s][info][gc] "), uptime(306_000), "a locale's comma");
        assert_eq!(stamp("[0.306s][36828506964237ns][info][gc] "), Some((Clock::Monotonic, 36_828_506_964)));
        assert_eq!(stamp("[306ms][info][gc] "), Some((Clock::Since(Unit::JvmMillis), 306_000)));
        assert_eq!(stamp("[2026-11-21T08:08:53.405+0000][gc] "), Some((Clock::Wall, 1_795_248_533_405_000)));
        assert_eq!(stamp("[2026-11-21T10:08:53.405+0200][gc] "), Some((Clock::Wall, 1_795_248_533_405_000)));
        assert_eq!(stamp("2018-12-10T18:20:40.066+0000: 4776.466: "), uptime(4_776_466_000));
        assert_eq!(stamp("app | 2018-12-10T18:20:40.066+0000: "), Some((Clock::Wall, 1_544_466_040_066_000)));
        for none in
            ["", "[info][gc] ", "[17918][gc] ", "[[[", "[0.306s", "[99999999999999999999ns]", "[9223372036854775807ms]"]
        {
            assert_eq!(stamp(none), None, "{none}");
        }
    }
}
