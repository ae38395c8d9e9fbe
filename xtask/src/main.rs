//! `cargo xtask`: installs what is missing, runs the app and all checks, and builds releases.

mod bench;
mod checks;
mod command;
mod dist;
#[cfg(test)]
mod fake;
mod model;
mod recordings;
mod serve;
mod setup;
mod system;
#[cfg(test)]
mod tidy;
mod toolchain;
mod unpacked;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::{Args, Parser, Subcommand};

use command::CommandSpec;
use dist::Optimization;
use model::ModelName;
use serve::{DemoArgs, ServeArgs};
use system::{Failure, Machine, System as _};

/// Runs the app, its tests and its releases.
///
/// demo, run and dist need Rust alone and install its wasm32 target. test, bench and setup install Debian packages
/// too, as root; for any other user they print the command to run as root, and stop.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the app without an account: speech is recognised on this machine, by a model that is downloaded once (55 MB)
    Demo(DemoArgs),
    /// Run the app; needs an AssemblyAI key in .env
    Run(ServeArgs),
    /// Run all checks: format, lints, documentation and tests, also in browsers
    Test(Extras),
    /// Measure costs and compare them with their limits; needs an idle machine, downloads SDKs and models
    Bench,
    /// Build the release into target/distrib: a static binary, its SBOM, checksums
    Dist,
    /// Install what the other commands need: the wasm32 target, browsers, Redis
    Setup(SetupArgs),
}

/// Further checks, and what they need.
#[derive(Args, Clone, Copy, Debug, Default)]
struct Extras {
    /// The tests that run AssemblyAI's own SDKs against the mock; needs Node, Python and the newest SDKs
    #[arg(long)]
    sdks: bool,
    /// The tests of a release and of docs/deploy, and the packages; needs nginx, Caddy, ...
    ///
    /// The release is built without optimization, in place of one of `dist`, and removed after the tests.
    #[arg(long)]
    deploy: bool,
    /// The tests that recognise human speech; downloads two models, 111 MB
    #[arg(long)]
    speech: bool,
}

/// What to install.
#[derive(Args, Clone, Copy, Debug)]
struct SetupArgs {
    /// Only download this speech recognition model into target/models, 55 MB
    #[arg(long, conflicts_with_all = ["sdks", "deploy", "speech"])]
    model: Option<ModelName>,
    #[command(flatten)]
    extras: Extras,
}

fn main() -> ExitCode {
    match perform(&Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: &Task) -> Result<(), Failure> {
    let root = &root();
    let start = Instant::now();
    match task {
        Task::Demo(args) => {
            let toolchain = setup::target(&Machine, root)?;
            replace_this_process(&serve::demo(&Machine, toolchain, root, args))
        }
        Task::Run(args) => replace_this_process(&serve::command(setup::target(&Machine, root)?, &[], args)),
        Task::Test(extras) => checks::run(&Machine, setup::all(&Machine, root, *extras)?, root, *extras),
        Task::Bench => {
            let extras = Extras { sdks: true, speech: true, ..Extras::default() };
            let toolchain = setup::all(&Machine, root, extras)?;
            bench::install_express(&Machine, root)?;
            checks::bench(&Machine, toolchain, root)?;
            bench::servers(&Machine, toolchain, root)
        }
        Task::Dist => {
            let toolchain = setup::target(&Machine, root)?;
            dist::run(&Machine, toolchain, root, Optimization::Full).map(drop)
        }
        Task::Setup(SetupArgs { model: Some(name), .. }) => model::install(&Machine, root, *name),
        Task::Setup(SetupArgs { extras, .. }) => {
            setup::all(&Machine, root, *extras)?;
            Machine.say(&format!("Everything is installed ({:.1} s)\n", start.elapsed().as_secs_f64()));
            Ok(())
        }
    }
}

/// The root of the repository, in which the folder of this crate is.
fn root() -> PathBuf {
    // Cargo also says it at run time, in case the clone was moved.
    let crate_folder = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    crate_folder.parent().map(Path::to_owned).unwrap_or_default()
}

/// Runs the command in place of this process, so that Ctrl-C and SIGTERM reach it and its exit code is ours.
#[cfg(unix)]
fn replace_this_process(command: &CommandSpec) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;
    let error = Command::from(command).exec();
    Err(Failure::Advice(format!("could not be started ({error}): {command}")))
}

#[cfg(not(unix))]
fn replace_this_process(command: &CommandSpec) -> Result<(), Failure> {
    Machine.show(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn extras_are_accepted_in_any_order() -> Result<(), clap::Error> {
        let cli = Cli::try_parse_from(["xtask", "test", "--deploy", "--sdks"])?;
        assert!(matches!(cli.task, Task::Test(Extras { sdks: true, deploy: true, speech: false })));
        assert!(Cli::try_parse_from(["xtask", "test", "--fast"]).is_err());
        assert!(Cli::try_parse_from(["xtask", "deploy"]).is_err());
        Ok(())
    }
}
