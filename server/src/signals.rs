//! What the system tells the program.

/// Ctrl-C, or SIGTERM, which is what service managers and containers send.
pub(crate) async fn told_to_stop() {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = unix::told_to_terminate() => {}
    }
}

pub(crate) use unix::Renewals;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    pub(super) async fn told_to_terminate() {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }

    /// SIGHUP: what was read from files has changed.
    pub(crate) struct Renewals(Option<Signal>);

    impl Renewals {
        /// From now on the signal ends the program no more.
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
    pub(super) async fn told_to_terminate() {
        std::future::pending().await
    }

    /// There is no SIGHUP here.
    pub(crate) struct Renewals;

    impl Renewals {
        pub(crate) fn new() -> Self {
            Self
        }

        pub(crate) async fn next(&mut self) {
            std::future::pending().await
        }
    }
}
