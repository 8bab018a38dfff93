use std::time::Duration; use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use scenario::*;
fn stat() -> (f64, u64) {
  let s = std::fs::read_to_string("/proc/self/stat").unwrap(); let f: Vec<&str> = s.rsplit(") ").next().unwrap().split(' ').collect();
  let t: f64 = f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap();
  (t / 100.0, f[21].parse::<u64>().unwrap() * 4)
}
#[tokio::main(flavor = "current_thread")]
async fn main() {
  let a: Vec<String> = std::env::args().collect();
  if a[1] == "serve" {
    let l = tokio::net::TcpListener::bind("127.0.0.1:18099").await.unwrap();
    loop { let (mut s, _) = l.accept().await.unwrap(); s.set_nodelay(true).unwrap(); tokio::spawn(async move { let mut b = [0u8; 4096];
      loop { match s.read(&mut b).await { Ok(n) if n > 0 => { if s.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.is_err() { return } } _ => return } } }); }
  }
  let users: u64 = a[2].parse().unwrap(); let secs: u64 = a[3].parse().unwrap(); let think: u64 = a[4].parse().unwrap(); let nsteps: usize = a[5].parse().unwrap();
  let addr: SocketAddr = "127.0.0.1:18099".parse().unwrap();
  let mut steps = vec![];
  for i in 0..nsteps { steps.push(Step::Request(Request { name: format!("j/{i}"), method: Method::Get, path: format!("/{i}"), headers: vec![], body: None, expect: Expect { statuses: vec![200..=299], within: None } }));
    if think > 0 { steps.push(Step::Think(Duration::from_millis(think)..=Duration::from_millis(think))); } }
  let clock = clock::Clock::start();
  println!("before: rss {} kB", stat().1);
  let load = load::start(&[Journey { name: "j".into(), weight: 1, steps }], users, Duration::from_secs(10), addr, clock).unwrap();
  clock.sleep_until(clock.now() + Duration::from_secs(1)).await;
  println!("parked: cpu {:.3} s rss {} kB", stat().0, stat().1);
  load.set_users(users);
  let mut last = stat().0; let (mut n, mut c) = (0, 0.0);
  for i in 0..secs { clock.sleep_until(clock.now() + Duration::from_secs(1)).await;
    let t = clock.now(); let cut = load.cut(); let dt = clock.now().since(t); let (cpu, rss) = stat();
    n += cut.totals.requests; c += cpu - last;
    println!("{i}: {} rps failed {} p50 {:?} p99 {:?} cpu {:.2} = {:.1} us/req rss {rss} cut {dt:?} active {} bytes {}", cut.totals.requests, cut.totals.failed, cut.totals.p50_micros, cut.totals.p99_micros, cpu - last, (cpu-last)*1e6/cut.totals.requests.max(1) as f64, cut.load.users_active, cut.latency.iter().map(|l| l.histogram.0.len()).sum::<usize>()); last = cpu; }
  println!("mean {:.0} rps {:.1} us/req", n as f64 / secs as f64, c * 1e6 / n as f64);
  load.set_users(0); clock.sleep_until(clock.now() + Duration::from_secs(2)).await; println!("idle rss {}", stat().1);
  let t = clock.now(); let c = load.stop().await; println!("stop {:?} {:?}", clock.now().since(t), c.totals);
}
