//! Signals of the operating system.

/// Waits for a request to stop: Ctrl-C, or SIGTERM, which service managers and containers send.
pub(crate) async fn shutdown_signal() {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = unix::terminate() => {}
    }
}

pub(crate) use unix::ReloadSignal;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    pub(super) async fn terminate() {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }

    /// SIGHUP: the files that the program has read have changed.
    pub(crate) struct ReloadSignal(Option<Signal>);

    impl ReloadSignal {
        /// Receives the signal, which from now on no longer ends the program.
        pub(crate) fn new() -> Self {
            Self(signal(SignalKind::hangup()).ok())
        }

        pub(crate) async fn next(&mut self) {
            match &mut self.0 {
                Some(hangup) => {
                    hangup.recv().await;
                }
                None => std::future::pending().await,
            }
        }
    }
}

#[cfg(not(unix))]
mod unix {
    pub(super) async fn terminate() {
        std::future::pending().await
    }

    /// This system has no SIGHUP.
    pub(crate) struct ReloadSignal;

    impl ReloadSignal {
        pub(crate) fn new() -> Self {
            Self
        }

        pub(crate) async fn next(&mut self) {
            std::future::pending().await
        }
    }
}
