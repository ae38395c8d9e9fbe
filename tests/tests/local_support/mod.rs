//! The server program with a model, and who may use its recogniser.

mod access;
mod program;
