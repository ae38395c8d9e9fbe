//! AssemblyAI's own SDKs, which the conformance tests run against the mock: each in its newest version. And axe-core,
//! which looks for what keeps people from using the page.

use std::path::Path;

use super::{apt, step};
use crate::command::Call;
use crate::system::{Failure, System};

/// Where they lie, from the repository's root; `tests/tests/sdks_support` looks for them there.
const FOLDER: &str = "target/sdks";
const NODE_VERSION: &str = "['assemblyai', 'axe-core'].map((name) => \
    require(`./node_modules/${name}/package.json`).version).join(' and axe-core ')";
const PYTHON_VERSION: &str = "from importlib.metadata import version; print(version('assemblyai'))";
const HAS_VENV: &str = "import ensurepip, venv";

/// Brings the SDKs where they are missing, and says which versions are there.
pub(super) fn bring(system: &dyn System, root: &Path) -> Result<(), Failure> {
    let folder = root.join(FOLDER);
    let node = bring_node(system, &folder.join("node"))?;
    let python = bring_python(system, &folder.join("python"))?;
    system.say(&format!(
        "AssemblyAI's SDKs in {FOLDER}: {node} for Node, {python} for Python; \
         without that folder the newest are brought again\n"
    ));
    Ok(())
}

fn bring_node(system: &dyn System, folder: &Path) -> Result<String, Failure> {
    let version = Call::new("node").args(["-p", NODE_VERSION]).folder(folder);
    installed(system, &version, || {
        if ["node", "npm"].iter().any(|program| system.find(program).is_none()) {
            let instead = "install Node 18 or newer with npm, both in PATH";
            apt::install(system, "Node and npm", &["nodejs", "npm"], instead)?;
        }
        // Without it npm would install into the next folder above that has one.
        system.write(&folder.join("package.json"), "{\"private\": true}\n")?;
        // What axe-core finds may change with each version; the SDKs are to be met as they are.
        let packages = ["assemblyai@latest", "axe-core@4.14.1"];
        let install = Call::new("npm").args(["install", "--no-audit", "--no-fund"]).args(packages);
        step(system, "SDK for Node", &install.folder(folder))
    })
}

fn bring_python(system: &dyn System, folder: &Path) -> Result<String, Failure> {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let version = Call::new(path("bin/python")).args(["-c", PYTHON_VERSION]);
    installed(system, &version, || {
        // Debian packages Python without what environments need.
        if system.run(&Call::new("python3").args(["-c", HAS_VENV])).is_err() {
            let instead = "install Python 3.8 or newer with venv and ensurepip, in PATH as python3";
            apt::install(system, "Python", &["python3", "python3-venv"], instead)?;
        }
        let environment =
            Call::new("python3").args(["-m", "venv", "--clear"]).args([folder.to_string_lossy()]);
        step(system, "Python environment", &environment)?;
        let install = Call::new(path("bin/pip")).args(["install", "--upgrade", "assemblyai"]);
        step(system, "SDK for Python", &install)
    })
}

/// The version that is there, or else the one that was brought.
fn installed(
    system: &dyn System,
    version: &Call,
    bring: impl FnOnce() -> Result<String, Failure>,
) -> Result<String, Failure> {
    if let Ok(version) = system.run(version) {
        return Ok(version.trim().to_owned());
    }
    bring()?;
    Ok(system.run(version)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const NODE: &str = "node -p \"['assemblyai', 'axe-core'].map((name) => \
                        require(`./node_modules/${name}/package.json`).version).join(' and axe-core ')\"";
    const PYTHON: &str = "/clone/target/sdks/python/bin/python -c \
                          \"from importlib.metadata import version; print(version('assemblyai'))\"";
    const VENV: &str = "python3 -m venv --clear /clone/target/sdks/python";
    const NPM: &str = "npm install --no-audit --no-fund assemblyai@latest axe-core@4.14.1";
    const PIP: &str = "/clone/target/sdks/python/bin/pip install --upgrade assemblyai";

    #[test]
    fn what_is_there_is_not_brought_again_and_its_versions_are_told() {
        let fake = Fake::default().answer(NODE, "4.1.0\n").answer(PYTHON, "1.2.3\n");
        bring(&fake, Path::new("/clone")).unwrap();
        assert_eq!(fake.calls(), [NODE, PYTHON]);
        assert!(fake.said().contains("4.1.0 for Node, 1.2.3 for Python"), "{}", fake.said());
    }

    #[test]
    fn the_sdk_for_node_is_installed_into_a_package_of_its_own() {
        let fake =
            Fake::default().program("node").program("npm").answer(NPM, "").answer_after(NPM, NODE, "4.1.0\n");
        assert_eq!(bring_node(&fake, Path::new("/clone/target/sdks/node")).unwrap(), "4.1.0");
        assert_eq!(fake.calls(), [NODE, NPM, NODE]);
        assert_eq!(fake.files(Path::new("/clone/target/sdks/node")).len(), 1);
    }

    #[test]
    fn the_sdk_for_python_is_installed_into_an_environment_of_its_own() {
        let has_venv = format!("python3 -c \"{HAS_VENV}\"");
        let fake = Fake::default()
            .answer(&has_venv, "")
            .answer(VENV, "")
            .answer(PIP, "")
            .answer_after(PIP, PYTHON, "1.2.3\n");
        assert_eq!(bring_python(&fake, Path::new("/clone/target/sdks/python")).unwrap(), "1.2.3");
        assert_eq!(fake.calls(), [PYTHON, &has_venv, VENV, PIP, PYTHON]);
    }

    #[test]
    fn programs_that_are_missing_come_from_debian() {
        let fake = Fake::default().program("apt-get").answer("id -u", "0\n").answer_all_of("env");
        let apt = |fake: &Fake| fake.calls().into_iter().find(|call| call.contains(" install "));
        bring_node(&fake, Path::new("/clone/target/sdks/node")).unwrap_err(); // No npm in PATH even then.
        assert!(apt(&fake).is_some_and(|call| call.ends_with("--no-install-recommends nodejs npm")));
        let fake = Fake::default().program("apt-get").answer("id -u", "0\n").answer_all_of("env");
        bring_python(&fake, Path::new("/clone/target/sdks/python")).unwrap_err();
        assert!(
            apt(&fake).is_some_and(|call| call.ends_with("--no-install-recommends python3 python3-venv"))
        );
    }

    #[test]
    fn without_apt_the_line_says_what_to_install() {
        let text = bring(&Fake::default(), Path::new("/clone")).unwrap_err().to_string();
        assert!(text.contains("Node 18"), "{text}");
        let fake = Fake::default().answer(NODE, "4.1.0\n");
        let text = bring(&fake, Path::new("/clone")).unwrap_err().to_string();
        assert!(text.contains("ensurepip"), "{text}");
    }
}
