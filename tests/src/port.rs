//! Ports that no earlier test of this program has used.
//!
//! A browser keeps what a page stores by host and port, and tests share browsers: at a port that comes again, a page
//! would find the recordings and settings of another test.

use std::collections::BTreeSet;
use std::io;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

/// The ports of this program's tests.
static USED: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// Listens on a free port of 127.0.0.1 that it has not returned before.
///
/// # Errors
/// If no port is free.
pub fn listen() -> io::Result<TcpListener> {
    let bind = || {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    };
    first_unused(&mut USED.lock().unwrap_or_else(PoisonError::into_inner), bind)
}

fn first_unused<T>(
    used: &mut BTreeSet<u16>,
    mut bind: impl FnMut() -> io::Result<(T, u16)>,
) -> io::Result<T> {
    loop {
        let (listener, port) = bind()?;
        if used.insert(port) {
            return Ok(listener);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_comes_again_is_not_used_again() -> io::Result<()> {
        let mut free = [5, 5, 7, 5, 9].into_iter();
        let mut used = BTreeSet::new();
        let mut next = || {
            first_unused(&mut used, || {
                let port = free.next().ok_or(io::ErrorKind::AddrInUse)?;
                Ok((port, port))
            })
        };
        assert_eq!([next()?, next()?, next()?], [5, 7, 9]);
        assert_eq!(next().map_err(|error| error.kind()), Err(io::ErrorKind::AddrInUse));
        Ok(())
    }

    #[test]
    fn something_listens_on_each_port() -> io::Result<()> {
        let (one, other) = (listen()?, listen()?);
        assert_ne!(one.local_addr()?, other.local_addr()?);
        std::net::TcpStream::connect(one.local_addr()?)?;
        Ok(())
    }
}
