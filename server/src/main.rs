//! The program: reads the settings, binds the port, serves until Ctrl-C or SIGTERM.

mod commands;
mod signals;

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;
use transcription_server::assemblyai::TIME_LIMIT;
use transcription_server::serve::{Ended, Tls, serve};
use transcription_server::settings::{Command, Environment, Settings, SettingsError, command};
use transcription_server::{AppState, app, healthcheck, log};

use crate::signals::{ReloadSignal, StopSignals};

/// One thread: the server mostly forwards bytes, and a token costs a seventh less than with several threads (the load
/// test: 42.7 µs of CPU instead of 49.2 µs). Passwords are hashed and names are resolved on other threads.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let flags = match command().try_get_matches() {
        Ok(flags) => flags,
        Err(help) if help.exit_code() == 0 => return print(&help),
        Err(error) => return fail(2, &SettingsError::from_clap(&error)),
    };
    // Needs no settings, so wrong ones do not matter.
    if flags.subcommand_name() == Some("hash-password") {
        return match commands::hash_password() {
            Ok(hash) => print(&format_args!("{hash}\n")),
            Err(error) => fail(1, &error),
        };
    }
    let settings = Environment::read().and_then(|environment| {
        let settings = Settings::read(&flags, |name| environment.get(name))?;
        Ok((settings, environment))
    });
    let (settings, environment) = match settings {
        Ok(settings) => settings,
        Err(error) => return fail(2, &error),
    };
    if settings.command == Some(Command::Healthcheck) {
        return match healthcheck::run(&settings).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                fail(1, &format_args!("{error}{}", cause.unwrap_or_default()))
            }
        };
    }
    log::start(&settings.log);
    if let Some(path) = environment.dot_env_path() {
        tracing::info!("settings were read from {}", path.display());
    }
    run(&settings).await
}

async fn run(settings: &Settings) -> ExitCode {
    assemblyai_service::open_files::raise_limit();
    // Before the model is loaded, which takes seconds.
    let stop = StopSignals::new();
    let reload = reload_signal(settings);
    let state = match AppState::new(settings, TIME_LIMIT) {
        Ok(state) => state,
        Err(error) => return fail(error.exit_code(), &error),
    };
    let serving = match state.serving(settings) {
        Ok(serving) => serving,
        Err(error) => return fail(1, &error),
    };
    let (host, port) = (settings.serve.host.as_str(), settings.serve.port);
    let listener = match bind((host, port), ["HOST or --host", "PORT or --port"]).await {
        Ok(listener) => listener,
        Err(error) => return fail(1, &error),
    };
    if let Some(address) = settings.metrics.metrics_address {
        let setting = "METRICS_ADDR or --metrics-addr";
        match bind((&*address.ip().to_string(), address.port()), [setting; 2]).await {
            Ok(listener) => {
                let (app, serving) = state.metrics_app();
                tokio::spawn(serve(listener, app, serving, std::future::pending()));
            }
            Err(error) => return fail(1, &error),
        }
    }
    let other = if settings.demo { "--demo" } else { "LOCAL_MODEL" };
    if (settings.demo || settings.local.model.is_some()) && settings.assemblyai.api_key.is_some() {
        tracing::info!("{other} is set, so the API key is not used");
    }
    if settings.demo && settings.local.model.is_some() {
        tracing::info!("--demo is set, so LOCAL_MODEL is not used");
    }
    if let Some(signal) = reload {
        tokio::spawn(reload_on_signal(signal, serving.tls.clone()));
    }
    let scheme = if serving.tls.is_some() { "https" } else { "http" };
    let port = listener.local_addr().as_ref().map_or(port, SocketAddr::port);
    let line = format!("Server is running at {scheme}://{}:{port}", displayed_host(host));
    // Without standard output the server runs all the same.
    writeln!(std::io::stdout(), "{line}").ok();

    // Sessions of the recogniser end while responses in progress are sent.
    let limit = serving.shutdown_timeout;
    let drained = async {
        stop.requested(1).await;
        state.drain(limit).await;
    };
    let served = serve(listener, app(state.clone()), serving, stop.requested(1));
    let ended = tokio::select! {
        (ended, ()) = async { tokio::join!(served, drained) } => ended,
        // A second signal ends the wait for responses.
        () = stop.requested(2) => Ended::CutOff,
    };
    if ended == Ended::CutOff {
        tracing::warn!("stopped before all responses were sent");
    }
    ExitCode::SUCCESS
}

/// The reload signal, unless it means that the terminal which has started the program was closed.
fn reload_signal(settings: &Settings) -> Option<ReloadSignal> {
    let is_service = settings.serve.tls.files().is_some() || !std::io::stdin().is_terminal();
    is_service.then(ReloadSignal::new)
}

/// Reads certificate and key again on each reload signal, if there are any.
async fn reload_on_signal(mut signal: ReloadSignal, tls: Option<Tls>) {
    loop {
        signal.next().await;
        match tls.as_ref().map(Tls::reload) {
            Some(Ok(())) => tracing::info!("reloaded certificate and key"),
            Some(Err(error)) => tracing::error!("the previous certificate stays in use: {error}"),
            None => tracing::info!("nothing is reloaded: only TLS_CERT and TLS_KEY are read again"),
        }
    }
}

/// Listens on an address; `settings` are what chooses its host and its port.
async fn bind(address: (&str, u16), settings: [&str; 2]) -> Result<TcpListener, String> {
    let [host, port] = settings;
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::AddrInUse => format!("choose another one with {port}"),
            ErrorKind::PermissionDenied => {
                format!("ports below 1024 need a privilege, choose another one with {port}")
            }
            // A name that does not exist, or an address of another machine.
            _ => format!("choose an address or a name of this machine with {host}"),
        };
        format!("cannot listen on {}:{}: {error}; {advice}", address.0, address.1)
    })
}

/// The host in the address that is printed: what a person on this machine types.
fn displayed_host(host: &str) -> String {
    match host {
        "127.0.0.1" | "::1" | "0.0.0.0" | "::" => "localhost".to_owned(),
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_owned(),
    }
}

// `print!` and `eprintln!` panic when nobody reads any more, as after `--help | head`.

fn print(text: &dyn Display) -> ExitCode {
    write!(std::io::stdout(), "{text}").ok();
    ExitCode::SUCCESS
}

fn fail(code: u8, error: &dyn Display) -> ExitCode {
    writeln!(std::io::stderr(), "error: {error}").ok();
    ExitCode::from(code)
}
