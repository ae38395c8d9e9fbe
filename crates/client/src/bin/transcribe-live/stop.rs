//! The user's signals.

use std::io;

use tokio::sync::watch;

/// How often the user has asked for the end: once to finish, twice to end at once.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<u32>);

impl Stop {
    /// Listens for Ctrl-C and SIGTERM; on Windows for Ctrl-C, Ctrl-Break and the end of the console.
    pub(crate) fn listen() -> io::Result<Self> {
        let (count, receiver) = watch::channel(0);
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
                let (mut signals, count) = (signal(kind)?, count.clone());
                tokio::spawn(async move {
                    while signals.recv().await.is_some() {
                        count.send_modify(|count| *count += 1);
                    }
                });
            }
        }
        #[cfg(windows)]
        {
            use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
            let (mut keys, mut breaks, mut console) = (ctrl_c()?, ctrl_break()?, ctrl_close()?);
            tokio::spawn(async move {
                while let Some(()) = tokio::select! {
                    pressed = keys.recv() => pressed,
                    broken = breaks.recv() => broken,
                    closed = console.recv() => closed,
                } {
                    count.send_modify(|count| *count += 1);
                }
            });
        }
        Ok(Self(receiver))
    }

    /// Waits until the user has asked so many times. Cancel-safe.
    pub(crate) async fn requested(&mut self, times: u32) {
        if self.0.wait_for(|count| *count >= times).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
