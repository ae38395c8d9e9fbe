//! The password before the page.

mod password;

pub(crate) use self::password::is_hash;
pub use self::password::{Password, hash};
