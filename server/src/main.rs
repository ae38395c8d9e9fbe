//! Settings, bind, serve until Ctrl-C or SIGTERM: wiring only.

use std::collections::HashMap;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use transcription_server::assemblyai::TIME_LIMIT;
use transcription_server::config::{self, Config, ConfigError, HEALTHCHECK};
use transcription_server::{AppState, app, healthcheck};

/// How long answers that are under way may take once the server was told to stop: as long as AssemblyAI may.
const SHUTDOWN_LIMIT: Duration = TIME_LIMIT;

#[tokio::main]
async fn main() -> ExitCode {
    let (subcommand, config) = match settings() {
        Ok(settings) => settings,
        Err(Refusal::Help(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Refusal::Wrong(error)) => return fail(2, &error),
    };
    if subcommand.as_deref() == Some(HEALTHCHECK) {
        return match healthcheck::run(&config).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                fail(1, &format_args!("{error}{}", cause.unwrap_or_default()))
            }
        };
    }
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.log))
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal)
        .init();

    let listener = match TcpListener::bind((config.host.as_str(), config.port)).await {
        Ok(listener) => listener,
        Err(error) => {
            let advice = match error.kind() {
                ErrorKind::AddrInUse => "; PORT or --port takes another one",
                _ => "",
            };
            return fail(
                1,
                &format_args!("cannot listen on {}:{}: {error}{advice}", config.host, config.port),
            );
        }
    };
    let state = match AppState::new(&config, TIME_LIMIT) {
        Ok(state) => state,
        Err(error) => return fail(1, &format_args!("cannot use the system's certificates: {error}")),
    };
    if config.demo && config.api_key.is_some() {
        tracing::info!("--demo is given, so the API key is not used");
    }
    let port = listener.local_addr().as_ref().map_or(config.port, SocketAddr::port);
    // Where nobody reads it, it serves all the same.
    let _ = writeln!(std::io::stdout(), "Server is running at http://{}:{port}", shown_host(&config.host));

    let (stop, stopping) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, app(state)).with_graceful_shutdown(async {
        told_to_stop().await;
        // Nobody waits only where the server has ended already.
        let _ = stop.send(());
    });
    tokio::select! {
        ended = server.into_future() => match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(1, &error),
        },
        () = async {
            let _ = stopping.await;
            // Told a second time, it waits no longer.
            tokio::select! {
                () = tokio::time::sleep(SHUTDOWN_LIMIT) => {}
                () = told_to_stop() => {}
            }
        } => {
            tracing::warn!("stopped with answers still under way");
            ExitCode::SUCCESS
        }
    }
}

enum Refusal {
    Help(String),
    Wrong(ConfigError),
}

/// The subcommand, if one is given, and the settings.
fn settings() -> Result<(Option<String>, Config), Refusal> {
    let flags = config::command().try_get_matches().map_err(|error| match error.exit_code() {
        0 => Refusal::Help(error.to_string()),
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            Refusal::Wrong(ConfigError::Flag(line.trim_start_matches("error: ").to_owned()))
        }
    })?;
    let dot_env = dot_env().map_err(Refusal::Wrong)?;
    let environment = |name: &str| {
        // What is not Unicode is no good value of any setting, and is told as such rather than passed over.
        let set = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        set.filter(|value| !value.trim().is_empty()).or_else(|| dot_env.get(name).cloned())
    };
    let config = Config::read(&flags, environment).map_err(Refusal::Wrong)?;
    Ok((flags.subcommand_name().map(str::to_owned), config))
}

/// The lines of `.env`, in this folder or one above; empty where there is none.
fn dot_env() -> Result<HashMap<String, String>, ConfigError> {
    let unreadable = |error: &dotenvy::Error| match error {
        // The text would hold the line, and so perhaps the key.
        dotenvy::Error::LineParse(_, index) => {
            ConfigError::DotEnv(format!("a line is not NAME=value (near character {index} of it)"))
        }
        other => ConfigError::DotEnv(other.to_string()),
    };
    match dotenvy::dotenv_iter() {
        Ok(lines) => lines.collect::<Result<_, _>>().map_err(|error| unreadable(&error)),
        Err(dotenvy::Error::Io(error)) if error.kind() == ErrorKind::NotFound => Ok(HashMap::new()),
        Err(error) => Err(unreadable(&error)),
    }
}

/// The host in the address that is printed: what a person on this machine types.
fn shown_host(host: &str) -> String {
    match host {
        "127.0.0.1" | "::1" | "0.0.0.0" | "::" => "localhost".to_owned(),
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_owned(),
    }
}

/// Ctrl-C, or SIGTERM, which is what service managers and containers send.
async fn told_to_stop() {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = told_to_terminate() => {}
    }
}

#[cfg(unix)]
async fn told_to_terminate() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn told_to_terminate() {
    std::future::pending().await
}

fn fail(code: u8, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(code)
}
