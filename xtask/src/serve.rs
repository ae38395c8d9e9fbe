//! Builds and runs the server.

use clap::Args;

use crate::command::CommandSpec;
use crate::model::{self, ModelName};
use crate::system::System;
use crate::toolchain::Toolchain;

use std::path::Path;

/// Arguments of `run`.
#[derive(Args, Debug)]
#[command(disable_help_flag = true)]
pub(crate) struct ServeArgs {
    /// Build with optimizations.
    #[arg(long)]
    release: bool,
    /// Arguments of the server; `cargo xtask run --help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Arguments of `demo`.
#[derive(Args, Debug)]
#[command(disable_help_flag = true)]
pub(crate) struct DemoArgs {
    /// The model that recognises; it is downloaded once.
    #[arg(long, value_enum, default_value_t)]
    model: ModelName,
    #[command(flatten)]
    serve: ServeArgs,
}

/// The command that builds and runs the server with a recogniser, or with a script if there is no way to a model.
pub(crate) fn demo(system: &dyn System, toolchain: Toolchain, root: &Path, args: &DemoArgs) -> CommandSpec {
    let is_scripted = args.serve.args.iter().any(|arg| arg == "--demo");
    let is_model = |arg: &String| arg == "--local-model" || arg.starts_with("--local-model=");
    let has_model = args.serve.args.iter().any(|arg| is_model(arg) || arg == "--help" || arg == "-h");
    let source = if is_scripted || has_model {
        vec![]
    } else {
        match model::install(system, root, args.model) {
            Ok(()) => vec![
                "--local-model".to_owned(),
                root.join(args.model.folder()).to_string_lossy().into_owned(),
            ],
            Err(failure) => {
                system.say(&format!(
                    "{failure} Without a model the demo shows a fixed text instead of your words.\n"
                ));
                vec!["--demo".to_owned()]
            }
        }
    };
    command(toolchain, &source, &args.serve)
}

/// The command that builds and runs the server with these arguments before those of `args`.
pub(crate) fn command(toolchain: Toolchain, first: &[String], args: &ServeArgs) -> CommandSpec {
    toolchain
        .cargo()
        .args(["run", "-p", "transcription-server"])
        .args(args.release.then_some("--release"))
        .args(["--"])
        .args(first.iter().cloned())
        .args(args.args.iter().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;
    use crate::{Cli, Task};
    use clap::Parser as _;

    /// The server's command for a command line of `cargo xtask`, on a machine that has the models.
    fn line(args: &[&str]) -> Result<String, clap::Error> {
        line_on(&Fake::default().program("python3").answer_all_of("python3"), args)
    }

    fn line_on(system: &Fake, args: &[&str]) -> Result<String, clap::Error> {
        let cli = Cli::try_parse_from(std::iter::once(&"xtask").chain(args))?;
        Ok(match cli.task {
            Task::Demo(args) => demo(system, Toolchain::Active, Path::new("/r"), &args).to_string(),
            Task::Run(args) => command(Toolchain::Active, &[], &args).to_string(),
            task => format!("{task:?}"),
        })
    }

    #[test]
    fn arguments_go_to_the_server() -> Result<(), clap::Error> {
        assert_eq!(line(&["run", "--port", "0"])?, "cargo run -p transcription-server -- --port 0");
        assert_eq!(line(&["run", "--help"])?, "cargo run -p transcription-server -- --help");
        Ok(())
    }

    #[test]
    fn the_demo_is_the_server_with_a_model() -> Result<(), clap::Error> {
        let server = "cargo run -p transcription-server --";
        assert_eq!(
            line(&["demo", "--port", "0"])?,
            format!("{server} --local-model /r/target/models/base-en --port 0")
        );
        assert_eq!(
            line(&["demo", "--model", "tiny"])?,
            format!("{server} --local-model /r/target/models/tiny-en")
        );
        assert_eq!(line(&["demo", "--demo"])?, format!("{server} --demo"));
        assert_eq!(line(&["demo", "--local-model", "m"])?, format!("{server} --local-model m"));
        Ok(())
    }

    #[test]
    fn without_a_model_the_demo_says_so_and_shows_a_script() -> Result<(), clap::Error> {
        let (without_python, without_network) = (Fake::default(), Fake::default().program("python3"));
        for fake in [without_python, without_network] {
            assert_eq!(line_on(&fake, &["demo"])?, "cargo run -p transcription-server -- --demo");
            let printed = fake.printed();
            let last = printed.lines().last().unwrap_or_default();
            assert!(last.starts_with("The model "), "{printed}");
            assert!(
                last.ends_with(". Without a model the demo shows a fixed text instead of your words."),
                "{printed}"
            );
        }
        Ok(())
    }

    #[test]
    fn release_goes_to_cargo_if_it_is_first() -> Result<(), clap::Error> {
        assert_eq!(
            line(&["demo", "--release"])?,
            "cargo run -p transcription-server --release -- --local-model /r/target/models/base-en"
        );
        assert_eq!(line(&["run", "-h", "--release"])?, "cargo run -p transcription-server -- -h --release");
        Ok(())
    }

    #[test]
    fn debians_cargo_runs_the_server_if_it_has_the_target() {
        let args = ServeArgs { release: false, args: vec![] };
        let command = command(Toolchain::Debian, &[], &args).to_string();
        assert_eq!(command, "/usr/bin/cargo run -p transcription-server --");
    }
}
