#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "temp"
)]
use clock::Clock;
use scenario::*;
use std::collections::BTreeMap;
use std::time::Duration;
use timeline::*;
fn cpu() -> f64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    t.tv_sec as f64 + t.tv_nsec as f64 / 1e9
}
fn threads() -> BTreeMap<String, (f64, f64)> {
    let mut m = BTreeMap::new();
    for e in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let n = std::fs::read_to_string(e.path().join("comm")).unwrap();
        let s = std::fs::read_to_string(e.path().join("schedstat")).unwrap();
        let v: Vec<f64> = s.split_whitespace().map(|x| x.parse().unwrap()).collect();
        m.insert(n.trim().into(), (v[0] / 1e9, v[2]));
    }
    m
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let pid: u32 = a[1].parse().unwrap();
    let every: u64 = a[2].parse().unwrap();
    let hb: u64 = a[3].parse().unwrap();
    let secs: u64 = a[4].parse().unwrap();
    let container = a.get(5).cloned().filter(|s| !s.is_empty());
    let address = a.get(6).map(|s| s.parse().unwrap());
    let clock = Clock::start();
    let plan = ProbePlan {
        every: Duration::from_millis(every),
        heartbeat: (hb > 0).then(|| HeartbeatPlan { path: "/health".into(), period: Duration::from_millis(hb) }),
    };
    let last = std::sync::Arc::new(std::sync::Mutex::new(BTreeMap::new()));
    let l2 = last.clone();
    let beats = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let b2 = beats.clone();
    let p =
        probe::start(&plan, probe::Watched { pid: Some(pid), container, address, fallback: None }, clock, move |o| {
            match o {
                Observation::Sample { key, source, sample } => {
                    let mut g = l2.lock().unwrap();
                    let e = g.entry((key, source)).or_insert((0u64, 0.0, 0u64, 0u64));
                    e.0 += 1;
                    e.1 = sample.value;
                    let d = sample.taken.since(sample.due).as_micros() as u64;
                    e.2 = e.2.max(d);
                    e.3 += d;
                }
                Observation::Beat(b) => b2.lock().unwrap().push(b),
                o => println!("{o:?}"),
            }
        })
        .unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let (c, t) = (cpu(), threads());
    std::thread::sleep(Duration::from_secs(secs));
    let (c2, t2) = (cpu(), threads());
    println!("process cpu {:.3} %", (c2 - c) / secs as f64 * 100.0);
    for (n, (v, w)) in &t2 {
        let (v0, w0) = t.get(n).copied().unwrap_or((0.0, 0.0));
        println!(
            "  {n:16} {:.3} %  {:.0} wakes/s {:.1} us/wake",
            (v - v0) / secs as f64 * 100.0,
            (w - w0) / secs as f64,
            (v - v0) * 1e6 / (w - w0)
        );
    }
    p.stop().unwrap();
    for ((k, s), v) in last.lock().unwrap().iter() {
        println!(
            "{:8} {:18} {:20} n={} last={} late max {} mean {} us",
            k.subject.to_string(),
            k.metric.name(),
            s,
            v.0,
            v.1,
            v.2,
            v.3 / v.0
        );
    }
    let b = beats.lock().unwrap();
    if !b.is_empty() {
        let mut l: Vec<u128> = b.iter().map(|b| b.sent.since(b.due).as_micros()).collect();
        l.sort();
        let mut d: Vec<u128> = b.iter().map(|b| b.done.since(b.sent).as_micros()).collect();
        d.sort();
        let q = |v: &Vec<u128>, p: f64| v[((v.len() - 1) as f64 * p) as usize];
        println!(
            "beats {} answered {} late p50 {} p99 {} max {}; took p50 {} p99 {} max {}; stalled {} us",
            b.len(),
            b.iter().filter(|b| b.answered).count(),
            q(&l, 0.5),
            q(&l, 0.99),
            q(&l, 1.0),
            q(&d, 0.5),
            q(&d, 0.99),
            q(&d, 1.0),
            b.iter().map(|b| b.harness_stalled).sum::<u64>()
        );
    }
}
