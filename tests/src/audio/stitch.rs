/// Samples that tell a place in a recording of a room from all others: 100 ms.
const KEY: usize = 1_600;

/// Puts the audio of sessions together where each begins again with what the one before may have lost.
///
/// A client that keeps what it captures sends the very same samples again, so the place is where they are equal, to
/// the last one that both have.
///
/// # Errors
/// Which session has nothing in common with those before it: something between them is missing.
pub fn stitch<'a>(sessions: impl IntoIterator<Item = &'a [i16]>) -> Result<Vec<i16>, String> {
    let mut whole: Vec<i16> = Vec::new();
    for (index, session) in sessions.into_iter().enumerate() {
        if whole.is_empty() || session.is_empty() {
            whole.extend(session);
            continue;
        }
        let joins = |&at: &usize| {
            let common = session.len().min(whole.len() - at);
            common > 0 && whole[at..at + common] == session[..common]
        };
        // The latest place first; one at the very end has less to show for it, so it comes last.
        let certain = whole.len().saturating_sub(KEY.min(session.len()) - 1);
        let at = (0..certain)
            .rev()
            .find(joins)
            .or_else(|| (certain..=whole.len()).find(|at| joins(at) || *at == whole.len()));
        // Nothing in common but the end: the session before was confirmed to its last sample, or something is missing.
        let at = at.ok_or_else(|| format!("session {index} does not join on"))?;
        let new = session.len().saturating_sub(whole.len() - at);
        whole.extend(&session[session.len() - new..]);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(from: usize, to: usize) -> Vec<i16> {
        (from..to).map(|n| (n.wrapping_mul(2_654_435_761) >> 7) as i16).collect()
    }

    #[test]
    fn sessions_that_overlap_are_put_together() {
        let sessions = [noise(0, 10_000), noise(8_000, 12_000), noise(11_900, 20_000), noise(19_000, 19_500)];
        let whole = stitch(sessions.iter().map(Vec::as_slice)).expect("they overlap");
        assert_eq!(whole, noise(0, 20_000));
    }

    #[test]
    fn what_is_missing_between_two_sessions_is_missing_in_the_whole() {
        let sessions = [noise(0, 10_000), noise(12_000, 20_000)];
        let whole = stitch(sessions.iter().map(Vec::as_slice)).expect("no overlap is no fault of its own");
        assert_eq!(whole.len(), 18_000);
    }
}
