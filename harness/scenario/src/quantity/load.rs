//! What is written of a load: rates of arrivals, clients and their manners.

use super::{Rate, Size, Span, Written};
use crate::plan::{Leaving, Point, Process, RateRamp, Reuse, Take};

/// Arrivals per second, or a ramp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrivalRate(pub RateRamp);

impl Written for ArrivalRate {
    const NAME: &'static str = "a rate of arrivals";
    const EXAMPLE: &'static str = "a rate, or a ramp: `200/s`, `30/min`, `0/s..500/s`";
    const PATTERN: &'static str = r"^[0-9.]+/(s|min|h)(\.\.[0-9.]+/(s|min|h))?$";

    fn read(text: &str) -> Option<Self> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        Some(Self(RateRamp { from: Rate::read(from.trim())?.0, to: Rate::read(to.trim())?.0 }))
    }
}

/// How arrivals are spread over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread(pub Process);

impl Written for Spread {
    const NAME: &'static str = "a kind of arrivals";
    const EXAMPLE: &'static str = "`uniform` or `poisson`";
    const PATTERN: &'static str = "^(uniform|poisson)$";

    fn read(text: &str) -> Option<Self> {
        match text {
            "uniform" => Some(Self(Process::Uniform)),
            "poisson" => Some(Self(Process::Poisson)),
            _ => None,
        }
    }
}

/// How a WebSocket is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave(pub Leaving);

impl Written for Leave {
    const NAME: &'static str = "a way to leave";
    const EXAMPLE: &'static str = "`close` or `vanish`";
    const PATTERN: &'static str = "^(close|vanish)$";

    fn read(text: &str) -> Option<Self> {
        match text {
            "close" => Some(Self(Leaving::Close)),
            "vanish" => Some(Self(Leaving::Vanish)),
            _ => None,
        }
    }
}

/// Which row is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taking(pub Take);

impl Written for Taking {
    const NAME: &'static str = "a way to take rows";
    const EXAMPLE: &'static str = "`in_order`, `random` or `once`";
    const PATTERN: &'static str = "^(in_order|random|once)$";

    fn read(text: &str) -> Option<Self> {
        match text {
            "in_order" => Some(Self(Take::InOrder)),
            "random" => Some(Self(Take::Random)),
            "once" => Some(Self(Take::Once)),
            _ => None,
        }
    }
}

/// How long a connection is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionUse(pub Reuse);

impl Written for ConnectionUse {
    const NAME: &'static str = "how long a connection is used";
    const EXAMPLE: &'static str = "`no`, `always`, a number of requests or a time: `100 requests`, `30s`";
    const PATTERN: &'static str = r"^(no|always|[0-9]+ requests?|([0-9.]+(us|ms|s|m|h|d))+)$";

    fn read(text: &str) -> Option<Self> {
        match text {
            "no" => return Some(Self(Reuse::Never)),
            "always" => return Some(Self(Reuse::Always)),
            _ => {}
        }
        if let Some((count, "request" | "requests")) = text.split_once(' ') {
            return count.parse().ok().filter(|count| *count > 0).map(|count| Self(Reuse::Requests(count)));
        }
        Span::read(text).filter(|span| !span.0.is_zero()).map(|span| Self(Reuse::For(span.0)))
    }
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    One,
    /// HTTP/2.
    Two,
}

impl Written for HttpVersion {
    const NAME: &'static str = "a version of HTTP";
    const EXAMPLE: &'static str = "`1.1` or `2`";
    const PATTERN: &'static str = r"^(1\.1|2)$";

    fn read(text: &str) -> Option<Self> {
        match text {
            "1.1" => Some(Self::One),
            "2" => Some(Self::Two),
            _ => None,
        }
    }
}

/// Whether redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirects(pub bool);

impl Written for Redirects {
    const NAME: &'static str = "what is done about redirects";
    const EXAMPLE: &'static str = "`follow` or `no`";
    const PATTERN: &'static str = "^(follow|no)$";

    fn read(text: &str) -> Option<Self> {
        match text {
            "follow" => Some(Self(true)),
            "no" => Some(Self(false)),
            _ => None,
        }
    }
}

/// How far an answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerPoint(pub Point);

impl Written for AnswerPoint {
    const NAME: &'static str = "a point in an answer";
    const EXAMPLE: &'static str = "`headers`, a size or a time: `10KiB`, `200ms`";
    const PATTERN: &'static str = r"^(headers|[0-9.]+ ?(B|[KMGT]i?B)|([0-9.]+(us|ms|s|m|h|d))+)$";

    fn read(text: &str) -> Option<Self> {
        if text == "headers" {
            return Some(Self(Point::Headers));
        }
        let size = Size::read(text).map(|size| Point::Bytes(size.0 as u64));
        size.or_else(|| Span::read(text).map(|span| Point::Time(span.0))).map(Self)
    }
}

/// Bytes per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace(pub f64);

impl Written for Pace {
    const NAME: &'static str = "a pace";
    const EXAMPLE: &'static str = "bytes per second: `512B/s`, `1KiB/s`";
    const PATTERN: &'static str = r"^[0-9.]+ ?(B|[KMGT]i?B)/s$";

    fn read(text: &str) -> Option<Self> {
        Size::read(text.strip_suffix("/s")?.trim()).filter(|size| size.0 >= 1.0).map(|size| Self(size.0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn arrivals_are_held_or_ramped_and_have_a_unit() {
        let ramp = |text| ArrivalRate::read(text).map(|rate| (rate.0.from, rate.0.to));
        assert_eq!(ramp("200/s"), Some((200.0, 200.0)));
        assert_eq!(ramp("0/s..500/s"), Some((0.0, 500.0)));
        assert_eq!(ramp("12/min"), Some((0.2, 0.2)));
        for wrong in ["200", "0..500/s", "-1/s", "1/s..", "x/s", "1/s..2/s..3/s"] {
            assert_eq!(ramp(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_connection_is_used_for_a_number_or_a_time() {
        assert_eq!(ConnectionUse::read("no"), Some(ConnectionUse(Reuse::Never)));
        assert_eq!(ConnectionUse::read("always"), Some(ConnectionUse(Reuse::Always)));
        assert_eq!(ConnectionUse::read("100 requests"), Some(ConnectionUse(Reuse::Requests(100))));
        assert_eq!(ConnectionUse::read("1 request"), Some(ConnectionUse(Reuse::Requests(1))));
        assert_eq!(ConnectionUse::read("30s"), Some(ConnectionUse(Reuse::For(Duration::from_secs(30)))));
        for wrong in ["0 requests", "100", "never", "0s", "100requests"] {
            assert_eq!(ConnectionUse::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_client_leaves_at_a_point_of_the_answer() {
        assert_eq!(AnswerPoint::read("headers"), Some(AnswerPoint(Point::Headers)));
        assert_eq!(AnswerPoint::read("10KiB"), Some(AnswerPoint(Point::Bytes(10_240))));
        assert_eq!(AnswerPoint::read("200ms"), Some(AnswerPoint(Point::Time(Duration::from_millis(200)))));
        assert_eq!(AnswerPoint::read("10"), None);
        assert_eq!(Pace::read("1KiB/s"), Some(Pace(1024.0)));
        assert_eq!((Pace::read("0B/s"), Pace::read("1KiB")), (None, None));
    }
}
