//! HTTP/2 with and without TLS, renewed certificates, and connections to the service that fail.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{KEY, Running, ask, kill, program};
use assemblyai_mock::MockAssemblyAi;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::{Certificate, Client, ClientBuilder, Version};
use test_result::TestResult;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use transcription_server::AppState;
use transcription_server::serve::serve;
use transcription_server::settings::{Settings, command};

const LIMIT: Duration = Duration::from_secs(10);

fn client() -> ClientBuilder {
    // An error means that another test has installed it.
    rustls::crypto::ring::default_provider().install_default().ok();
    Client::builder().timeout(LIMIT).no_proxy()
}

#[tokio::test]
async fn a_proxy_may_use_http_2_without_tls() -> TestResult {
    let server = Running::start(program("h2c")?.arg("--demo"))?;
    let client = client().http2_prior_knowledge().build()?;
    for path in ["/", "/config", "/token", "/healthz"] {
        let response = client.get(format!("http://{}{path}", server.address)).send().await?;
        assert_eq!((response.version(), response.status().is_success()), (Version::HTTP_2, true), "{path}");
    }
    Ok(())
}

/// Writes a new certificate for localhost and its key; returns the authority that issued it, as PEM.
pub(crate) fn certify(folder: &Path) -> TestResult<String> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority_key = KeyPair::generate()?;
    let pem = authority.self_signed(&authority_key)?.pem();
    let key = KeyPair::generate()?;
    let issuer = Issuer::from_params(&authority, &authority_key);
    let params = CertificateParams::new(vec!["localhost".to_owned()])?;
    let certificate = params.signed_by(&key, &issuer)?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("certificate.pem"), certificate.pem())?;
    std::fs::write(folder.join("key.pem"), key.serialize_pem())?;
    Ok(pem)
}

/// The HTTP version by which a client that trusts only this authority gets the page.
async fn page(port: &str, authority: &str, http1: bool) -> TestResult<Option<Version>> {
    let authority = Certificate::from_pem(authority.as_bytes())?;
    let client = client().tls_certs_only([authority]);
    let client = if http1 { client.http1_only() } else { client };
    let request = client.build()?.get(format!("https://localhost:{port}/"));
    let Ok(response) = request.send().await else { return Ok(None) };
    assert!(
        response.headers().get("strict-transport-security").is_none(),
        "other servers share the name localhost"
    );
    Ok(Some(response.version()))
}

#[tokio::test]
async fn https_supports_both_versions_and_reloads_its_certificate() -> TestResult {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("certificates");
    let (first, unknown) = (certify(&folder)?, certify(&folder.join("unknown"))?);
    let file = |name: &str| folder.join(name).display().to_string();
    let mut command = program("tls")?;
    let flags = ["--demo", "--tls-cert", &file("certificate.pem"), "--tls-key", &file("key.pem")];
    let server = Running::start(command.args(flags))?;
    let port = server.port().to_owned();
    assert_eq!(page(&port, &first, false).await?, Some(Version::HTTP_2));
    assert_eq!(page(&port, &first, true).await?, Some(Version::HTTP_11));
    assert_eq!(page(&port, &unknown, false).await?, None);
    let health = program("tls-health")?.args(flags).args(["--port", &port, "healthcheck"]).status();
    assert!(health?.success());

    // An incomplete file changes nothing.
    std::fs::write(folder.join("certificate.pem"), "-----BEGIN CERTIFICATE-----\nAAAA")?;
    kill("HUP", server.id())?;
    assert_eq!(page(&port, &first, false).await?, Some(Version::HTTP_2));

    let second = certify(&folder)?;
    kill("HUP", server.id())?;
    let start = Instant::now();
    while page(&port, &second, false).await?.is_none() {
        assert!(start.elapsed() < LIMIT, "the new certificate is not used");
    }
    assert_eq!(page(&port, &first, false).await?, None);
    let (code, log) = server.stop("TERM")?;
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.contains("reloaded certificate and key") && log.contains("previous certificate stays in use"),
        "{log}"
    );
    Ok(())
}

#[test]
fn http_on_the_port_of_https_leads_to_https() -> TestResult {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("http-on-https");
    certify(&folder)?;
    let file = |name: &str| folder.join(name).display().to_string();
    let flags = ["--demo", "--tls-cert", &file("certificate.pem"), "--tls-key", &file("key.pem")];
    let server = Running::start(program("http-on-https")?.args(flags))?;
    let send = |line: &str, host: &str| -> TestResult<_> {
        let answer =
            ask(&server.address, &format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))?;
        let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default();
        Ok((answer.get(9..12).unwrap_or_default().to_owned(), location.to_owned()))
    };
    let redirected = |to: &str| ("307".to_owned(), to.to_owned());
    let refused = ("400".to_owned(), String::new());
    assert_eq!(send("GET /", "localhost:8443")?, redirected("https://localhost:8443/"));
    assert_eq!(send("GET /?view=captions", "localhost")?, redirected("https://localhost/?view=captions"));
    // Neither what contains secrets nor another name.
    assert_eq!(send("POST /login", "localhost:8443")?, refused);
    assert_eq!(send("GET /", "evil.example")?, refused);
    Ok(())
}

#[tokio::test]
async fn an_unusable_certificate_is_one_line() -> TestResult {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("unfit");
    certify(&folder)?;
    certify(&folder.join("other"))?;
    let file = |name: &str| folder.join(name).display().to_string();
    for (certificate, key) in [
        ("certificate.pem", "other/key.pem"),
        ("certificate.pem", "nothing.pem"),
        ("nothing.pem", "key.pem"),
        ("key.pem", "key.pem"),
        ("certificate.pem", "certificate.pem"),
    ] {
        let mut command = program("unfit-tls")?;
        command.args(["--demo", "--tls-cert", &file(certificate), "--tls-key", &file(key)]);
        let (code, line) = crate::support::refusal(&mut command)?;
        assert_eq!(code, Some(1), "{line}");
        assert!(line.starts_with("error: "), "{line}");
    }
    Ok(())
}

#[test]
fn a_key_with_a_password_is_named_and_a_mark_before_the_text_does_no_harm() -> TestResult {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("marked-tls");
    certify(&folder)?;
    for name in ["certificate.pem", "key.pem"] {
        let text = std::fs::read_to_string(folder.join(name))?;
        std::fs::write(folder.join(name), format!("\u{feff}{text}"))?;
    }
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    std::fs::write(folder.join("encrypted.pem"), encrypted)?;
    let file = |name: &str| folder.join(name).display().to_string();
    let with_key = |key: &str| -> TestResult<_> {
        let mut command = program("marked-tls-program")?;
        command.args(["--demo", "--tls-cert", &file("certificate.pem"), "--tls-key", &file(key)]);
        Ok(command)
    };
    Running::start(&mut with_key("key.pem")?)?;
    let (code, line) = crate::support::refusal(&mut with_key("encrypted.pem")?)?;
    assert_eq!(code, Some(1), "{line}");
    assert!(line.contains("is encrypted; remove its password"), "{line}");
    Ok(())
}

/// A service that drops the first `drops` connections after the request, and answers on the others.
async fn unreliable(drops: usize) -> TestResult<(String, tokio::task::JoinHandle<std::io::Result<()>>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let service = tokio::spawn(async move {
        for n in 0.. {
            let (mut stream, _) = listener.accept().await?;
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await? > 0);
            if n >= drops {
                let answer =
                    b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\nConnection: close\r\n\r\n{\"token\":\"AQ\"}";
                stream.write_all(answer).await?;
            }
        }
        Ok(())
    });
    Ok((address, service))
}

#[tokio::test]
async fn a_request_that_failed_is_repeated_once() -> TestResult {
    for (drops, status) in [(1, 200), (2, 502)] {
        let (address, service) = unreliable(drops).await?;
        let mut command = program("unsteady")?;
        let server =
            Running::start(command.args(["--assemblyai-base-url", &address, "--assemblyai-api-key", KEY]))?;
        let url = format!("http://{}/token", server.address);
        let response = client().build()?.get(url).send().await?;
        assert_eq!(response.status(), status, "after {drops} dropped connections");
        service.abort();
    }
    Ok(())
}

/// Passes connections on to `upstream`; those that are open when `frozen` is increased stay open, and pass on nothing
/// any more, like those that a firewall has forgotten.
async fn relay(listener: TcpListener, upstream: std::net::SocketAddr, frozen: Arc<AtomicUsize>) {
    for number in 1.. {
        let Ok((mut client, _)) = listener.accept().await else { return };
        let Ok(mut server) = TcpStream::connect(upstream).await else { return };
        let frozen = frozen.clone();
        tokio::spawn(async move {
            let (mut from_client, mut from_server) = ([0; 4_096], [0; 4_096]);
            loop {
                let passed = tokio::select! {
                    read = client.read(&mut from_client) => (read, true),
                    read = server.read(&mut from_server) => (read, false),
                };
                while number <= frozen.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_mins(1)).await;
                }
                let written = match passed {
                    (Ok(0) | Err(_), _) => return,
                    (Ok(read), true) => server.write_all(&from_client[..read]).await,
                    (Ok(read), false) => client.write_all(&from_server[..read]).await,
                };
                if written.is_err() {
                    return;
                }
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_connection_to_the_service_is_replaced_within_the_request_that_needs_it() -> TestResult {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("dead-connection");
    let authority = certify(&folder)?;
    std::fs::write(folder.join("authority.pem"), authority)?;
    let file = |name: &str| folder.join(name).display().to_string();
    let tls = ["server", "--demo", "--tls-cert", &file("certificate.pem"), "--tls-key", &file("key.pem")];
    let settings = Settings::read(&command().get_matches_from(tls), |_| None)?;
    let serving = AppState::new(&settings, LIMIT).and_then(|state| state.serving(&settings))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let upstream = listener.local_addr()?;
    let answer = async || axum::Json(serde_json::json!({ "token": "t", "expires_in_seconds": 20 }));
    let service = axum::Router::new().route("/v3/token", axum::routing::get(answer));
    tokio::spawn(serve(listener, service, serving, std::future::pending()));

    let frozen = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("https://localhost:{}", listener.local_addr()?.port());
    tokio::spawn(relay(listener, upstream, frozen.clone()));

    let mut program = program("dead-connection-server")?;
    program.args(["--assemblyai-base-url", &base_url, "--assemblyai-api-key", KEY]);
    let server = Running::start(program.env("SSL_CERT_FILE", folder.join("authority.pem")))?;
    let server = tokio::task::spawn_blocking(move || -> TestResult {
        assert!(server.get("/token")?.starts_with("HTTP/1.1 200"));
        frozen.store(1, Ordering::Relaxed);
        let start = Instant::now();
        let answer = server.get("/token")?;
        assert!(answer.starts_with("HTTP/1.1 200"), "after {:?}: {answer}", start.elapsed());
        Ok(())
    });
    server.await??;
    Ok(())
}

/// A SOCKS5 proxy (RFC 1928) that answers one request itself, with a token.
async fn socks_proxy(listener: TcpListener) -> std::io::Result<String> {
    let (mut stream, _) = listener.accept().await?;
    let mut greeting = [0; 2];
    stream.read_exact(&mut greeting).await?;
    stream.read_exact(&mut vec![0; greeting[1].into()]).await?;
    stream.write_all(&[5, 0]).await?; // No authentication.
    let mut head = [0; 5];
    stream.read_exact(&mut head).await?; // Version, CONNECT, reserved, "a name", its length.
    let mut name = vec![0; usize::from(head[4]) + 2];
    stream.read_exact(&mut name).await?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    let mut request = [0; 4096];
    let length = stream.read(&mut request).await?;
    assert!(request[..length].starts_with(b"GET /v3/token?"));
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"token\":\"AQ\"}").await?;
    Ok(String::from_utf8_lossy(&name[..name.len() - 2]).into_owned())
}

#[tokio::test]
async fn a_socks_proxy_of_the_environment_is_used() -> TestResult {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let proxy = format!("socks5h://{}", listener.local_addr()?);
    let proxied = tokio::spawn(socks_proxy(listener));
    let mut command = program("socks")?;
    command.args(["--assemblyai-base-url", "http://service.example", "--assemblyai-api-key", KEY]);
    let server = Running::start(command.env("ALL_PROXY", proxy))?;
    let response = client().build()?.get(format!("http://{}/token", server.address)).send().await?;
    assert_eq!(response.status(), 200);
    assert_eq!(proxied.await??, "service.example");
    Ok(())
}

#[tokio::test]
async fn probes_share_one_check_of_the_service() -> TestResult {
    let mock = MockAssemblyAi::builder().api_key("the-key").start().await;
    for (key, status) in [("the-key", 204), ("another", 503)] {
        mock.clear();
        let mut command = program("ready")?;
        let service = ["--assemblyai-base-url", &mock.base_url(), "--assemblyai-api-key"];
        let server = Running::start(command.args(service).arg(key))?;
        let client = client().build()?;
        for _ in 0..5 {
            let url = format!("http://{}/readyz", server.address);
            assert_eq!(client.get(url).send().await?.status(), status, "{key}");
        }
        assert_eq!(mock.token_requests().len(), 1, "{key}");
    }
    Ok(())
}
