//! A fake machine for tests.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::command::CommandSpec;
use crate::system::{Failure, System};

/// Answers commands by their text; a command without an answer fails.
#[derive(Default)]
pub(crate) struct Fake {
    programs: Vec<String>,
    answers: HashMap<String, String>,
    failures: HashMap<String, String>,
    answered_programs: Vec<String>,
    files_after: HashMap<String, PathBuf>,
    files: Mutex<Vec<PathBuf>>,
    commands: Mutex<Vec<String>>,
    printed: Mutex<String>,
}

impl Fake {
    /// A program in `PATH`.
    pub(crate) fn program(mut self, name: &str) -> Self {
        self.programs.push(name.to_owned());
        self
    }

    /// What a command prints before it fails.
    pub(crate) fn failure(mut self, command: &str, stdout: &str) -> Self {
        self.failures.insert(command.to_owned(), stdout.to_owned());
        self
    }

    /// What a command prints.
    pub(crate) fn answer(mut self, command: &str, stdout: &str) -> Self {
        self.answers.insert(command.to_owned(), stdout.to_owned());
        self
    }

    /// Any command of this program succeeds and prints nothing.
    pub(crate) fn answer_all_of(mut self, program: &str) -> Self {
        self.answered_programs.push(program.to_owned());
        self
    }

    /// A file that exists.
    pub(crate) fn file(self, path: &str) -> Self {
        locked(&self.files).push(path.into());
        self
    }

    /// A file that exists once the command has run.
    pub(crate) fn file_after(mut self, command: &str, path: &str) -> Self {
        self.files_after.insert(command.to_owned(), path.into());
        self
    }

    /// The commands that were run, in their order.
    pub(crate) fn commands(&self) -> Vec<String> {
        locked(&self.commands).clone()
    }

    /// All text that was printed.
    pub(crate) fn printed(&self) -> String {
        locked(&self.printed).clone()
    }
}

impl System for Fake {
    fn run(&self, command: &CommandSpec) -> Result<String, Failure> {
        let line = command.to_string();
        locked(&self.commands).push(line.clone());
        locked(&self.files).extend(self.files_after.get(&line).cloned());
        if self.answered_programs.iter().any(|name| line.split(' ').next() == Some(name)) {
            return Ok(String::new());
        }
        self.answers.get(&line).cloned().ok_or_else(|| Failure::Command {
            line,
            end: "exit code 1".into(),
            last_lines: "no answer".into(),
        })
    }

    fn show(&self, command: &CommandSpec) -> Result<(), Failure> {
        self.run(command).map(drop)
    }

    fn show_and_read(
        &self,
        command: &CommandSpec,
        on_line: &mut dyn FnMut(&str),
    ) -> (String, Result<(), Failure>) {
        let line = command.to_string();
        let printed = self.failures.get(&line).or(self.answers.get(&line)).cloned().unwrap_or_default();
        let result = self.show(command);
        printed.split_inclusive('\n').for_each(on_line);
        (printed, result)
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        self.programs.iter().find(|name| *name == program).map(|name| Path::new("/bin").join(name))
    }

    fn files(&self, folder: &Path) -> Vec<PathBuf> {
        locked(&self.files).iter().filter(|file| file.parent() == Some(folder)).cloned().collect()
    }

    fn write(&self, file: &Path, _text: &str) -> Result<(), Failure> {
        locked(&self.files).push(file.to_owned());
        Ok(())
    }

    fn say(&self, text: &str) {
        locked(&self.printed).push_str(text);
    }
}

/// Checks also run on another thread. One that panics has failed its test already.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
