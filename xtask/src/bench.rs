//! Compares the server's costs with those of an Express server that has the same two routes.

use std::path::Path;

use crate::command::CommandSpec;
use crate::dist::{self, Optimization};
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// The folder of Express, from the repository's root; in `target/`, where no tool looks for sources.
const FOLDER: &str = "target/express";
const PACKAGE: &str = include_str!("../../tests/load/express/package.json");
const SERVER: &str = include_str!("../../tests/load/express/server.js");

/// Prints the costs of both servers.
///
/// # Errors
/// [`Failure`] if the release costs more than its limit.
pub(crate) fn express(system: &dyn System, toolchain: Toolchain, root: &Path) -> Result<(), Failure> {
    let binary = dist::run(system, toolchain, root, Optimization::Full)?;
    install_express(system, root)?;
    system.show(&load_test(toolchain, root, &binary))
}

fn install_express(system: &dyn System, root: &Path) -> Result<(), Failure> {
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
