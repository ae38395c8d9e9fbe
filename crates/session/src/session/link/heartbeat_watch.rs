/// Whether a connection is alive, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::session) enum LinkHealth {
    /// Nothing suggests otherwise.
    #[default]
    Healthy,
    /// Nothing is received, or the network has changed; a message restores it.
    Silent,
    /// Nothing can be sent, though messages may be received.
    Stalled,
}

/// Whether the service sends `Heartbeat`: it is requested, but by one source not every model sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Heartbeats {
    /// None was received, and none was missed.
    #[default]
    Expected,
    /// None was received in time, so the connection is being replaced; if the next one sends none either, the service
    /// has none.
    Missed,
    /// The service sends them.
    Seen,
    /// The service sends none.
    Absent,
}

/// Watches whether the open connection is alive.
#[derive(Debug, Default)]
pub(in crate::session) struct HeartbeatWatch {
    health: LinkHealth,
    heartbeats: Heartbeats,
}

impl HeartbeatWatch {
    pub(super) fn health(&self) -> LinkHealth {
        self.health
    }

    /// Whether the time between two messages is limited.
    pub(super) fn is_limiting(&self) -> bool {
        self.heartbeats != Heartbeats::Absent
    }

    /// `Heartbeat` was received.
    pub(super) fn on_heartbeat(&mut self) {
        self.heartbeats = Heartbeats::Seen;
    }

    /// A message was received; returns whether that ends a silence.
    pub(super) fn on_activity(&mut self) -> bool {
        if self.health != LinkHealth::Silent {
            return false;
        }
        self.health = LinkHealth::Healthy;
        if self.heartbeats == Heartbeats::Missed {
            // The connection is alive but the service sends no heartbeats.
            self.heartbeats = Heartbeats::Absent;
        }
        true
    }

    /// No message was received for longer than the time between two heartbeats; returns whether that is suspicious.
    pub(super) fn on_timeout(&mut self) -> bool {
        self.heartbeats = match self.heartbeats {
            Heartbeats::Expected => Heartbeats::Missed,
            Heartbeats::Missed => Heartbeats::Absent,
            known => known,
        };
        self.is_limiting()
    }

    /// The connection seems dead for this reason; returns whether it seemed alive before.
    pub(super) fn suspect(&mut self, health: LinkHealth) -> bool {
        let was_healthy = self.health == LinkHealth::Healthy;
        if was_healthy {
            self.health = health;
        }
        was_healthy
    }

    /// The connection is alive, or another has replaced it.
    pub(super) fn mark_healthy(&mut self) {
        self.health = LinkHealth::Healthy;
    }

    /// The connection was lost, perhaps before it could have sent a heartbeat.
    pub(super) fn on_lost(&mut self) {
        self.mark_healthy();
        if self.heartbeats == Heartbeats::Missed {
            self.heartbeats = Heartbeats::Expected;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_missed_heartbeat_is_suspicious_and_the_second_means_that_there_are_none() {
        let mut watch = HeartbeatWatch::default();
        assert!(watch.on_timeout());
        assert!(!watch.on_timeout());
        assert!(!watch.is_limiting());
    }

    #[test]
    fn every_missed_heartbeat_is_suspicious_once_one_was_received() {
        let mut watch = HeartbeatWatch::default();
        watch.on_heartbeat();
        assert_eq!([(); 5].map(|()| watch.on_timeout()), [true; 5]);
    }

    #[test]
    fn a_message_after_a_missed_heartbeat_means_that_there_are_none() {
        let mut watch = HeartbeatWatch::default();
        watch.on_timeout();
        assert!(watch.suspect(LinkHealth::Silent));
        assert!(watch.on_activity());
        assert_eq!((watch.health(), watch.is_limiting()), (LinkHealth::Healthy, false));
    }

    #[test]
    fn a_connection_that_is_lost_is_no_evidence_about_heartbeats() {
        let mut watch = HeartbeatWatch::default();
        watch.on_timeout();
        watch.suspect(LinkHealth::Silent);
        watch.on_lost();
        assert_eq!(watch.health(), LinkHealth::Healthy);
        assert!(watch.on_timeout());
    }

    #[test]
    fn a_message_does_not_restore_a_connection_that_sends_nothing() {
        let mut watch = HeartbeatWatch::default();
        assert!(watch.suspect(LinkHealth::Stalled));
        assert!(!watch.suspect(LinkHealth::Silent));
        assert!(!watch.on_activity());
        assert_eq!(watch.health(), LinkHealth::Stalled);
    }
}
