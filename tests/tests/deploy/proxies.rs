//! nginx and Caddy in front of the server, each with its configuration from this repository.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use assemblyai_streaming::{AudioSource, Client, Event};
use end_to_end_tests::audio::Recording;
use futures_util::StreamExt as _;
use reqwest::{Method, Response, redirect};

use crate::shipped::{Running, client};
use crate::tools::{folder, succeed};
use crate::{path, text};
use test_result::TestResult;

const LIMIT: Duration = Duration::from_secs(20);
pub(crate) const NAME: &str = "talk.example.org";
/// An address that a client forges in `x-forwarded-for`.
const FORGED: &str = "203.0.113.7";

/// A demo that trusts a proxy on this machine; its log goes to a file.
fn server(folder: &Path) -> TestResult<(Running, u16)> {
    server_with(folder, &[])
}

/// As [`server`], with more flags.
fn server_with(folder: &Path, flags: &[&str]) -> TestResult<(Running, u16)> {
    let mut command = Command::new(path("target/distrib/transcription-server"));
    let hosts = format!("{NAME},localhost");
    command.args(["--demo", "--port", "0", "--public-hosts", &hosts, "--trusted-proxies", "127.0.0.1,::1"]);
    command.args(flags);
    let log = File::create(folder.join("server.log"))?;
    Running::start(command.env_clear().current_dir(folder).stderr(log))
}

/// Two free ports.
fn free_ports() -> std::io::Result<[u16; 2]> {
    let taken = (TcpListener::bind(("127.0.0.1", 0))?, TcpListener::bind(("127.0.0.1", 0))?);
    Ok([taken.0.local_addr()?.port(), taken.1.local_addr()?.port()])
}

/// A proxy with its ports for http and https; it is stopped when dropped.
pub(crate) struct Proxy {
    _running: Running,
    pub(crate) ports: [u16; 2],
    /// The authority of its certificate.
    pub(crate) authority: PathBuf,
}

impl Proxy {
    fn start(command: &mut Command, folder: &Path, ports: [u16; 2], authority: PathBuf) -> TestResult<Self> {
        let log = File::create(folder.join("proxy.log"))?;
        let hint = "cannot run it: type cargo xtask setup --deploy";
        let running = Running(
            command.stdout(Stdio::null()).stderr(log).spawn().map_err(|error| format!("{hint} ({error})"))?,
        );
        let start = Instant::now();
        while ports.iter().any(|port| TcpStream::connect(("127.0.0.1", *port)).is_err()) {
            let log = || fs::read_to_string(folder.join("proxy.log")).unwrap_or_default();
            assert!(start.elapsed() < LIMIT, "the proxy does not listen: {}", log());
            thread::sleep(Duration::from_millis(5));
        }
        Ok(Self { _running: running, ports, authority })
    }

    async fn get(&self, scheme: &str, path: &str) -> TestResult<Response> {
        self.try_to_get(scheme, path).await
    }

    async fn try_to_get(&self, scheme: &str, path: &str) -> TestResult<Response> {
        self.send(Method::GET, scheme, path, "").await
    }

    /// Sends a form by https.
    async fn post(&self, path: &str, form: &'static str) -> TestResult<Response> {
        self.send(Method::POST, "https", path, form).await
    }

    async fn send(
        &self,
        method: Method,
        scheme: &str,
        path: &str,
        form: &'static str,
    ) -> TestResult<Response> {
        let port = self.ports[usize::from(scheme == "https")];
        let client = client()
            .redirect(redirect::Policy::none())
            .tls_danger_accept_invalid_certs(true) // The certificate is self-signed.
            .resolve(NAME, SocketAddr::from(([127, 0, 0, 1], port)))
            .build()?;
        let request = client.request(method, format!("{scheme}://{NAME}:{port}{path}")).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("x-forwarded-for", FORGED).header("x-forwarded-host", "evil.example");
        Ok(request.header("sec-fetch-site", "same-origin").send().await?)
    }
}

/// Waits until the proxy answers by https: Caddy listens before it has a certificate.
async fn wait_for_health(proxy: &Proxy, path: &str) -> TestResult {
    let start = Instant::now();
    loop {
        match proxy.try_to_get("https", path).await {
            Ok(_) => return Ok(()),
            Err(error) if start.elapsed() > LIMIT => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Asserts the behaviour that every proxy must give: TLS, redirects, headers, the real client address.
async fn assert_serves_the_page(proxy: &Proxy, folder: &Path) -> TestResult {
    wait_for_health(proxy, "/healthz").await?;
    let page = proxy.get("https", "/").await?;
    assert_eq!(page.status(), 200);
    assert!(page.headers().contains_key("strict-transport-security"), "{:?}", page.headers());
    assert!(page.headers().contains_key("x-request-id"), "{:?}", page.headers());
    assert!(page.text().await?.contains("<title"));
    assert_eq!(proxy.get("https", "/token").await?.status(), 200);

    let plain = proxy.get("http", "/token?x=1").await?;
    assert!(plain.status().is_redirection(), "{}", plain.status());
    let location = plain.headers()["location"].to_str()?.to_owned();
    assert!(
        location.starts_with(&format!("https://{NAME}")) && location.ends_with("/token?x=1"),
        "{location}"
    );

    let log = fs::read_to_string(folder.join("server.log"))?;
    assert!(log.contains("client=127.0.0.1") && !log.contains(FORGED), "{log}");
    Ok(())
}

#[tokio::test]
async fn nginx_forwards_what_the_server_needs_and_no_forged_header() -> TestResult {
    let folder = folder("nginx")?;
    let (_server, port) = server(&folder)?;
    assert_serves_the_page(&nginx(&folder, &[port])?, &folder).await?;
    Ok(())
}

/// nginx with this repository's configuration, in front of servers on these ports.
pub(crate) fn nginx(folder: &Path, servers: &[u16]) -> TestResult<Proxy> {
    nginx_with(folder, servers, &text("docs/deploy/nginx.conf")?)
}

fn nginx_with(folder: &Path, servers: &[u16], site: &str) -> TestResult<Proxy> {
    let ports = free_ports()?;
    let names = [NAME.to_owned(), "localhost".to_owned()];
    let certificate = rcgen::generate_simple_self_signed(names)?;
    let servers: Vec<String> = servers.iter().map(|port| format!("server 127.0.0.1:{port};")).collect();
    fs::write(folder.join("fullchain.pem"), certificate.cert.pem())?;
    fs::write(folder.join("privkey.pem"), certificate.signing_key.serialize_pem())?;
    let here = folder.to_string_lossy();
    let site: String = site
        .replace("/etc/letsencrypt/live/talk.example.org", &here)
        .replace("server 127.0.0.1:8000;", &servers.join(" "))
        // Browsers name the port in Origin, since it is not that of https.
        .replace("Host $host;", "Host $http_host;")
        .replace("listen 443", &format!("listen 127.0.0.1:{}", ports[1]))
        .replace("listen 80", &format!("listen 127.0.0.1:{}", ports[0]))
        .lines()
        .filter(|line| !line.contains("listen [::]"))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(folder.join("site.conf"), site)?;
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {here}/{name};"))
        .join(" ");
    let whole = format!(
        "daemon off; master_process off; pid {here}/nginx.pid; error_log stderr;\nevents {{}}\n\
         http {{ access_log off; {temporary} include {here}/site.conf; }}\n"
    );
    fs::write(folder.join("nginx.conf"), whole)?;
    let nginx = || {
        let mut command = Command::new("/usr/sbin/nginx");
        command.args(["-p", &here, "-c", "nginx.conf", "-e", "stderr"]);
        command
    };
    let said = succeed(nginx().arg("-t"))?;
    assert!(!said.contains("[warn]"), "{said}");
    let authority = folder.join("fullchain.pem");
    Proxy::start(&mut nginx(), folder, ports, authority)
}

#[tokio::test]
async fn caddy_forwards_what_the_server_needs_and_no_forged_header() -> TestResult {
    let folder = folder("caddy")?;
    let (_server, port) = server(&folder)?;
    assert_serves_the_page(&caddy(&folder, &[port])?, &folder).await?;
    Ok(())
}

/// Caddy with this repository's configuration, in front of servers on these ports.
pub(crate) fn caddy(folder: &Path, servers: &[u16]) -> TestResult<Proxy> {
    caddy_with(folder, servers, &text("docs/deploy/Caddyfile")?)
}

fn caddy_with(folder: &Path, servers: &[u16], site: &str) -> TestResult<Proxy> {
    let ports = free_ports()?;
    let here = folder.to_string_lossy();
    let servers: Vec<String> = servers.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let site = site
        .replace("127.0.0.1:8000", &servers.join(" "))
        .replace("talk.example.org {", "talk.example.org, localhost {");
    // Free ports, and certificates from a local authority without network access.
    let options = format!(
        "{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port {}\n\thttps_port {}\n\tlocal_certs\n\
         \tskip_install_trust\n\tstorage file_system {here}\n}}\n",
        ports[0], ports[1]
    );
    let file = folder.join("Caddyfile");
    fs::write(&file, options + &site)?;
    let caddy = |subcommand: &str| {
        let mut command = Command::new("caddy");
        command.args([subcommand, "--adapter", "caddyfile", "--config"]).arg(&file).env("HOME", folder);
        command
    };
    assert!(succeed(&mut caddy("validate"))?.contains("Valid configuration"));
    let authority = folder.join("pki/authorities/local/root.crt");
    Proxy::start(&mut caddy("run"), folder, ports, authority)
}

/// A configuration in docs/deploy.md, by the name of its language.
fn documented(language: &str) -> TestResult<String> {
    let text = text("docs/deploy.md")?;
    let block = text.split_once(&format!("```{language}\n")).and_then(|(_, rest)| rest.split_once("```"));
    Ok(block.ok_or("no block")?.0.to_owned())
}

fn nginx_below_a_path(folder: &Path, servers: &[u16]) -> TestResult<Proxy> {
    let site = text("docs/deploy/nginx.conf")?;
    let (before, rest) = site.split_once("    location / {").ok_or("no location")?;
    let (_, after) = rest.split_once("\n}\n").ok_or("the server does not end")?;
    nginx_with(folder, servers, &format!("{before}{}}}\n{after}", documented("nginx")?))
}

fn caddy_below_a_path(folder: &Path, servers: &[u16]) -> TestResult<Proxy> {
    caddy_with(folder, servers, &documented("caddyfile")?)
}

/// Asserts that the page, its files, token and socket, and the login are there below `/stt/`, and nothing else is.
async fn assert_serves_below_a_path(name: &str, start: fn(&Path, &[u16]) -> TestResult<Proxy>) -> TestResult {
    let here = folder(&format!("{name}-below"))?;
    let (_server, port) = server(&here)?;
    let proxy = start(&here, &[port])?;
    wait_for_health(&proxy, "/stt/healthz").await?;
    let without_slash = proxy.get("https", "/stt").await?;
    assert!(without_slash.headers()["location"].to_str()?.ends_with("/stt/"), "{without_slash:?}");
    // Caddy answers with an empty page.
    assert!(!proxy.get("https", "/token").await?.text().await?.contains("expires"));
    let page = proxy.get("https", "/stt/").await?.text().await?;
    let files: Vec<&str> = page.split('"').filter(|part| part.contains("assets/")).collect();
    assert!(files.len() > 3, "{page}");
    for file in files {
        assert!(!file.starts_with('/'), "{file}");
        assert_eq!(proxy.get("https", &format!("/stt/{file}")).await?.status(), 200, "{file}");
    }

    let client = Client::builder()
        .token_server(format!("https://localhost:{}/stt", proxy.ports[1]))
        .add_root_certificates(fs::read_to_string(&proxy.authority)?)
        .build()?;
    let mut session = client.transcribe(AudioSource::wav(Recording::speech_path())?);
    let mut has_final = false;
    while let Some(event) = session.next().await {
        match event {
            Event::Turn(turn) => has_final |= turn.is_final,
            Event::Ended(summary) => summary.into_result()?,
            _ => {}
        }
    }
    assert!(has_final);
    drop(proxy);

    let here = folder(&format!("{name}-login-below"))?;
    let (_server, port) = server_with(&here, &["--access-password", "open below a path"])?;
    let proxy = start(&here, &[port])?;
    wait_for_health(&proxy, "/stt/healthz").await?;
    let address = |response: &Response| -> TestResult<String> {
        Ok(response.url().join(response.headers()["location"].to_str()?)?.path().to_owned())
    };
    let refused = proxy.get("https", "/stt/").await?;
    assert_eq!(address(&refused)?, "/stt/login");
    let form = "password=open+below+a+path";
    let opened = proxy.post("/stt/login", form).await?;
    assert_eq!((opened.status().as_u16(), address(&opened)?.as_str()), (303, "/stt/"));
    assert!(opened.headers().contains_key("set-cookie"), "{opened:?}");
    Ok(())
}

#[tokio::test]
async fn the_page_and_its_login_work_below_a_path_of_nginx() -> TestResult {
    assert_serves_below_a_path("nginx", nginx_below_a_path).await
}

#[tokio::test]
async fn the_page_and_its_login_work_below_a_path_of_caddy() -> TestResult {
    assert_serves_below_a_path("caddy", caddy_below_a_path).await
}
