use crate::recovery::RecoveryEvent;
use crate::session::Input;

/// What the app reacts to.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The user pressed the button that reads Record or Stop.
    ToggleRecording,
    /// The user chose a file to transcribe; the tools deliver its samples as those of a microphone.
    FileChosen,
    /// The user pressed the button that reads Pause or Resume.
    TogglePause,
    /// An input of the session.
    Session(Input),
    /// Something about recordings that were interrupted.
    Recovery(RecoveryEvent),
    /// What is known of the service: after how many seconds without speech the connection is closed, 0 for never,
    /// and whether it is the server's own, which reads audio only as fast as it recognises it.
    Service(u32, bool),
    /// Writes what is buffered: the page is no longer visible, and a phone may kill it.
    FlushStore,
    /// A microphone was unplugged, and recording goes on with another: the names of both.
    MicrophoneReplaced(String, String),
    /// The module of the tools could not be loaded.
    ToolsNotLoaded,
}

impl From<Input> for Event {
    fn from(input: Input) -> Self {
        Self::Session(input)
    }
}

impl From<RecoveryEvent> for Event {
    fn from(event: RecoveryEvent) -> Self {
        Self::Recovery(event)
    }
}
