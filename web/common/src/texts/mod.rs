//! All texts of the interface in one table, in English and German.
//!
//! Each text is a constant, so that a wasm module contains only the English texts that it uses. Users of another
//! language load a file with all texts, which the bundle builds from the same [`TABLE`]. `{}` is a placeholder; both
//! languages have the same placeholders in the same order.

use std::cell::Cell;

/// A text of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// Its index in the table.
    index: u16,
    english: &'static str,
}

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `en`.
    English,
    /// `de`.
    German,
}

thread_local! {
    /// The German texts in the order of the table; `None` if the interface is English. The page has one thread.
    static GERMAN: Cell<Option<&'static [&'static str]>> = const { Cell::new(None) };
}

impl Language {
    /// The current language of the interface.
    pub fn now() -> Self {
        if GERMAN.get().is_some() { Self::German } else { Self::English }
    }

    /// The language's tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// Switches the interface to German, with the texts of a file from [`german_file`]. They are never freed.
pub fn load_german(file: String) {
    let texts: Vec<&str> = file.leak().split(['\n']).collect();
    GERMAN.set(Some(texts.leak()));
}

/// The file with the German texts: one per line, in the order of the table.
pub fn german_file() -> String {
    all().flat_map(|(_, _, german)| [german, "\n"]).collect()
}

/// The line of a text in [`german_file`], from 0, by the name of its constant.
pub fn line_of(name: &str) -> Option<usize> {
    all().position(|(other, ..)| *other == name)
}

/// All parts of the table: name, English, German.
fn all() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    TABLE.iter().chain(settings::TABLE).chain(recordings::TABLE)
}

impl Text {
    /// The text in the language of the interface.
    pub fn get(self) -> &'static str {
        let german = GERMAN.get().and_then(|texts| texts.get(usize::from(self.index)));
        german.copied().filter(|text| !text.is_empty()).unwrap_or(self.english)
    }

    /// The text with each `{}` replaced by the next of `parts`.
    pub fn with(self, parts: &[&str]) -> String {
        fill(self.get(), parts)
    }
}

fn fill(text: &str, parts: &[&str]) -> String {
    // Searches for one character of an array: a search for `{}` adds 2 kB of code, and one for a character 400 bytes.
    let mut parts = parts.iter();
    let mut filled = String::new();
    for (index, piece) in text.split(['{', '}']).enumerate() {
        // Every second piece is between the two.
        filled += if index % 2 == 0 { piece } else { parts.next().copied().unwrap_or_default() };
    }
    filled
}

/// Defines a constant for each line, and their table; `$others` is the number of texts in the tables before it.
macro_rules! texts {
    (behind $others:expr; $($name:ident: $english:literal, $german:literal;)*) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "the constants' names")]
        enum Index { $($name),* }

        $(
            #[doc = concat!("“", $english, "”")]
            pub const $name: Text = Text { index: $others + Index::$name as u16, english: $english };
        )*

        /// All texts of this module: name, English, German.
        pub const TABLE: &[(&str, &str, &str)] = &[$((stringify!($name), $english, $german)),*];
    };
}

pub mod recordings;
pub mod settings;

texts! {
    behind 0;

    // The state of the recording.
    RECORD: "Record", "Aufnehmen";
    STOP: "Stop", "Stopp";
    PAUSE: "Pause", "Pause";
    RESUME: "Resume", "Fortsetzen";
    TRY_AGAIN: "Try again", "Noch einmal";
    END_TURN: "End turn", "Abschnitt beenden";
    READY: "Ready", "Bereit";
    WAITING_FOR_MICROPHONE: "Waiting for the microphone", "Wartet auf das Mikrofon";
    RECORDING_CONNECTING: "Recording, still connecting", "Aufnahme läuft, verbindet noch";
    RECORDING: "Recording", "Aufnahme läuft";
    STANDBY: "Listening, not connected", "Hört zu, nicht verbunden";
    RECORDING_RECONNECTING: "Recording, reconnecting", "Aufnahme läuft, verbindet neu";
    PAUSED: "Paused", "Pausiert";
    WAITING_FOR_A_MICROPHONE: "Waiting for a microphone", "Wartet auf ein Mikrofon";
    CONNECTING_TO_SEND: "Connecting to send the rest. Stop discards only the rest",
        "Verbindet sich, um den Rest zu senden. „Stopp“ verwirft nur diesen";
    SENDING: "Sending the rest. Stop discards only the rest", "Sendet den Rest. „Stopp“ verwirft nur diesen";
    TO_GO: "{} to go", "noch {}";
    FINISHING: "Finishing", "Wird beendet";

    // A file that is transcribed.
    TRANSCRIBE_FILE: "Transcribe a file", "Datei transkribieren";
    READING: "Reading the file", "Datei wird gelesen";
    TRANSCRIBING: "Transcribing", "Transkribiert";
    TRANSCRIBING_RECONNECTING: "Transcribing, reconnecting", "Transkribiert, verbindet neu";
    READING_FILE: "Reading {}…", "{} wird gelesen\u{a0}…";
    TRANSCRIBING_FILE: "Transcribing {}, as fast as it was spoken. Stop ends it and keeps what there is.",
        "{} wird in Sprechgeschwindigkeit transkribiert. „Stopp“ beendet die Aufnahme und behält, was da ist.";
    TRANSCRIBING_FILE_HERE: "Transcribing {}, as fast as the server recognises it. Stop ends it and keeps what there is.",
        "{} wird transkribiert, so schnell der Server es erkennt. „Stopp“ beendet die Aufnahme und behält, was da ist.";
    FILE_SHARE: "How much of the file is transcribed", "Wie viel der Datei transkribiert ist";
    FILE_TIME: "{} of {} done, about {} left", "{} von {} fertig, noch etwa {}";
    FILE_BUSY: "Stop the recording, then choose the file again.",
        "Stoppe die Aufnahme und wähle die Datei dann noch einmal.";
    ONE_FILE_AT_A_TIME: "Only {} is transcribed: one file at a time. Drop the others when it is done.",
        "Nur {} wird transkribiert: eine Datei nach der anderen. Zieh die übrigen herein, wenn sie fertig ist.";
    FILE_TOO_LARGE: "{} is too large for this browser. Choose a file of at most {}\u{a0}MB.",
        "{} ist zu groß für diesen Browser. Wähle eine Datei von höchstens {}\u{a0}MB.";
    FILE_TOO_LARGE_WITHOUT_LENGTH: "{} does not say how long it is, and without that it is too large for this browser. Choose a file of at most {}\u{a0}MB, or save it in another format, such as MP3 or M4A.",
        "{} gibt keine Länge an und ist ohne diese Angabe zu groß für diesen Browser. Wähle eine Datei von höchstens {}\u{a0}MB oder speichere sie in einem anderen Format, etwa MP3 oder M4A.";
    FILE_TOO_LONG: "{} is longer than {}\u{a0}minutes, more than this browser can read at once. Cut it into parts.",
        "{} ist länger als {}\u{a0}Minuten, mehr als dieser Browser auf einmal lesen kann. Zerteile die Datei.";
    FILE_MISSING: "This browser could not read {}. Choose a file that is stored on this device, not a folder.",
        "Dieser Browser konnte {} nicht lesen. Wähle eine Datei, die auf diesem Gerät gespeichert ist, keinen Ordner.";
    FILE_UNREADABLE: "This browser finds no sound that it can read in {}. Choose an audio or video file, such as MP3, M4A, MP4 or WAV.",
        "Dieser Browser findet in {} keinen Ton, den er lesen kann. Wähle eine Audio- oder Videodatei, etwa MP3, M4A, MP4 oder WAV.";

    // Recovery of an unfinished recording.
    UNFINISHED: "A recording ({} long) from {}, {}, was not finished. {}",
        "Eine Aufnahme ({} lang) vom {}, {}, wurde nicht beendet. {}";
    CONTINUE_IT_OR: "Continue it, save what there is, or discard it.",
        "Setze sie fort, sichere sie oder verwirf sie.";
    KEEP_FILE_OR: "It is of a file: keep what there is, or add the file again.",
        "Sie ist aus einer Datei: Behalte, was da ist, oder füge die Datei noch einmal hinzu.";
    KEEP_AS_IT_IS: "Keep as it is", "So behalten";
    WITHOUT_WORDS: "without words yet", "noch ohne Wörter";
    WITH_ONE_WORD: "with one word", "mit einem Wort";
    WITH_WORDS: "with {}\u{a0}words", "mit {}\u{a0}Wörtern";

    // The transcript.
    NOT_TRANSCRIBED: "[{} not transcribed]", "[{} nicht transkribiert]";
    SPEAKER: "Speaker {}", "Sprecher {}";
    SPEAKER_OF_CONNECTION: "Speaker {} ({})", "Sprecher {} ({})";
    REVISED: "speaker corrected", "Sprecher korrigiert";
    EDITED: "edited", "bearbeitet";
    TOOLS_NOT_LOADED: "This part of the page could not be loaded. Check the network and that the server runs, then try again, or reload the page.",
        "Dieser Teil der Seite konnte nicht geladen werden. Prüfe das Netz und ob der Server läuft, dann versuche es noch einmal oder lade die Seite neu.";
    LISTENING: "Listening…", "Hört zu\u{a0}…";
    NOTHING_HEARD: "This recording has no words.", "Diese Aufnahme hat keine Wörter.";
    BACK_TO_THE_END: "Back to the end", "Zurück ans Ende";

    // The texts of the manifest, which has some of index.html, too.
    DESCRIPTION: "Turns speech into text while it is spoken.", "Macht aus Sprache Text, während gesprochen wird.";

    // The texts of index.html.
    TITLE: "Speech to text, while you speak", "Aus Sprache wird Text, während du sprichst";
    HEADING: "Speech to text", "Sprache zu Text";
    HEADING_REST: "while you speak", "während du sprichst";
    LOADING: "Loading", "Lädt";
    LOCAL_HERE: "Transcribed on this computer (Moonshine {}, English). Nothing leaves it.",
        "Die Mitschrift entsteht auf diesem Rechner (Moonshine {}, Englisch). Nichts verlässt ihn.";
    LOCAL_ON_SERVER: "Transcribed on this server (Moonshine {}, English), by no other service.",
        "Die Mitschrift entsteht auf diesem Server (Moonshine {}, Englisch), ohne einen anderen Dienst.";
    DEMO: "This is a demo.", "Dies ist eine Demo.";
    DEMO_REST: "It notices when you speak, but its words are a fixed text, not what you say. To see your own, start the server with a speech model or an AssemblyAI key.",
        "Sie merkt, wann du sprichst, zeigt aber einen festen Text statt deiner Worte. Um deine eigenen zu sehen, starte den Server mit einem Sprachmodell oder einem AssemblyAI-Schlüssel.";
    DISMISS: "Dismiss this message", "Diese Meldung schließen";
    UNFINISHED_RECORDING: "Unfinished recording", "Unbeendete Aufnahme";
    CONTINUE: "Continue", "Weiter aufnehmen";
    SAVE_THE_TEXT: "Save the text", "Text sichern";
    SAVE_THE_AUDIO: "Save the audio", "Ton sichern";
    DISCARD: "Discard", "Verwerfen";
    TRANSCRIPT: "Transcript", "Mitschrift";
    HINT: "Press Record and speak. The words appear here.", "Drücke „Aufnehmen“ und sprich. Die Worte erscheinen hier.";
    HINT_SENT: "While you record, the sound goes to AssemblyAI, which turns it into words.",
        "Während der Aufnahme geht der Ton an AssemblyAI und wird dort zu Text.";
    HINT_KEPT: "Text and audio are stored in this browser, under Recordings.",
        "Text und Ton werden in diesem Browser gespeichert und stehen unter „Aufnahmen“.";
    HINT_FILE: "Drop an audio or video file here to have it transcribed.",
        "Lege eine Audio- oder Videodatei hier ab, um sie transkribieren zu lassen.";
    HINT_KEYS: "All shortcuts", "Alle Tastenkürzel";
    DETAILS: "Details", "Einzelheiten";
    VOICE_OFF: "Voice processing: off", "Tonbearbeitung: aus";
    VOICE_ON: "Voice processing: on", "Tonbearbeitung: ein";
    CAPTURED: "Captured", "Aufgenommen";
    SENT: "Sent", "Gesendet";
    CONFIRMED: "Confirmed", "Bestätigt";
    DROPPED: "Not transcribed", "Nicht transkribiert";
    RECONNECTS: "Reconnects", "Neu verbunden";
    NOT_CONNECTED: "Not connected while nobody spoke", "Nicht verbunden, weil niemand sprach";
    OPEN: "Connection open (billed)", "Verbindung offen (kostenpflichtig)";
    REAL_TIME_FACTOR: "Real-time factor (computing per second of sound)", "Echtzeitfaktor (Rechenzeit je Sekunde Ton)";
    LATENCY: "From word to page (p50 / p95)", "Vom Wort bis zur Anzeige (p50 / p95)";
    LANGUAGE_LATER: "This language applies from the next visit.",
        "Diese Sprache gilt ab dem nächsten Besuch.";
    NOT_STARTED: "This page could not start. Reload it; if that does not help, try a current version of your browser.",
        "Diese Seite konnte nicht starten. Lade sie neu; hilft das nicht, nutze eine aktuelle Version deines Browsers.";
    PROCESSING: "Voice processing by the browser, from the next time the microphone is opened (words are recognised best without):",
        "Tonbearbeitung durch den Browser, ab dem nächsten Öffnen des Mikrofons (ohne sie werden Wörter am besten erkannt):";
    ECHO_CANCELLATION: "Cancel echo", "Echo entfernen";
    NOISE_SUPPRESSION: "Suppress noise", "Rauschen unterdrücken";
    AUTO_GAIN: "Adjust the level", "Lautstärke anpassen";
    DOES_OTHERWISE: "(this browser ignores this setting)", "(dieser Browser hält sich nicht daran)";
    READ_OUT: "Screen readers read out each turn as it ends", "Screenreader lesen jeden fertigen Abschnitt vor";
    LANGUAGE: "Language of this page", "Sprache dieser Seite";
    LEVEL: "Microphone level", "Pegel des Mikrofons";
    TIME_RECORDED: "Time recorded", "Aufgenommene Zeit";
    MICROPHONE: "Microphone", "Mikrofon";
    DEFAULT_MICROPHONE: "Default microphone", "Standardmikrofon";
    SHARED_SOUND: "Sound of a tab or the computer", "Ton eines Tabs oder des Computers";
    SHARED_AND_MICROPHONE: "Microphone and computer sound", "Mikrofon und Computerton";
    COMPUTER_SOUND: "Computer sound", "Computerton";
    SOURCE_LEVELS: "Levels of what is recorded", "Pegel der Quellen";
    LEVEL_OF: "Level: {}", "Pegel: {}";
    SHARING_ENDED_BESIDE: "The computer sound is no longer shared. {} is still recorded. To record both again, press Stop and then Record.",
        "Der Computerton wird nicht mehr geteilt. {} wird weiter aufgenommen. Um wieder beides aufzunehmen, drücke „Stopp“ und dann „Aufnehmen“.";
    MICROPHONE_ENDED_BESIDE: "{} was disconnected. The computer sound is still recorded. To record both again, press Stop and then Record.",
        "{} wurde getrennt. Der Computerton wird weiter aufgenommen. Um wieder beides aufzunehmen, drücke „Stopp“ und dann „Aufnehmen“.";
    MICROPHONE_DENIED_BESIDE: "Only the computer sound is recorded, because the microphone was not allowed. Allow it in the browser’s address bar, then press Stop and then Record.",
        "Nur der Computerton wird aufgenommen, denn das Mikrofon wurde nicht erlaubt. Erlaube es in der Adresszeile des Browsers, dann drücke „Stopp“ und danach „Aufnehmen“.";
    NO_MICROPHONE_BESIDE: "Only the computer sound is recorded, because no microphone could be opened. Check the microphone, then press Stop and then Record.",
        "Nur der Computerton wird aufgenommen, denn es ließ sich kein Mikrofon öffnen. Prüfe das Mikrofon, dann drücke „Stopp“ und danach „Aufnehmen“.";
    WHAT_WAS_SAID: "What was said", "Was gesagt wurde";

    // Errors and warnings, with the next step.
    TOO_MANY_RECORDINGS: "The server starts no more recordings for now. Wait {}\u{a0}{}, then press Record. (429)",
        "Der Server beginnt vorerst keine weiteren Aufnahmen. Warte {}\u{a0}{}, dann drücke „Aufnehmen“. (429)";
    NO_SESSION: "The server could not start a session. Wait a little, then press Record. ({})",
        "Der Server konnte keine Sitzung beginnen. Warte ein wenig, dann drücke „Aufnehmen“. ({})";
    MICROPHONE_FAILED: "The microphone could not be started. Press Record to try again. ({})",
        "Das Mikrofon ließ sich nicht starten. Drücke „Aufnehmen“, um es noch einmal zu versuchen. ({})";
    NO_SESSION_YET: "No new session could be opened yet ({}).",
        "Es konnte noch keine neue Sitzung geöffnet werden ({}).";
    ENDED_WITH: "The service ended the session ({}{}).", "Der Dienst hat die Sitzung beendet ({}{}).";
    LOST_WITH: "The connection was lost ({}).", "Die Verbindung ging verloren ({}).";
    CLOSED_WITH: "{} (The connection closed with code {}: {})", "{} (Die Verbindung wurde mit Code {} geschlossen: {})";
    SAID_BY_SERVICE: "{} (The service: {}{})", "{} (Der Dienst: {}{})";
    NO_REASON: "no reason given", "ohne Angabe eines Grundes";
    MICROPHONE_LOST: "The microphone was disconnected, so the recording has ended. Check the microphone, then press Record.",
        "Das Mikrofon wurde getrennt, darum ist die Aufnahme zu Ende. Prüfe das Mikrofon, dann drücke „Aufnehmen“.";
    AUDIO_THREAD_FAILED: "The browser could not process the sound, so the recording has ended. Reload the page, then press Record.",
        "Der Browser konnte den Ton nicht verarbeiten, darum ist die Aufnahme zu Ende. Lade die Seite neu, dann drücke „Aufnehmen“.";
    NO_BEGIN: "The service did not open a session in time. Check the network, then press Record.",
        "Der Dienst hat die Sitzung nicht rechtzeitig geöffnet. Prüfe das Netz, dann drücke „Aufnehmen“.";
    NO_TERMINATION: "The service did not confirm the end of the recording, so the last words may be missing. Press Record to go on.",
        "Der Dienst hat das Ende der Aufnahme nicht bestätigt, die letzten Worte können fehlen. Drücke „Aufnehmen“, um weiterzumachen.";
    UNSENT: "No connection could be opened in time, so what you said last could not be transcribed. Check the network, then press Record.",
        "Die Verbindung kam nicht rechtzeitig zustande, darum konnte das zuletzt Gesagte nicht transkribiert werden. Prüfe das Netz, dann drücke „Aufnehmen“.";
    ENDED_BY_SERVICE: "The service ended the session. Press Record to go on.",
        "Der Dienst hat die Sitzung beendet. Drücke „Aufnehmen“, um weiterzumachen.";
    CONNECTION_DEAD: "The connection went dead. Check the network, then press Record.",
        "Die Verbindung antwortet nicht mehr. Prüfe das Netz, dann drücke „Aufnehmen“.";
    SERVER_AWAY: "The server cannot be reached.", "Der Server ist nicht zu erreichen.";
    SIGN_IN_AGAIN: "The server opens no new session: you may have to sign in again.",
        "Der Server öffnet keine neue Sitzung: Vielleicht musst du dich neu anmelden.";
    SIGN_IN: "Sign in in another tab", "In einem anderen Tab anmelden";
    SESSION_ENDED_BY_SERVICE: "The service ended the session.", "Der Dienst hat die Sitzung beendet.";
    NO_ANSWER: "The connection does not answer.", "Die Verbindung antwortet nicht.";
    MICROPHONE_BLOCKED: "The microphone was not allowed. Press Record to be asked again. If you are not asked, allow it in the browser’s address bar.",
        "Das Mikrofon wurde nicht erlaubt. Drücke „Aufnehmen“, um noch einmal gefragt zu werden. Wirst du nicht gefragt, erlaube es in der Adresszeile des Browsers.";
    MICROPHONE_FORBIDDEN: "A Permissions-Policy forbids the microphone. The server must allow it, then press Record.",
        "Eine Permissions-Policy verbietet das Mikrofon. Der Server muss es erlauben, dann drücke „Aufnehmen“.";
    NO_MICROPHONE_FOUND: "No microphone was found. Connect one, then press Record.",
        "Es wurde kein Mikrofon gefunden. Schließe eines an, dann drücke „Aufnehmen“.";
    NOT_SHARED: "No sound was shared. Press Record, choose a tab or the screen, and switch on its sound.",
        "Es wurde kein Ton geteilt. Drücke „Aufnehmen“, wähle einen Tab oder den Bildschirm und schalte dessen Ton ein.";
    MICROPHONE_BUSY: "The microphone could not be opened. Close other programs that use it, then press Record.",
        "Das Mikrofon ließ sich nicht öffnen. Schließe andere Programme, die es benutzen, dann drücke „Aufnehmen“.";
    INSECURE_PAGE: "Browsers give the microphone only to pages on https or on localhost. Open this page at an https:// address or at http://localhost.",
        "Browser geben das Mikrofon nur Seiten auf https oder localhost. Öffne diese Seite unter einer https://-Adresse oder unter http://localhost.";
    UNSUPPORTED_BROWSER: "This browser cannot record audio in a page. Use a current Chrome, Edge, Firefox or Safari.",
        "Dieser Browser kann in einer Seite keinen Ton aufnehmen. Nutze ein aktuelles Chrome, Edge, Firefox oder Safari.";
    WORKLET_NOT_LOADED: "A part of this page could not be loaded. Check the network and that the server runs, then press Record.",
        "Ein Teil dieser Seite konnte nicht geladen werden. Prüfe das Netz und ob der Server läuft, dann drücke „Aufnehmen“.";
    ACCOUNT_NEEDS_CREDIT: "The AssemblyAI account behind this page needs a payment card or credit. Add one in AssemblyAI’s dashboard, then press Record. (402)",
        "Das AssemblyAI-Konto hinter dieser Seite braucht eine Zahlungskarte oder Guthaben. Ergänze eines von beiden im Dashboard von AssemblyAI, dann drücke „Aufnehmen“. (402)";
    NOT_LET_IN: "The server did not let you start a session. Reload the page, sign in if it asks, then press Record.",
        "Der Server lässt dich keine Sitzung beginnen. Lade die Seite neu, melde dich an, wenn sie danach fragt, dann drücke „Aufnehmen“.";
    NO_TOKEN: "AssemblyAI gave the server no token. Press Record to try again; if that does not help, the server’s log says why: often the API key. (502)",
        "AssemblyAI hat dem Server kein Token gegeben. Drücke „Aufnehmen“, um es noch einmal zu versuchen; hilft das nicht, sagt das Protokoll des Servers, warum: Oft liegt es am API-Schlüssel. (502)";
    TOKEN_TOO_LATE: "AssemblyAI did not answer the server in time. Wait a little, then press Record. (504)",
        "AssemblyAI hat dem Server nicht rechtzeitig geantwortet. Warte ein wenig, dann drücke „Aufnehmen“. (504)";
    SERVER_UNREACHABLE: "The server cannot be reached. Check the network and that it runs, then press Record.",
        "Der Server ist nicht zu erreichen. Prüfe das Netz und ob er läuft, dann drücke „Aufnehmen“.";
    ANSWER_NOT_UNDERSTOOD: "The server’s answer was not understood. Reload the page, then press Record.",
        "Die Antwort des Servers war nicht zu verstehen. Lade die Seite neu, dann drücke „Aufnehmen“.";
    SERVER_TOO_SLOW: "The server did not answer in time. Check the network, then press Record.",
        "Der Server hat nicht rechtzeitig geantwortet. Prüfe das Netz, dann drücke „Aufnehmen“.";
    SESSION_ENDED: "The session ended. Press Record to go on.",
        "Die Sitzung ist zu Ende. Drücke „Aufnehmen“, um weiterzumachen.";
    CONNECTION_LOST: "The connection was lost. Check the network, then press Record.",
        "Die Verbindung ging verloren. Prüfe das Netz, dann drücke „Aufnehmen“.";
    SESSION_REFUSED: "The service refused the session. The operator of this page must check its API key.",
        "Der Dienst hat die Sitzung abgelehnt. Wer diese Seite betreibt, muss den API-Schlüssel prüfen.";
    TOKEN_EXPIRED: "The session was opened too late. Press Record to try again.",
        "Die Sitzung wurde zu spät geöffnet. Drücke „Aufnehmen“, um es noch einmal zu versuchen.";
    NO_CREDIT: "The AssemblyAI account behind this page has no credit left. Add some, then press Record.",
        "Das AssemblyAI-Konto hinter dieser Seite hat kein Guthaben mehr. Lade es auf, dann drücke „Aufnehmen“.";
    TOO_MANY_SESSIONS: "Too many new sessions. Wait a minute, then press Record.",
        "Zu viele neue Sitzungen. Warte eine Minute, dann drücke „Aufnehmen“.";
    SERVICE_FAULT: "The service had a fault. Wait a little, then press Record.",
        "Der Dienst hatte eine Störung. Warte ein wenig, dann drücke „Aufnehmen“.";
    SETTINGS_REFUSED: "The service refused the settings. Reset yours, or ask the operator of this page to check them.",
        "Der Dienst hat die Einstellungen abgelehnt. Setze deine zurück oder bitte den Betreiber dieser Seite, sie zu prüfen.";
    INACTIVE: "The session was closed because nothing was sent. Press Record to go on.",
        "Die Sitzung wurde geschlossen, weil nichts gesendet wurde. Drücke „Aufnehmen“, um weiterzumachen.";
    AUDIO_REFUSED: "The service refused the audio. Press Record to go on.",
        "Der Dienst hat den Ton abgelehnt. Drücke „Aufnehmen“, um weiterzumachen.";
    SESSION_EXPIRED: "The session reached its maximum duration. Press Record to go on.",
        "Die Sitzung hat ihre Höchstdauer erreicht. Drücke „Aufnehmen“, um weiterzumachen.";
    PAGE_TOO_OLD: "This page is too old for the service and must be updated.",
        "Diese Seite ist zu alt für den Dienst und muss aktualisiert werden.";
    MICROPHONE_MUTED: "The microphone is connected, but nothing is heard: it is muted. Check the system’s sound settings, or choose another microphone in the browser’s address bar.",
        "Das Mikrofon ist verbunden, aber nichts ist zu hören: Es ist stummgeschaltet. Prüfe die Toneinstellungen des Systems oder wähle in der Adresszeile des Browsers ein anderes Mikrofon.";
    MICROPHONE_FAINT: "The microphone is connected, but almost nothing is heard. Check its mute switch or its level.",
        "Das Mikrofon ist verbunden, aber fast nichts ist zu hören. Prüfe seinen Stummschalter oder stelle es lauter.";
    STORE_FULL: "the disk, or what the browser gives this site of it, is full",
        "der Datenträger oder der Platz, den der Browser dieser Seite lässt, ist voll";
    STORE_FORBIDDEN: "the browser stores nothing for this page, as in private windows",
        "der Browser speichert für diese Seite nichts, wie in privaten Fenstern";
    STORE_NEWER: "a newer version of this page has run here: reload it when you have finished",
        "in diesem Browser lief schon eine neuere Version dieser Seite; lade die Seite neu, wenn du fertig bist";
    STORE_SLOW: "the browser’s database is too slow", "die Datenbank des Browsers ist zu langsam";
    KEPT_MEANWHILE: "{} What you say is kept, and transcribed as soon as there is a connection.",
        "{} Was du sagst, bleibt erhalten und wird transkribiert, sobald wieder eine Verbindung besteht.";
    NOT_SWITCHED: "The recording goes on with the previous microphone: the other one {}.",
        "Die Aufnahme geht mit dem bisherigen Mikrofon weiter: Das andere {}.";
    NO_BACKUP: "The browser is not storing this recording: {}. The transcript goes on.",
        "Der Browser speichert diese Aufnahme nicht: {}. Die Mitschrift geht weiter.";
    NOT_STORED: "This browser has not stored all of what this page shows: {}. Export it before you leave the page.",
        "Dieser Browser hat nicht alles gespeichert, was diese Seite zeigt: {}. Exportiere es, bevor du die Seite verlässt.";
    MISCOUNTED: "The service counted {}\u{a0}s of audio, but {}\u{a0}s were sent: words may be missing.",
        "Der Dienst hat {}\u{a0}s Ton gezählt, gesendet wurden aber {}\u{a0}s: Es können Wörter fehlen.";
    MICROPHONE_GONE: "The microphone was disconnected. Connect one, or choose another, and the recording goes on by itself.",
        "Das Mikrofon wurde getrennt. Schließe eines an oder wähle ein anderes, dann geht die Aufnahme von selbst weiter.";
    SHARING_ENDED: "The sound is no longer shared. Choose a microphone or press Try again, and the recording goes on.",
        "Der Ton wird nicht mehr geteilt. Wähle ein Mikrofon oder drücke „Noch einmal“, dann geht die Aufnahme weiter.";
    MICROPHONE_REPLACED: "“{}” was unplugged. The recording goes on with “{}”.",
        "„{}“ wurde ausgesteckt. Die Aufnahme geht mit „{}“ weiter.";
    NO_SOUND: "No sound comes from the microphone any more; it is being opened again. If that does not help, choose another one.",
        "Vom Mikrofon kommt kein Ton mehr; es wird neu geöffnet. Hilft das nicht, wähle ein anderes.";
    MICROPHONE_MUTED_BY_SYSTEM: "The microphone is muted by the system or the browser. What you say is not heard until that is undone.",
        "Das Mikrofon ist vom System oder vom Browser stummgeschaltet. Was du sagst, ist nicht zu hören, bis das aufgehoben ist.";
    IS_BLOCKED: "is blocked", "ist gesperrt";
    COULD_NOT_BE_OPENED: "could not be opened", "ließ sich nicht öffnen";

    // Export.
    SAVE: "Save", "Sichern";
    EXPORT: "Export", "Export";
    EXPORT_THE_TRANSCRIPT: "Export the transcript", "Mitschrift exportieren";
    WITH_SPEAKERS: "With speakers", "Mit Sprechern";
    WITH_TIMES: "With times", "Mit Zeiten";
    OPTIONS_ARE_FOR: "Both options apply to Copy, plain text and Markdown.",
        "Beides gilt für Kopieren, Text und Markdown.";
    COPY: "Copy", "Kopieren";
    CLOSE: "Close", "Schließen";
    CANCEL: "Cancel", "Abbrechen";
    AS_TEXT: "Plain text (.txt)", "Text (.txt)";
    AS_MARKDOWN: "Markdown (.md)", "Markdown (.md)";
    AS_SRT: "Subtitles, SubRip (.srt)", "Untertitel, SubRip (.srt)";
    AS_VTT: "Subtitles, WebVTT (.vtt)", "Untertitel, WebVTT (.vtt)";
    AS_JSON: "All words with their times (.json)", "Alle Wörter mit ihren Zeiten (.json)";
    AS_WAV: "Audio (.wav)", "Ton (.wav)";
    COPIED: "Copied to the clipboard.", "In die Zwischenablage kopiert.";
    NOT_COPIED: "The browser did not let this page use the clipboard. Save it as plain text instead.",
        "Der Browser hat dieser Seite die Zwischenablage verweigert. Sichere die Mitschrift stattdessen als Text.";
    SAVED_AS: "Saved as {}.", "Gesichert als {}.";
    READING_THE_AUDIO: "Reading the audio…", "Ton wird gelesen\u{a0}…";
    CANCELLED: "Cancelled: nothing was saved.", "Abgebrochen: Nichts wurde gesichert.";
    NO_AUDIO_KEPT: "The browser keeps no audio of this page, so there is none to save. The transcript can be saved.",
        "Der Browser hat keinen Ton dieser Seite gespeichert, darum lässt sich keiner sichern. Die Mitschrift lässt sich sichern.";
    NOT_READ: "The recording could not be read from the browser’s storage. Try again.",
        "Die Aufnahme konnte nicht aus dem Speicher des Browsers gelesen werden. Versuche es noch einmal.";
    STORAGE_SILENT: "The browser has not answered for 10\u{a0}seconds when asked for the stored recording. Close other tabs of this page and try again; if that does not help, restart the browser. What is stored stays there.",
        "Der Browser hat 10\u{a0}Sekunden lang nicht geantwortet, als er nach der gespeicherten Aufnahme gefragt wurde. Schließe andere Tabs dieser Seite und versuche es noch einmal; hilft das nicht, starte den Browser neu. Was gespeichert ist, bleibt dort.";
    NOT_SAVED: "The browser could not make the file. Try again, or save in another format.",
        "Der Browser konnte die Datei nicht anlegen. Versuche es noch einmal oder sichere in einem anderen Format.";
    NO_WORDS_TO_SAVE: "There are no words to save yet.", "Es gibt noch keine Wörter zu sichern.";
    AUDIO_MISSING: "The browser has stored {} of {} of audio. In the file, missing parts are silent; at the end they are left out.",
        "Der Browser hat {} von {} Ton gespeichert. Fehlende Teile sind in der Datei still; am Ende fehlen sie ganz.";
    // The tooltip of a word.
    WORD_SURE: "{}% sure", "zu {}\u{a0}% sicher";
    WORD_AT: "at {}", "bei {}";
    DECIMAL_POINT: ".", ",";

    // Playback.
    NOT_WHILE_RECORDING: "The microphone would hear it. Pause or stop the recording to listen.",
        "Das Mikrofon würde es hören. Pausiere die Aufnahme oder beende sie, um es anzuhören.";
    AUDIO_NOT_KEPT: "The audio of this part was not kept, so it cannot be played.",
        "Der Ton dieses Teils wurde nicht gespeichert und lässt sich nicht abspielen.";
    AUDIO_NOT_PLAYED: "This browser does not play the audio. Check that it allows sound on this page.",
        "Dieser Browser spielt den Ton nicht ab. Prüfe, ob er auf dieser Seite Ton abspielen darf.";
    PLAYBACK: "Playback", "Wiedergabe";
    PLAY: "Play", "Abspielen";
    PAUSE_PLAYBACK: "Pause playback", "Wiedergabe anhalten";
    PLAY_BACK: "Back 15\u{a0}seconds", "15\u{a0}Sekunden zurück";
    PLAY_FORWARD: "Forward 15\u{a0}seconds", "15\u{a0}Sekunden vor";
    POSITION: "Playback position", "Wiedergabestelle";

    // Editing a turn.
    EDIT: "Edit", "Bearbeiten";
    EDIT_TURN: "Text of this turn", "Text dieses Abschnitts";
    SAVE_TURN: "Save turn", "Abschnitt sichern";
    DROP_EDIT: "Discard the edit", "Änderung verwerfen";
    ORIGINAL: "Back to what was heard", "Zurück zum Gehörten";
    NO_WORD_LEFT: "Leave at least one word. “Back to what was heard” undoes all edits.",
        "Lass mindestens ein Wort stehen. „Zurück zum Gehörten“ nimmt alle Änderungen zurück.";
    TURN_IS_GONE: "This turn is no longer there. Copy what you want to keep of its text.",
        "Diesen Abschnitt gibt es nicht mehr. Kopiere, was du von seinem Text behalten willst.";
    NOT_YET_OVER: "This turn is still being spoken. It can be edited once it has ended.",
        "Dieser Abschnitt wird noch gesprochen. Bearbeiten lässt er sich, sobald er zu Ende ist.";

    // Renaming a speaker.
    RENAME: "Rename {}", "{} umbenennen";
    SPEAKER_NAME: "Name", "Name";
    NAME_HINT: "The name applies to all turns of this speaker on this connection. After a reconnect the service assigns new labels, so A may then be another person. Leave the name empty to restore the label.",
        "Der Name gilt für alle Abschnitte dieses Sprechers in dieser Verbindung. Nach einer neuen Verbindung vergibt der Dienst die Buchstaben neu, A kann dann jemand anderes sein. Ein leerer Name stellt den Buchstaben wieder her.";
    GIVE_NAME: "Give this name", "So nennen";
    KEEP_NAME: "Keep the old name", "Beim alten Namen bleiben";

    // Search.
    SEARCH: "Search", "Suchen";
    REVIEW_SHORT: "Review", "Prüfen";
    REVIEW: "Review doubtful words", "Zweifelhafte Wörter prüfen";
    NEW: "New", "Neu";
    KEYS: "Shortcuts", "Kürzel";
    TOOLS: "Transcript tools", "Werkzeuge der Mitschrift";
    SEARCH_TRANSCRIPT: "Search the transcript", "Suchen in der Mitschrift";
    FOUND: "{} of {}", "{} von {}";
    FOUND_NOTHING: "not found", "nicht gefunden";
    PREVIOUS_HIT: "Previous", "Vorheriges";
    NEXT_HIT: "Next", "Nächstes";
    END_SEARCH: "End the search", "Suche beenden";

    // A new transcript.
    NEW_TRANSCRIPT: "New transcript", "Neue Mitschrift";
    NEW_QUESTION: "Delete all {}\u{a0}turns of this page, and their audio? This cannot be undone.",
        "Alle {}\u{a0}Abschnitte dieser Seite und ihren Ton löschen? Das lässt sich nicht rückgängig machen.";
    NEW_QUESTION_ONE: "Delete the one turn of this page, and its audio? This cannot be undone.",
        "Den einen Abschnitt dieser Seite und seinen Ton löschen? Das lässt sich nicht rückgängig machen.";
    NEW_QUESTION_NONE: "Delete the recording of this page? It has no words yet. This cannot be undone.",
        "Die Aufnahme dieser Seite löschen? Sie hat noch keine Wörter. Das lässt sich nicht rückgängig machen.";
    SAVE_FIRST: "Export first", "Erst exportieren";
    DELETE_ALL: "Delete this transcript", "Diese Mitschrift löschen";
    NOTHING_TO_DELETE: "There is no turn yet.", "Es gibt noch keinen Abschnitt.";
    NOT_NEW_WHILE_RECORDING: "A recording is being made. Stop it first.", "Es läuft eine Aufnahme. Beende sie zuerst.";

    // Shortcuts.
    SHORTCUTS: "Keyboard shortcuts", "Tastenkürzel";
    CAPTIONS: "Captions", "Untertitel";
    CLOSE_CAPTIONS: "Close captions", "Untertitel schließen";
    FULL_SCREEN: "Full screen", "Vollbild";
    NO_FULL_SCREEN: "This browser does not let the page fill the screen. Use full screen in the browser’s menu.",
        "Dieser Browser erlaubt der Seite kein Vollbild. Schalte es im Menü des Browsers ein.";
    SMALL_WINDOW: "Small window", "Kleines Fenster";
    NO_SMALL_WINDOW: "The browser opened no window. Allow pop-ups for this page and try again, or use full screen.",
        "Der Browser hat kein Fenster geöffnet. Erlaube dieser Seite Pop-ups und versuche es noch einmal, oder nimm das Vollbild.";
    APPEARANCE: "Appearance", "Aussehen";
    CAPTIONS_SIZE: "Size (% of the height)", "Größe (% der Höhe)";
    CAPTIONS_LINES: "Lines", "Zeilen";
    CAPTIONS_FONT: "Font", "Schrift";
    FONT_SANS: "Without serifs", "Ohne Serifen";
    FONT_SERIF: "With serifs", "Mit Serifen";
    FONT_MONO: "Fixed width", "Feste Breite";
    CAPTIONS_COLOURS: "Colours", "Farben";
    WHITE_ON_BLACK: "White on black", "Weiß auf Schwarz";
    BLACK_ON_WHITE: "Black on white", "Schwarz auf Weiß";
    YELLOW_ON_BLACK: "Yellow on black", "Gelb auf Schwarz";
    COLOURS_OF_PAGE: "As the page", "Wie die Seite";
    CAPTIONS_POSITION: "Position", "Position";
    AT_THE_BOTTOM: "Bottom", "Unten";
    AT_THE_TOP: "Top", "Oben";
    CAPTIONS_MIRRORED: "Mirrored", "Gespiegelt";
    CAPTIONS_PARTIALS: "Words that may still change", "Wörter, die sich noch ändern können";
    SINGLE_KEYS: "Single keys act on the page. Turn them off if you dictate to your computer or press keys by accident.",
        "Einzelne Tasten wirken auf die Seite. Schalte sie ab, wenn du deinem Rechner diktierst oder Tasten versehentlich triffst.";
    IN_THE_TRANSCRIPT: "In the transcript, once it has the focus", "In der Mitschrift, sobald sie den Fokus hat";
    SHORTCUTS_DONE: "Done", "Fertig";
    KEY_RECORD: "Record, or stop", "Aufnehmen oder beenden";
    KEY_PLAYBACK: "Play what was recorded, or pause it", "Aufnahme abspielen oder anhalten";
    KEY_PAUSE: "Pause, or resume", "Pausieren oder fortsetzen";
    KEY_END_TURN: "End the turn now", "Den Abschnitt jetzt beenden";
    KEY_SHORTCUTS: "These shortcuts", "Diese Tastenkürzel";
    KEY_WORDS: "Word by word", "Wort für Wort";
    KEY_TURNS: "Turn by turn", "Abschnitt für Abschnitt";
    KEY_ENDS: "First and last word of the turn; with Ctrl, of the transcript",
        "Erstes und letztes Wort des Abschnitts; mit Strg, der Mitschrift";
    KEY_PLAY: "Hear it from here, or pause; on a name, rename the speaker",
        "Ab hier hören oder Wiedergabe anhalten; auf einem Namen: umbenennen";
    KEY_EDIT: "Edit the turn", "Den Abschnitt bearbeiten";
    KEY_LEAVE: "Pause playback, or leave the words", "Wiedergabe anhalten oder die Wörter verlassen";
    KEY_CONTROL: "Ctrl", "Strg";
    KEY_ENTER: "Enter", "Eingabe";
    KEY_HOME: "Home", "Pos1";
    KEY_END: "End", "Ende";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_text_has_both_languages_with_the_same_number_of_placeholders() {
        for (name, english, german) in all() {
            let placeholders = |text: &str| text.matches("{}").count();
            assert!(!english.is_empty() && !german.is_empty(), "{name}");
            assert_eq!(placeholders(english), placeholders(german), "{name}");
            for text in [english, german] {
                assert_eq!(
                    2 * placeholders(text),
                    text.matches(['{', '}']).count(),
                    "{name} has a single brace"
                );
                assert!(!text.contains(['\t', '\n']), "{name} does not fit on one line of the file");
                assert!(!text.contains("  "), "{name} has two spaces");
                assert!(!text.contains('\''), "{name} has a straight apostrophe");
            }
        }
    }

    #[test]
    fn no_two_english_texts_are_the_same() {
        let mut seen = BTreeMap::new();
        for (name, english, _) in all() {
            assert_eq!(seen.insert(english, name), None, "{name} repeats another text");
        }
    }

    #[test]
    fn each_text_is_found_by_its_index_and_its_name() {
        let file = german_file();
        let line = |text: Text| file.lines().nth(usize::from(text.index));
        assert_eq!(line(RECORD), Some("Aufnehmen"));
        assert_eq!(line(settings::ON), Some("Ein"));
        assert_eq!(line(recordings::UNDO), Some("Rückgängig"));
        let names: std::collections::BTreeSet<_> = all().map(|(name, ..)| name).collect();
        assert_eq!(names.len(), all().count(), "two have the same name");
    }

    #[test]
    fn german_texts_quote_the_button_to_press() {
        for (name, _, german) in all() {
            for (_, button) in
                german.match_indices("rücke ").map(|(at, verb)| german.split_at(at + verb.len()))
            {
                assert!(button.starts_with('„'), "{name}: {german}");
            }
        }
    }

    /// What is counted or measured.
    const UNITS: &[&str] = &[
        "bits",
        "characters",
        "day",
        "days",
        "marker",
        "markers",
        "minutes",
        "recordings",
        "seconds",
        "terms",
        "turn",
        "turns",
        "word",
        "words",
        "Abschnitt",
        "Abschnitte",
        "Aufnahmen",
        "Begriffe",
        "Bit",
        "Marke",
        "Marken",
        "Minuten",
        "Sekunden",
        "Tag",
        "Tage",
        "Wort",
        "Wörter",
        "Wörtern",
        "Zeichen",
        "GB",
        "kB",
        "kHz",
        "MB",
        "min",
        "ms",
        "s",
    ];

    #[test]
    fn a_number_and_its_unit_stay_on_one_line() {
        for (name, english, german) in all() {
            for text in [english, german] {
                // Without those that are joined by a no-break space.
                let words: Vec<&str> = text.split(' ').collect();
                for pair in words.windows(2) {
                    let is_number = pair[0].ends_with(|last: char| last == '}' || last.is_ascii_digit());
                    let unit = pair[1].trim_end_matches(|last: char| !last.is_alphabetic());
                    assert!(!is_number || !UNITS.contains(&unit), "{name}: {pair:?}");
                }
            }
        }
    }

    #[test]
    fn placeholders_are_filled_in_order_and_none_is_left() {
        assert_eq!(fill("{} of {}", &["1", "2"]), "1 of 2");
        assert_eq!(fill("{} of {}.", &["1"]), "1 of .");
        assert_eq!(fill("none", &["1"]), "none");
    }
}
