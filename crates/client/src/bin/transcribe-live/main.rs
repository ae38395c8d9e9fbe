//! `transcribe-live`: live speech-to-text in a terminal.
//!
//! Reading order: `args` (what can be asked for), `run` (a transcription), `screen` (the line that is repainted), `outputs` and `wav_file` (what is stored), `exit` (how it ends).

mod args;
mod exit;
mod input;
mod json_lines;
mod outputs;
mod recognizer;
mod run;
mod screen;
mod setup;
mod stop;
mod transcript;
mod wav_file;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use args::{Args, Task};
use exit::{Exit, Failure};

fn main() -> ExitCode {
    let args = Args::parse();
    match perform(args) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("transcribe-live: {}", failure.text);
            failure.exit.into()
        }
    }
}

fn perform(args: Args) -> Result<Exit, Failure> {
    match args.task {
        Some(Task::Export { from, to }) => outputs::convert(&from, &to).map(|()| Exit::Complete),
        Some(Task::Completions { shell }) => {
            clap_complete::generate(shell, &mut Args::command(), "transcribe-live", &mut std::io::stdout());
            Ok(Exit::Complete)
        }
        Some(Task::Man) => {
            let page = clap_mangen::Man::new(Args::command());
            page.render(&mut std::io::stdout())
                .map_err(|error| Failure::output("standard output", &error))?;
            Ok(Exit::Complete)
        }
        Some(Task::Devices) => in_runtime(input::list()).map(|()| Exit::Complete),
        None => in_runtime(run::transcribe(args)),
    }
}

fn in_runtime<T>(task: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    // One thread: a session is one socket, and waking another thread for each chunk costs more CPU than the work itself.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::fault(&error))?;
    let done = runtime.block_on(task);
    // A read of standard input cannot be interrupted.
    runtime.shutdown_background();
    done
}
