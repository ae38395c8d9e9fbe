//! LiveKit's and Pipecat's plug-ins for AssemblyAI, unmodified, transcribe with the server's own recogniser. They speak
//! the protocol by themselves, without an SDK of AssemblyAI's.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use end_to_end_tests::limit::with_time_limit;
use serde_json::{Value, json};
use tokio::process::Command;

use super::local::{assert_was_read, serve_with_tls, speak};
use super::{KEY, TEST_LIMIT_S, start_client};
use test_result::TestResult;

/// The time limit of a plug-in to exit once it has reported its end.
const EXIT_LIMIT: Duration = Duration::from_secs(15);

#[tokio::test]
async fn the_plugins_of_livekit_and_pipecat_transcribe_human_speech() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let (address, authority_pem) = serve_with_tls("plugins").await?;
        // As for the service: each turn ends as the service decides, and not when a detector beside the plug-in says so.
        let livekit = json!({"min_turn_silence": 400, "max_turn_silence": 1280});
        let pipecat = json!({"vad_force_turn_endpoint": false});
        // Both at once, since they mostly wait for the speaker.
        let (livekit, pipecat) = tokio::try_join!(
            run("livekit_plugin", livekit, address, &authority_pem),
            run("pipecat_plugin", pipecat, address, &authority_pem)
        )?;
        for (plugin, lines) in [("LiveKit", livekit), ("Pipecat", pipecat)] {
            let of = |event| lines.iter().filter(move |line| line["event"] == event);
            // It has nothing to warn of, and loses no connection.
            assert_eq!(of("Error").chain(of("Log")).count(), 0, "{plugin}: {lines:#?}");
            let finals: Vec<&str> = of("final_transcript").filter_map(|line| line["text"].as_str()).collect();
            assert_was_read(plugin, &finals.join(" "));
            assert!(
                of("interim_transcript").count() > 5,
                "{plugin} showed no words during a turn: {lines:#?}"
            );
        }
        Ok(())
    })
    .await
}

/// Speaks to the server through a plug-in with these arguments, and returns what it reported.
async fn run(
    client: &str,
    plugin: Value,
    address: SocketAddr,
    authority_pem: &str,
) -> TestResult<Vec<Value>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = tests.join("../target/sdks/plugins/bin/python");
    assert!(python.exists(), "no plug-ins at {}: type cargo xtask setup --sdks", python.display());
    let job =
        json!({"host": address.to_string(), "api_key": KEY, "plugin": plugin, "steps": [speak(client)?]});
    let mut command = Command::new(python);
    command.arg(tests.join("sdks/python").join(client).with_extension("py")).arg(job.to_string());
    let (mut process, _) = start_client(command, client, authority_pem, "Done").await?;
    let status = process.wait(EXIT_LIMIT).await.map_err(|error| format!("{client}: {error}"))?;
    assert!(status.success(), "{client}: {status}; its output:\n{}", process.output());
    Ok(process.output().lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
