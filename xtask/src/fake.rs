//! A machine for tests: it knows the programs, answers and files that it was told of.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::command::Call;
use crate::system::{Failure, System};

/// Answers commands by their text; a command that it was not told of fails.
#[derive(Default)]
pub(crate) struct Fake {
    programs: Vec<String>,
    answers: HashMap<String, String>,
    failures: HashMap<String, String>,
    answered_programs: Vec<String>,
    files_after: HashMap<String, PathBuf>,
    answers_after: HashMap<String, (String, String)>,
    files: RefCell<Vec<PathBuf>>,
    calls: RefCell<Vec<String>>,
    said: RefCell<String>,
}

impl Fake {
    pub(crate) fn program(mut self, name: &str) -> Self {
        self.programs.push(name.to_owned());
        self
    }

    pub(crate) fn answer(mut self, call: &str, stdout: &str) -> Self {
        self.answers.insert(call.to_owned(), stdout.to_owned());
        self
    }

    /// A command that fails, after it has printed this.
    pub(crate) fn failure(mut self, call: &str, stdout: &str) -> Self {
        self.failures.insert(call.to_owned(), stdout.to_owned());
        self
    }

    /// Any command of this program succeeds and prints nothing.
    pub(crate) fn answer_all_of(mut self, program: &str) -> Self {
        self.answered_programs.push(program.to_owned());
        self
    }

    pub(crate) fn file(self, path: &str) -> Self {
        self.files.borrow_mut().push(path.into());
        self
    }

    /// A file that is there once the command has run.
    pub(crate) fn file_after(mut self, call: &str, path: &str) -> Self {
        self.files_after.insert(call.to_owned(), path.into());
        self
    }

    /// How `call` is answered once the command `first` has run.
    pub(crate) fn answer_after(mut self, first: &str, call: &str, stdout: &str) -> Self {
        self.answers_after.insert(call.to_owned(), (first.to_owned(), stdout.to_owned()));
        self
    }

    /// The commands that were run, in their order.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }

    /// All that was printed.
    pub(crate) fn said(&self) -> String {
        self.said.borrow().clone()
    }
}

impl System for Fake {
    fn run(&self, call: &Call) -> Result<String, Failure> {
        let line = call.to_string();
        self.calls.borrow_mut().push(line.clone());
        self.files.borrow_mut().extend(self.files_after.get(&line).cloned());
        if self.answered_programs.iter().any(|name| line.split(' ').next() == Some(name)) {
            return Ok(String::new());
        }
        let later = self.answers_after.get(&line).filter(|(first, _)| self.calls.borrow().contains(first));
        let answer = self.answers.get(&line).or(later.map(|(_, stdout)| stdout));
        answer.cloned().ok_or_else(|| Failure::Command {
            line,
            end: "exit code 1".into(),
            last_lines: "not known".into(),
        })
    }

    fn show(&self, call: &Call) -> Result<(), Failure> {
        self.run(call).map(drop)
    }

    fn show_and_read(&self, call: &Call) -> (String, Result<(), Failure>) {
        let printed = self.failures.get(&call.to_string()).cloned();
        let result = self.show(call);
        (printed.unwrap_or_default(), result)
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        self.programs.iter().find(|name| *name == program).map(|name| Path::new("/bin").join(name))
    }

    fn files(&self, folder: &Path) -> Vec<PathBuf> {
        self.files.borrow().iter().filter(|file| file.parent() == Some(folder)).cloned().collect()
    }

    fn write(&self, file: &Path, _text: &str) -> Result<(), Failure> {
        self.files.borrow_mut().push(file.to_owned());
        Ok(())
    }

    fn say(&self, text: &str) {
        self.said.borrow_mut().push_str(text);
    }
}
