//! Rules on lines of the target's log.

use super::*;

/// The load is from 10 s to 70 s.
const RULES: &str = "{logs: [{forbid: 'bad connection'}, {require: 'ready'}, {rate: 'slow query', below: 10/s}]}";

/// A run in which nothing was logged yet.
fn looked_for() -> Played {
    let begun = |played: Played, pattern| played.logged(0.0, pattern, 0, None);
    ["bad connection", "ready", "slow query"].into_iter().fold(Played::new(RULES), begun)
}

impl Played {
    fn logged(self, seconds: f64, pattern: &str, count: u64, line: Option<&str>) -> Self {
        let (pattern, line) = (pattern.to_owned(), line.map(str::to_owned));
        self.event(seconds, Happening::Logged { pattern, count, line })
    }

    fn ended(mut self, outcome: Outcome) -> Self {
        self.timeline.outcome = outcome;
        self
    }
}

#[test]
fn a_forbidden_line_fails_with_the_first_of_them_and_their_times() {
    let played = looked_for()
        .logged(12.0, "bad connection", 1, Some("[mysql] driver: bad connection"))
        .logged(13.0, "bad connection", 1, Some("driver: bad connection (again)"))
        .logged(20.0, "bad connection", 998, None)
        .logged(21.0, "ready", 5, None);
    let finding = played.expect("logs.forbid[bad connection]", Verdict::Fail, "logs.forbid[bad connection].logged");
    assert_eq!(finding.summary, "`bad connection` was logged 1000 times, first at 12 s");
    assert_eq!(
        finding.evidence.notes,
        ["at 12 s: [mysql] driver: bad connection", "at 13 s: driver: bad connection (again)", "and 998 more"]
    );
    assert_eq!(finding.evidence.samples, 1000);
}

#[test]
fn a_line_that_never_came_is_missed_where_it_is_required() {
    let played = looked_for();
    played.expect("logs.forbid[bad connection]", Verdict::Pass, "logs.forbid[bad connection].holds");
    played.expect("logs.require[ready]", Verdict::Fail, "logs.require[ready].not_logged");
    let finding = looked_for().logged(1.0, "ready", 1, Some("ready")).expect(
        "logs.require[ready]",
        Verdict::Pass,
        "logs.require[ready].holds",
    );
    assert_eq!(finding.summary, "`ready` was logged once, first at 1 s");
}

#[test]
fn a_run_that_was_cut_short_shows_neither_absence() {
    let played = || looked_for().ended(Outcome::Interrupted);
    played().expect("logs.forbid[bad connection]", Verdict::Inconclusive, "logs.forbid[bad connection].cut_short");
    played().expect("logs.require[ready]", Verdict::Inconclusive, "logs.require[ready].cut_short");
    played().expect("logs.rate[slow query]", Verdict::Inconclusive, "logs.rate[slow query].cut_short");
    let seen = played().logged(12.0, "bad connection", 1, None);
    seen.expect("logs.forbid[bad connection]", Verdict::Fail, "logs.forbid[bad connection].logged");
}

#[test]
fn a_rate_is_that_of_the_load() {
    let at_rate = |count| looked_for().logged(5.0, "slow query", 100_000, None).logged(30.0, "slow query", count, None);
    let finding = at_rate(590).expect("logs.rate[slow query]", Verdict::Pass, "logs.rate[slow query].holds");
    assert_eq!(finding.summary, "`slow query` was logged at 9.83/s under load (limit 10/s)");
    at_rate(610).expect("logs.rate[slow query]", Verdict::Fail, "logs.rate[slow query].exceeded");
}

#[test]
fn what_the_run_did_not_look_for_is_no_pass() {
    for rule in ["logs.forbid[bad connection]", "logs.require[ready]", "logs.rate[slow query]"] {
        Played::new(RULES).expect(rule, Verdict::Inconclusive, &format!("{rule}.no_data"));
    }
}
