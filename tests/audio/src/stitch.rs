/// So many samples (100 ms) of a recording with room noise occur in one place only.
const KEY: usize = 1_600;

/// Joins the audio of consecutive sessions, each of which starts by repeating samples that the one before may have lost.
///
/// A client with a journal sends exactly the same samples again, so two sessions join where all samples of their
/// overlap are equal.
///
/// # Errors
/// Never at present: a session without an overlap is appended.
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
        // Tries the latest position first. An overlap shorter than the key may be chance, so those come last.
        let uncertain_from = whole.len().saturating_sub(KEY.min(session.len()) - 1);
        let at = (0..uncertain_from)
            .rev()
            .find(joins)
            .or_else(|| (uncertain_from..=whole.len()).find(|at| joins(at) || *at == whole.len()));
        // No overlap, so it is appended: the session before was confirmed to its last sample, or samples are missing.
        let at = at.ok_or_else(|| format!("session {index} does not continue the one before"))?;
        let new = session.len().saturating_sub(whole.len() - at);
        whole.extend(&session[session.len() - new..]);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    fn noise(from: usize, to: usize) -> Vec<i16> {
        (from..to).map(|n| (n.wrapping_mul(2_654_435_761) >> 7) as i16).collect()
    }

    #[test]
    fn sessions_that_overlap_are_joined() -> TestResult {
        let sessions = [noise(0, 10_000), noise(8_000, 12_000), noise(11_900, 20_000), noise(19_000, 19_500)];
        let whole = stitch(sessions.iter().map(Vec::as_slice))?;
        assert_eq!(whole, noise(0, 20_000));
        Ok(())
    }

    #[test]
    fn samples_missing_between_two_sessions_are_missing_in_the_result() -> TestResult {
        let sessions = [noise(0, 10_000), noise(12_000, 20_000)];
        // Sessions without an overlap are appended.
        let whole = stitch(sessions.iter().map(Vec::as_slice))?;
        assert_eq!(whole.len(), 18_000);
        Ok(())
    }
}
