//! Settings, files and versions that the deployment files and documents name exist.

use std::path::Path;
use std::time::Duration;

use transcription_server::settings::{Settings, command, list};

use crate::{path, text};
use test_result::TestResult;

/// All files that name settings.
const FILES: [&str; 11] = [
    "Dockerfile",
    "README.md",
    "compose.yaml",
    "docs/deploy.md",
    "docs/deploy/Caddyfile",
    "docs/deploy/kubernetes-local.yaml",
    "docs/deploy/kubernetes.yaml",
    "docs/deploy/nginx.conf",
    "docs/deploy/transcription-server.service",
    "docs/security.md",
    "docs/settings.md",
];

/// Words in capitals that are not settings of the server.
const OTHERS: [&str; 2] = ["CAP_NET_BIND_SERVICE", "RUSTUP_TOOLCHAIN"];

/// The settings that the server reads from a container's variables.
fn read(variables: &[(String, String)]) -> TestResult<Settings> {
    let flags = command().get_matches_from(["transcription-server"]);
    let value = |name: &str| variables.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
    let with_key = |name: &str| value(name).or_else(|| (name == "ASSEMBLYAI_API_KEY").then(|| "key".into()));
    Ok(Settings::read(&flags, with_key)?)
}

/// The lines `NAME: value` below a head line that are indented deeper than it.
fn variables_below(text: &str, head: &str) -> Vec<(String, String)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip_while(|line| line.trim() != head);
    let depth = lines.next().map_or(0, indent);
    let block = lines.take_while(|line| indent(line) > depth);
    let pairs = block.filter_map(|line| line.trim().split_once(": "));
    pairs
        .filter(|(name, _)| !name.starts_with('#'))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect()
}

#[test]
fn every_setting_named_in_a_file_exists() -> TestResult {
    let settings = list();
    for file in FILES {
        for word in text(file)?.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let in_capitals = word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            if !in_capitals || !word.trim_matches('_').contains('_') || word.starts_with("AF_") {
                continue;
            }
            let is_setting = settings.iter().any(|setting| setting.variable == word);
            assert!(is_setting || OTHERS.contains(&word), "{word} in {file}");
        }
    }
    Ok(())
}

#[test]
fn the_server_takes_the_settings_that_kubernetes_gives_it() -> TestResult {
    let variables = variables_below(&text("docs/deploy/kubernetes.yaml")?, "data:");
    assert!(variables.len() >= 5, "{variables:?}");
    let config = read(&variables)?;
    assert_eq!((config.serve.host.as_str(), config.serve.port), ("0.0.0.0", 8000));
    assert_eq!(config.metrics.metrics_address.map(|address| address.port()), Some(9000));
    assert!(config.limits.rate_limit_redis_url.is_some());
    assert_eq!(config.proxies.trusted_proxies.len(), 1);
    Ok(())
}

#[test]
fn the_server_takes_the_settings_of_its_own_recogniser_that_kubernetes_gives_it() -> TestResult {
    let manifest = text("docs/deploy/kubernetes-local.yaml")?;
    let config = read(&variables_below(&manifest, "data:"))?;
    let local = &config.local;
    assert_eq!(local.model.as_deref(), Some(Path::new("/model")));
    assert_eq!((local.threads.map(Into::into), local.max_sessions.map(Into::into)), (Some(2), Some(3)));
    assert!(config.limits.rate_limit_redis_url.is_some() && manifest.contains("requests: { cpu: \"2\","));
    // All turns end within it, and after it what is left of the time before the kill.
    let line = manifest.lines().find_map(|line| line.trim().strip_prefix("terminationGracePeriodSeconds: "));
    let grace = Duration::from_secs(line.and_then(|line| line.parse().ok()).ok_or("no number")?);
    assert!(grace > config.serve.shutdown_timeout + Duration::from_secs(5));
    assert!(config.serve.shutdown_timeout > Duration::from_mins(1), "longer than the longest turn");
    Ok(())
}

#[test]
fn the_server_takes_the_settings_that_compose_gives_it() -> TestResult {
    let variables = variables_below(&text("compose.yaml")?, "environment:");
    let config = read(&variables)?;
    assert_eq!((config.serve.host.as_str(), config.serve.port), ("0.0.0.0", 8000));
    assert!(config.limits.rate_limit_redis_url.is_some());
    assert_eq!(config.proxies.trusted_proxies.len(), 1);
    Ok(())
}

#[test]
fn the_deployments_wait_longer_than_the_server_takes_to_stop() -> TestResult {
    let shutdown_timeout = read(&[])?.serve.shutdown_timeout;
    let seconds = |file: &str, name: &str| -> TestResult<_> {
        let text = text(file)?;
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
        let number = line.and_then(|line| line.trim().trim_end_matches('s').parse().ok());
        Ok(Duration::from_secs(number.ok_or_else(|| format!("no {name} in {file}"))?))
    };
    assert!(seconds("compose.yaml", "stop_grace_period:")? > shutdown_timeout);
    assert!(seconds("docs/deploy/transcription-server.service", "TimeoutStopSec=")? > shutdown_timeout);
    let kubernetes = "docs/deploy/kubernetes.yaml";
    let pre_stop = Duration::from_secs(5);
    assert!(text(kubernetes)?.contains("sleep: { seconds: 5 }"));
    assert!(seconds(kubernetes, "terminationGracePeriodSeconds:")? > shutdown_timeout + pre_stop);
    Ok(())
}

#[test]
fn the_image_is_built_with_the_rust_version_of_the_tests() -> TestResult {
    let manifest = text("Cargo.toml")?;
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \""));
    let version = version.and_then(|line| line.split('"').next()).ok_or("no rust-version")?;
    let dockerfile = text("Dockerfile")?;
    assert!(dockerfile.contains(&format!("FROM rust:{version}.")), "{version}");
    assert!(dockerfile.contains(&format!("RUSTUP_TOOLCHAIN={version}.")), "{version}");
    Ok(())
}

#[test]
fn every_link_between_the_documents_has_a_target() -> TestResult {
    for file in [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs/architecture.md",
        "docs/deploy.md",
        "docs/security.md",
        "docs/settings.md",
        "docs/testing.md",
    ] {
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        let text = text(file)?;
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let is_elsewhere = link.is_empty() || link.starts_with("https://");
            let target = path(&folder.join(link).to_string_lossy());
            assert!(is_elsewhere || target.exists(), "{link} in {file}");
        }
    }
    Ok(())
}
