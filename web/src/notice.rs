//! Notices: what the user should know while recording.

use assemblyai_session::ConnectionId;
use assemblyai_session::Loss;
pub use assemblyai_session::NoticeKind;
use assemblyai_session::Silence;
use transcription_common::texts;

use crate::failure::{self, MicrophoneFailure};
use crate::recovery::StorageError;

/// A notice of the session.
pub type SessionNotice = assemblyai_session::Notice<MicrophoneFailure>;

/// A condition that the user should know of while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// One that the session reports.
    Session(SessionNotice),
    /// The microphone delivers no sound.
    Silence(Silence),
    /// An unplugged microphone was replaced by another: the names of both.
    Replaced(String, String),
    /// A recording is not stored.
    NotStored {
        /// Its first connection.
        first: ConnectionId,
        /// Why it is not stored.
        error: StorageError,
        /// Whether it has ended.
        has_ended: bool,
    },
}

impl Notice {
    /// What it is, and what to do about it, if anything.
    pub fn sentence(&self) -> String {
        match self {
            Self::Session(notice) => session_sentence(notice),
            Self::Silence(Silence::Zeros) => texts::MICROPHONE_MUTED.get().to_owned(),
            Self::Silence(Silence::Faint) => texts::MICROPHONE_FAINT.get().to_owned(),
            Self::Replaced(from, to) => texts::MICROPHONE_REPLACED.with(&[from, to]),
            Self::NotStored { error, has_ended, .. } => {
                let sentence = if *has_ended { texts::NOT_STORED } else { texts::NO_BACKUP };
                sentence.with(&[error.reason()])
            }
        }
    }

    /// Whether signing in, in another tab, may end it.
    pub fn asks_to_sign_in(&self) -> bool {
        matches!(self, Self::Session(SessionNotice::Reconnecting(failure)) if failure::is_signed_out(failure))
    }

    /// Its priority, 0 to 8: of several notices the one with the highest is shown. No two kinds have the same.
    pub fn priority(&self) -> u8 {
        match self {
            Self::Session(notice) => session_priority(notice.kind()),
            Self::Silence(_) => 6,
            Self::NotStored { has_ended, .. } => 2 + u8::from(*has_ended),
            Self::Replaced(..) => 1,
        }
    }
}

fn session_sentence(notice: &SessionNotice) -> String {
    match notice {
        SessionNotice::NoMicrophone(Loss::Unplugged) => texts::MICROPHONE_GONE.get().to_owned(),
        SessionNotice::NoMicrophone(Loss::SharingEnded) => texts::SHARING_ENDED.get().to_owned(),
        SessionNotice::NoMicrophone(Loss::AudioThread | Loss::Stalled) => texts::NO_SOUND.get().to_owned(),
        SessionNotice::Reconnecting(failure) => texts::KEPT_MEANWHILE.with(&[&failure::reason(failure)]),
        SessionNotice::Muted => texts::MICROPHONE_MUTED_BY_SYSTEM.get().to_owned(),
        SessionNotice::NotSwitched(failure) => {
            let why = if *failure == MicrophoneFailure::Denied {
                texts::IS_BLOCKED.get()
            } else {
                texts::COULD_NOT_BE_OPENED.get()
            };
            texts::NOT_SWITCHED.with(&[why])
        }
        SessionNotice::Miscounted { received_s, sent_s } => {
            texts::MISCOUNTED.with(&[&received_s.to_string(), &sent_s.to_string()])
        }
    }
}

fn session_priority(kind: NoticeKind) -> u8 {
    match kind {
        NoticeKind::NoMicrophone => 8,
        NoticeKind::Muted => 7,
        NoticeKind::Reconnecting => 5,
        NoticeKind::Miscounted => 4,
        NoticeKind::NotSwitched => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    #[test]
    fn every_notice_has_a_sentence_and_a_priority_of_its_own() {
        let notices = [
            Notice::Session(SessionNotice::NoMicrophone(Loss::Unplugged)),
            Notice::Session(SessionNotice::Muted),
            Notice::Silence(Silence::Zeros),
            Notice::Session(SessionNotice::Reconnecting(Failure::Silent)),
            Notice::Session(SessionNotice::Miscounted { received_s: 1, sent_s: 3 }),
            Notice::NotStored { first: ConnectionId(1), error: StorageError::Full, has_ended: true },
            Notice::NotStored { first: ConnectionId(1), error: StorageError::Full, has_ended: false },
            Notice::Replaced("Headset".to_owned(), "Built-in".to_owned()),
            Notice::Session(SessionNotice::NotSwitched(MicrophoneFailure::Busy)),
        ];
        assert!(notices.iter().all(|notice| !notice.sentence().is_empty()));
        assert_eq!(notices.map(|notice| notice.priority()), [8, 7, 6, 5, 4, 3, 2, 1, 0]);
    }
}
