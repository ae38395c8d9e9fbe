//! The bill of materials: every crate in the binary, those of the page included, in CycloneDX 1.6.
//!
//! Not by `cargo cyclonedx`: the page is built by the server's build script, so it would list the tools of that script,
//! which are not in the binary, and omit the crates of the page, which are; and it writes paths of the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::command::CommandSpec;
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

const SERVER: &str = "transcription-server";
const PAGE: &str = "transcription-page";

/// The bill of the server for `host`; the same sources give the same text.
pub(super) fn of(
    system: &dyn System,
    toolchain: Toolchain,
    root: &Path,
    host: &str,
) -> Result<String, Failure> {
    let mut materials = Materials::default();
    materials.add_tree(&system.run(&tree_command(toolchain, root, SERVER, host))?, None);
    let page = system.run(&tree_command(toolchain, root, PAGE, "wasm32-unknown-unknown"))?;
    materials.add_tree(&page, Some(SERVER));
    let lock = root.join("Cargo.lock");
    let lock = fs::read_to_string(&lock)
        .map_err(|error| Failure::Advice(format!("cannot read {}: {error}", lock.display())))?;
    materials.add_checksums(&lock);
    let cargo = system.run(&toolchain.cargo().args(["--version"]))?;
    materials.add_library("rust-std", cargo.split(' ').nth(1).unwrap_or_default(), "MIT OR Apache-2.0");
    if host.ends_with("-linux-gnu") {
        // It prints "glibc 2.36"; that library is linked statically.
        let glibc = system.run(&CommandSpec::new("getconf").args(["GNU_LIBC_VERSION"]))?;
        let version = glibc.trim().rsplit(' ').next().unwrap_or_default();
        materials.add_library("glibc", version, "LGPL-2.1-or-later");
    }
    materials.text()
}

/// Lists what is linked into a package for a target: no build scripts, no macros, no dependencies of tests.
fn tree_command(toolchain: Toolchain, root: &Path, package: &str, target: &str) -> CommandSpec {
    toolchain
        .cargo()
        .args(["tree", "--locked", "-p", package, "--target", target, "-e", "normal,no-proc-macro"])
        .args(["--prefix", "depth", "--format", "|{p}|{l}|{r}"])
        .folder(root)
}

/// Name and version.
type Key = (String, String);

#[derive(Debug, Default)]
struct Materials {
    components: BTreeMap<Key, Component>,
    top: Option<Key>,
}

#[derive(Debug, Default)]
struct Component {
    /// The type of package URL: `cargo` for crates, `generic` for libraries without a registry.
    kind: &'static str,
    licence: String,
    repository: String,
    sha256: Option<String>,
    dependencies: BTreeSet<Key>,
}

impl Materials {
    /// Adds the output of `cargo tree`; the component `parent` depends on its root.
    fn add_tree(&mut self, tree: &str, parent: Option<&str>) {
        // The path from the root to the current line.
        let mut path: Vec<Key> = Vec::new();
        for line in tree.lines() {
            let Some((depth, rest)) = line.split_once('|') else { continue };
            let (Ok(depth), Some((package, rest))) = (depth.parse::<usize>(), rest.split_once('|')) else {
                continue;
            };
            let Some((name, rest_of_package)) = package.split_once(" v") else { continue };
            let version = rest_of_package.split(' ').next().unwrap_or_default();
            let key = (name.to_owned(), version.to_owned());
            let (licence, repository) = rest.split_once('|').unwrap_or((rest, ""));
            path.truncate(depth);
            if let Some(before) = path.last().and_then(|before| self.components.get_mut(before)) {
                before.dependencies.insert(key.clone());
            }
            path.push(key.clone());
            let component = self.components.entry(key).or_default();
            component.kind = "cargo";
            // Older crates write a slash for OR.
            component.licence = licence.replace('/', " OR ");
            // A star marks a crate that is printed again.
            repository.trim_end_matches(" (*)").clone_into(&mut component.repository);
        }
        let Some(root) = path.into_iter().next() else { return };
        match parent {
            None => self.top = Some(root),
            Some(parent) => {
                let of_parent = |(key, _): &(&Key, &mut Component)| key.0 == parent;
                if let Some((_, parent)) = self.components.iter_mut().find(of_parent) {
                    parent.dependencies.insert(root);
                }
            }
        }
    }

    /// Adds the checksums of the crates from Cargo.lock.
    fn add_checksums(&mut self, lock: &str) {
        for package in lock.split("[[package]]").skip(1) {
            let field = |name: &str| {
                let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
                line.and_then(|line| line.strip_suffix('"')).map(str::to_owned)
            };
            let (Some(name), Some(version)) = (field("name"), field("version")) else { continue };
            if let Some(component) = self.components.get_mut(&(name, version)) {
                component.sha256 = field("checksum");
            }
        }
    }

    /// Adds a library that is not a crate.
    fn add_library(&mut self, name: &str, version: &str, licence: &str) {
        let key = (name.to_owned(), version.to_owned());
        if let Some(top) = self.top.as_ref().and_then(|top| self.components.get_mut(top)) {
            top.dependencies.insert(key.clone());
        }
        let component = Component { kind: "generic", licence: licence.to_owned(), ..Component::default() };
        self.components.insert(key, component);
    }

    fn text(&self) -> Result<String, Failure> {
        let bad = |why: &str| Failure::Advice(format!("cannot make the bill of materials: {why}"));
        let top = self.top.as_ref().ok_or_else(|| bad("cargo tree prints no package"))?;
        let reference = |key: &Key| {
            let kind = self.components.get(key).map_or("cargo", |component| component.kind);
            format!("pkg:{kind}/{}@{}", key.0, key.1)
        };
        let describe = |(key, component): (&Key, &Component)| {
            let mut value = json!({
                "type": if key == top { "application" } else { "library" },
                "bom-ref": reference(key),
                "name": key.0,
                "version": key.1,
                "purl": reference(key),
            });
            if !component.licence.is_empty() {
                value["licenses"] = json!([{"expression": component.licence}]);
            }
            if let Some(sha256) = &component.sha256 {
                value["hashes"] = json!([{"alg": "SHA-256", "content": sha256}]);
            }
            if !component.repository.is_empty() {
                value["externalReferences"] = json!([{"type": "vcs", "url": component.repository}]);
            }
            value
        };
        let edges = |(key, component): (&Key, &Component)| {
            let on: Vec<String> = component.dependencies.iter().map(reference).collect();
            json!({"ref": reference(key), "dependsOn": on})
        };
        let top_component = self.components.get_key_value(top).map(describe);
        let components: Vec<Value> =
            self.components.iter().filter(|(key, _)| *key != top).map(describe).collect();
        let bill = json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {"component": top_component},
            "components": components,
            "dependencies": self.components.iter().map(edges).collect::<Vec<_>>(),
        });
        let text = serde_json::to_string_pretty(&bill).map_err(|error| bad(&error.to_string()))?;
        Ok(text + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    const SERVER_TREE: &str = "\
0|transcription-server v0.1.0 (/clone/server)|MIT OR Apache-2.0|
1|axum v0.8.9|MIT|https://example.org/axum
2|bytes v1.12.1|MIT|
1|http v1.5.0|MIT/Apache-2.0|
2|bytes v1.12.1|MIT| (*)
";
    const PAGE_TREE: &str = "0|transcription-page v0.1.0 (/clone/web)|MIT|\n1|js-sys v0.3.107|MIT|\n";
    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"axum\"\nversion = \"0.8.9\"\nchecksum = \"abc\"\n\
                        dependencies = [\n \"bytes\",\n]\n";

    fn bill() -> TestResult<Value> {
        let mut materials = Materials::default();
        materials.add_tree(SERVER_TREE, None);
        materials.add_tree(PAGE_TREE, Some(SERVER));
        materials.add_checksums(LOCK);
        materials.add_library("glibc", "2.36", "LGPL-2.1-or-later");
        Ok(serde_json::from_str(&materials.text().map_err(|failure| format!("{failure:?}"))?)?)
    }

    fn depends_on<'a>(bill: &'a Value, reference: &str) -> TestResult<Vec<&'a str>> {
        let edges = bill["dependencies"].as_array().ok_or("no list")?.iter();
        let edge = edges.filter(|edge| edge["ref"] == reference).collect::<Vec<_>>();
        assert_eq!(edge.len(), 1, "{reference}");
        Ok(edge[0]["dependsOn"].as_array().ok_or("no list")?.iter().filter_map(Value::as_str).collect())
    }

    #[test]
    fn each_crate_is_listed_once_and_the_server_is_the_subject() -> TestResult {
        let bill = bill()?;
        assert_eq!(bill["metadata"]["component"]["purl"], "pkg:cargo/transcription-server@0.1.0");
        let names: Vec<&str> = bill["components"]
            .as_array()
            .ok_or("no list")?
            .iter()
            .filter_map(|it| it["name"].as_str())
            .collect();
        assert_eq!(names, ["axum", "bytes", "glibc", "http", "js-sys", "transcription-page"]);
        Ok(())
    }

    #[test]
    fn dependencies_are_listed_and_the_server_depends_on_the_page() -> TestResult {
        let bill = bill()?;
        assert_eq!(
            depends_on(&bill, "pkg:cargo/transcription-server@0.1.0")?,
            [
                "pkg:cargo/axum@0.8.9",
                "pkg:generic/glibc@2.36",
                "pkg:cargo/http@1.5.0",
                "pkg:cargo/transcription-page@0.1.0"
            ]
        );
        assert_eq!(depends_on(&bill, "pkg:cargo/http@1.5.0")?, ["pkg:cargo/bytes@1.12.1"]);
        assert_eq!(depends_on(&bill, "pkg:cargo/transcription-page@0.1.0")?, ["pkg:cargo/js-sys@0.3.107"]);
        Ok(())
    }

    #[test]
    fn licences_are_expressions_and_checksums_come_from_the_lock_file() -> TestResult {
        let bill = bill()?;
        let component = |name: &str| -> TestResult<_> {
            Ok(bill["components"]
                .as_array()
                .ok_or("no list")?
                .iter()
                .find(|it| it["name"] == name)
                .ok_or("no component")?
                .clone())
        };
        assert_eq!(component("http")?["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(component("axum")?["hashes"][0]["content"], "abc");
        assert_eq!(component("axum")?["externalReferences"][0]["url"], "https://example.org/axum");
        assert_eq!(component("bytes")?.get("externalReferences"), None);
        Ok(())
    }

    #[test]
    fn paths_of_the_machine_are_not_listed() -> TestResult {
        assert!(!bill()?.to_string().contains("/clone"));
        Ok(())
    }

    #[test]
    fn without_a_tree_there_is_no_bill() {
        assert!(Materials::default().text().is_err());
    }
}
