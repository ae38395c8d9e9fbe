//! Circles of imports between the modules of a crate: those that remain stand in docs/architecture.md, each with its
//! reason.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{read, tracked};
use test_result::TestResult;

/// A module's path within its crate, such as `["parameters", "wire"]`; empty for the root.
type Module = Vec<String>;

/// The sources of each crate by module. A program in `src/bin/` is a crate of its own.
fn crates() -> std::io::Result<BTreeMap<String, BTreeMap<Module, String>>> {
    let mut crates: BTreeMap<String, BTreeMap<Module, String>> = BTreeMap::new();
    for file in tracked()? {
        let path = file.to_string_lossy().replace('\\', "/");
        let Some((folder, path)) = path.strip_suffix(".rs").and_then(|path| path.split_once("src/")) else {
            continue;
        };
        let program = path.strip_prefix("bin/").and_then(|path| path.split_once('/'));
        let (root, path) = match program {
            Some((program, path)) => (format!("{folder}src/bin/{program}"), path),
            None => (format!("{folder}src"), path),
        };
        let mut module: Module = path.split('/').map(str::to_owned).collect();
        module.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()));
        if let Some(text) = read(&file) {
            crates.entry(root).or_default().insert(module, code(&text));
        }
    }
    Ok(crates)
}

/// The code of a file without its comments and its tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim_end());
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths of a tree of imports: `a::{b, c::d}` has two.
fn paths(tree: &str) -> Vec<String> {
    let Some((start, rest)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let mut depth = 0;
    let parts = inner.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    parts.flat_map(paths).map(|path| format!("{}{path}", start.trim_start())).collect()
}

/// The module of the same crate that a path leads to.
fn imported(from: &Module, path: &str, modules: &BTreeMap<Module, String>) -> Option<Module> {
    let mut at = from.clone();
    let mut parts = path.split("::").map(str::trim).peekable();
    if parts.next_if_eq(&"crate").is_some() {
        at.clear();
    } else if parts.peek() == Some(&"super") {
        while parts.next_if_eq(&"super").is_some() {
            at.pop()?;
        }
    } else if parts.next_if_eq(&"self").is_none() {
        let child = [from.as_slice(), &[parts.peek()?.to_string()]].concat();
        modules.get(&child)?;
    }
    for part in parts {
        at.push(part.to_owned());
        if !modules.contains_key(&at) {
            at.pop();
            break;
        }
    }
    Some(at)
}

/// Each circle as a line: a folder, and those of its modules that import each other, with all that is below them.
fn circles(root: &str, modules: &BTreeMap<Module, String>) -> BTreeSet<String> {
    let mut modules = modules.clone();
    for (module, text) in modules.clone() {
        for test in text.split("#[cfg(test)]\nmod ").skip(1).filter_map(|rest| rest.split(';').next()) {
            modules.remove(&[module.as_slice(), &[test.to_owned()]].concat());
        }
    }
    let mut imports = BTreeSet::new();
    for (module, text) in &modules {
        for tree in text.split_terminator(';').filter_map(|statement| statement.split("use ").nth(1)) {
            let targets = paths(tree).into_iter().filter_map(|path| imported(module, &path, &modules));
            imports.extend(targets.map(|target| (module.clone(), target)));
        }
    }
    let folders: BTreeSet<&[String]> =
        modules.keys().flat_map(|module| (0..module.len()).map(|length| &module[..length])).collect();
    let mut found = BTreeSet::new();
    for folder in folders {
        let child = |module: &'_ Module| module.strip_prefix(folder)?.first().cloned();
        let siblings = imports.iter().filter_map(|(from, to)| Some((child(from)?, child(to)?)));
        let mut reached: BTreeSet<(String, String)> = siblings.filter(|(from, to)| from != to).collect();
        loop {
            let further: Vec<(String, String)> = reached
                .iter()
                .flat_map(|(from, via)| {
                    reached.iter().filter(move |(at, _)| at == via).map(move |(_, to)| (from, to))
                })
                .map(|(from, to)| (from.clone(), to.clone()))
                .filter(|pair| !reached.contains(pair))
                .collect();
            if further.is_empty() {
                break;
            }
            reached.extend(further);
        }
        for (start, _) in reached.iter().filter(|(from, to)| from == to) {
            let both = |to: &&String| reached.contains(&((*to).clone(), start.clone()));
            let circle = reached.iter().filter(|(from, _)| from == start).map(|(_, to)| to).filter(both);
            let names: Vec<&str> = circle.map(String::as_str).collect();
            let folder = [&[root.to_owned()], folder].concat().join("/");
            found.insert(format!("{folder}: {}", names.join(", ")));
        }
    }
    found
}

#[test]
fn only_the_circles_that_the_architecture_names_remain() -> TestResult {
    let document = read("docs/architecture.md".as_ref()).ok_or("the document exists")?;
    let (_, section) = document.split_once("\n### Circles\n").ok_or("it names the circles")?;
    let section = section.split("\n#").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `")).map(|row| row.replace('`', ""));
    let named: BTreeSet<String> = rows
        .filter_map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            Some(format!("{}: {}", cells.get(1)?, cells.get(2)?))
        })
        .collect();
    let found: BTreeSet<String> =
        crates()?.iter().flat_map(|(root, modules)| circles(root, modules)).collect();
    assert_eq!(found, named, "left: what the code has; right: what docs/architecture.md names");
    Ok(())
}

#[test]
fn a_circle_is_found_in_whatever_form_it_is_imported() {
    let module = |path: &str, text: &str| {
        let path: Module = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        (path, code(text))
    };
    let modules = BTreeMap::from([
        module("", "mod door; mod hall;\n#[cfg(test)]\nmod trial;\npub use door::Door;"),
        module("door", "use crate::hall::{Floor,\n    walls::{Wall, paint}};"),
        module("hall", "//! use crate::lamp;\npub(crate) use self::walls::Wall;"),
        module("hall/walls", "use super::super::window;\nuse super::floor;"),
        module("hall/floor", "use super::walls;"),
        module(
            "window",
            "use crate::door::Door; // The circle.\n#[cfg(test)]\nmod tests {\nuse crate::lamp;",
        ),
        module("lamp", "use crate::window;"),
        module("trial", "use crate::lamp;\nuse crate::door;"),
    ]);
    let expected = ["src/hall: floor, walls", "src: door, hall, window"].map(str::to_owned);
    assert_eq!(circles("src", &modules), BTreeSet::from(expected));
}
