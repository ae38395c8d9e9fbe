//! `assemblyai-mock`: a mock of AssemblyAI's streaming API as a program.

mod cli;
mod output;
mod save;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let options = cli::Options::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    // Its own reports of errors would panic where the standard error is closed.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.log_internal_errors(false).init();
    assemblyai_service::open_files::raise_limit();
    match cli::run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error_line(format_args!("assemblyai-mock: {error}"));
            ExitCode::from(2)
        }
    }
}
