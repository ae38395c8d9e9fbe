/// How strictly a service enforces the protocol's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Strictness {
    /// As the service was observed to behave: a token opens several sessions, `speech_model` is optional, and short
    /// audio messages end the session only after about a second of them. Tolerated violations are still recorded.
    #[default]
    Lenient,
    /// As the service is documented: a token opens one session, `speech_model` is required, and the first short audio
    /// message ends the session.
    Strict,
}
