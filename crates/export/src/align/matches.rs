//! Which letters of two texts are the same: a longest common subsequence, by E. W. Myers, "An O(ND) Difference Algorithm
//! and Its Variations" (1986), in steps of bounded size.

/// The most differences that a step looks at. Texts that differ more are compared in several steps, each from where the
/// one before it got furthest, so that time and memory grow with the length and not with its square.
const MAX_DIFFERENCES: usize = 96;

/// For each letter of `other` the index of the letter of `one` that it is matched with. Matches are in order. `steps`
/// counts the comparisons.
pub(super) fn matches(one: &[char], other: &[char], steps: &mut usize) -> Vec<Option<usize>> {
    let mut matched = vec![None; other.len()];
    let (mut x, mut y) = (0, 0);
    while x < one.len() && y < other.len() {
        let [to_x, to_y] = advance(&one[x..], &other[y..], steps, |match_x, match_y| {
            matched[y + match_y] = Some(x + match_x);
        });
        (x, y) = (x + to_x, y + to_y);
    }
    matched
}

/// Reports the matches of the path with the fewest differences to the end, or to the furthest point that
/// [`MAX_DIFFERENCES`] reach; returns that point.
fn advance(one: &[char], other: &[char], steps: &mut usize, report: impl FnMut(usize, usize)) -> [usize; 2] {
    // For each number of differences: how far each diagonal gets in `one`. Diagonal 2i of round d is where the letters of
    // `one` are 2i - d more than those of `other`.
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    let (mut best, mut best_round) = ([0, 0], 0);
    for round in 0..=MAX_DIFFERENCES {
        let mut reached = Vec::with_capacity(round + 1);
        for diagonal in 0..=round {
            let mut x = start(rounds.last(), diagonal).0;
            // Never negative: each diagonal starts with y = 0 or below.
            let mut y = x + round - 2 * diagonal;
            *steps += 1;
            while x < one.len() && y < other.len() && one[x] == other[y] {
                (x, y) = (x + 1, y + 1);
                *steps += 1;
            }
            reached.push(x);
            // A path may leave the texts; what counts is inside.
            if x <= one.len() && y <= other.len() && x + y > best[0] + best[1] {
                (best, best_round) = ([x, y], round);
            }
        }
        rounds.push(reached);
        if best == [one.len(), other.len()] {
            break;
        }
    }
    trace_back(&rounds[..=best_round], best, report);
    best
}

/// Where a diagonal begins, after the round before, and whether that skips a letter of `one` rather than of `other`.
fn start(before: Option<&Vec<usize>>, diagonal: usize) -> (usize, bool) {
    let Some(before) = before else { return (0, false) };
    let skips_one = diagonal.checked_sub(1).and_then(|diagonal| before.get(diagonal)).map(|x| x + 1);
    let skips_other = before.get(diagonal).copied();
    (skips_one.max(skips_other).unwrap_or_default(), skips_one > skips_other)
}

/// Reports the matches on the path that ends here after the last round.
fn trace_back(rounds: &[Vec<usize>], [mut x, mut y]: [usize; 2], mut report: impl FnMut(usize, usize)) {
    for round in (0..rounds.len()).rev() {
        let before = round.checked_sub(1).map(|before| &rounds[before]);
        let (from, skips_one) = start(before, (x + round - y) / 2);
        while x > from {
            (x, y) = (x - 1, y - 1);
            report(x, y);
        }
        if skips_one {
            x -= 1;
        } else if round > 0 {
            y -= 1;
        }
    }
}
