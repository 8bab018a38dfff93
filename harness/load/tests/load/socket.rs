//! `WebSocket`s, against a real server of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clock::Clock;
use futures_util::{SinkExt, StreamExt};
use load::{Cut, Demand, Load, Schedule};
use scenario::{Leaving, Pattern, Phase, Process, RateRamp, SocketAction, SocketStep, Step, Think};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

use crate::{CLIENT, DATA, TIMEOUT, journey, millis};

/// What the server saw.
#[derive(Debug, Default)]
struct Seen {
    open: AtomicU64,
    messages: AtomicU64,
    /// Connections that ended with a goodbye.
    closed: AtomicU64,
    pongs: AtomicU64,
}

impl Seen {
    fn of(count: &AtomicU64) -> u64 {
        count.load(Ordering::Relaxed)
    }
}

/// Echoes texts, pings each connection every 50 ms, and drops all of them when told to.
struct Echo {
    address: SocketAddr,
    seen: Arc<Seen>,
    hang_up: watch::Sender<bool>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (hang_up, told) = watch::channel(false);
        let seen = Arc::new(Seen::default());
        let server = Self { address, seen: Arc::clone(&seen), hang_up };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, mut told) = (Arc::clone(&seen), told.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = serve(stream, &seen) => {}
                        _ = told.wait_for(|told| *told) => {}
                    }
                });
            }
        });
        server
    }
}

async fn serve(stream: tokio::net::TcpStream, seen: &Seen) {
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    seen.open.fetch_add(1, Ordering::Relaxed);
    loop {
        let message = tokio::select! {
            message = socket.next() => message,
            () = tokio::time::sleep(millis(50)) => match socket.send(Message::Ping("x".into())).await {
                Ok(()) => continue,
                Err(_) => break,
            },
        };
        match message {
            Some(Ok(Message::Text(text))) => {
                seen.messages.fetch_add(1, Ordering::Relaxed);
                if socket.send(Message::Text(text)).await.is_err() {
                    break;
                }
            }
            Some(Ok(Message::Pong(_))) => {
                seen.pongs.fetch_add(1, Ordering::Relaxed);
            }
            Some(Ok(Message::Close(_))) => {
                seen.closed.fetch_add(1, Ordering::Relaxed);
                break;
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break,
        }
    }
    seen.open.fetch_sub(1, Ordering::Relaxed);
}

fn step(name: &str, action: SocketAction) -> Step {
    Step::Socket(SocketStep { name: format!("test/{name}"), action })
}

fn connect() -> Step {
    step("CONNECT", SocketAction::Connect { path: "/ws".to_owned(), headers: Vec::new() })
}

fn think(time: u64) -> Step {
    Step::Think(Think::Even(millis(time)..=millis(time)))
}

/// `count` arrivals within 200 ms.
fn start(steps: Vec<Step>, address: SocketAddr, count: u64) -> (Load, Clock) {
    let rate = count as f64 / 0.2;
    let phase = Phase { length: millis(200), rate: RateRamp { from: rate, to: rate }, ..Phase::default() };
    let schedule = Schedule::new(&[phase], Process::Uniform, 0);
    let (clock, journeys) = (Clock::start(), [journey(steps)]);
    let demand = Demand {
        journeys: &journeys,
        timeout: TIMEOUT,
        client: &CLIENT,
        data: &DATA,
        seed: 0,
        most_users: 0,
        schedule,
        most_connections: 2000,
    };
    let mut load = load::start(demand, address, clock).expect("a load");
    load.begin(clock.now());
    (load, clock)
}

async fn wait(clock: Clock, time: u64) {
    clock.sleep_until(clock.now() + millis(time)).await;
}

/// Waits until `is` holds; fails when it does not within ten seconds.
async fn until(clock: Clock, what: &str, mut is: impl FnMut() -> bool) {
    let end = clock.now() + millis(10_000);
    while !is() {
        assert!(clock.now() < end, "not within ten seconds: {what}");
        wait(clock, 20).await;
    }
}

fn of<'a>(cut: &'a Cut, step: &str) -> &'a timeline::LatencyInterval {
    cut.latency.iter().find(|interval| interval.step == format!("test/{step}")).expect("the step")
}

#[tokio::test]
async fn messages_go_out_and_come_back_and_the_goodbye_is_said() {
    let server = Echo::start().await;
    let receive = |pattern| step("RECEIVE", SocketAction::Receive { pattern, within: None });
    let steps = vec![
        connect(),
        step("SEND", SocketAction::Send("hello 7".to_owned())),
        receive(Pattern::Regex("^hello [0-9]$".to_owned())),
        step("PING", SocketAction::Ping),
    ];
    let (load, clock) = start(steps, server.address, 20);
    wait(clock, 600).await;
    let cut = load.stop().await;
    assert_eq!((cut.totals.requests, cut.totals.failed), (80, 0), "{:?}", cut.latency);
    assert_eq!((of(&cut, "SEND").unawaited, of(&cut, "RECEIVE").unawaited), (20, 0));
    assert_eq!((Seen::of(&server.seen.messages), Seen::of(&server.seen.closed)), (20, 20));
}

#[tokio::test]
async fn a_message_that_does_not_come_fails_with_its_own_limit() {
    let server = Echo::start().await;
    let pattern = Pattern::Contains("never".to_owned());
    let within = Some(millis(100));
    let steps = vec![connect(), step("RECEIVE", SocketAction::Receive { pattern, within })];
    let (load, clock) = start(steps, server.address, 5);
    wait(clock, 700).await;
    let cut = load.stop().await;
    assert_eq!(of(&cut, "RECEIVE").failures, [("timed out".to_owned(), 5)].into());
}

#[tokio::test]
async fn idle_connections_are_held_and_the_death_of_each_is_noticed() {
    let server = Echo::start().await;
    let (load, clock) = start(vec![connect(), think(60_000)], server.address, 1000);
    until(clock, "all are there", || Seen::of(&server.seen.open) == 1000).await;
    until(clock, "pings are answered", || Seen::of(&server.seen.pongs) > 1000).await;
    let mut deaths = load.cut().totals.failed;
    assert_eq!(deaths, 0);
    server.hang_up.send_replace(true);
    until(clock, "each death is noticed", || {
        deaths += load.cut().totals.failed;
        deaths == 1000
    })
    .await;
    load.stop().await;
}

#[tokio::test]
async fn who_stalls_answers_nothing_and_who_vanished_stays_until_the_end() {
    let server = Echo::start().await;
    let (load, clock) = start(vec![connect(), step("STALL", SocketAction::Stall(millis(800)))], server.address, 10);
    wait(clock, 700).await;
    assert_eq!((Seen::of(&server.seen.open), Seen::of(&server.seen.pongs)), (10, 0));
    load.stop().await;

    let server = Echo::start().await;
    let vanish = step("LEAVE", SocketAction::Leave(Leaving::Vanish));
    let (load, clock) = start(vec![connect(), vanish], server.address, 10);
    wait(clock, 700).await;
    assert_eq!((Seen::of(&server.seen.open), Seen::of(&server.seen.closed)), (10, 0), "long after their walk");
    drop(load.stop().await);
    wait(clock, 200).await;
    assert_eq!(Seen::of(&server.seen.open), 0);
}

#[tokio::test]
async fn what_is_no_websocket_is_told_by_its_status() {
    let server = crate::server::Server::start().await;
    let (load, clock) = start(vec![connect()], server.address, 5);
    wait(clock, 500).await;
    let cut = load.stop().await;
    assert_eq!(of(&cut, "CONNECT").failures, [("status 200".to_owned(), 5)].into());
}
