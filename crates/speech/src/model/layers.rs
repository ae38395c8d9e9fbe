//! What encoder and decoder share: the parts of a transformer's layer.

use ndarray::ArrayViewMut2;

use crate::kernels::Linear;

/// Attention heads of a layer, in both models.
pub(crate) const HEADS: usize = 8;
/// Numbers of a head that are rotated by position.
const ROTATED: usize = 32;
/// Positions that can be told apart: 49 s of audio, more word pieces than any segment has.
pub(crate) const MAX_POSITIONS: usize = 2048;

/// The four products of an attention.
#[derive(Debug)]
pub(crate) struct Attention {
    pub(crate) query: Linear,
    pub(crate) key: Linear,
    pub(crate) value: Linear,
    pub(crate) output: Linear,
}

impl Attention {
    pub(crate) fn bytes(&self) -> usize {
        self.query.bytes() + self.key.bytes() + self.value.bytes() + self.output.bytes()
    }
}

/// Rotary position embedding: sine and cosine for each position and each pair of numbers.
#[derive(Debug)]
pub(crate) struct Rotary {
    angles: Vec<[(f32, f32); ROTATED / 2]>,
}

impl Rotary {
    pub(crate) fn new() -> Self {
        let angle = |position: usize, pair: usize| {
            let angle = position as f64 * 10_000f64.powf(-2.0 * pair as f64 / ROTATED as f64);
            (angle.sin() as f32, angle.cos() as f32)
        };
        let row = |position| std::array::from_fn(|pair| angle(position, pair));
        Self { angles: (0..MAX_POSITIONS).map(row).collect() }
    }

    /// Rotates each head of each row; the first row has position `start`.
    pub(crate) fn rotate(&self, mut rows: ArrayViewMut2<'_, f32>, start: usize) {
        let head_width = rows.ncols() / HEADS;
        for (mut row, angles) in rows.rows_mut().into_iter().zip(&self.angles[start..]) {
            let Some(row) = row.as_slice_mut() else { continue };
            for head in row.chunks_exact_mut(head_width) {
                for (pair, (sine, cosine)) in head.as_chunks_mut::<2>().0.iter_mut().zip(angles) {
                    let [a, b] = *pair;
                    *pair = [a * cosine - b * sine, b * cosine + a * sine];
                }
            }
        }
    }
}
