//! Compares the server's speed, memory and size with those of an Express server with the same two routes.
//!
//! `cargo xtask bench` builds the release, installs Express and runs this program with the paths of both. It prints the
//! results side by side and fails if a target is missed.
//!
//! Reading order: this file (what is measured, and the targets), [`contender`], [`generator`], [`upstream`],
//! [`process`], [`table`].

mod contender;
mod generator;
mod process;
mod table;
mod upstream;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use contender::{Contender, Running};
use table::{Row, median};
use upstream::Upstream;

/// Parallel connections; each sends its next request as soon as the last one is answered.
const CONNECTIONS: usize = 32;
/// The load before the measurement, in which Node compiles hot code.
const WARM_UP: Duration = Duration::from_secs(2);
/// The duration of a round.
const LOAD: Duration = Duration::from_secs(1);
/// Rounds for each route and contender. The contenders alternate, so that other programs on the machine disturb both;
/// the medians count.
const ROUNDS: usize = 11;
/// Starts of each contender; the median start time counts.
const STARTS: usize = 15;
/// The time without requests before the idle memory is read.
const REST: Duration = Duration::from_secs(1);

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // Absolute paths: each server runs in a working directory of its own.
    let paths: Result<Vec<PathBuf>, _> = std::env::args_os().skip(1).map(std::fs::canonicalize).collect();
    let Ok([server, express]) = paths.as_deref() else {
        eprintln!("load-test SERVER EXPRESS: the server's binary, and a folder with server.js and Express");
        return ExitCode::from(2);
    };
    match compare(Contender::ours(server), Contender::express(express)).await {
        Ok(rows) => {
            print!("{}", table::text(&rows));
            let missed: Vec<_> = rows.iter().filter_map(Row::missed_target).collect();
            for target in &missed {
                eprintln!("target missed: {target}");
            }
            if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// All measurements of a contender: a value for each round and each start.
#[derive(Default)]
struct Measured {
    token: Vec<Route>,
    page: Vec<Route>,
    idle_mb: f64,
    loaded_mb: f64,
    start_ms: Vec<f64>,
}

/// The measurements of a route in one round.
struct Route {
    requests_per_s: f64,
    p99_ms: f64,
    cpu_us: f64,
}

async fn compare(ours: Contender, express: Contender) -> Result<Vec<Row>, Failure> {
    let upstream = Upstream::start()?;
    {
        // Both serve the same page.
        let page = ours.start(&upstream).await?.get("/").await?;
        express.take_page(&page)?;
        println!(
            "{CONNECTIONS} connections, {ROUNDS} rounds of {} s per route; a page of {} bytes, no compression",
            LOAD.as_secs(),
            page.len()
        );
    }
    let mut measured = [Measured::default(), Measured::default()];
    let contenders = [&ours, &express];
    for _ in 0..STARTS {
        for (contender, measured) in contenders.iter().zip(&mut measured) {
            let running = contender.start(&upstream).await?;
            measured.start_ms.push(running.first_answer_after().as_secs_f64() * 1000.0);
        }
    }
    let running = [ours.start(&upstream).await?, express.start(&upstream).await?];
    tokio::time::sleep(REST).await;
    for (running, measured) in running.iter().zip(&mut measured) {
        measured.idle_mb = running.process().resident_mb()?;
    }
    for path in ["/token", "/"] {
        for running in &running {
            generator::run(running.address(), path, CONNECTIONS, WARM_UP).await?;
        }
        for _ in 0..ROUNDS {
            for (running, measured) in running.iter().zip(&mut measured) {
                let routes = if path == "/" { &mut measured.page } else { &mut measured.token };
                routes.push(Route::measure(running, path).await?);
            }
        }
    }
    for (running, measured) in running.iter().zip(&mut measured) {
        measured.loaded_mb = running.process().peak_resident_mb()?;
    }
    let [ours_measured, express_measured] = &measured;
    let size_mb = |contender: &Contender| contender.size_bytes().map(|bytes| bytes as f64 / 1e6);
    Ok(rows(ours_measured, express_measured, size_mb(&ours)?, size_mb(&express)?))
}

impl Route {
    async fn measure(running: &Running, path: &'static str) -> Result<Self, Failure> {
        let before = running.process().cpu()?;
        let outcome = generator::run(running.address(), path, CONNECTIONS, LOAD).await?;
        let cpu = running.process().cpu()?.saturating_sub(before);
        Ok(Self {
            requests_per_s: outcome.requests() as f64 / LOAD.as_secs_f64(),
            p99_ms: outcome.latency_ms(0.99),
            cpu_us: cpu.as_secs_f64() * 1e6 / outcome.requests() as f64,
        })
    }
}

/// The rows of the table, each with its targets.
fn rows(ours: &Measured, express: &Measured, our_mb: f64, express_mb: f64) -> Vec<Row> {
    let route = |measured: &Measured, path: &str, value: fn(&Route) -> f64| {
        let routes = if path == "/" { &measured.page } else { &measured.token };
        median(routes.iter().map(value))
    };
    let both = |path, value| (route(ours, path, value), route(express, path, value));
    let start = |measured: &Measured| median(measured.start_ms.iter().copied());
    vec![
        Row::more("/token, requests a second", both("/token", |it| it.requests_per_s), 0),
        Row::less("/token, 99th percentile, ms", both("/token", |it| it.p99_ms), 2),
        Row::less("/token, CPU a request, µs", both("/token", |it| it.cpu_us), 1).at_least_times(8.0),
        Row::more("/, requests a second", both("/", |it| it.requests_per_s), 0),
        Row::less("/, 99th percentile, ms", both("/", |it| it.p99_ms), 2),
        Row::less("/, CPU a request, µs", both("/", |it| it.cpu_us), 1).at_least_times(10.0),
        Row::less("memory idle, MB", (ours.idle_mb, express.idle_mb), 1).at_least_times(6.0).below(10.0),
        Row::less("memory under load, at most, MB", (ours.loaded_mb, express.loaded_mb), 1)
            .at_least_times(6.0)
            .below(20.0),
        Row::less("start to first answer, ms", (start(ours), start(express)), 1).at_least_times(5.0),
        Row::less("size on disk, MB", (our_mb, express_mb), 1),
    ]
}
