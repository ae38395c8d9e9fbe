//! Starts Firefox, which `WebDriver BiDi` controls without geckodriver.

use std::fs;
use std::path::Path;

use serde_json::json;
use tokio::process::Command;

use super::bidi::Bidi;
use super::remote::Remote;
use super::sound::Environment;
use super::{BrowserError, HEIGHT_PX, Launched, Microphone, START_LIMIT, Setup, WIDTH_PX};
use crate::process::Process;

/// Possible names of the program in `PATH`; Debian's is the first.
const PROGRAMS: [&str; 2] = ["firefox-esr", "firefox"];
const LISTENING: &str = "WebDriver BiDi listening on ";
/// The audio buffer: 85 ms at 48 kHz, so that a busy machine loses no samples; Firefox's default of 11 ms is too short.
const LATENCY_FRAMES: u32 = 4_096;
/// The events that make up its console.
const EVENTS: [&str; 3] = ["log.entryAdded", "network.responseCompleted", "network.fetchError"];

/// Starts the browser.
pub(super) async fn launch(
    setup: &Setup,
    profile: &Path,
    sound: Option<Environment>,
) -> Result<Launched, BrowserError> {
    let preferences = profile.join("user.js");
    let written = fs::write(&preferences, preferences_of(&setup.microphone));
    written.map_err(|source| BrowserError::File { path: preferences, source })?;
    let mut command = Command::new(program());
    command
        .args(["-headless", "-no-remote", "-remote-debugging-port=0", "-profile"])
        .arg(profile)
        .env("HOME", profile)
        .env("MOZ_CRASHREPORTER_DISABLE", "1")
        .envs(sound);
    let started = Process::start(command, LISTENING, START_LIMIT).await;
    let (process, line) = started.map_err(|source| BrowserError::Start { program: "Firefox", source })?;
    let url = line.split_once(LISTENING).map_or("", |(_, url)| url.trim());
    let bidi = Bidi::connect(url, json!({"proxy": setup.proxy_capability()}), &EVENTS).await?;
    bidi.set_viewport(WIDTH_PX, HEIGHT_PX, None).await?;
    Ok(Launched { remote: Remote::Firefox(bidi), processes: vec![process] })
}

fn program() -> &'static str {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &&&str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    PROGRAMS.iter().find(is_there).unwrap_or(&PROGRAMS[0])
}

/// The preferences: the user's answer to the microphone prompt, the audio buffer, and no page of Firefox's own, which
/// takes a fifth of the processor time of a start (0.6 of 3 s).
///
/// All others have the defaults that Firefox uses under remote control.
fn preferences_of(microphone: &Microphone) -> String {
    let answer = if *microphone == Microphone::Denied { 2 } else { 1 };
    format!(
        "user_pref(\"permissions.default.microphone\", {answer});\n\
         user_pref(\"media.cubeb_latency_mtg_frames\", {LATENCY_FRAMES});\n\
         user_pref(\"browser.startup.page\", 0);\n\
         user_pref(\"browser.newtab.preload\", false);\n\
         user_pref(\"browser.newtabpage.enabled\", false);\n"
    )
}
