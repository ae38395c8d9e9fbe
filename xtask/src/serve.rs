//! The server, built and run.

use crate::command::Call;
use crate::toolchain::Toolchain;

/// The call that builds and runs the server; `--release` before all other arguments is cargo's.
pub(crate) fn call(toolchain: Toolchain, demo: bool, args: &[String]) -> Call {
    let (release, args) = match args {
        [first, rest @ ..] if first == "--release" => (true, rest),
        _ => (false, args),
    };
    toolchain
        .cargo()
        .args(["run", "-p", "transcription-server"])
        .args(release.then_some("--release"))
        .args(["--"])
        .args(demo.then_some("--demo"))
        .args(args.iter().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(demo: bool, args: &[&str]) -> String {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        call(Toolchain::Active, demo, &args).to_string()
    }

    #[test]
    fn arguments_go_to_the_server() {
        assert_eq!(line(false, &["--port", "0"]), "cargo run -p transcription-server -- --port 0");
    }

    #[test]
    fn the_demo_is_the_server_with_a_flag() {
        assert_eq!(line(true, &["--port", "0"]), "cargo run -p transcription-server -- --demo --port 0");
    }

    #[test]
    fn release_first_is_for_cargo() {
        assert_eq!(line(true, &["--release"]), "cargo run -p transcription-server --release -- --demo");
        assert_eq!(line(false, &["-h", "--release"]), "cargo run -p transcription-server -- -h --release");
    }

    #[test]
    fn the_toolchain_with_the_target_is_used() {
        let line = call(Toolchain::DebianThroughRustup, false, &[]).to_string();
        assert_eq!(line, "RUSTUP_TOOLCHAIN=debian cargo run -p transcription-server --");
    }
}
