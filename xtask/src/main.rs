//! `cargo xtask`: what a build script cannot do. It brings what is missing, runs the app, and runs all tests.

mod bench;
mod command;
mod checks;
mod dist;
#[cfg(test)]
mod fake;
mod serve;
mod setup;
mod system;
#[cfg(test)]
mod tidy;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use command::Call;
use system::{Failure, Machine, System as _};

const HELP: &str = "\
cargo xtask demo [--release] [ARGS]    run the app without an account: its words come from a script
cargo xtask run [--release] [ARGS]     run the app; needs an AssemblyAI key in .env
cargo xtask test [--sdks] [--deploy]   format, lints, documentation and all tests, the browsers' too
cargo xtask bench                      what things cost, beside what they may cost; wants a quiet machine
cargo xtask dist                       what is shipped, into target/distrib: a static binary, its SBOM, checksums
cargo xtask setup [--sdks] [--deploy]  bring what the others need: the wasm32 target, browsers, Redis

--sdks adds the tests that run AssemblyAI's own SDKs against the mock, and Node, Python and the newest SDKs.
--deploy adds dist, the tests of what it makes and of the files in docs/deploy, and their tools: nginx, Caddy, ...
The others bring what they need themselves. ARGS go to the server: cargo xtask run --help lists them.
";

/// What the first argument asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Demo,
    Run,
    Test,
    Bench,
    Dist,
    Setup,
    Help,
}

impl Task {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "demo" => Some(Self::Demo),
            "run" => Some(Self::Run),
            "test" => Some(Self::Test),
            "bench" => Some(Self::Bench),
            "dist" => Some(Self::Dist),
            "setup" => Some(Self::Setup),
            "help" | "--help" | "-h" => Some(Self::Help),
            _ => None,
        }
    }
}

/// What test and setup do besides, where it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extras {
    /// AssemblyAI's own SDKs.
    sdks: bool,
    /// What is shipped, and what one deploys it with.
    deploy: bool,
}

impl Extras {
    fn parse(args: &[String]) -> Option<Self> {
        args.iter().try_fold(Self::default(), |extras, arg| match arg.as_str() {
            "--sdks" => Some(Self { sdks: true, ..extras }),
            "--deploy" => Some(Self { deploy: true, ..extras }),
            _ => None,
        })
    }

    fn bring(self, root: &Path) -> Result<(), Failure> {
        if self.sdks {
            setup::sdks(&Machine, root)?;
        }
        if self.deploy {
            setup::deploy(&Machine, root)?;
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(task) = args.first().and_then(|word| Task::parse(word)) else {
        eprint!("{HELP}");
        return ExitCode::from(2);
    };
    match perform(task, &args[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task, args: &[String]) -> Result<(), Failure> {
    let root = root();
    let asks_for_help = matches!(args, [only] if Task::parse(only) == Some(Task::Help));
    let extras = Extras::parse(args);
    match task {
        Task::Test | Task::Bench | Task::Dist | Task::Setup if asks_for_help => perform(Task::Help, &[]),
        Task::Demo | Task::Run => {
            let toolchain = setup::target(&Machine, &root)?;
            become_call(&serve::call(toolchain, task == Task::Demo, args))
        }
        Task::Test | Task::Setup if extras.is_none() => Err(Failure::Advice(format!(
            "test and setup take --sdks, --deploy or nothing, so not: {}",
            args.join(" ")
        ))),
        Task::Test => {
            let toolchain = setup::all(&Machine, &root)?;
            let extras = extras.unwrap_or_default();
            extras.bring(&root)?;
            checks::run(&Machine, toolchain, &root, extras)
        }
        Task::Dist => dist::run(&Machine, setup::target(&Machine, &root)?, &root).map(drop),
        Task::Bench => {
            let toolchain = setup::all(&Machine, &root)?;
            checks::bench(&Machine, toolchain, &root)?;
            bench::express(&Machine, toolchain, &root)
        }
        Task::Setup => {
            let start = Instant::now();
            setup::all(&Machine, &root)?;
            extras.unwrap_or_default().bring(&root)?;
            Machine.say(&format!(
                "All is there: the wasm32 target, formatter, linter, browsers, Redis ({:.1} s)\n",
                start.elapsed().as_secs_f64()
            ));
            Ok(())
        }
        Task::Help => {
            Machine.say(HELP);
            Ok(())
        }
    }
}

/// The repository: this crate's folder is in it. Cargo tells it again at run time, in case the clone was moved.
fn root() -> PathBuf {
    let crate_folder = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    crate_folder.parent().map(Path::to_owned).unwrap_or_default()
}

/// Takes the command's place, so that Ctrl-C and SIGTERM reach it and its exit code is ours.
#[cfg(unix)]
fn become_call(call: &Call) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;
    let error = Command::from(call).exec();
    Err(Failure::Advice(format!("could not be started ({error}): {call}")))
}

#[cfg(not(unix))]
fn become_call(call: &Call) -> Result<(), Failure> {
    Machine.show(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_task() {
        for task in ["demo", "run", "test", "bench", "dist", "setup"] {
            assert!(Task::parse(task).is_some());
            assert!(HELP.contains(&format!("cargo xtask {task} ")), "{task}");
        }
    }

    #[test]
    fn extras_are_taken_in_any_order_and_nothing_else_is() {
        let parse =
            |words: &[&str]| Extras::parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(parse(&[]), Some(Extras::default()));
        assert_eq!(parse(&["--deploy"]), Some(Extras { sdks: false, deploy: true }));
        assert_eq!(parse(&["--deploy", "--sdks"]), Some(Extras { sdks: true, deploy: true }));
        assert_eq!(parse(&["--sdks", "--fast"]), None);
    }

    #[test]
    fn an_unknown_word_is_no_task() {
        assert_eq!(Task::parse("deploy"), None);
    }
}
