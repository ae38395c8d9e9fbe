//! Settings, bind, serve until Ctrl-C or SIGTERM: wiring only.

mod commands;
mod environment;
mod signals;

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use transcription_server::assemblyai::TIME_LIMIT;
use transcription_server::config::{Config, HASH_PASSWORD, HEALTHCHECK, LogFormat};
use transcription_server::serve::{Ended, Tls, serve};
use transcription_server::{AppState, app, healthcheck};

use crate::environment::Refusal;
use crate::signals::{Renewals, told_to_stop};

/// One thread: what it does is pass bytes on, and a token costs a seventh less than where threads hand it to each
/// other (the load test: 42.7 µs of CPU against 49.2 µs). Passwords are hashed and names are looked up beside it.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let flags = match environment::flags() {
        Ok(flags) => flags,
        Err(Refusal::Help(text)) => return print(&text),
        Err(Refusal::Wrong(error)) => return fail(2, &error),
    };
    if flags.subcommand_name() == Some(HASH_PASSWORD) {
        return match commands::hash_password() {
            Ok(hash) => print(&format_args!("{hash}\n")),
            Err(error) => fail(1, &error),
        };
    }
    let config = environment::environment().and_then(|environment| Config::read(&flags, environment));
    let config = match config {
        Ok(config) => config,
        Err(error) => return fail(2, &error),
    };
    if flags.subcommand_name() == Some(HEALTHCHECK) {
        return match healthcheck::run(&config).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                fail(1, &format_args!("{error}{}", cause.unwrap_or_default()))
            }
        };
    }
    start_log(&config);
    run(&config).await
}

async fn run(config: &Config) -> ExitCode {
    environment::raise_open_files();
    let state = match AppState::new(config, TIME_LIMIT) {
        Ok(state) => state,
        Err(error) => return fail(1, &error),
    };
    let serving = match state.serving(config) {
        Ok(serving) => serving,
        Err(error) => return fail(1, &error),
    };
    let listener = match bind((config.host.as_str(), config.port), "PORT or --port").await {
        Ok(listener) => listener,
        Err(error) => return fail(1, &error),
    };
    if let Some(address) = config.metrics_address {
        match bind((&*address.ip().to_string(), address.port()), "METRICS_ADDR or --metrics-addr").await {
            Ok(listener) => {
                let (app, serving) = state.metrics_app();
                tokio::spawn(serve(listener, app, serving, std::future::pending()));
            }
            Err(error) => return fail(1, &error),
        }
    }
    if config.demo && config.api_key.is_some() {
        tracing::info!("--demo is given, so the API key is not used");
    }
    if let Some(tls) = serving.tls.clone() {
        tokio::spawn(renew(tls));
    }
    let scheme = if serving.tls.is_some() { "https" } else { "http" };
    let port = listener.local_addr().as_ref().map_or(config.port, SocketAddr::port);
    // Where nobody reads it, it serves all the same.
    let _ =
        writeln!(std::io::stdout(), "Server is running at {scheme}://{}:{port}", shown_host(&config.host));

    let ended = tokio::select! {
        ended = serve(listener, app(state), serving, told_to_stop()) => ended,
        // Told a second time, it waits no longer.
        () = async { told_to_stop().await; told_to_stop().await } => Ended::CutOff,
    };
    if ended == Ended::CutOff {
        tracing::warn!("stopped with answers still under way");
    }
    ExitCode::SUCCESS
}

fn start_log(config: &Config) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.log))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
    }
}

/// Reads certificate and key anew whenever the program is told to.
async fn renew(tls: Tls) {
    let mut renewals = Renewals::new();
    loop {
        renewals.next().await;
        match tls.reload() {
            Ok(()) => tracing::info!("certificate and key were read anew"),
            Err(error) => tracing::error!("the certificate stays as it was: {error}"),
        }
    }
}

async fn bind(address: (&str, u16), settings: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::AddrInUse => format!("; {settings} takes another one"),
            _ => String::new(),
        };
        format!("cannot listen on {}:{}: {error}{advice}", address.0, address.1)
    })
}

/// The host in the address that is printed: what a person on this machine types.
fn shown_host(host: &str) -> String {
    match host {
        "127.0.0.1" | "::1" | "0.0.0.0" | "::" => "localhost".to_owned(),
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_owned(),
    }
}

fn print(text: &dyn Display) -> ExitCode {
    print!("{text}");
    ExitCode::SUCCESS
}

fn fail(code: u8, error: &dyn Display) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(code)
}
