/// How much the mock lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Posture {
    /// What was seen on the wire: tokens open several sessions, a model need not be named, and short messages are
    /// refused only after about a second of them. What is let pass is a violation all the same.
    #[default]
    Live,
    /// What is documented, all of it and at once: a token opens one session, `speech_model` is required, and the
    /// first short message ends the session.
    Strict,
}
