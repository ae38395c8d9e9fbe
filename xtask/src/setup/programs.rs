//! The programs that the tests start: browsers, what gives them a display and a microphone, and Redis.

use super::apt;
use crate::system::{Failure, System};

/// A program that tests start.
struct Need {
    /// The names under which it may be in `PATH`.
    names: &'static [&'static str],
    /// The Debian package that has it.
    package: &'static str,
}

const NEEDS: [Need; 8] = [
    Need { names: &["chromium", "chromium-browser", "google-chrome"], package: "chromium" },
    Need { names: &["chromedriver"], package: "chromium-driver" },
    Need { names: &["firefox-esr", "firefox"], package: "firefox-esr" },
    Need { names: &["WebKitWebDriver"], package: "webkit2gtk-driver" },
    Need { names: &["Xvfb"], package: "xvfb" },
    Need { names: &["pulseaudio"], package: "pulseaudio" },
    Need { names: &["pactl"], package: "pulseaudio-utils" },
    Need { names: &["redis-server"], package: "redis-server" },
];

impl Need {
    fn is_there(&self, system: &dyn System) -> bool {
        self.names.iter().any(|name| system.find(name).is_some())
    }
}

/// Brings the programs that are missing.
pub(super) fn bring(system: &dyn System) -> Result<(), Failure> {
    let missing = missing(system);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    apt::install(system, "programs for the tests", &packages, &instead(&missing))?;
    match self::missing(system) {
        still if still.is_empty() => Ok(()),
        still => Err(Failure::Advice(instead(&still))),
    }
}

fn missing(system: &dyn System) -> Vec<&'static Need> {
    NEEDS.iter().filter(|need| !need.is_there(system)).collect()
}

/// What to do on a system without apt.
fn instead(missing: &[&Need]) -> String {
    let names: Vec<&str> = missing.iter().map(|need| need.names[0]).collect();
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    format!(
        "the tests need these programs in PATH: {}; Debian's packages of them are: {}",
        names.join(", "),
        packages.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn all_but(missing: &[&str]) -> Fake {
        let there = NEEDS.iter().map(|need| need.names[0]).filter(|name| !missing.contains(name));
        there.fold(Fake::default(), Fake::program)
    }

    #[test]
    fn nothing_is_installed_where_all_is_there() {
        let fake = all_but(&[]);
        bring(&fake).unwrap();
        assert!(fake.calls().is_empty());
    }

    #[test]
    fn any_chromium_and_any_firefox_will_do() {
        let fake = all_but(&["chromium", "firefox-esr"]).program("google-chrome").program("firefox");
        bring(&fake).unwrap();
        assert!(fake.calls().is_empty());
    }

    #[test]
    fn only_the_packages_of_what_is_missing_are_installed() {
        let apt = "env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300";
        let install = format!("{apt} install -y --no-install-recommends webkit2gtk-driver pulseaudio-utils");
        let fake = all_but(&["WebKitWebDriver", "pactl"])
            .program("apt-get")
            .answer("id -u", "0\n")
            .answer(&format!("{apt} update"), "")
            .answer(&install, "");
        // The fake's apt brings nothing, which must be seen.
        assert!(bring(&fake).unwrap_err().to_string().contains("WebKitWebDriver, pactl;"));
        assert_eq!(fake.calls().last(), Some(&install));
    }

    #[test]
    fn without_apt_all_that_is_missing_is_named() {
        let text = bring(&all_but(&["chromedriver", "Xvfb"])).unwrap_err().to_string();
        let told = "the tests need these programs in PATH: chromedriver, Xvfb; \
                    Debian's packages of them are: chromium-driver xvfb";
        assert_eq!(text, told);
    }
}
