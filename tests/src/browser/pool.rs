//! Browsers that wait for their next test: to start one takes seconds of a whole core.

use std::path::Path;
use std::process::Stdio;
use std::sync::{LazyLock, Mutex, PoisonError};

use tokio::process::{Child, Command};
use tokio::runtime::Runtime;

use super::{Browser, Engine, Setup};

/// Those that are to be had.
static IDLE: Mutex<Vec<Browser>> = Mutex::new(Vec::new());

/// One that was started in this way, if there is one.
pub(super) fn take(engine: Engine, setup: &Setup) -> Option<Browser> {
    let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = idle.iter().position(|browser| browser.engine == engine && browser.setup == *setup)?;
    Some(idle.swap_remove(place))
}

/// Keeps one for the next test.
pub(super) fn keep(browser: Browser) {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(browser);
}

/// Does it where it outlives the test: each test has a runtime of its own, and what lives there ends with it.
pub(super) async fn outlive<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.unwrap_or_else(|error| panic!("{error}"))
    });
    // It is never cancelled, so it has panicked.
    RUNTIME.spawn(work).await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Removes folders where nobody else does: those of the browsers that are idle when the program ends.
///
/// # Errors
/// Where there is no shell.
pub(super) fn remove_at_the_end(folders: &[&Path]) -> std::io::Result<Child> {
    Command::new("sh")
        // The end of its input is the end of this program. The browsers' own watchdogs act then too, and first.
        .args(["-c", "cat >/dev/null; sleep 1; rm -rf -- \"$@\"", "sh"])
        .args(folders)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}
