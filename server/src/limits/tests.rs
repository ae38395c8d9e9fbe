use super::*;
use std::io::{Read as _, Write as _};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, RngAlgorithm, TestRng, TestRunner};

#[allow(dead_code)] // Only other tests stop and restart it.
#[path = "../../tests/integration/support/redis.rs"]
mod server;

use server::RedisServer;
use test_result::TestResult;

const START_US: u64 = 1_700_000_000_000_000;

fn client(n: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, n))
}

fn rules(per_minute: u32, burst: u32, hour: u64, day: u64) -> Rules {
    let cap = |length_s, count| Cap { length_s, count };
    let caps = Caps { hour: cap(3_600, hour), day: cap(86_400, day) };
    Rules { client: Rate::per_minute(per_minute, burst), caps: Some(caps) }
}

/// Clients and the seconds between their requests.
fn requests() -> impl Strategy<Value = (Rules, Vec<(u8, u64)>)> {
    // From moments to hours, so that windows begin and end.
    let gap_us = prop_oneof![0_u64..1_000_000, 0_u64..120_000_000, 0_u64..20_000_000_000];
    // Slow enough that no key expires in Redis, whose clock is not this test's.
    let rules = (1_u32..20, 1_u32..6, 1_u64..12, 1_u64..30).prop_map(|(a, b, c, d)| rules(a, b, c, d));
    (rules, proptest::collection::vec((0_u8..3, gap_us), 1..60))
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_and_memory_give_the_same_verdicts_at_the_same_times() -> TestResult {
    let server = RedisServer::start()?;
    let redis = Redis::new(&server.url())?;
    let mut runner =
        TestRunner::new_with_rng(Cases::with_cases(60), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let handle = tokio::runtime::Handle::current();
    let case = std::cell::Cell::new(0);
    let result = tokio::task::block_in_place(|| {
        runner.run(&requests(), |(rules, requests)| {
            case.set(case.get() + 1);
            let memory = Memory::default();
            let mut now_us = START_US;
            for (n, gap_us) in requests {
                now_us += gap_us;
                let by_redis = handle.block_on(redis.count(
                    &format!("case{}", case.get()),
                    &rules,
                    client(n),
                    Some(now_us),
                ));
                let by_memory = memory.count(&rules, client(n), now_us);
                prop_assert_eq!(by_redis?, by_memory);
            }
            Ok(())
        })
    });
    Ok(result?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_concurrent_requests_through_two_servers_get_exactly_the_budget() -> TestResult {
    let server = RedisServer::start()?;
    let replicas = [Redis::new(&server.url())?, Redis::new(&server.url())?];
    let rules = Arc::new(rules(1, 1_000, 40, 1_000));
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let (redis, rules) = (replicas[n % 2].clone(), rules.clone());
            tokio::spawn(async move { redis.count("tokens", &rules, client(n as u8), Some(START_US)).await })
        })
        .collect();
    let mut granted = 0;
    for task in tasks {
        match task.await?? {
            Verdict::Granted => granted += 1,
            verdict => assert!(matches!(verdict, Verdict::Hour { .. }), "{verdict:?}"),
        }
    }
    assert_eq!(granted, 40);
    Ok(())
}

/// Forwards connections to a port, and new ones to another once that has changed.
fn forward(target: Arc<AtomicU16>) -> TestResult<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let to = ("127.0.0.1", target.load(Ordering::Relaxed));
            let Ok(far) = std::net::TcpStream::connect(to) else { continue };
            for (from, to) in [(&near, &far), (&far, &near)] {
                let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else { continue };
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
        }
    });
    Ok(port)
}

fn port(server: &RedisServer) -> TestResult<u16> {
    Ok(server.url().rsplit_once(':').and_then(|(_, port)| port.parse().ok()).ok_or("no port")?)
}

/// Makes a server a replica of another, as a failover does.
fn demote(server: &RedisServer, master: &RedisServer) -> TestResult {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port(server)?))?;
    write!(stream, "REPLICAOF 127.0.0.1 {}\r\n", port(master)?)?;
    let mut answer = [0; 3];
    stream.read_exact(&mut answer)?;
    assert_eq!(&answer, b"+OK");
    Ok(())
}

#[tokio::test]
async fn after_a_failover_the_successor_counts() -> TestResult {
    let (old, new) = (RedisServer::start()?, RedisServer::start()?);
    let target = Arc::new(AtomicU16::new(port(&old)?));
    let redis = Redis::new(&format!("redis://127.0.0.1:{}", forward(target.clone())?))?;
    let rules = rules(1, 1_000, 100, 1_000);
    let count = || redis.count("tokens", &rules, client(1), Some(START_US));
    assert_eq!(count().await?, Verdict::Granted);
    // The old one answers reads only, on the connections that it has.
    demote(&old, &new)?;
    target.store(port(&new)?, Ordering::Relaxed);
    assert_eq!(count().await?, Verdict::Granted);
    assert_eq!(redis.first_use(7, Duration::from_mins(1)).await.ok(), Some(true));
    Ok(())
}

#[tokio::test]
async fn redis_uses_its_own_clock_and_expires_its_keys() -> TestResult {
    let server = RedisServer::start()?;
    let redis = Redis::new(&server.url())?;
    let rules = Rules { client: Rate { interval_us: 50_000, burst: 1 }, caps: None };
    assert_eq!(redis.count("tokens", &rules, client(1), None).await?, Verdict::Granted);
    let start = std::time::Instant::now();
    while redis.count("tokens", &rules, client(1), None).await? != Verdict::Granted {
        assert!(start.elapsed().as_secs() < 10, "no second request is granted");
        tokio::task::yield_now().await;
    }
    assert!(start.elapsed().as_millis() >= 40);
    Ok(())
}

#[test]
fn all_addresses_of_an_ipv6_network_count_as_one_client() -> TestResult {
    let network = |address: &str| -> TestResult<_> { Ok(network(address.parse()?).to_string()) };
    assert_eq!(network("2001:db8:1:2:3:4:5:6")?, "2001:db8:1:2::");
    assert_eq!(network("2001:db8:1:2:ffff::1")?, "2001:db8:1:2::");
    assert_eq!(network("2001:db8:1:3::1")?, "2001:db8:1:3::");
    assert_eq!(network("192.0.2.7")?, "192.0.2.7");
    Ok(())
}

#[test]
fn a_wait_is_rounded_up_to_seconds() {
    let wait = |wait_us| outcome(Verdict::Client { wait_us });
    assert_eq!(wait(1), Err(Refused::Client { retry_after_s: 1 }));
    assert_eq!(wait(1_000_000), Err(Refused::Client { retry_after_s: 1 }));
    assert_eq!(wait(1_000_001), Err(Refused::Client { retry_after_s: 2 }));
}

fn limits(redis: Option<&RedisServer>, fail: RateLimitFail) -> TestResult<Limits> {
    let settings = LimitSettings {
        tokens_per_minute: 1,
        tokens_burst: 1,
        tokens_per_hour: 1,
        tokens_per_day: 1,
        rate_limit_redis_url: redis.map(|server| server.url().into()),
        rate_limit_fail: fail,
    };
    Ok(Limits::new(&settings, Metrics::new(None))?)
}

#[tokio::test]
async fn after_wrong_keys_a_client_may_try_none_for_a_while_on_any_server() -> TestResult {
    let server = RedisServer::start()?;
    for redis in [None, Some(&server)] {
        let one = limits(redis, RateLimitFail::Closed)?;
        let other = if redis.is_some() { limits(redis, RateLimitFail::Closed)? } else { one.clone() };
        for _ in 0..WRONG_KEYS.burst {
            assert_eq!(other.may_try_key(client(1)).await, Ok(()));
            assert_eq!(one.wrong_key(client(1)).await, Ok(()));
        }
        for _ in 0..2 {
            assert!(matches!(
                other.may_try_key(client(1)).await,
                Err(Refused::Client { retry_after_s: 1..=30 })
            ));
            assert!(matches!(other.wrong_key(client(1)).await, Err(Refused::Client { .. })));
        }
        assert_eq!(other.may_try_key(client(2)).await, Ok(()));
        // A client that guesses keys can still log in.
        assert_eq!(one.login(client(1)).await, Ok(()));
    }
    Ok(())
}

#[tokio::test]
async fn a_token_is_used_once_on_all_servers_that_share_redis() -> TestResult {
    let mut server = RedisServer::start()?;
    let one = limits(Some(&server), RateLimitFail::Closed)?;
    let other = limits(Some(&server), RateLimitFail::Closed)?;
    let open = limits(Some(&server), RateLimitFail::Open)?;
    let minute = Duration::from_mins(1);
    assert_eq!(one.use_token(7, minute).await, Ok(true));
    assert_eq!(other.use_token(7, minute).await, Ok(false));
    assert_eq!(other.use_token(8, minute).await, Ok(true));
    // Redis forgets it when it has expired, as its own signature then says.
    assert_eq!(one.use_token(9, Duration::from_millis(1)).await, Ok(true));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(one.use_token(9, minute).await, Ok(true));
    server.kill();
    assert_eq!(one.use_token(10, minute).await, Err(Refused::Uncounted));
    assert_eq!(open.use_token(7, minute).await, Ok(true));
    let alone = limits(None, RateLimitFail::Closed)?;
    assert_eq!((alone.use_token(7, minute).await, alone.use_token(7, minute).await), (Ok(true), Ok(true)));
    Ok(())
}

#[tokio::test]
async fn a_token_opens_its_session_after_redis_has_closed_an_idle_connection() -> TestResult {
    let server = RedisServer::with(&["--timeout", "1"])?;
    let redis = Redis::new(&server.url())?;
    let expires_in = Duration::from_mins(1);
    assert!(redis.first_use(1, expires_in).await?);
    // Redis looks for idle connections once a second.
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    assert!(redis.first_use(2, expires_in).await?);
    assert!(!redis.first_use(2, expires_in).await? && !redis.first_use(1, expires_in).await?);
    Ok(())
}

#[tokio::test]
async fn a_token_that_was_marked_right_before_the_connection_was_lost_is_not_used() -> TestResult {
    let server = RedisServer::start()?;
    // Passes the first `SET` on and cuts the connection instead of passing on its answer.
    let relay = std::net::TcpListener::bind("127.0.0.1:0")?;
    let url = format!("redis://{}", relay.local_addr()?);
    let upstream = server.url().replace("redis://", "");
    std::thread::spawn(move || {
        let mut cuts = 1;
        for client in relay.incoming() {
            let (Ok(mut client), Ok(mut redis)) = (client, std::net::TcpStream::connect(&upstream)) else {
                return;
            };
            let mut buffer = [0; 4_096];
            while let Ok(read @ 1..) = client.read(&mut buffer) {
                let is_cut = cuts > 0 && buffer[..read].windows(5).any(|it| it == b"used:");
                let passed = redis.write_all(&buffer[..read]).and_then(|()| redis.read(&mut buffer));
                if is_cut {
                    cuts -= 1;
                    break;
                }
                let Ok(answer) = passed else { break };
                if client.write_all(&buffer[..answer]).is_err() {
                    break;
                }
            }
        }
    });
    let redis = Redis::new(&url)?;
    assert!(redis.first_use(1, Duration::from_mins(1)).await?);
    assert!(!redis.first_use(1, Duration::from_mins(1)).await?);
    Ok(())
}
