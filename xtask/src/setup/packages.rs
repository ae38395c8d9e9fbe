//! Programs from Debian's packages.

use std::path::Path;

use super::as_root;
use crate::Extras;
use crate::command::CommandSpec;
use crate::system::{Failure, System};

/// A program that tests start.
struct Program {
    /// Its names in `PATH`, of which one is enough.
    names: &'static [&'static str],
    /// The Debian package that has it.
    package: &'static str,
}

const fn program(names: &'static [&'static str], package: &'static str) -> Program {
    Program { names, package }
}

/// The programs that all tests need.
const TESTS: &[Program] = &[
    program(&["chromium", "chromium-browser", "google-chrome"], "chromium"),
    program(&["chromedriver"], "chromium-driver"),
    program(&["firefox-esr", "firefox"], "firefox-esr"),
    program(&["WebKitWebDriver"], "webkit2gtk-driver"),
    program(&["Xvfb"], "xvfb"),
    program(&["pulseaudio"], "pulseaudio"),
    program(&["pactl"], "pulseaudio-utils"),
    program(&["redis-server"], "redis-server"),
];
/// The programs that the tests of the SDKs need besides Python.
const SDKS: &[Program] = &[program(&["node"], "nodejs"), program(&["npm"], "npm")];
/// The programs that the tests of the release need besides Python.
const DEPLOY: &[Program] = &[
    program(&["caddy"], "caddy"),
    program(&["docker-compose"], "docker-compose"),
    program(&["nginx"], "nginx-light"),
    program(&["readelf"], "binutils"),
    program(&["systemd-analyze"], "systemd"),
];
/// Says whether the headers of ALSA are there, for lints with all features.
const HAS_ALSA: [&str; 2] = ["--exists", "alsa"];
/// Debian packages Python without the modules that make environments.
const HAS_VENV: &str = "import ensurepip, venv";

/// The commands that install the missing packages.
pub(super) fn missing(system: &dyn System, extras: Extras) -> Result<Vec<CommandSpec>, Failure> {
    let mut programs: Vec<&Program> = TESTS.iter().collect();
    if extras.sdks {
        programs.extend(SDKS);
    }
    if extras.deploy {
        programs.extend(DEPLOY);
    }
    programs.retain(|program| !program.names.iter().any(|name| is_installed(system, name)));
    let mut packages: Vec<&str> = programs.iter().map(|program| program.package).collect();
    if system.run(&CommandSpec::new("pkg-config").args(HAS_ALSA)).is_err() {
        packages.extend(["libasound2-dev", "pkg-config"]);
    }
    if (extras.sdks || extras.deploy)
        && system.run(&CommandSpec::new("python3").args(["-c", HAS_VENV])).is_err()
    {
        packages.extend(["python3", "python3-venv"]);
    }
    install(system, &packages)
}

/// The commands that install packages, as root.
pub(super) fn install(system: &dyn System, packages: &[&str]) -> Result<Vec<CommandSpec>, Failure> {
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    if system.find("apt-get").is_none() {
        return Err(Failure::Advice(format!(
            "Install the programs of these Debian packages, in PATH: {}",
            packages.join(" ")
        )));
    }
    let apt = || {
        // Waits while another apt runs.
        CommandSpec::new("apt-get")
            .args(["-o", "DPkg::Lock::Timeout=300"])
            .env("DEBIAN_FRONTEND", "noninteractive")
    };
    let install = apt().args(["install", "-y", "--no-install-recommends"]).args(packages.iter().copied());
    as_root(system, vec![apt().args(["update"]), install])
}

fn is_installed(system: &dyn System, program: &str) -> bool {
    // Debian installs servers outside of the PATH of users other than root.
    let of_root = Path::new("/usr/sbin").join(program);
    system.find(program).is_some() || system.files(Path::new("/usr/sbin")).contains(&of_root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const ALL: Extras = Extras { sdks: true, deploy: true, speech: true };

    /// A Debian machine of root with all programs but these.
    fn all_but(missing: &[&str]) -> Fake {
        let programs = TESTS.iter().chain(SDKS).chain(DEPLOY).map(|program| program.names[0]);
        let fake = programs.filter(|name| !missing.contains(name)).fold(Fake::default(), Fake::program);
        let fake = fake.program("apt-get").answer("id -u", "0\n").answer("pkg-config --exists alsa", "");
        fake.answer("python3 -c \"import ensurepip, venv\"", "")
    }

    fn lines(fake: &Fake, extras: Extras) -> Result<Vec<String>, Failure> {
        Ok(missing(fake, extras)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn nothing_is_installed_if_nothing_is_missing() -> Result<(), Failure> {
        assert!(lines(&all_but(&[]), ALL)?.is_empty());
        let others = all_but(&["chromium", "firefox-esr"]).program("google-chrome").program("firefox");
        assert!(lines(&others, ALL)?.is_empty());
        let outside_of_path = all_but(&["nginx"]).file("/usr/sbin/nginx");
        assert!(lines(&outside_of_path, ALL)?.is_empty());
        Ok(())
    }

    #[test]
    fn one_command_installs_the_packages_of_all_missing_programs() -> Result<(), Failure> {
        let apt = "DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300";
        let update = format!("{apt} update");
        let install = format!("{apt} install -y --no-install-recommends");
        let fake = all_but(&["WebKitWebDriver", "npm", "caddy"]);
        assert_eq!(
            lines(&fake, Extras::default())?,
            [update.clone(), format!("{install} webkit2gtk-driver")]
        );
        assert_eq!(lines(&fake, ALL)?, [update, format!("{install} webkit2gtk-driver npm caddy")]);
        Ok(())
    }

    #[test]
    fn python_without_environments_is_missing() -> Result<(), Failure> {
        let fake = Fake::default().program("apt-get").answer("id -u", "0\n");
        let commands = lines(&fake, Extras { deploy: true, ..Extras::default() })?;
        assert!(commands[1].ends_with(" libasound2-dev pkg-config python3 python3-venv"), "{commands:?}");
        Ok(())
    }

    #[test]
    fn without_apt_the_missing_packages_are_listed() {
        let text = missing(&Fake::default(), Extras::default()).expect_err("no apt").to_string();
        assert!(
            text.ends_with("xvfb pulseaudio pulseaudio-utils redis-server libasound2-dev pkg-config"),
            "{text}"
        );
    }
}
