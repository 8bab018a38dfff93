//! What a line costs: one that tells of no collection, and those of each runtime. `cargo bench -p gclog`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures and tells")]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use gclog::GcLog;
use timeline::Elapsed;

const ROUNDS: u64 = 1000;

fn measure(name: &str, lines: &[&str]) {
    let mut log = GcLog::default();
    // The patterns are made when they are first needed.
    let mut pauses = lines.iter().map(|line| log.read(line, Elapsed::ZERO).len()).sum::<usize>();
    let begun = Instant::now();
    for round in 0..ROUNDS {
        for (number, line) in lines.iter().enumerate() {
            let arrived = Elapsed::from_micros((round * lines.len() as u64 + number as u64) * 1000);
            pauses += log.read(black_box(line), arrived).len();
        }
    }
    let each = begun.elapsed().as_nanos() as f64 / (ROUNDS as f64 * lines.len() as f64);
    println!("{name:<20} {each:>8.0} ns a line, {pauses} pauses");
}

fn main() -> std::io::Result<()> {
    let access = r#"2026-11-21T08:08:53.104Z INFO [http-nio-8080-exec-7] c.e.shop.AccessLog : 10.0.3.17 - "GET /items/4711?page=3 HTTP/1.1" 200 5123 took 12 ms "Mozilla/5.0 (X11; Linux x86_64)""#;
    let json = r#"{"level":"info","ts":1795248533.405,"caller":"server/handler.go:118","msg":"request served","method":"GET","path":"/items","status":200,"duration_ms":12.4}"#;
    measure("an access log", &[access]);
    measure("a log of JSON", &[json]);
    measure("a short line", &["listening on 8080"]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    for name in ["go119.txt", "node22.txt", "jdk17-g1.txt", "jdk25-zgc.txt", "bun14.txt", "cpython311.txt"] {
        let text = std::fs::read_to_string(folder.join(name))?;
        measure(name, &text.lines().collect::<Vec<_>>());
    }
    Ok(())
}
