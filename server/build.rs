//! Builds the page, which the server carries inside.

fn main() -> std::process::ExitCode {
    transcription_bundle::run_build_script()
}
