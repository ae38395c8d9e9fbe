//! A pool of idle browsers for the next tests: starting one takes seconds of CPU time.

use std::path::Path;
use std::process::Stdio;
use std::sync::{LazyLock, Mutex, PoisonError};

use tokio::process::{Child, Command};
use tokio::runtime::Runtime;

use super::{Browser, Engine, Setup};

/// The idle browsers.
static IDLE: Mutex<Vec<Browser>> = Mutex::new(Vec::new());

/// Takes an idle browser of this engine and setup, if there is one.
pub(super) fn take(engine: Engine, setup: &Setup) -> Option<Browser> {
    let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let index = idle.iter().position(|browser| browser.engine == engine && browser.setup == *setup)?;
    Some(idle.swap_remove(index))
}

/// Adds a browser to the pool.
pub(super) fn keep(browser: Browser) {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(browser);
}

/// Runs `work` on a runtime that outlives the test: tasks and connections on the test's own runtime end with it.
pub(super) async fn outlive<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.unwrap_or_else(|error| panic!("{error}"))
    });
    // The task is never cancelled, so an error is a panic.
    RUNTIME.spawn(work).await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Starts a shell that removes folders when this program ends: statics, such as the pool, are not dropped.
///
/// # Errors
/// If there is no shell.
pub(super) fn remove_at_the_end(folders: &[&Path]) -> std::io::Result<Child> {
    Command::new("sh")
        // Its input closes when this program ends. The 1 s lets the browsers' watchdogs act first.
        .args(["-c", "cat >/dev/null; sleep 1; rm -rf -- \"$@\"", "sh"])
        .args(folders)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}
