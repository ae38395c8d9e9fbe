//! Two servers that share their counts, and a Redis that is killed and restarted meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::redis::RedisServer;
use crate::support::{LIMIT, Running, get, joined, program};
use test_result::TestResult;

/// More than enough for the server to reconnect, or to notice that it cannot.
const SOON: Duration = Duration::from_secs(3);

fn server(folder: &str, redis: &RedisServer, flags: &[&str]) -> TestResult<Running> {
    let mut command = program(folder)?;
    command.args(["--demo", "--rate-limit-redis-url", &redis.url(), "--tokens-burst", "1000000"]).args(flags);
    Running::start(&mut command)
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

/// Repeats the request until it gets a status; fails after a while.
fn until(server: &Running, wanted: &str) -> TestResult {
    let start = Instant::now();
    loop {
        let answer = server.get("/token")?;
        if status(&answer) == wanted {
            return Ok(());
        }
        assert!(start.elapsed() < SOON, "still {answer}");
    }
}

#[test]
fn a_redis_whose_port_another_one_has_is_not_taken_for_it() -> TestResult {
    let redis = RedisServer::start()?;
    assert!(RedisServer::on(redis.port, &[])?.is_none());
    Ok(())
}

#[test]
fn servers_share_one_budget() -> TestResult {
    let redis = RedisServer::start()?;
    let flags = ["--tokens-per-hour", "25"];
    let servers = [server("shared-1", &redis, &flags)?, server("shared-2", &redis, &flags)?];
    let granted = AtomicUsize::new(0);
    thread::scope(|scope| {
        let clients = [0, 1, 0, 1].map(|n| {
            let (server, granted): (&Running, _) = (&servers[n], &granted);
            scope.spawn(move || -> TestResult {
                for _ in 0..20 {
                    match status(&server.get("/token")?) {
                        "200" => granted.fetch_add(1, Ordering::Relaxed),
                        "429" => 0,
                        other => return Err(format!("the status {other}").into()),
                    };
                }
                Ok(())
            })
        });
        clients.into_iter().try_for_each(|it| joined(it.join()))
    })?;
    assert_eq!(granted.into_inner(), 25);
    Ok(())
}

#[test]
fn tokens_are_issued_only_while_redis_is_available() -> TestResult {
    let mut redis = RedisServer::start()?;
    let servers = Arc::new([server("closed-1", &redis, &[])?, server("closed-2", &redis, &[])?]);
    let stop = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (0..4)
        .map(|n| {
            let (servers, stop) = (servers.clone(), stop.clone());
            thread::spawn(move || -> TestResult<_> {
                let mut seen = [0; 2];
                while !stop.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    match status(&servers[n % 2].get("/token")?) {
                        "200" => seen[0] += 1,
                        "503" => seen[1] += 1,
                        other => return Err(format!("the status {other}").into()),
                    }
                    assert!(start.elapsed() < SOON, "an answer took {:?}", start.elapsed());
                }
                Ok(seen)
            })
        })
        .collect();
    for _ in 0..2 {
        servers.iter().try_for_each(|server| until(server, "200"))?;
        redis.kill();
        servers.iter().try_for_each(|server| until(server, "503"))?;
        // Without tokens they still serve the page, and report that they are not ready.
        for server in servers.iter() {
            assert_eq!(status(&server.get("/")?), "200");
            assert_eq!(status(&server.get("/readyz")?), "503");
            assert_eq!(status(&server.get("/healthz")?), "204");
        }
        redis.restart()?;
    }
    servers.iter().try_for_each(|server| until(server, "200"))?;
    for server in servers.iter() {
        assert_eq!(status(&server.get("/readyz")?), "204");
    }
    stop.store(true, Ordering::Relaxed);
    for thread in load {
        let [granted, refused] = joined(thread.join())?;
        assert!(granted > 0 && refused > 0, "{granted} {refused}");
    }
    for server in Arc::into_inner(servers).ok_or("the load has not ended")? {
        let (_, log) = server.stop("TERM")?;
        // Logged once per change, not per request.
        assert_eq!(log.matches("no tokens are issued until it is available again").count(), 2, "{log}");
        assert_eq!(log.matches("Redis is available again").count(), 2, "{log}");
    }
    Ok(())
}

#[test]
fn with_fail_open_each_server_counts_alone() -> TestResult {
    let mut redis = RedisServer::start()?;
    let flags = ["--rate-limit-fail", "open", "--tokens-per-hour", "10"];
    let servers = [server("open-1", &redis, &flags)?, server("open-2", &redis, &flags)?];
    redis.kill();
    for server in &servers {
        let answers: Vec<_> = (0..15).map(|_| server.get("/token")).collect::<TestResult<_>>()?;
        assert_eq!(answers.iter().filter(|answer| status(answer) == "200").count(), 10);
        assert_eq!(status(&server.get("/readyz")?), "204");
    }
    Ok(())
}

#[test]
fn a_server_starts_without_redis_and_connects_later() -> TestResult {
    let mut redis = RedisServer::start()?;
    redis.kill();
    let server = server("early", &redis, &[])?;
    let start = Instant::now();
    assert_eq!(status(&get(&server.address, "/token")?), "503");
    assert!(start.elapsed() < LIMIT / 4, "{:?}", start.elapsed());
    redis.restart()?;
    until(&server, "200")
}
