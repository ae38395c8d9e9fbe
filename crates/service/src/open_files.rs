//! The system's limit on open files.

/// Raises the limit to the maximum that the system allows. The default, often 1 024, exists for programs that use
/// `select`, which cannot handle more.
#[cfg(unix)]
pub fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    // If that is not allowed, the program runs with fewer connections.
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).ok();
}

/// Does nothing: this system has no such limit.
#[cfg(not(unix))]
pub fn raise_limit() {}
