//! What the page and the tools, two wasm modules, call of each other. Each side passes a macro that expands the one
//! definition to exported classes or to imported ones, so that the signatures cannot differ.
#![cfg_attr(
    target_arch = "wasm32",
    expect(clippy::float_cmp, reason = "wasm-bindgen compares enum values as f64")
)]

#[cfg(target_arch = "wasm32")]
use wasm_bindgen::prelude::*;

use crate::texts::{self, Text};

/// Where the recording stands.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecordingPhase {
    /// There is none.
    #[default]
    Idle,
    /// The browser asks the user for the microphone.
    Starting,
    /// Audio is captured, the first connection is not open yet.
    Connecting,
    /// Audio is captured and sent.
    Recording,
    /// Audio is captured, there is no connection because nobody speaks.
    Standby,
    /// Audio is captured, a lost connection is not open again yet.
    Reconnecting,
    /// Nothing is captured until the user resumes.
    Paused,
    /// The microphone is gone.
    NoMicrophone,
    /// Capture has ended, and there is no connection over which the rest can be sent.
    WaitingToSend,
    /// Capture has ended, audio is still being sent.
    Sending,
    /// All audio is sent, the last turns are awaited.
    Stopping,
}

impl RecordingPhase {
    /// Whether the microphone could record what the page plays.
    pub fn can_capture(self) -> bool {
        !matches!(self, Self::Idle | Self::Paused)
    }

    /// The status that the user reads.
    pub fn status(self) -> Text {
        match self {
            Self::Idle => texts::READY,
            Self::Starting => texts::WAITING_FOR_MICROPHONE,
            Self::Connecting => texts::RECORDING_CONNECTING,
            Self::Recording => texts::RECORDING,
            Self::Standby => texts::STANDBY,
            Self::Reconnecting => texts::RECORDING_RECONNECTING,
            Self::Paused => texts::PAUSED,
            Self::NoMicrophone => texts::WAITING_FOR_A_MICROPHONE,
            Self::WaitingToSend => texts::CONNECTING_TO_SEND,
            Self::Sending => texts::SENDING,
            Self::Stopping => texts::FINISHING,
        }
    }

    /// The status while a file is transcribed.
    pub fn file_status(self) -> Text {
        match self {
            Self::Connecting | Self::Recording | Self::Standby => texts::TRANSCRIBING,
            Self::Reconnecting => texts::TRANSCRIBING_RECONNECTING,
            phase => phase.status(),
        }
    }

    /// The label of the button that starts and stops.
    pub fn record_label(self) -> Text {
        if self == Self::Idle { texts::RECORD } else { texts::STOP }
    }
}

/// What the page exports to the tools.
#[macro_export]
macro_rules! page_interface {
    ($expand:ident) => {
        $expand! {
            /// The page as the tools see it.
            class Host: HostMethods {
                /// All turns in the order of the transcript.
                fn turns() -> Vec<Turn>;
                /// One turn of the transcript.
                fn turn(connection: u32, turn_order: u64) -> Option<Turn>;
                /// The recordings of this page, in the order in which they were added to it.
                fn recordings() -> Vec<Recording>;
                /// The unfinished recording that the page shows for recovery, if there is one.
                fn recovered() -> Option<Recording>;
                /// The stored samples of a recording, which its start in ms since 1970 identifies, from one position to
                /// before another: a promise of an `Int16Array`. It is rejected if the browser stores none.
                fn audio(began_ms: f64, from: f64, to: f64) -> Promise;
                /// Replaces the text of a turn; `None` restores the service's.
                fn edit(connection: u32, turn_order: u64, text: Option<String>);
                /// The user is sure of the words of a turn from one index, counted from 0, to before another.
                fn accept_words(connection: u32, turn_order: u64, from: usize, to: usize);
                /// Names a speaker of a connection; an empty name restores the service's label.
                fn rename(connection: u32, label: String, name: String);
                /// The transcript was exported: the browser need not keep it for the next visit.
                fn mark_exported();
                /// Whether the browser stores all of the transcript that was not exported; or, `only_exported`, whether all of
                /// it was exported.
                fn is_kept(only_exported: bool) -> bool;
                /// The answer of `GET /config`; empty until it is there.
                fn config() -> String;
                /// Where the recording stands.
                fn phase() -> RecordingPhase;
                /// Sends a text message, such as `UpdateConfiguration`, over the open connection. Returns whether a
                /// recording is in progress.
                fn send_message(message: String) -> bool;
                /// Closes the connection of the recording in progress after so many seconds without speech; 0 keeps it open.
                fn set_standby(after_s: u32);
                /// Starts a recording of a file and returns its number; `None` if another one is in progress.
                fn record_file() -> Option<u32>;
                /// Adds samples, at 16 kHz, to the recording of a file. Returns how many it has taken: none while it is
                /// paused, waits for a connection, or has more than so many seconds that the service has not confirmed;
                /// `None` if it has ended.
                fn add_file_audio(recording: u32, samples: Int16Array, most_unconfirmed_s: u32) -> Option<u32>;
                /// All samples of the file are added: its recording ends once the last words are there.
                fn finish_file(recording: u32);
                /// Takes the last seconds of the recording in progress off the record. Returns the position of their end in
                /// samples; `None` if nothing is recorded. The tools replace what is stored of their sound.
                fn take_off_record(seconds: u32) -> Option<u32>;
                /// Deletes all turns and their audio, and returns true; does nothing during a recording.
                fn clear() -> bool;
                /// Removes all turns from the page, but keeps them and their audio stored, and returns true; does nothing
                /// during a recording.
                fn put_away() -> bool;
                /// Deletes the recording with this first connection, and returns true; does nothing during a recording.
                fn delete(first_connection: u32) -> bool;
                /// Shows a stored recording in place of what the page shows: a promise of a boolean, false if another tab
                /// has it or it is gone. Does nothing during a recording.
                fn open(began_ms: f64) -> Promise;
            }
        }
        $expand! {
            /// A recording: its start identifies it.
            class Recording: RecordingMethods {
                /// The start in ms since 1970.
                fn began_ms() -> f64;
                /// The number of its first connection.
                fn first_connection() -> u32;
                /// The number of samples captured.
                fn samples() -> u64;
            }
        }
        $expand! {
            /// A turn or a gap of the transcript.
            class Turn: TurnMethods {
                /// The number of its connection.
                fn connection() -> u32;
                /// Its number within the connection.
                fn turn_order() -> u64;
                /// What it is, as [`to_text`](crate::to_text) writes it: one text for all, because each method of a class
                /// is code in both modules and in the JavaScript between them.
                fn record() -> String;
            }
        }
    };
}

/// What the tools export to the page.
#[macro_export]
macro_rules! tools_interface {
    ($expand:ident) => {
        $expand! {
            /// The loaded tools; they work as long as this exists. The page calls them while it handles an event: they ask
            /// `Host` in a task of their own.
            class OpenTools: OpenToolsMethods {
                /// The recording has entered another phase.
                fn phase_changed(phase: RecordingPhase);
                /// The recording in progress has so many whole seconds of sound.
                fn elapsed_changed(seconds: u32);
                /// The page has drawn the paragraph of a turn or removed it; or, of the transcript itself, removed all turns.
                fn transcript_changed(element: &Element);
                /// The page shows another error, or else another notice; an empty one is none.
                fn message_changed(is_error: bool, message: &str);
                /// The browser stores the recording with this first connection again, after the page has reported that it
                /// did not.
                fn stored_again(first_connection: u32);
                /// Works out again, for the page's configuration, where the stored settings lead.
                fn update_connection();
                /// Asks the user for the sound of a tab or of the computer, and for a microphone beside it: a promise of an
                /// array of a stream (`MediaStream`) with all their tracks, and behind it a stream for each of them. One
                /// that ends while the other goes on does not report its end. Rejected with the error `NotShared` if the user shares no
                /// sound: its message is for the user.
                fn share(with_microphone: bool) -> Promise;
                /// Draws a waveform of the level, an SVG path, without a frame of the page; returns whether it could.
                fn draw_level(path: &str) -> bool;
            }
        }
    };
}

/// Exports a class of an interface: a trait with its methods, which the module implements, and a wasm-bindgen class
/// that calls them.
#[macro_export]
macro_rules! export_class {
    ($(#[$class_doc:meta])* class $class:ident: $methods:ident {
        $($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*
    }) => {
        $(#[$class_doc])*
        trait $methods {
            $($(#[$doc])* fn $name(&self $(, $argument: $type)*) $(-> $result)?;)*
        }

        #[wasm_bindgen]
        impl $class {
            $(
                $(#[$doc])*
                pub fn $name(&self $(, $argument: $type)*) $(-> $result)? {
                    $methods::$name(self $(, $argument)*)
                }
            )*
        }
    };
}

/// Imports a class of an interface from the other module.
#[macro_export]
macro_rules! import_class {
    ($(#[$class_doc:meta])* class $class:ident: $methods:ident {
        $($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*
    }) => {
        #[wasm_bindgen]
        extern "C" {
            $(#[$class_doc])*
            #[derive(Clone)]
            pub type $class;

            $(
                $(#[$doc])*
                #[wasm_bindgen(method)]
                pub fn $name(this: &$class $(, $argument: $type)*) $(-> $result)?;
            )*
        }
    };
}
