//! All checks and tests, one after the other.

use std::path::Path;
use std::time::Instant;

use crate::Extras;
use crate::command::CommandSpec;
use crate::dist::{self, Optimization};
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// A command of cargo that passes or fails.
struct Check {
    name: &'static str,
    /// Arguments to cargo; `FEATURES` is replaced by the features of [`Extras`].
    args: &'static str,
    /// When it runs.
    when: fn(Extras) -> bool,
    /// An environment variable for it.
    env: Option<(&'static str, &'static str)>,
}

const ALWAYS: fn(Extras) -> bool = |_| true;
const WITH_DEPLOY: fn(Extras) -> bool = |extras| extras.deploy;

const fn check(name: &'static str, args: &'static str) -> Check {
    Check { name, args, when: ALWAYS, env: None }
}

/// Tests in one browser. Mostly they wait while audio is played, so more of them run at once than there are cores.
const fn browser(name: &'static str, args: &'static str) -> Check {
    Check { name, args, when: ALWAYS, env: Some(("RUST_TEST_THREADS", "4")) }
}

/// All checks, in their order. To add one, add a line here.
///
/// The tests of all checks are built with the same packages and, but for one, the same features, so that cargo builds
/// the dependencies once.
const CHECKS: &[Check] = &[
    check("format", "fmt --all --check"),
    check("lints", "clippy --workspace --all-targets --all-features -- -D warnings"),
    // The lints above do not see code that only exists on wasm32.
    check(
        "lints of the page",
        "clippy -p transcription-page -p transcription-tools --target wasm32-unknown-unknown -- -D warnings",
    ),
    Check {
        env: Some(("RUSTDOCFLAGS", "-D warnings")),
        ..check("documentation", "doc --workspace --no-deps")
    },
    check("tests", "test --workspace --features FEATURES"),
    browser(
        "tests in Chromium",
        "test --workspace --features FEATURES,end-to-end-tests/browser --test chromium",
    ),
    browser(
        "tests in Firefox",
        "test --workspace --features FEATURES,end-to-end-tests/browser --test firefox",
    ),
    browser(
        "tests in WebKitGTK",
        "test --workspace --features FEATURES,end-to-end-tests/browser --test webkit",
    ),
    // As the registry would build them.
    Check {
        when: WITH_DEPLOY,
        ..check(
            "packages",
            "package --locked -p assemblyai-protocol -p assemblyai-session -p assemblyai-mock",
        )
    },
];

/// The benches: each prints its costs, and fails if one exceeds its limit.
const BENCHES: &[Check] = &[
    check("cost of the resampler", "bench -p transcription-worklet --bench resampler"),
    check("the mock under load", "bench -p assemblyai-mock --bench load"),
    check(
        "cost of one message after 100 and after 5 000 turns, beside the original page",
        "test -p end-to-end-tests --features browser --test chromium one_message_costs -- --nocapture",
    ),
];

impl Check {
    fn command(&self, toolchain: Toolchain, root: &Path, extras: Extras) -> CommandSpec {
        let mut features = "transcription-worklet/ffi".to_owned();
        for (is_on, feature) in [(extras.sdks, "sdks"), (extras.deploy, "deploy")] {
            if is_on {
                features += ",end-to-end-tests/";
                features += feature;
            }
        }
        let args = self.args.replace("FEATURES", &features);
        let command = toolchain.cargo().args(args.split(' ')).folder(root);
        self.env.iter().fold(command, |command, (name, value)| command.env(name, *value))
    }
}

/// Runs all checks, up to the first that fails.
pub(crate) fn run(
    system: &dyn System,
    toolchain: Toolchain,
    root: &Path,
    extras: Extras,
) -> Result<(), Failure> {
    if extras.deploy {
        dist::run(system, toolchain, root, Optimization::Little)?;
    }
    let result = run_checks(system, toolchain, root, extras, CHECKS);
    if extras.deploy {
        dist::remove(system, root)?;
    }
    result
}

/// Runs the benches, up to the first that fails.
pub(crate) fn bench(system: &dyn System, toolchain: Toolchain, root: &Path) -> Result<(), Failure> {
    run_checks(system, toolchain, root, Extras::default(), BENCHES)
}

fn run_checks(
    system: &dyn System,
    toolchain: Toolchain,
    root: &Path,
    extras: Extras,
    checks: &[Check],
) -> Result<(), Failure> {
    let start = Instant::now();
    let checks: Vec<&Check> = checks.iter().filter(|check| (check.when)(extras)).collect();
    for check in &checks {
        let (name, command) = (check.name, check.command(toolchain, root, extras));
        system.say(&format!("\n== {name}: {command}\n"));
        let start = Instant::now();
        system.show(&command).map_err(|failure| Failure::Advice(format!("{name} failed with {failure}")))?;
        system.say(&format!("== {name}: passed in {:.1} s\n", start.elapsed().as_secs_f64()));
    }
    let names: Vec<&str> = checks.iter().map(|check| check.name).collect();
    system.say(&format!("\nAll passed in {:.0} s: {}\n", start.elapsed().as_secs_f64(), names.join(", ")));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const NONE: Extras = Extras { sdks: false, deploy: false };

    fn line(check: &Check, extras: Extras) -> String {
        check.command(Toolchain::Active, Path::new("/clone"), extras).to_string()
    }

    fn named(name: &str) -> &'static Check {
        CHECKS.iter().find(|check| check.name == name).expect(name)
    }

    #[test]
    fn the_last_line_names_all_checks_that_passed() -> Result<(), Failure> {
        let fake = CHECKS.iter().fold(Fake::default(), |fake, check| fake.answer(&line(check, NONE), ""));
        run(&fake, Toolchain::Active, Path::new("/clone"), NONE)?;
        assert_eq!(fake.commands().len(), 8);
        let printed = fake.printed();
        assert_eq!(
            printed.lines().last(),
            Some(
                "All passed in 0 s: format, lints, lints of the page, documentation, tests, \
                 tests in Chromium, tests in Firefox, tests in WebKitGTK"
            )
        );
        Ok(())
    }

    #[test]
    fn the_first_failure_ends_the_checks_with_its_name_and_code() {
        let fake = Fake::default().answer(&line(&CHECKS[0], NONE), "");
        let result = run(&fake, Toolchain::Active, Path::new("/clone"), NONE);
        let text = result.expect_err("the lints fail").to_string();
        assert!(text.starts_with("lints failed with exit code 1: "), "{text}");
        assert_eq!(fake.commands().len(), 2);
    }

    #[test]
    fn the_first_failure_ends_the_benches() {
        let fake = Fake::default().answer(&line(&BENCHES[0], NONE), "");
        let result = bench(&fake, Toolchain::Active, Path::new("/clone"));
        let text = result.expect_err("the second one fails").to_string();
        assert!(text.starts_with("the mock under load failed with exit code 1: "), "{text}");
    }

    #[test]
    fn extras_are_features_of_the_tests() {
        let tests = |sdks, deploy| line(named("tests"), Extras { sdks, deploy });
        assert!(tests(false, false).ends_with("/ffi"));
        assert!(tests(true, false).ends_with("/ffi,end-to-end-tests/sdks"));
        assert!(tests(false, true).ends_with("/ffi,end-to-end-tests/deploy"));
        assert!(tests(true, true).ends_with("/ffi,end-to-end-tests/sdks,end-to-end-tests/deploy"));
    }

    #[test]
    fn each_browser_has_a_check_with_more_threads() {
        let browsers = [("Chromium", "chromium"), ("Firefox", "firefox"), ("WebKitGTK", "webkit")];
        for (name, target) in browsers {
            let line = line(named(&format!("tests in {name}")), NONE);
            assert!(line.starts_with("RUST_TEST_THREADS=4 "), "{line}");
            assert!(line.ends_with(&format!(",end-to-end-tests/browser --test {target}")), "{line}");
        }
    }

    #[test]
    fn every_crate_below_crates_is_packaged_with_deploy() -> std::io::Result<()> {
        let packages = named("packages");
        assert!((packages.when)(Extras { deploy: true, ..NONE }) && !(packages.when)(NONE));
        for folder in std::fs::read_dir(crate::root().join("crates"))? {
            let manifest = std::fs::read_to_string(folder?.path().join("Cargo.toml"))?;
            let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")).unwrap_or_default();
            let argument = format!(" -p {}", name.trim_end_matches('"'));
            assert!(packages.args.contains(&argument), "add{argument} to the check \"packages\"");
        }
        Ok(())
    }

    #[test]
    fn the_release_is_built_before_it_is_tested() {
        let fake = Fake::default();
        let result = run(&fake, Toolchain::Active, Path::new("/clone"), Extras { deploy: true, ..NONE });
        result.expect_err("the build fails");
        assert_eq!(fake.commands(), ["cargo -vV"]); // The first command of dist.
    }
}
