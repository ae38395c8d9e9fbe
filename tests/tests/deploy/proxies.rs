//! nginx and Caddy in front of the server, each with its configuration from this repository.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::{Response, redirect};

use crate::shipped::{Running, client};
use crate::tools::{folder, succeed};
use crate::{path, text};

const LIMIT: Duration = Duration::from_secs(20);
const NAME: &str = "talk.example.org";
/// An address that a client forges in `x-forwarded-for`.
const FORGED: &str = "203.0.113.7";

/// A server that trusts a proxy on this machine; its log goes to a file.
fn server(folder: &Path) -> (Running, u16) {
    let mut command = Command::new(path("target/distrib/transcription-server"));
    command.args(["--demo", "--port", "0", "--public-hosts", NAME, "--trusted-proxies", "127.0.0.1,::1"]);
    let log = File::create(folder.join("server.log")).expect("target/ can be written");
    Running::start(command.env_clear().current_dir(folder).stderr(log))
}

/// Two free ports.
fn free_ports() -> [u16; 2] {
    let taken = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("a port"));
    taken.map(|listener| listener.local_addr().expect("an address").port())
}

/// A proxy with its ports for http and https; it is stopped when dropped.
pub(crate) struct Proxy {
    _running: Running,
    pub(crate) ports: [u16; 2],
    /// The authority of its certificate.
    pub(crate) authority: PathBuf,
}

impl Proxy {
    fn start(command: &mut Command, folder: &Path, ports: [u16; 2], authority: PathBuf) -> Self {
        let log = File::create(folder.join("proxy.log")).expect("target/ can be written");
        let hint = "cannot run it: type cargo xtask setup --deploy";
        let running = Running(command.stdout(Stdio::null()).stderr(log).spawn().expect(hint));
        let start = Instant::now();
        while ports.iter().any(|port| TcpStream::connect(("127.0.0.1", *port)).is_err()) {
            let log = || fs::read_to_string(folder.join("proxy.log")).unwrap_or_default();
            assert!(start.elapsed() < LIMIT, "the proxy does not listen: {}", log());
            thread::sleep(Duration::from_millis(5));
        }
        Self { _running: running, ports, authority }
    }

    async fn get(&self, scheme: &str, path: &str) -> Response {
        self.try_to_get(scheme, path).await.expect("an answer")
    }

    async fn try_to_get(&self, scheme: &str, path: &str) -> reqwest::Result<Response> {
        let port = self.ports[usize::from(scheme == "https")];
        let client = client()
            .redirect(redirect::Policy::none())
            .tls_danger_accept_invalid_certs(true) // The certificate is self-signed.
            .resolve(NAME, SocketAddr::from(([127, 0, 0, 1], port)))
            .build()
            .expect("a client");
        let request = client.get(format!("{scheme}://{NAME}:{port}{path}"));
        let request = request.header("x-forwarded-for", FORGED).header("x-forwarded-host", "evil.example");
        request.header("sec-fetch-site", "same-origin").send().await
    }
}

/// Asserts the behaviour that every proxy must give: TLS, redirects, headers, the real client address.
async fn assert_serves_the_page(proxy: &Proxy, folder: &Path) {
    // Caddy listens before it has a certificate.
    let start = Instant::now();
    while let Err(error) = proxy.try_to_get("https", "/healthz").await {
        assert!(start.elapsed() < LIMIT, "{error}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let page = proxy.get("https", "/").await;
    assert_eq!(page.status(), 200);
    assert!(page.headers().contains_key("strict-transport-security"), "{:?}", page.headers());
    assert!(page.headers().contains_key("x-request-id"), "{:?}", page.headers());
    assert!(page.text().await.expect("a page").contains("<title"));
    assert_eq!(proxy.get("https", "/token").await.status(), 200);

    let plain = proxy.get("http", "/token?x=1").await;
    assert!(plain.status().is_redirection(), "{}", plain.status());
    let location = plain.headers()["location"].to_str().expect("text").to_owned();
    assert!(
        location.starts_with(&format!("https://{NAME}")) && location.ends_with("/token?x=1"),
        "{location}"
    );

    let log = fs::read_to_string(folder.join("server.log")).expect("the server's log");
    assert!(log.contains("client=127.0.0.1") && !log.contains(FORGED), "{log}");
}

#[tokio::test]
async fn nginx_forwards_what_the_server_needs_and_no_forged_header() {
    let folder = folder("nginx");
    let (_server, port) = server(&folder);
    assert_serves_the_page(&nginx(&folder, &[port]), &folder).await;
}

/// nginx with this repository's configuration, in front of servers on these ports.
pub(crate) fn nginx(folder: &Path, servers: &[u16]) -> Proxy {
    let ports = free_ports();
    let names = [NAME.to_owned(), "localhost".to_owned()];
    let certificate = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let servers: Vec<String> = servers.iter().map(|port| format!("server 127.0.0.1:{port};")).collect();
    fs::write(folder.join("fullchain.pem"), certificate.cert.pem()).expect("target/ can be written");
    fs::write(folder.join("privkey.pem"), certificate.signing_key.serialize_pem())
        .expect("target/ can be written");
    let here = folder.to_string_lossy();
    let site: String = text("docs/deploy/nginx.conf")
        .replace("/etc/letsencrypt/live/talk.example.org", &here)
        .replace("server 127.0.0.1:8000;", &servers.join(" "))
        .replace("listen 443", &format!("listen 127.0.0.1:{}", ports[1]))
        .replace("listen 80", &format!("listen 127.0.0.1:{}", ports[0]))
        .lines()
        .filter(|line| !line.contains("listen [::]"))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(folder.join("site.conf"), site).expect("target/ can be written");
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {here}/{name};"))
        .join(" ");
    let whole = format!(
        "daemon off; master_process off; pid {here}/nginx.pid; error_log stderr;\nevents {{}}\n\
         http {{ access_log off; {temporary} include {here}/site.conf; }}\n"
    );
    fs::write(folder.join("nginx.conf"), whole).expect("target/ can be written");
    let nginx = || {
        let mut command = Command::new("/usr/sbin/nginx");
        command.args(["-p", &here, "-c", "nginx.conf", "-e", "stderr"]);
        command
    };
    let said = succeed(nginx().arg("-t"));
    assert!(!said.contains("[warn]"), "{said}");
    let authority = folder.join("fullchain.pem");
    Proxy::start(&mut nginx(), folder, ports, authority)
}

#[tokio::test]
async fn caddy_forwards_what_the_server_needs_and_no_forged_header() {
    let folder = folder("caddy");
    let (_server, port) = server(&folder);
    assert_serves_the_page(&caddy(&folder, &[port]), &folder).await;
}

/// Caddy with this repository's configuration, in front of servers on these ports.
pub(crate) fn caddy(folder: &Path, servers: &[u16]) -> Proxy {
    let ports = free_ports();
    let here = folder.to_string_lossy();
    let servers: Vec<String> = servers.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let site = text("docs/deploy/Caddyfile")
        .replace("127.0.0.1:8000", &servers.join(" "))
        .replace("talk.example.org {", "talk.example.org, localhost {");
    // Free ports, and certificates from a local authority without network access.
    let options = format!(
        "{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port {}\n\thttps_port {}\n\tlocal_certs\n\
         \tskip_install_trust\n\tstorage file_system {here}\n}}\n",
        ports[0], ports[1]
    );
    let file = folder.join("Caddyfile");
    fs::write(&file, options + &site).expect("target/ can be written");
    let caddy = |subcommand: &str| {
        let mut command = Command::new("caddy");
        command.args([subcommand, "--adapter", "caddyfile", "--config"]).arg(&file).env("HOME", folder);
        command
    };
    assert!(succeed(&mut caddy("validate")).contains("Valid configuration"));
    let authority = folder.join("pki/authorities/local/root.crt");
    Proxy::start(&mut caddy("run"), folder, ports, authority)
}
