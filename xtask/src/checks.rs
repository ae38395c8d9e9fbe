//! All checks and tests, one after the other.

use std::path::Path;
use std::time::Instant;

use crate::Extras;
use crate::command::Call;
use crate::dist;
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// The steps before the tests, cheapest first: name, arguments to cargo.
const STEPS: [(&str, &str); 4] = [
    ("format", "fmt --all --check"),
    ("lints", "clippy --workspace --all-targets --all-features -- -D warnings"),
    // The host's lints leave out what only the browser's target has.
    (
        "lints of the page",
        "clippy -p transcription-page -p transcription-tools --target wasm32-unknown-unknown -- -D warnings",
    ),
    ("documentation", "doc --workspace --no-deps"),
];
/// All tests but those that need a browser or more, and the features that bring others in.
const TESTS: &str = "test --workspace --features transcription-worklet/ffi";
const SDKS: &str = ",end-to-end-tests/sdks";
const DEPLOY: &str = ",end-to-end-tests/deploy";

/// The tests in each browser. The same features but one, so that little is built anew.
const BROWSERS: [(&str, &str); 3] = [
    ("tests in Chromium", "--test chromium"),
    ("tests in Firefox", "--test firefox"),
    ("tests in WebKitGTK", "--test webkit"),
];
const BROWSER: &str = ",end-to-end-tests/browser";
/// Tests in a browser mostly wait for sound to be played, so more of them than there are cores run at once.
const BROWSER_THREADS: &str = "4";
/// So many tests may fail at first. Sound is played in real time: on a machine that others keep busy, a browser tears it
/// now and then, or is late. What fails alone as well is a fault, and so is what fails in more tests than these.
const SECOND_CHANCES: usize = 5;

/// All steps, with the tests that were asked for.
fn steps(extras: Extras) -> Vec<(&'static str, String)> {
    let mut steps: Vec<_> = STEPS.iter().map(|(name, args)| (*name, (*args).to_owned())).collect();
    let mut tests = TESTS.to_owned();
    for (_, feature) in [(extras.sdks, SDKS), (extras.deploy, DEPLOY)].iter().filter(|(asked, _)| *asked) {
        tests += feature;
    }
    steps.extend(BROWSERS.map(|(name, target)| (name, format!("{tests}{BROWSER} {target}"))));
    steps.insert(STEPS.len(), ("tests", tests));
    steps
}

/// The benches: each prints its figures, and fails where one is worse than promised.
const BENCHES: [(&str, &str); 3] = [
    ("the resampler's cost", "bench -p transcription-worklet --bench resampler"),
    ("the mock under load", "bench -p assemblyai-mock --bench load"),
    (
        "one message among 100 and among 5 000 turns, here and in the original's way",
        "test -p end-to-end-tests --features browser --test chromium one_message_costs -- --nocapture",
    ),
];

/// Runs all checks and tests, up to the first that fails.
pub(crate) fn run(
    system: &dyn System,
    toolchain: Toolchain,
    root: &Path,
    extras: Extras,
) -> Result<(), Failure> {
    if extras.deploy {
        dist::run(system, toolchain, root)?;
    }
    run_steps(system, toolchain, root, &steps(extras))
}

/// Runs the benches, up to the first that fails.
pub(crate) fn bench(system: &dyn System, toolchain: Toolchain, root: &Path) -> Result<(), Failure> {
    let benches = BENCHES.map(|(name, args)| (name, args.to_owned()));
    run_steps(system, toolchain, root, &benches)
}

fn run_steps(
    system: &dyn System,
    toolchain: Toolchain,
    root: &Path,
    steps: &[(&str, String)],
) -> Result<(), Failure> {
    let start = Instant::now();
    for (name, args) in steps {
        step(system, name, &call(toolchain, args, root))?;
    }
    let names = steps.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    system.say(&format!("\nAll passed in {:.0} s: {names}\n", start.elapsed().as_secs_f64()));
    Ok(())
}

fn step(system: &dyn System, name: &str, call: &Call) -> Result<(), Failure> {
    system.say(&format!("\n== {name}: {call}\n"));
    let start = Instant::now();
    let shown = if call.to_string().contains(BROWSER) { show_twice(system, call) } else { system.show(call) };
    shown.map_err(|failure| Failure::Advice(format!("{name} failed with {failure}")))?;
    system.say(&format!("== {name}: passed in {:.1} s\n", start.elapsed().as_secs_f64()));
    Ok(())
}

/// Runs tests in a browser; the few that fail run once more, one at a time, and that is said.
fn show_twice(system: &dyn System, call: &Call) -> Result<(), Failure> {
    let (printed, result) = system.show_and_read(call);
    let failed = failed_tests(&printed);
    if result.is_ok() || failed.is_empty() || failed.len() > SECOND_CHANCES {
        return result;
    }
    let names = failed.join(" ");
    system.say(&format!("\n== {} failed; once more, one at a time: {names}\n", failed.len()));
    let alone = call.clone().args(["--", "--exact"]).args(failed).env("RUST_TEST_THREADS", "1");
    system.show(&alone)?;
    system.say(&format!("== at the second attempt only: {names}\n"));
    Ok(())
}

/// The names at the end of what a test program prints.
fn failed_tests(printed: &str) -> Vec<&str> {
    let Some((_, list)) = printed.rsplit_once("\nfailures:\n") else { return vec![] };
    list.lines().map_while(|line| line.strip_prefix("    ")).collect()
}

fn call(toolchain: Toolchain, args: &str, root: &Path) -> Call {
    let call = toolchain.cargo().args(args.split(' ')).folder(root);
    if args.starts_with("doc ") {
        call.env("RUSTDOCFLAGS", "-D warnings")
    } else if args.contains(BROWSER) {
        call.env("RUST_TEST_THREADS", BROWSER_THREADS)
    } else {
        call
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const NONE: Extras = Extras { sdks: false, deploy: false };

    fn line(args: &str) -> String {
        call(Toolchain::Active, args, Path::new("/clone")).to_string()
    }

    #[test]
    fn the_last_line_names_all_that_passed() {
        let fake = steps(NONE).iter().fold(Fake::default(), |fake, (_, args)| fake.answer(&line(args), ""));
        run(&fake, Toolchain::Active, Path::new("/clone"), NONE).unwrap();
        assert_eq!(fake.calls().len(), 8);
        let said = fake.said();
        let last = said.lines().last().unwrap();
        assert_eq!(
            last,
            "All passed in 0 s: format, lints, lints of the page, documentation, tests, \
             tests in Chromium, tests in Firefox, tests in WebKitGTK"
        );
    }

    #[test]
    fn the_benches_end_with_the_first_that_fails() {
        let fake = Fake::default().answer(&line(BENCHES[0].1), "");
        let text = bench(&fake, Toolchain::Active, Path::new("/clone")).unwrap_err().to_string();
        assert!(text.starts_with("the mock under load failed with exit code 1: "), "{text}");
    }

    #[test]
    fn the_tests_run_the_sdks_and_what_is_shipped_only_when_asked_to() {
        let tests = |sdks, deploy| steps(Extras { sdks, deploy }).swap_remove(STEPS.len()).1;
        assert_eq!(tests(false, false), TESTS);
        assert!(tests(true, false).ends_with("/ffi,end-to-end-tests/sdks"));
        assert!(tests(false, true).ends_with("/ffi,end-to-end-tests/deploy"));
        assert!(tests(true, true).ends_with("/ffi,end-to-end-tests/sdks,end-to-end-tests/deploy"));
    }

    #[test]
    fn each_browser_has_a_step_of_its_own_with_more_threads() {
        let steps = steps(NONE);
        let browsers: Vec<String> = steps[STEPS.len() + 1..].iter().map(|(_, args)| line(args)).collect();
        assert_eq!(browsers.len(), 3);
        for (browser, name) in browsers.iter().zip(["chromium", "firefox", "webkit"]) {
            assert!(browser.contains("RUST_TEST_THREADS=4 "), "{browser}");
            assert!(browser.ends_with(&format!(",end-to-end-tests/browser --test {name}")), "{browser}");
        }
    }

    #[test]
    fn the_few_that_fail_in_a_browser_run_once_more_alone_and_are_named() {
        let call = Call::new("cargo").args(["test", BROWSER]).env("RUST_TEST_THREADS", "4");
        let printed = "running 3 tests\nfailures:\n\n---- b stdout ----\n    no name\n\nfailures:\n    a::b\n    c\n\ntest result";
        let again = call.clone().args(["--", "--exact", "a::b", "c"]).env("RUST_TEST_THREADS", "1");
        let fake = Fake::default().failure(&call.to_string(), printed).answer(&again.to_string(), "");
        step(&fake, "tests", &call).unwrap();
        assert_eq!(fake.calls(), [call.to_string(), again.to_string()]);
        assert!(fake.said().contains("at the second attempt only: a::b c"), "{}", fake.said());

        let fake = Fake::default().failure(&call.to_string(), printed);
        assert!(step(&fake, "tests", &call).is_err(), "twice");
        let many = format!("\nfailures:\n{}\n", "    a\n".repeat(SECOND_CHANCES + 1));
        let fake = Fake::default().failure(&call.to_string(), &many);
        assert!(step(&fake, "tests", &call).is_err(), "too many");
        assert_eq!(fake.calls().len(), 1);
        let fake = Fake::default().failure(&call.to_string(), "error: could not compile");
        assert!(step(&fake, "tests", &call).is_err(), "no test at all");
    }

    #[test]
    fn what_is_shipped_is_made_before_it_is_tested() {
        let extras = Extras { deploy: true, ..NONE };
        let fake = Fake::default();
        run(&fake, Toolchain::Active, Path::new("/clone"), extras).unwrap_err();
        assert_eq!(fake.calls(), ["cargo -vV"]); // The first that dist asks.
    }

    #[test]
    fn the_first_failure_ends_it_with_its_name_and_code() {
        let fake = Fake::default().answer(&line(STEPS[0].1), "");
        let text = run(&fake, Toolchain::Active, Path::new("/clone"), NONE).unwrap_err().to_string();
        assert!(text.starts_with("lints failed with exit code 1: "), "{text}");
        assert_eq!(fake.calls().len(), 2);
    }
}
