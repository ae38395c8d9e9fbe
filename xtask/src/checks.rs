//! All checks: the tests one after the other, lints and documentation beside them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use crate::Extras;
use crate::bench;
use crate::command::CommandSpec;
use crate::dist::{self, Optimization};
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;
use crate::unpacked;

/// When a check runs, relative to the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// In the order of the list, one after the other.
    InOrder,
    /// With the lowest priority while the tests run, most of which wait for sound that is played in real time.
    BesideTests,
    /// After all others: it begins by removing what cargo has noted of its builds; no other cargo may run meanwhile.
    Packages,
}

/// A command of cargo that passes or fails.
struct Check {
    name: &'static str,
    /// Arguments to cargo; `FEATURES` is replaced by the features of [`Extras`].
    args: &'static str,
    /// With which extras it runs.
    when: fn(Extras) -> bool,
    /// Environment variables for it.
    env: &'static [(&'static str, &'static str)],
    /// How many of its tests may fail and run a second time, one after the other.
    second_attempts: usize,
    phase: Phase,
}

/// Browser tests record sound that is played in real time; a busy machine tears it now and then. So many of them may
/// run a second time, alone, and are then named at the end. More failures than these, or a second one, are a fault.
const SECOND_ATTEMPTS: usize = 5;
/// The same for tests without a browser, whose programs, microphones and sockets wait for each other.
const SECOND_ATTEMPTS_WITHOUT_BROWSER: usize = 2;

const ALWAYS: fn(Extras) -> bool = |_| true;
const WITH_DEPLOY: fn(Extras) -> bool = |extras| extras.deploy;
const WITH_SPEECH: fn(Extras) -> bool = |extras| extras.speech;

const fn check(name: &'static str, args: &'static str) -> Check {
    Check { name, args, when: ALWAYS, env: &[], second_attempts: 0, phase: Phase::InOrder }
}

/// A check that runs beside the tests, and prints nothing but faults.
const fn beside_tests(name: &'static str, args: &'static str) -> Check {
    Check { phase: Phase::BesideTests, ..check(name, args) }
}

/// Tests in one browser, with its variables. They are one program, which is built once.
const fn browser(name: &'static str, env: &'static [(&'static str, &'static str)]) -> Check {
    let args = "test --workspace --features FEATURES,end-to-end-tests/browser --test browser";
    Check { env, second_attempts: SECOND_ATTEMPTS, ..check(name, args) }
}

/// The client as a program would build it, with few features: a build of the workspace has those of all members.
const fn client(name: &'static str, args: &'static str) -> Check {
    Check { when: WITH_DEPLOY, ..beside_tests(name, args) }
}

/// Tests that mostly wait (for audio that is played, for time limits) run more at once than there are cores.
const IN_BROWSER: (&str, &str) = ("RUST_TEST_THREADS", "6");
const WITHOUT_BROWSER: (&str, &str) = ("RUST_TEST_THREADS", "6");

/// All checks, in their order. To add one, add a line here.
///
/// The tests of all checks are built with the same packages, and with features that give the same dependencies, so that
/// cargo builds those once.
const CHECKS: &[Check] = &[
    check("format", "fmt --all --check"),
    beside_tests("lints", "clippy --workspace --all-targets --all-features -- -D warnings"),
    // The lints above do not see code that only exists on wasm32. No page uses the recogniser there yet.
    beside_tests(
        "lints for wasm32",
        "clippy -p transcription-page -p transcription-tools -p local-speech --target wasm32-unknown-unknown -- -D warnings",
    ),
    // With the features of the lints, so that the dependencies are checked once.
    Check {
        env: &[("RUSTDOCFLAGS", "-D warnings")],
        ..beside_tests("documentation", "doc --workspace --no-deps --all-features")
    },
    Check {
        env: &[WITHOUT_BROWSER],
        second_attempts: SECOND_ATTEMPTS_WITHOUT_BROWSER,
        ..check("tests", "test --workspace --no-fail-fast --features FEATURES,end-to-end-tests/driver")
    },
    browser("tests in Chromium", &[IN_BROWSER, ("TEST_BROWSER", "chromium")]),
    browser("tests in Firefox", &[IN_BROWSER, ("TEST_BROWSER", "firefox")]),
    browser("tests in WebKitGTK", &[IN_BROWSER, ("TEST_BROWSER", "webkit")]),
    // Its command builds the server with other features than the tests have. Not beside the tests, which start the
    // server that it replaces.
    Check {
        when: WITH_SPEECH,
        ..check(
            "the first command of the README",
            "test --workspace --features FEATURES,end-to-end-tests/browser --test browser the_first_command -- --ignored",
        )
    },
    client("client without features", "clippy -p assemblyai-streaming --no-default-features -- -D warnings"),
    client(
        "client with webpki-roots",
        "clippy -p assemblyai-streaming --no-default-features --features webpki-roots -- -D warnings",
    ),
    client(
        "client with native-roots",
        "clippy -p assemblyai-streaming --no-default-features --features native-roots -- -D warnings",
    ),
    client(
        "client with blocking",
        "clippy -p assemblyai-streaming --no-default-features --features blocking -- -D warnings",
    ),
    client(
        "client with files",
        "clippy -p assemblyai-streaming --no-default-features --features files -- -D warnings",
    ),
    client(
        "client with microphone",
        "clippy -p assemblyai-streaming --no-default-features --features microphone -- -D warnings",
    ),
    client(
        "client with alsa",
        "clippy -p assemblyai-streaming --no-default-features --features alsa -- -D warnings",
    ),
    client(
        "client with cli",
        "clippy -p assemblyai-streaming --no-default-features --features cli -- -D warnings",
    ),
    client(
        "client with local",
        "clippy -p assemblyai-streaming --no-default-features --features local -- -D warnings",
    ),
    // As the registry would build them.
    Check {
        when: WITH_DEPLOY,
        phase: Phase::Packages,
        ..check(
            "packages",
            "package --locked -p assemblyai-protocol -p assemblyai-session -p transcript-export -p assemblyai-service -p assemblyai-mock -p transcription-worklet -p local-speech -p local-service -p assemblyai-streaming",
        )
    },
];

/// The benches: each prints its costs, and fails if one exceeds a limit that it has.
const BENCHES: &[Check] = &[
    check("cost of the resampler", "bench -p transcription-worklet --bench resampler"),
    check("the mock under load", "bench -p assemblyai-mock --bench load"),
    check(
        "the local recogniser with speech and sounds, beside Whisper and pocketsphinx",
        "bench -p local-speech --bench recognizer -- --others",
    ),
    // One model a process, whose peak of memory is limited.
    check(
        "the base model with half an hour of speech without a pause",
        "bench -p local-speech --bench recognizer -- base-en --endless 30",
    ),
    check(
        "the tiny model with half an hour of speech without a pause",
        "bench -p local-speech --bench recognizer -- tiny-en --endless 30",
    ),
    check(
        "the local recogniser with as many speakers as it accepts",
        "test --release -p end-to-end-tests --features speech --test local with_as_many_speakers -- --ignored --nocapture",
    ),
    check(
        "transcribe-live beside AssemblyAI's Python SDK",
        "bench -p assemblyai-streaming --bench beside_python_sdk",
    ),
    check(
        "cost of one message after 100, 600 and 5 000 turns, beside the original page",
        "test -p end-to-end-tests --features browser --test browser one_message_costs -- --nocapture",
    ),
    check(
        "the page over a slow network, until Record can be pressed",
        "test -p end-to-end-tests --features browser --test browser the_page_is_ready -- --nocapture",
    ),
    check(
        "cost of a second of recording, beside the original page",
        "test -p end-to-end-tests --features browser --test browser a_second_of_recording_costs -- --ignored --nocapture",
    ),
];

impl Check {
    fn command(&self, toolchain: Toolchain, root: &Path, extras: Extras) -> CommandSpec {
        let mut features = "transcription-worklet/ffi,assemblyai-streaming/native-roots".to_owned();
        for (is_on, feature) in [(extras.sdks, "sdks"), (extras.deploy, "deploy")] {
            if is_on {
                features += ",end-to-end-tests/";
                features += feature;
            }
        }
        if extras.speech {
            features += ",end-to-end-tests/speech,local-speech/model-tests,assemblyai-streaming/model-tests";
        }
        let args = self.args.replace("FEATURES", &features);
        let is_beside_tests = self.phase == Phase::BesideTests;
        let quiet = is_beside_tests.then_some("--quiet");
        let command = toolchain.cargo().args(quiet).args(args.split(' ')).folder(root);
        let command = self.env.iter().fold(command, |command, (name, value)| command.env(name, *value));
        if is_beside_tests { command.with_lowest_priority() } else { command }
    }
}

/// Runs all checks, up to the first that fails; while tests run, those beside them up to their own first.
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
    bench::whisper(system, root);
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
    let of = |phase| checks.iter().copied().filter(move |check| check.phase == phase);
    // Once the first test runs, cargo has built the tests, and has left its lock to other commands.
    let (tests_run, wait_for_tests) = mpsc::channel();
    let has_failed = AtomicBool::new(false);
    thread::scope(|scope| {
        let has_failed = &has_failed;
        let beside = scope.spawn(move || {
            if wait_for_tests.recv().is_err() {
                return Ok(()); // A check has failed before any test ran.
            }
            for check in of(Phase::BesideTests) {
                if has_failed.load(Ordering::Relaxed) {
                    break;
                }
                run_check(system, toolchain, root, extras, check, &mut || ())?;
            }
            Ok(())
        });
        let mut on_test = || {
            // An error means that the checks beside the tests have ended.
            tests_run.send(()).ok();
        };
        let others = of(Phase::InOrder)
            .try_for_each(|check| run_check(system, toolchain, root, extras, check, &mut on_test));
        has_failed.store(others.is_err(), Ordering::Relaxed);
        if others.is_ok() {
            on_test();
        }
        drop(tests_run);
        let beside = beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        match (others, beside) {
            (Err(first), Err(second)) => Err(Failure::Advice(format!("{first}\n{second}"))),
            (others, beside) => others.and(beside),
        }
    })?;
    of(Phase::Packages)
        .try_for_each(|check| run_check(system, toolchain, root, extras, check, &mut || ()))?;
    let names: Vec<&str> = checks.iter().map(|check| check.name).collect();
    system.say(&format!("\nAll passed in {:.0} s: {}\n", start.elapsed().as_secs_f64(), names.join(", ")));
    Ok(())
}

/// Runs one check; calls `on_test` once its first tests run.
fn run_check(
    system: &dyn System,
    toolchain: Toolchain,
    root: &Path,
    extras: Extras,
    check: &Check,
    on_test: &mut dyn FnMut(),
) -> Result<(), Failure> {
    let (name, command) = (check.name, check.command(toolchain, root, extras));
    system.say(&format!("\n== {name}: {command}\n"));
    let start = Instant::now();
    if check.phase == Phase::Packages {
        system.say(
            "What earlier runs unpacked into cargo's home folder and built of these crates is removed.\n",
        );
        let removed = unpacked::remove(check.args, root);
        removed.map_err(|error| Failure::Advice(format!("cannot remove old packages: {error}")))?;
    }
    let result = if check.second_attempts > 0 {
        show_with_second_attempts(system, &command, check.second_attempts, on_test)
    } else {
        system.show(&command)
    };
    if result.is_err() {
        // Of a check beside the tests, which go on.
        system.say(&format!("== {name}: failed\n"));
    }
    result.map_err(|failure| Failure::Advice(format!("{name} failed with {failure}")))?;
    system.say(&format!("== {name}: passed in {:.1} s\n", start.elapsed().as_secs_f64()));
    Ok(())
}

/// Runs tests; if at most `limit` fail, runs those once more, one after the other, and prints their names. Calls `on_test`
/// once the first tests run.
fn show_with_second_attempts(
    system: &dyn System,
    command: &CommandSpec,
    limit: usize,
    on_test: &mut dyn FnMut(),
) -> Result<(), Failure> {
    let (printed, result) = system.show_and_read(command, &mut |line| {
        if line.starts_with("running ") {
            on_test();
        }
    });
    let failed = failed_tests(&printed);
    if result.is_ok() || failed.is_empty() || failed.len() > limit {
        return result;
    }
    let names = failed.join(" ");
    system.say(&format!("\n== second attempt, one test at a time: {names}\n"));
    let alone = command.clone().test_args(["--exact"]).args(failed).env("RUST_TEST_THREADS", "1");
    system.show(&alone)?;
    system.say(&format!("== passed at the second attempt only: {names}\n"));
    Ok(())
}

/// The names of failed tests, from the list at the end of each test program's output. What the tests printed stands
/// between an earlier line "failures:", which an empty line follows, and this list.
fn failed_tests(printed: &str) -> Vec<&str> {
    let lists = printed.split("\nfailures:\n").skip(1);
    lists.flat_map(|list| list.lines().map_while(|line| line.strip_prefix("    "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const NONE: Extras = Extras { sdks: false, deploy: false, speech: false };

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
                "All passed in 0 s: format, lints, lints for wasm32, documentation, tests, tests in Chromium, tests in Firefox, tests in WebKitGTK"
            )
        );
        Ok(())
    }

    #[test]
    fn the_first_failure_ends_the_checks_with_its_name_and_code() {
        let fake = Fake::default().answer(&line(&CHECKS[0], NONE), "");
        let result = run(&fake, Toolchain::Active, Path::new("/clone"), NONE);
        let text = result.expect_err("the tests fail").to_string();
        assert!(text.starts_with("tests failed with exit code 1: "), "{text}");
        assert_eq!(fake.commands().len(), 2, "neither later tests nor what runs beside them");
    }

    #[test]
    fn lints_run_beside_the_tests_with_the_lowest_priority_and_their_failure_is_one_of_all_checks() {
        let tests = line(named("tests"), NONE);
        let (lints, in_chromium) = (line(named("lints"), NONE), line(named("tests in Chromium"), NONE));
        assert!(lints.starts_with("nice -n 19 cargo --quiet clippy "), "{lints}");
        let passed = CHECKS.iter().filter(|check| check.phase != Phase::BesideTests);
        let fake = passed.fold(Fake::default(), |fake, check| fake.answer(&line(check, NONE), ""));
        let fake = fake.answer(&tests, "running 1 test\nrunning 2 tests\n");
        let result = run(&fake, Toolchain::Active, Path::new("/clone"), NONE);
        let text = result.expect_err("the lints fail").to_string();
        assert!(text.starts_with(&format!("lints failed with exit code 1: {lints}")), "{text}");
        let commands = fake.commands();
        let position = |line: &str| commands.iter().position(|command| command == line);
        assert!(position(&tests) < position(&lints), "{commands:?}");
        assert!(position(&in_chromium).is_some(), "the other tests run all the same");
    }

    #[test]
    fn a_few_failed_browser_tests_run_once_more_alone_and_are_named() -> Result<(), Failure> {
        let command = CommandSpec::new("cargo").args(["test"]).env("RUST_TEST_THREADS", "4");
        let printed = "running 3 tests\nfailures:\n\n---- b stdout ----\n    no name\n\nfailures:\n    a::b\n    c\n\ntest result";
        let again = command.clone().args(["--", "--exact", "a::b", "c"]).env("RUST_TEST_THREADS", "1");
        let fake = Fake::default().failure(&command.to_string(), printed).answer(&again.to_string(), "");
        let mut tests_run = 0;
        show_with_second_attempts(&fake, &command, 2, &mut || tests_run += 1)?;
        assert_eq!(tests_run, 1);
        assert_eq!(fake.commands(), [command.to_string(), again.to_string()]);
        assert!(fake.printed().contains("passed at the second attempt only: a::b c"), "{}", fake.printed());

        let fails =
            |fake: Fake, limit| show_with_second_attempts(&fake, &command, limit, &mut || ()).is_err();
        assert!(fails(Fake::default().failure(&command.to_string(), printed), 2), "twice");
        assert!(fails(Fake::default().failure(&command.to_string(), printed), 1), "more than the limit");
        // Two programs, of which each had one failure.
        let printed = format!("{printed}\nrunning 1 test\n{}", printed.replace("a::b\n    c", "d"));
        assert_eq!(failed_tests(&printed), ["a::b", "c", "d"]);
        let no_test = Fake::default().failure(&command.to_string(), "error: could not compile");
        assert!(fails(no_test, 2), "no test ran");
        Ok(())
    }

    #[test]
    fn the_first_failure_ends_the_benches() {
        let fake = Fake::default().answer(&line(&BENCHES[0], NONE), "");
        let result = super::bench(&fake, Toolchain::Active, Path::new("/clone"));
        let text = result.expect_err("the second one fails").to_string();
        assert!(text.starts_with("the mock under load failed with exit code 1: "), "{text}");
    }

    #[test]
    fn extras_are_features_of_the_tests() {
        let features = |line: String| line.replace(",end-to-end-tests/driver", "");
        let tests = |sdks, deploy| features(line(named("tests"), Extras { sdks, deploy, speech: false }));
        assert!(tests(false, false).ends_with("/ffi,assemblyai-streaming/native-roots"));
        assert!(tests(true, false).ends_with("/native-roots,end-to-end-tests/sdks"));
        assert!(tests(false, true).ends_with("/native-roots,end-to-end-tests/deploy"));
        assert!(tests(true, true).ends_with("/native-roots,end-to-end-tests/sdks,end-to-end-tests/deploy"));
        let speech = features(line(named("tests"), Extras { speech: true, ..NONE }));
        assert!(speech.ends_with(
            "/native-roots,end-to-end-tests/speech,local-speech/model-tests,assemblyai-streaming/model-tests"
        ));
    }

    #[test]
    fn each_browser_has_a_check_with_more_threads() {
        let browsers = [("Chromium", "chromium"), ("Firefox", "firefox"), ("WebKitGTK", "webkit")];
        for (name, value) in browsers {
            let line = line(named(&format!("tests in {name}")), NONE);
            let variables = format!("RUST_TEST_THREADS=6 TEST_BROWSER={value} ");
            assert!(line.starts_with(&variables), "{line}");
            assert!(line.ends_with(",end-to-end-tests/browser --test browser"), "{line}");
        }
    }

    #[test]
    fn every_published_crate_below_crates_is_packaged_with_deploy() -> std::io::Result<()> {
        let packages = named("packages");
        assert!((packages.when)(Extras { deploy: true, ..NONE }) && !(packages.when)(NONE));
        for folder in std::fs::read_dir(crate::root().join("crates"))? {
            let manifest = std::fs::read_to_string(folder?.path().join("Cargo.toml"))?;
            if manifest.contains("\npublish.workspace = true\n") {
                continue; // The workspace publishes nothing unless a crate leaves this line out.
            }
            let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")).unwrap_or_default();
            let argument = format!(" -p {}", name.trim_end_matches('"'));
            assert!(packages.args.contains(&argument), "add{argument} to the check \"packages\"");
        }
        Ok(())
    }

    #[test]
    fn the_workflow_has_every_check_that_needs_no_feature() -> std::io::Result<()> {
        let workflow = std::fs::read_to_string(crate::root().join(".github/workflows/ci.yml"))?;
        for check in CHECKS.iter().filter(|check| (check.when)(NONE) && !check.args.contains("FEATURES")) {
            let command = format!("cargo {}\n", check.args);
            assert!(workflow.contains(&command), "the workflow lacks: {command}");
        }
        Ok(())
    }

    #[test]
    fn each_feature_of_the_client_is_linted_alone_with_deploy() -> std::io::Result<()> {
        let manifest = std::fs::read_to_string(crate::root().join("crates/client/Cargo.toml"))?;
        let (_, features) = manifest.split_once("\n[features]\n").unwrap_or_default();
        let features = features.split("\n\n").next().unwrap_or_default();
        let names: Vec<&str> =
            features.lines().filter_map(|line| line.split_once(" = [").map(|(name, _)| name)).collect();
        assert!(names.contains(&"blocking") && names.contains(&"cli"), "{names:?}");
        // The tests have this one, and all that it brings.
        for name in names.into_iter().filter(|name| !["default", "model-tests"].contains(name)) {
            let check = named(&format!("client with {name}"));
            let only = format!(" --no-default-features --features {name} ");
            assert!(check.args.contains(&only) && (check.when)(Extras { deploy: true, ..NONE }), "{name}");
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
