//! processor.js is no Rust: that it and this crate agree on every name is checked here.

use std::collections::BTreeSet;

use transcription_worklet::contract;

const PROCESSOR: &str = include_str!("../processor.js");
const FFI: &str = include_str!("../src/ffi.rs");

/// The file without its comments, which may mention what they like.
fn code() -> String {
    PROCESSOR.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The words of a source text that begin so.
fn words<'a>(source: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    source
        .split(|character: char| !character.is_alphanumeric() && character != '_')
        .filter(|word| word.starts_with(prefix))
        .collect()
}

#[track_caller]
fn assert_contains(expected: &str) {
    assert!(code().contains(expected), "processor.js has no `{expected}`");
}

#[test]
fn the_processor_has_the_name_and_the_option_that_the_page_uses() {
    assert_contains(&format!("registerProcessor(\"{}\",", contract::PROCESSOR_NAME));
    assert_contains(&format!("processorOptions.{})", contract::WASM_OPTION));
}

#[test]
fn the_messages_have_the_types_and_fields_that_the_page_uses() {
    use contract::{AFTER_MS, CHUNK, END, FINISH, PCM, PEAK, SAMPLES, TYPE};
    assert_contains(&format!("data.{TYPE} === \"{FINISH}\""));
    assert_contains(&format!("data.{AFTER_MS} "));
    assert_contains(&format!("{{ {TYPE}: \"{CHUNK}\", {PCM}, {PEAK}: "));
    assert_contains(&format!("{{ {TYPE}: \"{END}\", {SAMPLES}: "));
    assert_eq!(code().matches("postMessage(").count(), 2, "a message that the contract does not know");
}

#[test]
fn the_processor_calls_each_export_and_no_other() {
    let exports: BTreeSet<_> = FFI
        .split("#[unsafe(no_mangle)]\npub extern \"C\" fn ")
        .skip(1)
        .filter_map(|rest| rest.split('(').next())
        .collect();
    assert_eq!(exports.len(), 8);
    assert_eq!(FFI.matches("no_mangle)]").count(), exports.len());
    assert_eq!(words(&code(), "capture_"), exports);
}

#[test]
fn the_processor_uses_nothing_that_a_worklet_lacks() {
    let code = code();
    for absent in
        ["TextDecoder", "performance", "fetch", "setTimeout", "setInterval", "crypto", "import", "console"]
    {
        assert!(!code.contains(absent), "{absent}");
    }
}
