//! The rows of the dialog.
//!
//! Left out: `session_heartbeat`, which the page needs to tell a dead connection from silence; `acknowledge_silence` and
//! `llm_gateway`, whose messages the page does not show; the webhook's address and secret, which the server's owner sets;
//! and `language`, which follows from the model.

use assemblyai_protocol::{PARAMETERS, Parameter};
use transcription_common::STANDBY;
use transcription_common::texts::Text;
use transcription_common::texts::settings as t;

/// A group of rows.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Its heading.
    pub title: Text,
    /// Its rows.
    pub fields: &'static [Field],
    /// Whether it has the buttons of [`Preset`](super::Preset).
    pub has_presets: bool,
}

/// A row.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The parameter's name on the wire, or [`REGION`] or [`STANDBY`].
    pub name: &'static str,
    /// Its label.
    pub label: Text,
    /// What it does, also to speed and accuracy.
    pub help: Text,
    /// The control that edits it.
    pub control: Control,
}

/// A control that edits a value.
#[derive(Debug, Clone, Copy)]
pub enum Control {
    /// On or off.
    Switch,
    /// One of these values, each with a label.
    Choice(&'static [(&'static str, Text)]),
    /// One of the server's regions.
    Region,
    /// One of [`STANDBY_CHOICES_S`].
    Standby,
    /// A number.
    Number,
    /// One line of text, with these as suggestions.
    Line(&'static [&'static str]),
    /// Several lines of text.
    Lines,
    /// A list, one item a line.
    Terms,
    /// A list of words, separated by commas or white space.
    Words,
}

/// The name of the field for the region, which is not a parameter.
pub const REGION: &str = "region";

/// The times of standby that are offered, in seconds; 0: never. No parameter either.
pub const STANDBY_CHOICES_S: [u32; 5] = [0, 10, 30, 60, 120];

/// The suggested models, the most accurate first (the service has older ones too).
const MODELS: &[&str] = &[
    "universal-3-6-pro",
    "universal-3-5-pro",
    "u3-rt-pro",
    "universal-streaming-english",
    "universal-streaming-multilingual",
    "whisper-rt",
];

/// All groups.
pub const GROUPS: &[Group] = &[
    group(
        t::GROUP_MODEL,
        &[
            row("speech_model", t::MODEL, t::MODEL_HELP, Control::Line(MODELS)),
            row(REGION, t::REGION, t::REGION_HELP, Control::Region),
        ],
    ),
    group(
        t::GROUP_LANGUAGE,
        &[
            row("language_detection", t::LANGUAGE_DETECTION, t::LANGUAGE_DETECTION_HELP, Control::Switch),
            row("language_codes", t::LANGUAGE_CODES, t::LANGUAGE_CODES_HELP, Control::Words),
            row("keyterms_prompt", t::KEYTERMS, t::KEYTERMS_HELP, Control::Terms),
            row("prompt", t::PROMPT, t::PROMPT_HELP, Control::Lines),
            row("domain", t::DOMAIN, t::DOMAIN_HELP, Control::Choice(&[("medical-v1", t::DOMAIN_MEDICAL)])),
        ],
    ),
    Group {
        title: t::GROUP_TURNS,
        fields: &[
            row(
                "mode",
                t::MODE,
                t::MODE_HELP,
                Control::Choice(&[
                    ("min_latency", t::MODE_FAST),
                    ("balanced", t::MODE_BALANCED),
                    ("max_accuracy", t::MODE_ACCURATE),
                ]),
            ),
            row("min_turn_silence", t::MIN_SILENCE, t::MIN_SILENCE_HELP, Control::Number),
            row("max_turn_silence", t::MAX_SILENCE, t::MAX_SILENCE_HELP, Control::Number),
            row("end_of_turn_confidence_threshold", t::CONFIDENCE, t::CONFIDENCE_HELP, Control::Number),
            row("interruption_delay", t::INTERRUPTION, t::INTERRUPTION_HELP, Control::Number),
            row("vad_threshold", t::VAD, t::VAD_HELP, Control::Number),
            row("format_turns", t::FORMAT, t::FORMAT_HELP, Control::Switch),
        ],
        has_presets: true,
    },
    group(
        t::GROUP_SPEAKERS,
        &[
            row("speaker_labels", t::SPEAKER_LABELS, t::SPEAKER_LABELS_HELP, Control::Switch),
            row("max_speakers", t::MAX_SPEAKERS, t::MAX_SPEAKERS_HELP, Control::Number),
            row("speaker_labels_revision_interval_ms", t::REVISIONS, t::REVISIONS_HELP, Control::Number),
        ],
    ),
    group(
        t::GROUP_PRIVACY,
        &[
            row("filter_profanity", t::PROFANITY, t::PROFANITY_HELP, Control::Switch),
            row("redact_pii", t::PII, t::PII_HELP, Control::Switch),
            row("redact_pii_policies", t::POLICIES, t::POLICIES_HELP, Control::Words),
            row(
                "redact_pii_sub",
                t::PII_SUB,
                t::PII_SUB_HELP,
                Control::Choice(&[("hash", t::SUB_HASH), ("entity_name", t::SUB_NAME)]),
            ),
            row("customer_support_audio_capture", t::SUPPORT, t::SUPPORT_HELP, Control::Switch),
        ],
    ),
    group(
        t::GROUP_MICROPHONE,
        &[
            row(
                "voice_focus",
                t::VOICE_FOCUS,
                t::VOICE_FOCUS_HELP,
                Control::Choice(&[("near-field", t::FOCUS_NEAR), ("far-field", t::FOCUS_FAR)]),
            ),
            row("voice_focus_threshold", t::FOCUS_THRESHOLD, t::FOCUS_THRESHOLD_HELP, Control::Number),
        ],
    ),
    group(
        t::GROUP_AUDIO,
        &[
            row(
                "encoding",
                t::ENCODING,
                t::ENCODING_HELP,
                Control::Choice(&[("pcm_s16le", t::ENCODING_PCM), ("pcm_mulaw", t::ENCODING_MULAW)]),
            ),
            row(
                "sample_rate",
                t::SAMPLE_RATE,
                t::SAMPLE_RATE_HELP,
                Control::Choice(&[("16000", t::RATE_16), ("8000", t::RATE_8)]),
            ),
        ],
    ),
    group(
        t::GROUP_ADVANCED,
        &[
            row(STANDBY, t::STANDBY_TIME, t::STANDBY_HELP, Control::Standby),
            row("continuous_partials", t::CONTINUOUS, t::CONTINUOUS_HELP, Control::Switch),
            row("include_partial_turns", t::PARTIALS, t::PARTIALS_HELP, Control::Switch),
            row("max_turn_duration", t::TURN_DURATION, t::TURN_DURATION_HELP, Control::Number),
            row("turn_left_pad_ms", t::LEFT_PAD, t::LEFT_PAD_HELP, Control::Number),
            row("agent_context", t::AGENT_CONTEXT, t::AGENT_CONTEXT_HELP, Control::Lines),
            row("previous_context_n_turns", t::PREVIOUS_TURNS, t::PREVIOUS_TURNS_HELP, Control::Number),
            row("inactivity_timeout", t::INACTIVITY, t::INACTIVITY_HELP, Control::Number),
        ],
    ),
];

const fn group(title: Text, fields: &'static [Field]) -> Group {
    Group { title, fields, has_presets: false }
}

const fn row(name: &'static str, label: Text, help: Text, control: Control) -> Field {
    Field { name, label, help, control }
}

/// The row of a parameter.
pub fn field(name: &str) -> Option<&'static Field> {
    GROUPS.iter().flat_map(|group| group.fields).find(|field| field.name == name)
}

impl Field {
    /// The parameter of the row; `None` for the region and the standby.
    pub fn parameter(&self) -> Option<&'static Parameter> {
        PARAMETERS.iter().find(|parameter| parameter.name == self.name)
    }
}
