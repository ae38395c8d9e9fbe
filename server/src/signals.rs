//! Signals of the operating system.

use tokio::sync::watch;

/// The requests to stop since the start: Ctrl-C, or SIGTERM, which service managers and containers send.
#[derive(Debug)]
pub(crate) struct StopSignals(watch::Receiver<u32>);

impl StopSignals {
    /// Receives the signals from now on. In a container, where the program is process 1, the system drops those that
    /// come before.
    pub(crate) fn new() -> Self {
        let mut signals = unix::Stop::new();
        let (count, received) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                signals.next().await;
                count.send_modify(|count| *count += 1);
            }
        });
        Self(received)
    }

    /// Waits until a stop was requested so many times.
    pub(crate) async fn requested(&self, times: u32) {
        let mut count = self.0.clone();
        if count.wait_for(|count| *count >= times).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

pub(crate) use unix::ReloadSignal;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// SIGINT and SIGTERM.
    pub(super) struct Stop(Option<Signal>, Option<Signal>);

    impl Stop {
        pub(super) fn new() -> Self {
            Self(signal(SignalKind::interrupt()).ok(), signal(SignalKind::terminate()).ok())
        }

        pub(super) async fn next(&mut self) {
            tokio::select! {
                () = receive(&mut self.0) => {}
                () = receive(&mut self.1) => {}
            }
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
            receive(&mut self.0).await;
        }
    }

    async fn receive(signal: &mut Option<Signal>) {
        match signal {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
mod unix {
    /// Ctrl-C.
    pub(super) struct Stop;

    impl Stop {
        pub(super) fn new() -> Self {
            Self
        }

        pub(super) async fn next(&mut self) {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending().await
            }
        }
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
