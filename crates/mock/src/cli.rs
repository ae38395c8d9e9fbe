//! The command line: options, starting the mock, and running it until a signal.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use assemblyai_mock::{
    MockAssemblyAi, Profile, Recording, RecordingError, Scenario, ScenarioError, Script, SocketFault,
    Strictness,
};
use clap::Parser;
use tokio::net::TcpListener;

use crate::output::{self, line};
use crate::save;

/// A mock of AssemblyAI's streaming speech-to-text API, version 3.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 picks a free one.
    #[arg(long, default_value_t = 8765)]
    port: u16,
    /// A valid API key; can be repeated. Without this option any key is valid.
    #[arg(long = "api-key", value_name = "KEY")]
    api_keys: Vec<String>,
    /// Enforce every documented rule: a token opens one session, `speech_model` is required, and the first short audio
    /// message ends the session.
    #[arg(long)]
    strict: bool,
    /// Scenario to play: a TOML, JSON, SRT, VTT or plain text file; can be repeated. The first session plays the first
    /// scenario, and so on; the last one is played in all further sessions.
    #[arg(long = "scenario", value_name = "FILE", conflicts_with = "text")]
    scenarios: Vec<PathBuf>,
    /// Style of the Turn messages, instead of the style that the client's parameters or the scenario select.
    #[arg(long, value_enum)]
    profile: Option<ProfileName>,
    /// Text to transcribe while there is speech in the audio; by default a few sentences about this mock.
    #[arg(long)]
    text: Option<String>,
    /// Known recording, a WAV file with 16-bit samples: the mock transcribes those of its words whose sound arrives,
    /// wherever in the recording the audio starts. Play it to the client's microphone to test with known words.
    #[arg(long, value_name = "FILE", requires = "words", conflicts_with_all = ["scenarios", "text"])]
    recording: Option<PathBuf>,
    /// Words of the recording: an SRT or VTT file, or a .tsv file with the columns `start_ms`, `end_ms`, `text`.
    #[arg(long, value_name = "FILE", requires = "recording")]
    words: Option<PathBuf>,
    /// Delay from the handshake to Begin, in ms; 600 to 700 at AssemblyAI.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    begin_delay_ms: u64,
    /// Delay from Terminate to the last messages, in ms; 600 to 1300 at AssemblyAI.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    ending_delay_ms: u64,
    /// Delay of each message to the client, in ms.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// Largest additional random delay of each message, in ms.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    jitter_ms: u64,
    /// Maximum bytes per second read from each client; 32000 is real time at 16 kHz.
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..))]
    bandwidth: Option<u32>,
    /// Fraction of sockets, 0 to 1, to reject with 1008 "Too many concurrent sessions".
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = fraction)]
    refuse: f64,
    /// Seed for random delays and rejections.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Serve HTTPS and WSS with a certificate generated at start; AssemblyAI's JavaScript SDK requires it.
    #[arg(long)]
    tls: bool,
    /// Where to write the certificate that clients must trust; by default in the folder for temporary files, with the
    /// port in its name.
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_authority: Option<PathBuf>,
    /// Port of the control API, on the same address: inject faults and read what was received. Session records are
    /// then kept in memory until the client of the control API deletes them.
    #[arg(long, value_name = "PORT")]
    control_port: Option<u16>,
    /// Print the JSON Schema of TOML and JSON scenarios, and exit.
    #[arg(long)]
    print_schema: bool,
    /// Maximum duration of a session, in s.
    #[arg(long, value_name = "S", default_value_t = 10_800)]
    max_session_s: u32,
    /// Maximum number of open sessions.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_sessions: usize,
    /// Write each session to this folder when it ends: its audio as a WAV file, everything else as a JSON file.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

/// [`Profile`] on the command line.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ProfileName {
    UniversalRaw,
    UniversalTwoFinals,
    UniversalInModel,
    Pro,
    ProDocs,
    Diarized,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::UniversalRaw => Self::UniversalRaw,
            ProfileName::UniversalTwoFinals => Self::UniversalTwoFinals,
            ProfileName::UniversalInModel => Self::UniversalInModel,
            ProfileName::Pro => Self::Pro,
            ProfileName::ProDocs => Self::ProDocs,
            ProfileName::Diarized => Self::Diarized,
        }
    }
}

fn fraction(text: &str) -> Result<f64, String> {
    let fraction: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1.0).contains(&fraction) {
        Ok(fraction)
    } else {
        Err("the fraction must be between 0 and 1".to_owned())
    }
}

/// A failure to start the mock.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("cannot listen on {address}: {source}")]
    Bind { address: SocketAddr, source: io::Error },
    #[error("cannot write to {}: {source}", folder.display())]
    Record { folder: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Authority { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Scenario(#[from] ScenarioError),
    #[error("{0}")]
    Recording(#[from] RecordingError),
    #[error("cannot write to the standard output: {0}")]
    Output(io::Error),
    #[error("cannot wait for signals: {0}")]
    Signal(io::Error),
}

pub(crate) async fn run(options: Options) -> Result<(), StartError> {
    if options.print_schema {
        return output::whole(assemblyai_mock::SCENARIO_SCHEMA).map_err(StartError::Output);
    }
    let address = SocketAddr::new(options.host, options.port);
    if let Some(folder) = &options.record {
        std::fs::create_dir_all(folder)
            .map_err(|source| StartError::Record { folder: folder.clone(), source })?;
    }
    let mut stop = Signals::new().map_err(StartError::Signal)?;
    let mock = start(&options, address).await?;
    print_addresses(&mock, &options);
    if let Some(pem) = mock.authority_pem() {
        write_authority(pem, mock.address().port(), options.tls_authority.as_deref())?;
    }
    if let Some(port) = options.control_port {
        serve_control(&mock, SocketAddr::new(options.host, port)).await?;
    }
    // The client of the control API deletes them.
    let keeps_records = options.control_port.is_some();
    let saving = options.record.map(|folder| {
        let mock = mock.mock().clone();
        tokio::spawn(async move { save::sessions(&mock, &folder, keeps_records).await })
    });
    stop.wait().await;
    line(format_args!("stopping"));
    mock.stop();
    if let Some(saving) = saving {
        // Open sessions end when the mock stops; wait until they are written as well. After 5 s, exit without them.
        drop(tokio::time::timeout(Duration::from_secs(5), saving).await);
    }
    Ok(())
}

async fn start(options: &Options, address: SocketAddr) -> Result<MockAssemblyAi, StartError> {
    let mut builder = MockAssemblyAi::builder()
        .strictness(if options.strict { Strictness::Strict } else { Strictness::Lenient })
        .latency(Duration::from_millis(options.latency_ms), Duration::from_millis(options.jitter_ms))
        .seed(options.seed)
        .begin_delay(Duration::from_millis(options.begin_delay_ms))
        .ending_delay(Duration::from_millis(options.ending_delay_ms))
        .max_session_s(options.max_session_s)
        .max_sessions(options.max_sessions)
        .keep_records(options.record.is_some() || options.control_port.is_some());
    for key in &options.api_keys {
        builder = builder.api_key(key);
    }
    if let Some(bytes_per_s) = options.bandwidth {
        builder = builder.bandwidth(bytes_per_s);
    }
    let mut scenarios = options.scenarios.iter().map(Scenario::read).collect::<Result<Vec<_>, _>>()?;
    if let (Some(audio), Some(words)) = (&options.recording, &options.words) {
        scenarios.push(Scenario::from(Script::recording(Recording::read(audio, words)?)));
    }
    if scenarios.is_empty() {
        let script = options.text.as_ref().map_or_else(Script::demo, Script::paced_by_speech);
        scenarios.push(Scenario::from(script));
    }
    for mut scenario in scenarios {
        if let Some(profile) = options.profile {
            scenario.script = scenario.script.profile(profile.into());
        }
        builder = builder.scenario(scenario);
    }
    if options.tls {
        builder = builder.tls();
    }
    let mock = builder.bind(address).await.map_err(|source| StartError::Bind { address, source })?;
    if options.refuse > 0.0 {
        let fault = SocketFault::error(1008, "Unauthorized Connection: Too many concurrent sessions");
        mock.socket_faults().chance(options.refuse, options.seed, fault);
    }
    Ok(mock)
}

/// Writes the certificate that clients must trust, and prints the variables that make them trust it.
fn write_authority(pem: &str, port: u16, path: Option<&Path>) -> Result<(), StartError> {
    // Each mock has an authority of its own.
    let usual = || std::env::temp_dir().join(format!("assemblyai-mock-authority-{port}.pem"));
    let path = path.map_or_else(usual, Path::to_owned);
    std::fs::write(&path, pem).map_err(|source| StartError::Authority { path: path.clone(), source })?;
    line(format_args!("  trust   NODE_EXTRA_CA_CERTS={} or SSL_CERT_FILE=the same", path.display()));
    Ok(())
}

/// Serves the control API in a task until the program ends.
async fn serve_control(mock: &MockAssemblyAi, address: SocketAddr) -> Result<(), StartError> {
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Bind { address, source })?;
    let address = listener.local_addr().map_err(|source| StartError::Bind { address, source })?;
    line(format_args!("  control http://{address}/"));
    let router = mock.control_router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

/// Prints the addresses and how to point a client at them.
fn print_addresses(mock: &MockAssemblyAi, options: &Options) {
    line(format_args!("assemblyai-mock is running at {}", mock.base_url()));
    line(format_args!("  token   GET {}?expires_in_seconds=60", mock.token_url()));
    line(format_args!("  socket  {}?speech_model=u3-rt-pro&sample_rate=16000&token=…", mock.websocket_url()));
    // With TLS no scheme is given: the Python SDK prepends https:// to it for token requests.
    let scheme = if options.tls { "" } else { "ws://" };
    line(format_args!("  Python  StreamingClientOptions(api_host=\"{scheme}{}\", …)", mock.address()));
    if options.api_keys.is_empty() {
        line(format_args!("  any API key is valid"));
    }
    if let Some(folder) = &options.record {
        line(format_args!("  sessions are written to {}", folder.display()));
    }
}

/// Ctrl-C and SIGTERM. Created before the program prints its addresses, so that no early signal is missed.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
