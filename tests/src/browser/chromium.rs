//! Starts Chromium, through chromedriver.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::process::Command;

use super::remote::Remote;
use super::sound::Environment;
use super::webdriver::WebDriver;
use super::{BrowserError, HEIGHT_PX, Launched, Microphone, START_LIMIT, Setup, WIDTH_PX};
use crate::audio::Recording;
use crate::process::Process;

/// Arguments for a headless browser without GPU and without background network requests.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// Starts driver and browser.
pub(super) async fn launch(
    setup: &Setup,
    profile: &Path,
    sound: Option<Environment>,
) -> Result<Launched, BrowserError> {
    let mut command = Command::new("chromedriver");
    // With port 0 it takes one that is free in IPv6, and ends if that is not free in IPv4.
    let port = crate::port::listen().and_then(|listener| listener.local_addr());
    let port = port.map_err(|source| BrowserError::File { path: "a free port".into(), source })?.port();
    command.arg(format!("--port={port}")).envs(sound);
    let started = Process::start(command, "started successfully on port", START_LIMIT).await;
    let (process, _) = started.map_err(|source| BrowserError::Start { program: "chromedriver", source })?;

    let capabilities = capabilities(setup, profile)?;
    let driver = WebDriver::start(&format!("http://127.0.0.1:{port}"), capabilities).await?;
    Ok(Launched { remote: Remote::Chromium(driver), processes: vec![process] })
}

/// The capabilities of a session with this configuration.
fn capabilities(setup: &Setup, profile: &Path) -> Result<Value, BrowserError> {
    // Chromium's fake microphone, and no permission prompt.
    let (prompt, fake) = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream".to_owned());
    let play = |file: PathBuf| format!("--use-file-for-fake-audio-capture={}%noloop", file.display());
    let mut arguments = ARGUMENTS.map(str::to_owned).to_vec();
    arguments.push(format!("--window-size={WIDTH_PX},{HEIGHT_PX}"));
    arguments.push(format!("--user-data-dir={}", profile.display()));
    arguments.extend(match &setup.microphone {
        Microphone::Recording => vec![prompt.to_owned(), fake, play(Recording::speech_path())],
        Microphone::File(file) => vec![prompt.to_owned(), fake, play(file.clone())],
        Microphone::Muted => vec![prompt.to_owned(), fake, play(silence(profile)?)],
        Microphone::Denied => vec![format!("{prompt}=deny"), fake],
        Microphone::Tab(title) => vec![
            format!("--auto-select-tab-capture-source-by-title={title}"),
            "--autoplay-policy=no-user-gesture-required".to_owned(),
        ],
        Microphone::None | Microphone::Pluggable(_) => vec![prompt.to_owned()],
    });
    let mut excluded = Vec::new();
    if setup.slows_hidden_tabs {
        let after_5_s = "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/5";
        arguments
            .extend(["--intensive-wake-up-throttling-policy=force-enable", after_5_s].map(str::to_owned));
        excluded.extend(["disable-background-timer-throttling", "disable-renderer-backgrounding"]);
    }
    arguments.extend(setup.deployed_at.map(|name| format!("--host-resolver-rules=MAP {name} 127.0.0.1")));
    Ok(json!({
        "goog:chromeOptions": {"args": arguments, "excludeSwitches": excluded},
        "goog:loggingPrefs": {"browser": "ALL"},
        // No authority has signed those of a deployment's proxies.
        "acceptInsecureCerts": setup.deployed_at.is_some(),
        "proxy": setup.proxy_capability(),
    }))
}

/// A file of 10 s of zeros.
fn silence(folder: &Path) -> Result<PathBuf, BrowserError> {
    let path = folder.join("silence.wav");
    let written = crate::write_wav(&path, 1, 48_000, &vec![0; 480_000]);
    match written {
        Ok(()) => Ok(path),
        Err(error) => Err(BrowserError::File { path, source: std::io::Error::other(error) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_test_of_a_deployment_accepts_any_certificate_and_has_its_name() -> Result<(), BrowserError> {
        let of = |setup: &Setup| capabilities(setup, Path::new("profile"));
        let elsewhere = Setup::new(Microphone::Recording);
        let deployed = Setup { deployed_at: Some("talk.example.org"), ..elsewhere.clone() };
        let (elsewhere, deployed) = (of(&elsewhere)?, of(&deployed)?);
        assert_eq!(
            (&elsewhere["acceptInsecureCerts"], &deployed["acceptInsecureCerts"]),
            (&json!(false), &json!(true))
        );
        assert!(!elsewhere.to_string().contains("host-resolver-rules"), "{elsewhere}");
        assert!(
            deployed.to_string().contains("--host-resolver-rules=MAP talk.example.org 127.0.0.1"),
            "{deployed}"
        );
        Ok(())
    }
}
