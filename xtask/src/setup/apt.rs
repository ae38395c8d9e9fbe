//! Debian packages, and commands that need root.

use super::step;
use crate::command::Call;
use crate::system::{Failure, System};

/// Installs packages; `instead` says what to install where there is no apt.
pub(super) fn install(
    system: &dyn System,
    what: &str,
    packages: &[&str],
    instead: &str,
) -> Result<(), Failure> {
    if system.find("apt-get").is_none() {
        return Err(Failure::Advice(instead.to_owned()));
    }
    let apt = |args: &[&str]| {
        // Waits where another apt is at work rather than fail. sudo passes no variables on, hence `env`.
        Call::new("env")
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"])
            .args(args.iter().copied())
    };
    let mut args = vec!["install", "-y", "--no-install-recommends"];
    args.extend(packages);
    let type_it = format!("apt-get update && apt-get {}", args.join(" "));
    let become_root = Root::of(system).ok_or_else(|| {
        Failure::Advice(format!("{what}: this needs root, and there is no sudo; as root, type: {type_it}"))
    })?;
    step(system, "lists of packages", &become_root.call(apt(&["update"])))?;
    step(system, what, &become_root.call(apt(&args)))?;
    Ok(())
}

/// A way to be root.
pub(super) enum Root {
    /// We are.
    Already,
    /// `sudo`, which may ask for a password.
    Sudo,
}

impl Root {
    /// The way on this machine, if there is one.
    pub(super) fn of(system: &dyn System) -> Option<Self> {
        if system.run(&Call::new("id").args(["-u"])).is_ok_and(|id| id.trim() == "0") {
            return Some(Self::Already);
        }
        system.find("sudo").map(|_| Self::Sudo)
    }

    /// The call, made as root.
    pub(super) fn call(&self, call: Call) -> Call {
        match self {
            Self::Already => call,
            Self::Sudo => call.through("sudo"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const UPDATE: &str = "env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update";
    const INSTALL: &str = "env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
                           install -y --no-install-recommends hello";

    #[test]
    fn root_installs_without_sudo() {
        let fake =
            Fake::default().program("apt-get").answer("id -u", "0\n").answer(UPDATE, "").answer(INSTALL, "");
        install(&fake, "greeting", &["hello"], "").unwrap();
        assert_eq!(fake.calls(), ["id -u", UPDATE, INSTALL]);
    }

    #[test]
    fn others_install_through_sudo() {
        let (update, install_it) = (format!("sudo {UPDATE}"), format!("sudo {INSTALL}"));
        let fake = Fake::default()
            .program("apt-get")
            .program("sudo")
            .answer("id -u", "1000\n")
            .answer(&update, "")
            .answer(&install_it, "");
        install(&fake, "greeting", &["hello"], "").unwrap();
        assert_eq!(fake.calls()[1..], [update, install_it]);
    }

    #[test]
    fn without_sudo_the_command_to_type_is_named() {
        let fake = Fake::default().program("apt-get").answer("id -u", "1000\n");
        let text = install(&fake, "greeting", &["hello"], "").unwrap_err().to_string();
        let command = "apt-get update && apt-get install -y --no-install-recommends hello";
        assert!(text.ends_with(&format!("as root, type: {command}")), "{text}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn without_apt_the_line_says_what_to_install() {
        let text = install(&Fake::default(), "greeting", &["hello"], "install hello").unwrap_err();
        assert_eq!(text.to_string(), "install hello");
    }
}
