//! The command line: from options to a running mock, until a signal ends it.

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

use crate::save;

/// A stand-in for AssemblyAI's streaming speech-to-text service, version 3.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8765)]
    port: u16,
    /// An API key that is good; may be given several times. Without it any key is.
    #[arg(long = "api-key", value_name = "KEY")]
    api_keys: Vec<String>,
    /// Holds clients to every written rule at once: tokens open one session, `speech_model` is required.
    #[arg(long)]
    strict: bool,
    /// A scenario: TOML, JSON, SRT, VTT or plain text. Given several times, the first session plays the first, and so
    /// on; the last one serves all further sessions.
    #[arg(long = "scenario", value_name = "FILE", conflicts_with = "text")]
    scenarios: Vec<PathBuf>,
    /// How turns are told, whatever the client's parameters and the scenarios say.
    #[arg(long, value_enum)]
    profile: Option<ProfileName>,
    /// The text that is said while somebody speaks in the audio; by itself a few sentences about this mock.
    #[arg(long)]
    text: Option<String>,
    /// A recording, as a WAV file of 16-bit samples: the words of it that a session really hears are told, wherever in
    /// it the audio comes from. Point the microphone at it to try a client against words that you know.
    #[arg(long, value_name = "FILE", requires = "words", conflicts_with_all = ["scenarios", "text"])]
    recording: Option<PathBuf>,
    /// What is said in the recording: an SRT or VTT file, or a .tsv of lines `start_ms`, `end_ms`, `text`.
    #[arg(long, value_name = "FILE", requires = "recording")]
    words: Option<PathBuf>,
    /// From the handshake to Begin, in ms; the service takes 600 to 700.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    begin_delay_ms: u64,
    /// From Terminate to its answer, in ms; the service takes 600 to 1300.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    ending_delay_ms: u64,
    /// How long each message to the client is under way, in ms.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// How much longer it is under way at most, by chance, in ms.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    jitter_ms: u64,
    /// How many bytes a second are read from each client; 32000 is real time at 16 kHz.
    #[arg(long, value_name = "BYTES")]
    bandwidth: Option<u32>,
    /// A share of sockets, 0 to 1, that are refused with 1008 Too many concurrent sessions.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    refuse: f64,
    /// What all chance starts from: the same seed makes the same faults.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Serves HTTPS and WSS with a certificate made at start; AssemblyAI's JavaScript SDK takes nothing else.
    #[arg(long)]
    tls: bool,
    /// Where the certificate is written that clients are to trust; by itself into the folder for temporary files.
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_authority: Option<PathBuf>,
    /// A port for the control API, on the same address: faults at run time, and what was received. Sessions are
    /// then kept in memory until they are asked to be forgotten.
    #[arg(long, value_name = "PORT")]
    control_port: Option<u16>,
    /// Prints the JSON Schema of scenarios in TOML and JSON, and ends.
    #[arg(long)]
    print_schema: bool,
    /// The longest session, in s.
    #[arg(long, value_name = "S", default_value_t = 10_800)]
    max_session_s: u32,
    /// How many sessions may be open at a time.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_sessions: usize,
    /// Writes each session into this folder when it ends: a WAV file with its audio, a JSON file with the rest.
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

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("a share is a number from 0 to 1".to_owned()) }
}

/// Why the mock did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("cannot listen on {address}: {source}")]
    Bind { address: SocketAddr, source: io::Error },
    #[error("cannot write into {}: {source}", folder.display())]
    Record { folder: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Authority { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Scenario(#[from] ScenarioError),
    #[error("{0}")]
    Recording(#[from] RecordingError),
    #[error("cannot wait for signals: {0}")]
    Signal(io::Error),
}

pub(crate) async fn run(options: Options) -> Result<(), StartError> {
    if options.print_schema {
        print!("{}", assemblyai_mock::SCENARIO_SCHEMA);
        return Ok(());
    }
    let address = SocketAddr::new(options.host, options.port);
    if let Some(folder) = &options.record {
        std::fs::create_dir_all(folder)
            .map_err(|source| StartError::Record { folder: folder.clone(), source })?;
    }
    let mut stop = Signals::new().map_err(StartError::Signal)?;
    let mock = start(&options, address).await?;
    greet(&mock, &options);
    if let Some(pem) = mock.authority_pem() {
        trust(pem, options.tls_authority.as_deref())?;
    }
    if let Some(port) = options.control_port {
        control(&mock, SocketAddr::new(options.host, port)).await?;
    }
    let saving = options.record.map(|folder| {
        let mock = mock.mock().clone();
        tokio::spawn(async move { save::sessions(&mock, &folder).await })
    });
    stop.wait().await;
    println!("stopping");
    mock.stop();
    if let Some(saving) = saving {
        // The sessions that were open end with the mock: what they were is saved too.
        let _ = tokio::time::timeout(Duration::from_secs(5), saving).await;
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

/// Writes the certificate that clients are to trust, and says how they do.
fn trust(pem: &str, path: Option<&Path>) -> Result<(), StartError> {
    let path =
        path.map_or_else(|| std::env::temp_dir().join("assemblyai-mock-authority.pem"), Path::to_owned);
    std::fs::write(&path, pem).map_err(|source| StartError::Authority { path: path.clone(), source })?;
    println!("  trust   NODE_EXTRA_CA_CERTS={} or SSL_CERT_FILE=the same", path.display());
    Ok(())
}

/// Serves the control API until the program ends.
async fn control(mock: &MockAssemblyAi, address: SocketAddr) -> Result<(), StartError> {
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Bind { address, source })?;
    let address = listener.local_addr().map_err(|source| StartError::Bind { address, source })?;
    println!("  control http://{address}/");
    let router = mock.control_router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

/// Says where it is and how to point a client at it.
fn greet(mock: &MockAssemblyAi, options: &Options) {
    println!("assemblyai-mock is running at {}", mock.base_url());
    println!("  token   GET {}?expires_in_seconds=60", mock.token_url());
    println!("  socket  {}?speech_model=u3-rt-pro&sample_rate=16000&token=…", mock.websocket_url());
    // Over TLS without a scheme: the SDK puts https:// before it for tokens, whatever stands there.
    let scheme = if options.tls { "" } else { "ws://" };
    println!("  Python  StreamingClientOptions(api_host=\"{scheme}{}\", …)", mock.address());
    if options.api_keys.is_empty() {
        println!("  any API key is good");
    }
    if let Some(folder) = &options.record {
        println!("  sessions are written into {}", folder.display());
    }
}

/// Ctrl-C and SIGTERM, from before the program says that it runs.
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
