//! Which crate may depend on which: the table of docs/architecture.md, checked against the manifests.

use super::workspace::{Member, members};
use test_result::TestResult;

/// What the member in a folder may depend on, its tests excepted.
struct Layer {
    folder: &'static str,
    /// The folders of the members that it may depend on.
    ours: &'static [&'static str],
    others: Others,
}

/// The crates of others that a member may depend on.
enum Others {
    /// No other than these.
    Only(&'static [&'static str]),
    /// All but these.
    AllBut(&'static [&'static str]),
}
use Others::{AllBut, Only};

const NATIVE: &[&str] = &["tokio", "axum", "hyper", "reqwest"];
const BROWSER: &[&str] = &["web-sys", "js-sys", "wasm-bindgen", "wasm-bindgen-futures"];

const fn layer(folder: &'static str, ours: &'static [&'static str], others: Others) -> Layer {
    Layer { folder, ours, others }
}

/// A row for each member; there may be a row before there is the member.
const LAYERS: &[Layer] = &[
    layer("crates/protocol", &[], Only(&["serde", "serde_json", "thiserror"])),
    layer("crates/session", &["crates/protocol"], Only(&["thiserror"])),
    layer("crates/service", &["crates/protocol"], AllBut(BROWSER)),
    layer("crates/speech", &["web/worklet"], AllBut(NATIVE)),
    layer("crates/local", &["crates/service", "crates/speech"], AllBut(BROWSER)),
    layer("crates/export", &[], AllBut(&["web-sys", "js-sys", "wasm-bindgen", "tokio"])),
    // The worklet's resampler, as in crates/speech; nothing else of the page. The recogniser with a feature only.
    layer(
        "crates/client",
        &["crates/protocol", "crates/session", "crates/export", "crates/local", "web/worklet"],
        AllBut(BROWSER),
    ),
    layer("crates/mock", &["crates/protocol", "crates/service", "crates/export"], AllBut(BROWSER)),
    layer(
        "server",
        &["crates/protocol", "crates/service", "crates/speech", "crates/local", "web/bundle"],
        AllBut(BROWSER),
    ),
    layer(
        "web",
        &["crates/protocol", "crates/session", "web/common", "web/dom", "web/worklet"],
        AllBut(NATIVE),
    ),
    layer(
        "web/tools",
        &["crates/protocol", "crates/session", "crates/export", "web/common", "web/dom"],
        AllBut(NATIVE),
    ),
    layer("web/dom", &["web/common"], AllBut(NATIVE)),
    layer(
        "web/common",
        &["crates/export", "crates/protocol", "crates/session"],
        AllBut(&["web-sys", "js-sys", "tokio"]),
    ),
    layer("web/worklet", &[], Only(&[])),
    layer("web/bundle", &["web/common"], AllBut(NATIVE)),
    layer(
        "tests",
        &[
            "crates/mock",
            "crates/protocol",
            "crates/service",
            "crates/speech",
            "server",
            "tests/audio",
            "tests/result",
        ],
        AllBut(BROWSER),
    ),
    layer("tests/allocations", &[], Only(&[])),
    layer("tests/audio", &[], AllBut(BROWSER)),
    layer("tests/load", &[], AllBut(BROWSER)),
    layer("tests/result", &[], Only(&[])),
    layer("xtask", &[], AllBut(NATIVE)),
];

/// The dependencies of `member` that `LAYERS` does not allow, as sentences.
fn violations(member: &Member, members: &[Member]) -> Vec<String> {
    let Some(layer) = LAYERS.iter().find(|layer| layer.folder == member.folder) else {
        return vec![format!("{} has no row in the table of layers", member.folder)];
    };
    let is_allowed = |name: &&String| match members.iter().find(|other| other.name == **name) {
        Some(ours) => layer.ours.contains(&ours.folder.as_str()),
        None => match layer.others {
            Only(names) => names.contains(&name.as_str()),
            AllBut(names) => !names.contains(&name.as_str()),
        },
    };
    let forbidden = member.dependencies.iter().filter(|name| !is_allowed(name));
    forbidden.map(|name| format!("{} must not depend on {name}", member.folder)).collect()
}

#[test]
fn every_crate_depends_only_on_what_its_layer_allows() -> TestResult {
    let members = members()?;
    let found: Vec<String> = members.iter().flat_map(|member| violations(member, &members)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn a_forbidden_dependency_is_found() {
    let member = |name: &str, folder: &str, dependencies: &[&str]| Member {
        name: name.to_owned(),
        folder: folder.to_owned(),
        dependencies: dependencies.iter().map(ToString::to_string).collect(),
    };
    let members = [
        member("the-server", "server", &["the-mock", "the-session", "axum", "web-sys"]),
        member("the-mock", "crates/mock", &["tokio"]),
        member("the-session", "crates/session", &["tokio"]),
        member("new", "crates/new", &[]),
    ];
    let found: Vec<String> = members.iter().flat_map(|member| violations(member, &members)).collect();
    assert_eq!(
        found,
        [
            "server must not depend on the-mock",
            "server must not depend on the-session",
            "server must not depend on web-sys",
            "crates/session must not depend on tokio",
            "crates/new has no row in the table of layers",
        ]
    );
}
