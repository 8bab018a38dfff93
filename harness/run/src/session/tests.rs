use std::path::Path;

use super::*;

fn plan(phases: &str) -> Plan {
    let source = format!(
        "name: test\ntarget: {{process: {{command: [a]}}}}\nload:\n  journeys: [{{name: a, steps: [{{get: /}}]}}]\n  phases: {phases}"
    );
    scenario::load(&source, Path::new("/"), &|_| None).unwrap()
}

/// Plays a run whose ticks come `late` after they are due, with an input at a time.
fn play(plan: &Plan, late: Duration, interruption: Option<&(f64, Input)>) -> Vec<(f64, Command)> {
    let mut out = Vec::new();
    let mut log = Vec::new();
    let began = Elapsed::from_seconds(5.0);
    let mut now = began;
    let mut session = Session::begin(plan, now, &mut out);
    let mut interruption = interruption;
    while !session.ended {
        log.extend(out.drain(..).map(|command| (now.since(began).as_secs_f64(), command)));
        now = session.next_due() + late;
        match interruption.take_if(|(at, _)| now >= began + Duration::from_secs_f64(*at)) {
            Some((at, input)) => {
                now = began + Duration::from_secs_f64(*at);
                session.on(now, input.clone(), &mut out);
            }
            None => session.on(now, Input::Tick, &mut out),
        }
    }
    log.extend(out.drain(..).map(|command| (now.since(began).as_secs_f64(), command)));
    log
}

fn left(log: &[(f64, Command)]) -> Vec<(String, f64, f64)> {
    let span = |command: &Command| match command {
        Command::Left(span) => Some((span.name.clone(), span.start.seconds() - 5.0, span.end.seconds() - 5.0)),
        _ => None,
    };
    log.iter().filter_map(|(_, command)| span(command)).collect()
}

const SHORT: &str = "[{name: base, for: 2s}, {name: ramp, for: 1s, users: 0..10}, {name: hold, for: 2s, users: 10}, {name: settle, for: 1s}]";

#[test]
fn phases_follow_each_other_without_gaps() {
    let log = play(&plan(SHORT), Duration::ZERO, None);
    let spans = left(&log);
    assert_eq!(
        spans,
        [
            ("base".to_owned(), 0.0, 2.0),
            ("ramp".to_owned(), 2.0, 3.0),
            ("hold".to_owned(), 3.0, 5.0),
            ("settle".to_owned(), 5.0, 6.0),
        ]
    );
    assert_eq!(log.last().unwrap().1, Command::End(Outcome::Completed));
}

#[test]
fn a_ramp_is_walked_in_steps_and_ends_at_its_top() {
    let log = play(&plan(SHORT), Duration::ZERO, None);
    let users: Vec<u64> = log
        .iter()
        .filter_map(|(_, command)| match command {
            Command::SetUsers(users) => Some(*users),
            _ => None,
        })
        .collect();
    assert_eq!(users, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0]);
}

#[test]
fn an_interval_never_lies_in_two_phases() {
    let log = play(&plan(SHORT), Duration::from_millis(30), None);
    let cuts: Vec<f64> = log.iter().filter(|(_, command)| *command == Command::Cut).map(|(at, _)| *at).collect();
    for (_, start, end) in left(&log) {
        assert!(cuts.iter().any(|cut| (cut - end).abs() < 1e-9), "no cut where {start}..{end} ends: {cuts:?}");
    }
    assert!(cuts.windows(2).all(|pair| pair[1] - pair[0] > 0.4), "{cuts:?}");
}

#[test]
fn an_interruption_ends_the_phase_and_takes_the_users_away() {
    let log = play(&plan(SHORT), Duration::ZERO, Some(&(3.5, Input::Interrupted)));
    assert_eq!(left(&log).last().unwrap(), &("hold".to_owned(), 3.0, 3.5));
    let end: Vec<&Command> = log.iter().rev().take(4).map(|(_, command)| command).collect();
    assert!(matches!(
        end[..],
        [Command::End(Outcome::Interrupted), Command::Left(_), Command::Cut, Command::SetUsers(0)]
    ));
}

#[test]
fn a_dead_target_ends_the_run_with_its_death() {
    let death = Death { exit_code: Some(137), oom_killed: true, last_lines: Vec::new() };
    let log = play(&plan(SHORT), Duration::ZERO, Some(&(4.0, Input::TargetDied(death.clone()))));
    assert_eq!(log.last().unwrap().1, Command::End(Outcome::TargetDied(death)));
}

#[test]
fn a_host_that_slept_through_phases_leaves_them_empty_and_goes_on() {
    let plan = plan(SHORT);
    let mut out = Vec::new();
    let mut session = Session::begin(&plan, Elapsed::ZERO, &mut out);
    session.on(Elapsed::from_seconds(5.5), Input::Tick, &mut out);
    let spans: Vec<(f64, f64)> = out
        .iter()
        .filter_map(|command| match command {
            Command::Left(span) => Some((span.start.seconds(), span.end.seconds())),
            _ => None,
        })
        .collect();
    assert_eq!(spans, [(0.0, 5.5), (5.5, 5.5), (5.5, 5.5)]);
}

#[test]
fn a_leak_ends_the_run_at_once() {
    let leaks = Input::Leaks { look: 2, seen: Elapsed::from_seconds(8.0), reason: "memory leaks".to_owned() };
    let log = play(&plan(SHORT), Duration::ZERO, Some(&(3.5, leaks)));
    assert_eq!(left(&log).last().unwrap(), &("hold".to_owned(), 3.0, 3.5));
    let Command::End(Outcome::StoppedEarly { look, reason, .. }) = &log.last().unwrap().1 else { panic!("{log:?}") };
    assert_eq!((*look, reason.as_str()), (2, "memory leaks"));
}

/// When looks are taken, of the plan.
fn looks(log: &[(f64, Command)]) -> Vec<(f64, Look)> {
    let look = |(at, command): &(f64, Command)| match command {
        Command::Look(look) => Some((*at, *look)),
        _ => None,
    };
    log.iter().filter_map(look).collect()
}

#[test]
fn a_look_sees_only_what_has_come() {
    let hasty = Plan { stop_early: true, ..plan("[{name: base, for: 2s}, {name: hold, for: 100s, users: 5}]") };
    let log = play(&hasty, Duration::from_millis(7), None);
    let cuts: Vec<f64> = log.iter().filter(|(_, command)| *command == Command::Cut).map(|(at, _)| *at).collect();
    let taken = looks(&log);
    assert_eq!(taken.len(), 2);
    for (at, look) in taken {
        let before = cuts.iter().rfind(|cut| **cut < at).unwrap();
        assert!(look.at.seconds() <= *before && at - look.at.seconds() < 3.0, "{look:?} at {at}, {before}");
    }
    assert!(looks(&play(&Plan { stop_early: false, ..hasty }, Duration::ZERO, None)).is_empty());
}

#[test]
fn a_day_with_looks_plays_in_no_time() {
    let day = plan("[{repeat: 1000, phases: [{name: work, for: 60s, users: 5}, {name: rest, for: 26s}]}]");
    let day = Plan { stop_early: true, warm_up: Some(Duration::from_mins(10)), ..day };
    let log = play(&day, Duration::from_millis(7), None);
    let taken = looks(&log);
    assert_eq!(taken.len(), 16);
    assert!(taken.iter().map(|(_, look)| look.number).eq(1..=16));
    assert_eq!(log.last().unwrap().1, Command::End(Outcome::Completed));
}

#[test]
fn a_day_of_cycles_plays_in_no_time() {
    let day = plan(
        "[{name: base, for: 1m}, {repeat: 1000, phases: [{name: work, for: 60s, users: 5}, {name: rest, for: 26s}]}]",
    );
    let log = play(&day, Duration::from_millis(7), None);
    assert_eq!(left(&log).len(), 2001);
    assert_eq!(log.last().unwrap().1, Command::End(Outcome::Completed));
}

/// A plan whose load is a command.
fn commanded(phases: &str) -> Plan {
    let source =
        format!("name: test\ntarget: {{process: {{command: [a]}}}}\nload:\n  command: [b]\n  phases: {phases}");
    scenario::load(&source, Path::new("/"), &|_| None).unwrap()
}

const COMMANDED: &str =
    "[{name: base, for: 2s}, {name: work, for: 4s, loaded: true}, {name: more, for: 2s, loaded: true}, {for: 1s}]";

fn orders(log: &[(f64, Command)]) -> Vec<(f64, Command)> {
    let is_order = |command: &Command| matches!(command, Command::StartLoad(_) | Command::EndLoad | Command::Rest(_));
    log.iter().filter(|(_, command)| is_order(command)).cloned().collect()
}

#[test]
fn a_command_is_started_with_its_phase_and_asked_to_end_with_it() {
    let log = play(&commanded(COMMANDED), Duration::ZERO, None);
    assert_eq!(
        orders(&log),
        [(2.0, Command::StartLoad(1)), (6.0, Command::EndLoad), (6.0, Command::StartLoad(2)), (8.0, Command::EndLoad),]
    );
    let cut = log.iter().skip_while(|(_, command)| *command != Command::EndLoad).nth(1).unwrap();
    assert_eq!(cut.1, Command::Cut, "what it did until then lies in its phase");
}

#[test]
fn what_a_command_leaves_of_its_phase_is_idle() {
    let log = play(&commanded(COMMANDED), Duration::ZERO, Some(&(3.5, Input::LoadEnded)));
    let spans: Vec<(String, bool, f64, f64)> = log
        .iter()
        .filter_map(|(_, command)| match command {
            Command::Left(span) if span.name == "work" => {
                Some((span.name.clone(), span.loaded, span.start.seconds() - 5.0, span.end.seconds() - 5.0))
            }
            _ => None,
        })
        .collect();
    assert_eq!(spans, [("work".to_owned(), true, 2.0, 3.5), ("work".to_owned(), false, 3.5, 6.0)]);
    assert_eq!(
        orders(&log),
        [(2.0, Command::StartLoad(1)), (3.5, Command::Rest(1)), (6.0, Command::StartLoad(2)), (8.0, Command::EndLoad),]
    );
}

#[test]
fn a_collection_is_asked_for_once_in_each_phase_that_wants_one() {
    let phases = "[{name: base, for: 2s}, {repeat: 2, phases: [{name: work, for: 4s, users: 2}, {name: rest, for: 2s, \
                  collect: true}]}, {name: settle, for: 20s, collect: true}]";
    for late in [0, 30] {
        let log = play(&plan(phases), Duration::from_millis(late), None);
        let asked = log.iter().filter(|(_, command)| *command == Command::Collect);
        let asked: Vec<f64> = asked.map(|(at, _)| *at).collect();
        assert_eq!(asked.len(), 3, "{asked:?}");
        for (asked, due) in asked.iter().zip([6.2, 12.2, 14.5]) {
            assert!((0.0..0.1).contains(&(asked - due)), "{asked} for {due}");
        }
    }
}
