//! Chromium and its driver, which the browser tests drive.

use super::apt;
use crate::system::{Failure, System};

/// The names under which a Chromium may be in `PATH`.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const DRIVER: &str = "chromedriver";

/// Brings the browser and its driver where one of them is missing.
pub(super) fn bring(system: &dyn System) -> Result<(), Failure> {
    if is_there(system) {
        return Ok(());
    }
    let instead = "install Chromium or Google Chrome and the chromedriver of the same version, both in PATH";
    apt::install(system, "Chromium and its driver", &["chromium", "chromium-driver"], instead)?;
    if is_there(system) { Ok(()) } else { Err(Failure::Advice(instead.to_owned())) }
}

fn is_there(system: &dyn System) -> bool {
    BROWSERS.iter().any(|name| system.find(name).is_some()) && system.find(DRIVER).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn any_chromium_with_its_driver_will_do() {
        for browser in BROWSERS {
            let fake = Fake::default().program(browser).program(DRIVER);
            bring(&fake).unwrap();
            assert!(fake.calls().is_empty());
        }
    }

    #[test]
    fn a_browser_without_its_driver_is_not_enough() {
        let fake = Fake::default().program("chromium");
        assert!(bring(&fake).unwrap_err().to_string().contains(DRIVER));
    }
}
