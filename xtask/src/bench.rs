//! The load test beside Express: what is shipped, built; Express, brought; both compared.

use std::path::Path;

use crate::command::Call;
use crate::dist;
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// Where Express lies, from the repository's root.
const FOLDER: &str = "target/express";
const PACKAGE: &str = include_str!("../../tests/load/express/package.json");
const SERVER: &str = include_str!("../../tests/load/express/server.js");

/// Prints the figures side by side; fails where a promise is broken.
pub(crate) fn express(system: &dyn System, toolchain: Toolchain, root: &Path) -> Result<(), Failure> {
    let binary = dist::run(system, toolchain, root)?;
    bring_express(system, root)?;
    system.show(&load_call(toolchain, root, &binary))
}

/// Into `target/`, where it is not in the way of what looks for sources.
fn bring_express(system: &dyn System, root: &Path) -> Result<(), Failure> {
    if ["node", "npm"].iter().any(|program| system.find(program).is_none()) {
        return Err(Failure::Advice(
            "there is no Node to compare with: cargo xtask setup --sdks brings it".to_owned(),
        ));
    }
    let folder = root.join(FOLDER);
    system.write(&folder.join("package.json"), PACKAGE)?;
    system.write(&folder.join("server.js"), SERVER)?;
    let install = ["install", "--no-audit", "--no-fund", "--no-package-lock"];
    system.run(&Call::new("npm").args(install).folder(&folder)).map(drop)
}

fn load_call(toolchain: Toolchain, root: &Path, binary: &Path) -> Call {
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
    fn express_is_brought_in_the_version_that_the_repository_names() {
        let install = "npm install --no-audit --no-fund --no-package-lock";
        let fake = Fake::default().program("node").program("npm").answer(install, "");
        bring_express(&fake, Path::new("/clone")).unwrap();
        assert_eq!(fake.files(Path::new("/clone/target/express")).len(), 2);
        // A version, not a range: figures of two days can be compared.
        assert!(PACKAGE.contains(r#""express": "5."#), "{PACKAGE}");
    }

    #[test]
    fn without_node_it_is_told_what_brings_it() {
        let text = bring_express(&Fake::default(), Path::new("/clone")).unwrap_err().to_string();
        assert!(text.contains("cargo xtask setup --sdks"), "{text}");
    }

    #[test]
    fn the_load_test_gets_both_paths() {
        let call = load_call(Toolchain::Active, Path::new("/clone"), Path::new("/clone/binary"));
        assert!(call.to_string().ends_with("-p load-test -- /clone/binary /clone/target/express"), "{call}");
    }
}
