//! The fixtures, and random JSON.

// Each test program uses a part of this.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;
pub(crate) use test_result::TestResult;

/// The messages in a folder of `fixtures/`, as name and text, sorted by name.
pub(crate) fn fixtures(folder: &str) -> TestResult<Vec<(String, String)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    assert!(paths.len() >= 5, "too few fixtures: {paths:?}");
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, fs::read_to_string(path)?))
    };
    paths.into_iter().map(read).collect()
}

/// JSON of any shape whose keys and texts are often ones that the protocol uses.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "(Begin|Turn|Termination|SpeechStarted|Heartbeat|Silence|SpeakerRevision|Warning|LLMGatewayResponse|Error|[a-z]{0,4}|\\PC{0,6})".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let key = "(type|error|error_code|turn_order|end_of_turn|transcript|words|text|start|total_audio_received_ms|revisions|speaker_label|warning_code|data|id|expires_at|token|detail|loc|msg|\\PC{0,4})";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(key, inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
