//! What outlives a crash: a recording is kept as it comes, and after a reload or a killed tab it is offered.

mod backlog;
mod offer;
mod refusal;

pub use backlog::{Backlog, LIMIT_SAMPLES};
pub use offer::{LocalTime, Offer};
pub use refusal::Refusal;
