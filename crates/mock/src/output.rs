//! What the program prints. A reader that leaves, as `head` does, does not end the mock; `println!` would panic.

use std::fmt::Arguments;
use std::io::{self, Write as _};

/// Prints a line, if somebody reads it.
pub(crate) fn line(text: Arguments<'_>) {
    writeln!(io::stdout(), "{text}").ok();
}

/// Prints a line to the standard error, if somebody reads it.
pub(crate) fn error_line(text: Arguments<'_>) {
    writeln!(io::stderr(), "{text}").ok();
}

/// Prints a text that is the result of the program.
///
/// # Errors
/// If it cannot be written for another reason than that its reader has left.
pub(crate) fn whole(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
