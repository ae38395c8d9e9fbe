//! `transcribe-live`: live speech-to-text in a terminal.
//!
//! Reading order: `args` (what can be asked for), `run` (a transcription), `screen` (the line that is repainted), `outputs` (what is stored), `exit` (how it ends).

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

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use clap_complete::Shell;

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
        Some(Task::Completions { shell }) => print(&completions(shell)),
        Some(Task::Man) => print(&manual().map_err(|error| Failure::fault(&error))?),
        Some(Task::Devices) => print(in_runtime(input::list())?.as_bytes()),
        None => in_runtime(run::transcribe(args)),
    }
}

fn completions(shell: Shell) -> Vec<u8> {
    let mut script = vec![];
    clap_complete::generate(shell, &mut Args::command(), "transcribe-live", &mut script);
    script
}

fn manual() -> io::Result<Vec<u8>> {
    let mut page = vec![];
    clap_mangen::Man::new(Args::command()).render(&mut page)?;
    Ok(page)
}

/// Prints to standard output. A reader that is gone, such as `head`, has what it wants.
fn print(text: &[u8]) -> Result<Exit, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::output("standard output", &error))
        }
        _ => Ok(Exit::Complete),
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

#[cfg(test)]
mod tests {
    use test_result::TestResult;

    use super::*;

    #[test]
    fn completions_and_the_manual_page_name_each_option_and_task() -> TestResult {
        let manual = String::from_utf8(manual()?)?.replace("\\-", "-");
        let command = Args::command();
        let options = command.get_arguments().filter(|argument| !argument.is_hide_set());
        let options = options.filter_map(|argument| argument.get_long().map(|name| format!("--{name}")));
        let tasks = command.get_subcommands().map(|task| task.get_name().to_owned());
        let names: Vec<String> = options.chain(tasks).collect();
        assert!(names.len() > 15, "{names:?}");
        for shell in [Shell::Bash, Shell::Zsh] {
            let script = String::from_utf8(completions(shell))?;
            for name in &names {
                assert!(script.contains(name) && manual.contains(name), "{shell}: {name}");
            }
        }
        Ok(())
    }
}
