//! What the target logged: counts of lines, and the first of them.

use scenario::LinePattern;
use timeline::{Amount, Elapsed, Event, Happening, Unit};

use super::{Case, Judgement, below, code_of};
use crate::finding::{Evidence, Verdict};

/// The lines that match a pattern.
#[derive(Default)]
struct Lines<'a> {
    count: u64,
    first: Option<Elapsed>,
    shown: Vec<(Elapsed, &'a str)>,
}

impl<'a> Case<'a> {
    pub(super) fn log_forbid(self, pattern: &LinePattern) -> Judgement {
        let Some(lines) = self.lines_of(pattern) else { return not_looked_for(pattern) };
        let (verdict, code, summary) = match lines.first {
            Some(first) => {
                let summary = format!("`{}` was logged {}, first at {first}", pattern.as_str(), times(lines.count));
                (Verdict::Fail, "logged", summary)
            }
            None if self.was_cut_short() => cut_short(pattern),
            None => (Verdict::Pass, "holds", format!("`{}` was never logged", pattern.as_str())),
        };
        Judgement::new(verdict, code, summary).with(lines.evidence())
    }

    pub(super) fn log_require(self, pattern: &LinePattern) -> Judgement {
        let Some(lines) = self.lines_of(pattern) else { return not_looked_for(pattern) };
        let (verdict, code, summary) = match lines.first {
            Some(first) => {
                let summary = format!("`{}` was logged {}, first at {first}", pattern.as_str(), times(lines.count));
                (Verdict::Pass, "holds", summary)
            }
            None if self.was_cut_short() => cut_short(pattern),
            None => (Verdict::Fail, "not_logged", format!("`{}` was never logged", pattern.as_str())),
        };
        Judgement::new(verdict, code, summary).with(lines.evidence())
    }

    /// Of the load, as all rates are: what it logs when it starts is no load.
    pub(super) fn log_rate(self, pattern: &LinePattern, limit: f64) -> Judgement {
        let Some((from, to)) = self.judged_window() else { return Judgement::no_data("no phase was run") };
        let Some(lines) = self.lines_of(pattern) else { return not_looked_for(pattern) };
        let under_load = self.hits(pattern).filter(|(at, ..)| (from..=to).contains(at)).map(|(_, count, _)| count);
        let rate = under_load.sum::<u64>() as f64 / to.since(from).as_secs_f64().max(f64::MIN_POSITIVE);
        let [value, limit_shown] = [rate, limit].map(|value| Amount { value, unit: Unit::PerSecond });
        let mut verdict = below(limit, (rate, rate));
        if verdict == Verdict::Pass && self.was_cut_short() {
            verdict = Verdict::Inconclusive;
        }
        let code = if verdict == Verdict::Inconclusive { "cut_short" } else { code_of(verdict) };
        let summary = format!("`{}` was logged at {value} under load (limit {limit_shown})", pattern.as_str());
        let evidence =
            Evidence { value: Some(value), limit: Some(limit_shown), window: Some((from, to)), ..lines.evidence() };
        Judgement::new(verdict, code, summary).with(evidence)
    }

    /// A line that did not come may still have come in the rest of the run.
    fn was_cut_short(self) -> bool {
        !self.completed()
    }

    /// `None` where the run did not look for them.
    fn lines_of(self, pattern: &LinePattern) -> Option<Lines<'a>> {
        let mut hits = self.hits(pattern).peekable();
        hits.peek()?;
        let mut lines = Lines::default();
        for (at, count, line) in hits.filter(|(_, count, _)| *count > 0) {
            lines.count += count;
            lines.first.get_or_insert(at);
            lines.shown.extend(line.map(|line| (at, line)));
        }
        Some(lines)
    }

    fn hits(self, pattern: &LinePattern) -> impl Iterator<Item = (Elapsed, u64, Option<&'a str>)> {
        let of = move |event: &'a Event| match &event.what {
            Happening::Logged { pattern: told, count, line } if told == pattern.as_str() => {
                Some((event.at, *count, line.as_deref()))
            }
            _ => None,
        };
        self.timeline.events.iter().filter_map(of)
    }
}

impl Lines<'_> {
    fn evidence(&self) -> Evidence {
        let more = self.count.saturating_sub(self.shown.len() as u64);
        let mut notes: Vec<String> = self.shown.iter().map(|(at, line)| format!("at {at}: {line}")).collect();
        notes.extend((more > 0).then(|| format!("and {more} more")));
        Evidence {
            value: Some(Amount { value: self.count as f64, unit: Unit::Count }),
            samples: self.count,
            source: Some("the lines of the target's log".to_owned()),
            notes,
            ..Evidence::default()
        }
    }
}

fn not_looked_for(pattern: &LinePattern) -> Judgement {
    Judgement::no_data(&format!("the run did not look for `{}` in the log", pattern.as_str()))
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn cut_short(pattern: &LinePattern) -> (Verdict, &'static str, String) {
    let summary = format!("cannot tell: `{}` was not logged until the run ended early", pattern.as_str());
    (Verdict::Inconclusive, "cut_short", summary)
}
