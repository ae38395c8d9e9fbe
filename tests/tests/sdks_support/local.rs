//! The server's own recogniser: the SDKs transcribe human speech with it as they do with the service.

use std::future::pending;
use std::net::SocketAddr;
use std::path::Path;

use end_to_end_tests::audio::Recording;
use end_to_end_tests::limit::with_time_limit;
use end_to_end_tests::server::settings;
use end_to_end_tests::speech::{TWO_CITIES, models, normalize, word_errors};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use transcription_server::assemblyai::TIME_LIMIT;
use transcription_server::serve::serve;
use transcription_server::{AppState, app};

use super::{Job, KEY, Sdk, TEST_LIMIT_S, step};
use test_result::TestResult;

#[tokio::test]
async fn each_sdk_transcribes_human_speech_with_a_key_and_with_a_token() -> TestResult {
    with_time_limit(2 * TEST_LIMIT_S, async {
        let (address, authority_pem) = serve_with_tls("sdks").await?;
        let send = speak("sdks")?;
        let request = json!({"expires_in_seconds": 60});
        for sdk in Sdk::BOTH {
            let job = Job::of(sdk).parameter("speech_model", "u3-rt-pro").then(send.clone());
            let job = job.then(step("terminate"));
            let with_token = job.clone().field("token_request", request.clone());
            for job in [job, with_token] {
                let report = job.run_at(address, &authority_pem).await?;
                let finals = report.of("Turn").into_iter().filter(|turn| turn["end_of_turn"] == true);
                let texts: Vec<&str> = finals.filter_map(|turn| turn["transcript"].as_str()).collect();
                assert_was_read(&format!("{sdk:?}"), &texts.join(" "));
                assert!(report.of("Error").is_empty(), "{sdk:?}: {report:?}");
            }
        }
        Ok(())
    })
    .await
}

/// A step that speaks 20 s of a person reading. As spoken: Node's SDK waits only some seconds for the end.
pub(super) fn speak(test: &str) -> TestResult<Value> {
    let recording = models("audio").join("two_cities.wav");
    let pcm = Recording::read(&recording)?.pcm_at(16_000);
    let bytes: Vec<u8> = pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let raw = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("two_cities-{test}.raw"));
    std::fs::write(&raw, bytes)?;
    Ok(json!({"do": "send", "file": raw, "ms": 20_000, "paced": true}))
}

/// Asserts that these are the first words of the recording, but for a few.
pub(super) fn assert_was_read(client: &str, text: &str) {
    let text = normalize(text);
    assert!(text.len() > 40, "{client}: {}", text.join(" "));
    let reference = normalize(TWO_CITIES)[..text.len()].join(" ");
    let errors = word_errors(&reference, &text.join(" "));
    assert!(errors <= 4, "{client}: {errors} of {} words: {}", text.len(), text.join(" "));
}

/// Starts a server that recognises speech, and serves TLS because Node's SDK accepts no other; returns its address and
/// the certificate that clients must trust.
pub(super) async fn serve_with_tls(test: &str) -> TestResult<(SocketAddr, String)> {
    let generated = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let [certificate, key] = ["local", "local-key"].map(|name| folder.join(format!("{name}-{test}.pem")));
    let pem = generated.cert.pem();
    std::fs::write(&certificate, &pem)?;
    std::fs::write(&key, generated.signing_key.serialize_pem())?;
    let paths = [models("tiny-en"), certificate, key];
    let [model, certificate, key] = paths.each_ref().map(|path| path.to_str().unwrap_or_default());
    let settings = settings(&[
        "--local-model",
        model,
        // Both plug-ins at once; a busy machine would be measured to carry one, and refuse the other.
        "--local-max-sessions",
        "2",
        "--local-api-keys",
        KEY,
        "--tls-cert",
        certificate,
        "--tls-key",
        key,
    ]);
    let state = AppState::new(&settings, TIME_LIMIT)?;
    let serving = state.serving(&settings)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener, app(state), serving, pending()));
    Ok((address, pem))
}
