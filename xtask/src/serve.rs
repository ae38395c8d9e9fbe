//! Builds and runs the server.

use clap::Args;

use crate::command::CommandSpec;
use crate::toolchain::Toolchain;

/// Arguments of `demo` and `run`.
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

/// The command that builds and runs the server.
pub(crate) fn command(toolchain: Toolchain, is_demo: bool, args: &ServeArgs) -> CommandSpec {
    toolchain
        .cargo()
        .args(["run", "-p", "transcription-server"])
        .args(args.release.then_some("--release"))
        .args(["--"])
        .args(is_demo.then_some("--demo"))
        .args(args.args.iter().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cli, Task};
    use clap::Parser as _;

    /// The server's command for a command line of `cargo xtask`.
    fn line(args: &[&str]) -> Result<String, clap::Error> {
        let cli = Cli::try_parse_from(std::iter::once(&"xtask").chain(args))?;
        Ok(match cli.task {
            Task::Demo(args) => command(Toolchain::Active, true, &args).to_string(),
            Task::Run(args) => command(Toolchain::Active, false, &args).to_string(),
            task => panic!("{task:?}"),
        })
    }

    #[test]
    fn arguments_go_to_the_server() -> Result<(), clap::Error> {
        assert_eq!(line(&["run", "--port", "0"])?, "cargo run -p transcription-server -- --port 0");
        assert_eq!(line(&["run", "--help"])?, "cargo run -p transcription-server -- --help");
        Ok(())
    }

    #[test]
    fn the_demo_is_the_server_with_a_flag() -> Result<(), clap::Error> {
        assert_eq!(line(&["demo", "--port", "0"])?, "cargo run -p transcription-server -- --demo --port 0");
        Ok(())
    }

    #[test]
    fn release_goes_to_cargo_if_it_is_first() -> Result<(), clap::Error> {
        assert_eq!(line(&["demo", "--release"])?, "cargo run -p transcription-server --release -- --demo");
        assert_eq!(line(&["run", "-h", "--release"])?, "cargo run -p transcription-server -- -h --release");
        Ok(())
    }

    #[test]
    fn debians_cargo_runs_the_server_if_it_has_the_target() {
        let args = ServeArgs { release: false, args: vec![] };
        let command = command(Toolchain::Debian, false, &args).to_string();
        assert_eq!(command, "/usr/bin/cargo run -p transcription-server --");
    }
}
