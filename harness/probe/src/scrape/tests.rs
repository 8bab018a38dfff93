//! Pages that a small server serves, got for real.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clock::Clock;
use scenario::{PageFormat, ScrapePlan, Scraped, Selector, Spot};
use timeline::{Happening, Observation, Unit};

use super::{LONGEST, Scraper};
use crate::grid::Grid;
use crate::out::Out;
use crate::stop::Stop;

/// Answers each request on each connection with what `answer` makes of its number and its head.
fn serve(mut answer: impl FnMut(usize, &str) -> String + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut number = 0;
        while let Ok((mut stream, _)) = listener.accept() {
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            loop {
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    match lines.read_line(&mut head) {
                        Ok(read) if read > 0 => {}
                        _ => break,
                    }
                }
                if head.is_empty() || stream.write_all(answer(number, &head).as_bytes()).is_err() {
                    break;
                }
                number += 1;
            }
        }
    });
    address
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn sample(name: &str, of: &str) -> Scraped {
    Scraped { name: name.to_owned(), spot: Spot::Sample(Selector::read(of).unwrap()), unit: Unit::Count, scale: 1.0 }
}

fn plan(format: PageFormat, kept: Vec<Scraped>) -> ScrapePlan {
    let (path, every) = ("/metrics".to_owned(), Duration::from_millis(20));
    ScrapePlan { path, host: None, service: None, port: None, every, headers: Vec::new(), format, kept }
}

/// Scrapes until `enough` says so of what was seen; all of it, with what is told at the end.
fn scrape(plan: ScrapePlan, address: SocketAddr, enough: impl Fn(&[Observation]) -> bool) -> Vec<Observation> {
    let clock = Clock::start();
    let (sender, seen): (_, Receiver<Observation>) = channel();
    let out = Out::new(clock, move |observation| drop(sender.send(observation)));
    let scraper = Scraper::new(plan, address, clock, Grid::new(clock.now(), Duration::from_millis(20)), out).unwrap();
    let stop = Stop::new();
    let heard = stop.clone();
    let thread = std::thread::spawn(move || scraper.run(&heard));
    let mut all = Vec::new();
    while !enough(&all) {
        all.push(seen.recv_timeout(Duration::from_secs(20)).expect("it is seen in time"));
    }
    stop.tell();
    thread.join().unwrap();
    all.extend(seen.try_iter());
    all
}

fn values(seen: &[Observation], name: &str) -> Vec<f64> {
    let value = |one: &Observation| match one {
        Observation::Sample { key, sample, .. } if key.metric.name() == name => Some(sample.value),
        _ => None,
    };
    seen.iter().filter_map(value).collect()
}

fn events(seen: &[Observation]) -> Vec<Happening> {
    let event = |one: &Observation| match one {
        Observation::Event(event) => Some(event.what.clone()),
        _ => None,
    };
    seen.iter().filter_map(event).collect()
}

#[test]
fn a_page_is_got_on_one_connection_and_told_on_the_grid() {
    let address = serve(|number, head| {
        assert!(head.starts_with("GET /metrics HTTP/1.1"), "{head}");
        assert!(head.contains("accept: text/plain;version=0.0.4") && head.contains("x-token: t"), "{head}");
        ok(&format!("jobs {number}\nhits{{a=\"1\"}} 1\nhits{{a=\"2\"}} 2\n"))
    });
    let mut plan = plan(PageFormat::Prometheus, vec![sample("jobs", "jobs"), sample("hits", "hits")]);
    plan.headers.push(("x-token".to_owned(), "t".to_owned()));
    let seen = scrape(plan, address, |seen| values(seen, "jobs").len() >= 5);
    assert_eq!(values(&seen, "jobs")[..5], [0.0, 1.0, 2.0, 3.0, 4.0], "one connection, in order");
    assert_eq!(values(&seen, "hits")[..1], [3.0]);
    let note = "is the sum of 2 sets of labels".to_owned();
    assert_eq!(events(&seen), [Happening::SeriesNoted { series: "hits".to_owned(), note }], "told once");
    let on_grid = seen.iter().all(|one| match one {
        Observation::Sample { sample, source, .. } => *source == "scrape of /metrics" && sample.due <= sample.taken,
        _ => true,
    });
    assert!(on_grid);
}

#[test]
fn a_page_that_fails_is_told_once_and_leaves_a_gap() {
    let address = serve(|number, _| match number {
        1..=3 => "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n".to_owned(),
        number => ok(&format!("jobs {number}\n")),
    });
    let kept = vec![sample("jobs", "jobs")];
    let seen = scrape(plan(PageFormat::Prometheus, kept), address, |seen| values(seen, "jobs").len() >= 3);
    assert_eq!(values(&seen, "jobs")[..3], [0.0, 4.0, 5.0]);
    let probe = || "scrape of /metrics".to_owned();
    let reason = "it answers with status 503".to_owned();
    let failed = Happening::ProbeFailed { probe: probe(), reason };
    assert_eq!(events(&seen), [failed, Happening::ProbeRecovered { probe: probe() }]);
}

#[test]
fn a_name_that_never_comes_is_told_at_the_end_with_what_is_like_it() {
    let address = serve(|_, _| ok("go_goroutines 7\ngo_threads 3\nup 1\n"));
    let kept = vec![sample("go_gorutines", "go_gorutines"), sample("up", "up")];
    let seen = scrape(plan(PageFormat::Prometheus, kept), address, |seen| values(seen, "up").len() >= 2);
    let note = "`/metrics` never told it; it has go_goroutines, go_threads".to_owned();
    assert_eq!(events(&seen), [Happening::SeriesNoted { series: "go_gorutines".to_owned(), note }]);
}

#[test]
fn a_page_of_another_kind_or_without_an_end_is_not_read() {
    let long = "x".repeat(LONGEST + 1);
    let answers = [(ok("<html>"), "it begins with `<html>`"), (ok(&long), "it is longer than 8 MiB")];
    for (answer, why) in answers {
        let address = serve(move |_, _| answer.clone());
        let seen = scrape(plan(PageFormat::Prometheus, vec![sample("a", "a")]), address, |seen| !seen.is_empty());
        let told = format!("{:?}", events(&seen));
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn a_page_that_never_answers_does_not_hold_up_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let clock = Clock::start();
    let seen = scrape(plan(PageFormat::Prometheus, vec![sample("a", "a")]), address, |_| true);
    assert!(seen.is_empty() && clock.now().seconds() < 5.0, "{seen:?}");
}

#[test]
fn numbers_stand_in_json_and_in_lines_too() {
    let address = serve(|_, _| ok(r#"{"memstats": {"HeapAlloc": 4096}, "pools": [{"in use": "3"}], "cmd": ["x"]}"#));
    let path = |name: &str, path: &str| Scraped {
        name: name.to_owned(),
        spot: serde_json::from_value(serde_json::json!({ "json": path })).unwrap(),
        unit: Unit::Bytes,
        scale: 2.0,
    };
    let kept = vec![
        path("heap", "$.memstats.HeapAlloc"),
        path("pool", "$.pools[-1]['in use']"),
        path("lost", "$.memstats.HeapAloc"),
        path("text", "$.cmd[0]"),
    ];
    let seen = scrape(plan(PageFormat::Json, kept), address, |seen| values(seen, "pool").len() >= 2);
    assert_eq!((values(&seen, "heap")[0], values(&seen, "pool")[0]), (8192.0, 6.0));
    let told = format!("{:?}", events(&seen));
    assert!(told.contains("it has HeapAlloc") && told.contains(r#"is no number: `\"x\"`"#), "{told}");

    let address = serve(|_, _| ok("Memory:\n  Alloc = 2 KiB\n  Sys = 9 MB\n"));
    let line = |pattern: &str| Scraped {
        name: "alloc".to_owned(),
        spot: serde_json::from_value(serde_json::json!({ "line": pattern })).unwrap(),
        unit: Unit::Bytes,
        scale: 1.0,
    };
    let kept = vec![line(r"^\s*Alloc = (?<value>[0-9.]+) (?<unit>\w+)$")];
    let seen = scrape(plan(PageFormat::Text, kept), address, |seen| !values(seen, "alloc").is_empty());
    assert_eq!(values(&seen, "alloc")[..1], [2048.0]);
}
