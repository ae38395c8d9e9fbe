//! The binary of `cargo xtask dist`, as it is distributed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use assemblyai_mock::{MockAssemblyAi, Script};
use serde_json::Value;

use crate::path;
use crate::tools::{folder, output, succeed, tool};
use test_result::TestResult;

const LIMIT: Duration = Duration::from_secs(20);

fn distrib() -> PathBuf {
    let folder = path("target/distrib");
    assert!(folder.join("SHA256SUMS").exists(), "nothing is in target/distrib: run cargo xtask dist");
    folder
}

/// A client of servers on this machine.
pub(crate) fn client() -> reqwest::ClientBuilder {
    // The provider is installed once per process: an error means that it is installed already.
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder().no_proxy().timeout(LIMIT)
}

/// A folder with only the binary, as in an image from scratch.
fn empty_root(name: &str) -> TestResult<PathBuf> {
    let root = folder(name)?;
    fs::copy(distrib().join("transcription-server"), root.join("transcription-server"))?;
    Ok(root)
}

/// The binary with that folder as its root file system.
fn in_root(root: &PathBuf) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--kill-child", "--fork", "--root"])
        .arg(root)
        .arg("/transcription-server");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A running server; it is killed when dropped.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts the server and waits for the line with its port.
    pub(crate) fn start(command: &mut Command) -> TestResult<(Self, u16)> {
        let mut running = Self(command.stdout(Stdio::piped()).spawn()?);
        let mut line = String::new();
        BufReader::new(running.0.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        let port = line.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.ok_or_else(|| format!("no port in {line:?}"))?;
        Ok((running, port))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that the process has ended already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn the_checksums_are_those_of_the_files() -> TestResult {
    let said = succeed(
        Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(distrib()),
    )?;
    assert_eq!(said.lines().filter(|line| line.ends_with(": OK")).count(), 2, "{said}");
    Ok(())
}

#[test]
fn the_binary_is_static_and_stripped() -> TestResult {
    let binary = distrib().join("transcription-server");
    let headers =
        succeed(Command::new("readelf").args(["--program-headers", "--dynamic", "--wide"]).arg(&binary))?;
    assert!(!headers.contains("INTERP") && !headers.contains("(NEEDED)"), "{headers}");
    let sections = succeed(Command::new("readelf").args(["--sections", "--wide"]).arg(&binary))?;
    assert!(!sections.contains(".symtab") && !sections.contains(".debug"), "{sections}");
    Ok(())
}

#[test]
fn no_path_of_the_machine_that_built_it_is_in_the_binary() -> TestResult {
    let binary = fs::read(distrib().join("transcription-server"))?;
    let root = path(".").canonicalize()?;
    let mut folders = vec![root.to_string_lossy().into_owned()];
    folders.extend(std::env::home_dir().map(|home| home.join(".cargo").to_string_lossy().into_owned()));
    folders.extend(std::env::var("CARGO_HOME"));
    for folder in folders {
        let is_there = binary.windows(folder.len()).any(|window| window == folder.as_bytes());
        assert!(!is_there, "{folder}");
    }
    Ok(())
}

#[tokio::test]
async fn the_binary_runs_in_an_empty_root() -> TestResult {
    let root = empty_root("empty-root")?;
    let (_running, port) = Running::start(in_root(&root).args(["--demo", "--port", "0"]))?;
    let get = async |path: &str| -> TestResult<_> {
        let client = client().build()?;
        Ok(client.get(format!("http://127.0.0.1:{port}{path}")).send().await?)
    };
    assert!(get("/").await?.text().await?.contains("<title"));
    assert!(get("/token").await?.text().await?.contains("\"token\""));
    // The health check of the image.
    let healthcheck = |port: u16| output(in_root(&root).args(["--port", &port.to_string(), "healthcheck"]));
    let alive = healthcheck(port)?;
    assert!(alive.status.success(), "{}", String::from_utf8_lossy(&alive.stderr));
    assert!(!healthcheck(9)?.status.success());
    Ok(())
}

#[tokio::test]
async fn the_static_binary_resolves_hosts_and_reads_certificates() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let root = empty_root("root-with-hosts")?;
    // The two files of an image from scratch: Docker adds hosts, the Dockerfile the certificates.
    fs::create_dir_all(root.join("etc/ssl/certs"))?;
    let authority = rcgen::generate_simple_self_signed(["authority".to_owned()])?;
    let authorities = root.join("etc/ssl/certs/ca-certificates.crt");
    fs::write(authorities, authority.cert.pem())?;
    fs::write(root.join("etc/hosts"), "127.0.0.1 localhost streaming.example.org\n")?;
    let base_url = format!("http://streaming.example.org:{}", mock.address().port());
    let mut command = in_root(&root);
    command.args(["--port", "0", "--assemblyai-api-key", "key", "--assemblyai-base-url", &base_url]);
    let (_running, port) = Running::start(&mut command)?;
    let client = client().build()?;
    let answer = client.get(format!("http://127.0.0.1:{port}/token")).send().await?;
    assert_eq!(answer.status(), 200);
    Ok(())
}

#[test]
fn the_bill_of_materials_is_valid_and_holds_the_page_but_not_what_built_it() -> TestResult {
    const VALIDATE: &str = "\
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(fault.data) if fault else 0)";
    let file = distrib().join("transcription-server.cdx.json");
    succeed(tool("python").args(["-c", VALIDATE]).arg(&file))?;

    let bill: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    assert_eq!(bill["metadata"]["component"]["name"], "transcription-server");
    let components = bill["components"].as_array().ok_or("no components")?;
    let is_there = |name: &str| components.iter().any(|component| component["name"] == name);
    for name in ["axum", "glibc", "js-sys", "ring", "rust-std", "transcription-page", "wasm-bindgen"] {
        assert!(is_there(name), "{name}");
    }
    for name in ["brotli", "proptest", "serde_derive", "walrus", "wasm-bindgen-cli-support"] {
        assert!(!is_there(name), "{name}");
    }
    for component in components {
        assert!(component["licenses"][0]["expression"].is_string(), "{component}");
    }
    Ok(())
}
