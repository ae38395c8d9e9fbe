//! Two servers that share their counts, and a Redis that is killed and restarted meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::redis::RedisServer;
use crate::support::{LIMIT, Running, get, program};

/// More than enough for the server to reconnect, or to notice that it cannot.
const SOON: Duration = Duration::from_secs(3);

fn server(folder: &str, redis: &RedisServer, flags: &[&str]) -> Running {
    let mut command = program(folder);
    command.args(["--demo", "--rate-limit-redis-url", &redis.url(), "--tokens-burst", "1000000"]).args(flags);
    Running::start(&mut command)
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

/// Repeats the request until it gets a status; fails after a while.
fn until(server: &Running, wanted: &str) {
    let start = Instant::now();
    loop {
        let answer = server.get("/token");
        if status(&answer) == wanted {
            return;
        }
        assert!(start.elapsed() < SOON, "still {answer}");
    }
}

#[test]
fn servers_share_one_budget() {
    let redis = RedisServer::start();
    let flags = ["--tokens-per-hour", "25"];
    let servers = [server("shared-1", &redis, &flags), server("shared-2", &redis, &flags)];
    let granted = AtomicUsize::new(0);
    thread::scope(|scope| {
        for n in 0..4 {
            let (server, granted) = (&servers[n % 2], &granted);
            scope.spawn(move || {
                for _ in 0..20 {
                    match status(&server.get("/token")) {
                        "200" => granted.fetch_add(1, Ordering::Relaxed),
                        "429" => 0,
                        other => panic!("{other}"),
                    };
                }
            });
        }
    });
    assert_eq!(granted.into_inner(), 25);
}

#[test]
fn tokens_are_issued_only_while_redis_is_available() {
    let mut redis = RedisServer::start();
    let servers = Arc::new([server("closed-1", &redis, &[]), server("closed-2", &redis, &[])]);
    let stop = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (0..4)
        .map(|n| {
            let (servers, stop) = (servers.clone(), stop.clone());
            thread::spawn(move || {
                let mut seen = [0; 2];
                while !stop.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    match status(&servers[n % 2].get("/token")) {
                        "200" => seen[0] += 1,
                        "503" => seen[1] += 1,
                        other => panic!("{other}"),
                    }
                    assert!(start.elapsed() < SOON, "an answer took {:?}", start.elapsed());
                }
                seen
            })
        })
        .collect();
    for _ in 0..2 {
        servers.iter().for_each(|server| until(server, "200"));
        redis.kill();
        servers.iter().for_each(|server| until(server, "503"));
        // Without tokens they still serve the page, and report that they are not ready.
        for server in servers.iter() {
            assert_eq!(status(&server.get("/")), "200");
            assert_eq!(status(&server.get("/readyz")), "503");
            assert_eq!(status(&server.get("/healthz")), "204");
        }
        redis.restart();
    }
    servers.iter().for_each(|server| until(server, "200"));
    servers.iter().for_each(|server| assert_eq!(status(&server.get("/readyz")), "204"));
    stop.store(true, Ordering::Relaxed);
    for thread in load {
        let [granted, refused] = thread.join().expect("only 200 and 503, and each in time");
        assert!(granted > 0 && refused > 0, "{granted} {refused}");
    }
    for server in Arc::into_inner(servers).expect("the load has ended") {
        let (_, log) = server.stop("TERM");
        // Logged once per change, not per request.
        assert_eq!(log.matches("no tokens are issued until it is available again").count(), 2, "{log}");
        assert_eq!(log.matches("Redis is available again").count(), 2, "{log}");
    }
}

#[test]
fn with_fail_open_each_server_counts_alone() {
    let mut redis = RedisServer::start();
    let flags = ["--rate-limit-fail", "open", "--tokens-per-hour", "10"];
    let servers = [server("open-1", &redis, &flags), server("open-2", &redis, &flags)];
    redis.kill();
    for server in &servers {
        let granted = (0..15).filter(|_| status(&server.get("/token")) == "200").count();
        assert_eq!(granted, 10);
        assert_eq!(status(&server.get("/readyz")), "204");
    }
}

#[test]
fn a_server_starts_without_redis_and_connects_later() {
    let mut redis = RedisServer::start();
    redis.kill();
    let server = server("early", &redis, &[]);
    let start = Instant::now();
    assert_eq!(status(&get(&server.address, "/token")), "503");
    assert!(start.elapsed() < LIMIT / 4, "{:?}", start.elapsed());
    redis.restart();
    until(&server, "200");
}
