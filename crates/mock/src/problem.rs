/// An error at a place in a text.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column in characters, from 1.
    pub(crate) column: usize,
    /// What is wrong.
    pub(crate) text: String,
}
