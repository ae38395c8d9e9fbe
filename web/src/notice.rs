//! What the user should know while a recording goes on.

use transcription_common::texts;

use crate::failure::{Failure, MicrophoneFailure};
use crate::hearing::Heard;
use crate::recovery::Refusal;
use crate::session::Loss;

/// Something that is the matter, for as long as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// There is no microphone any more.
    NoMicrophone(Loss),
    /// The connection is being made anew.
    Reconnecting(Failure),
    /// The system or the browser has muted the microphone.
    Muted,
    /// The microphone is connected, but hears nothing.
    Unheard(Heard),
    /// The microphone that the user chose could not be had.
    NotSwitched(MicrophoneFailure),
    /// What is captured is not kept against a crash, for this reason.
    NoBackup(Refusal),
    /// The service says that it has received so many seconds of audio, but so many were sent.
    Miscounted {
        /// What the service says.
        received_s: u64,
        /// What was sent.
        sent_s: u64,
    },
}

impl Notice {
    /// What it is, and what to do about it, if anything.
    pub fn sentence(&self) -> String {
        match self {
            Self::NoMicrophone(Loss::Unplugged) => texts::MICROPHONE_GONE.get().to_owned(),
            Self::NoMicrophone(Loss::AudioThread | Loss::Stalled) => texts::NO_SOUND.get().to_owned(),
            Self::Reconnecting(failure) => texts::KEPT_MEANWHILE.with(&[&failure.what()]),
            Self::Muted => texts::MICROPHONE_MUTED_BY_SYSTEM.get().to_owned(),
            Self::Unheard(heard) => heard.sentence().unwrap_or_default().to_owned(),
            Self::NotSwitched(failure) => {
                let why = if *failure == MicrophoneFailure::Denied {
                    texts::IS_BLOCKED.get()
                } else {
                    texts::COULD_NOT_BE_OPENED.get()
                };
                texts::NOT_SWITCHED.with(&[why])
            }
            Self::NoBackup(refusal) => texts::NO_BACKUP.with(&[refusal.reason()]),
            Self::Miscounted { received_s, sent_s } => {
                texts::MISCOUNTED.with(&[&received_s.to_string(), &sent_s.to_string()])
            }
        }
    }

    /// The one that is shown where there are several: the higher, the more it costs not to know.
    pub fn weight(&self) -> u8 {
        match self {
            Self::NoMicrophone(_) => 6,
            Self::Muted => 5,
            Self::Unheard(_) => 4,
            Self::Reconnecting(_) => 3,
            Self::Miscounted { .. } => 2,
            Self::NoBackup(_) => 1,
            Self::NotSwitched(_) => 0,
        }
    }

    /// Whether both are about the same thing, whatever they say of it.
    pub fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}
