//! The decoder: writes word pieces, one after the other, while it looks at the encoded audio.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, s};
use pulp::Arch;

use super::encoder::{columns, flat, flat_mut, rows, scale};
use super::layers::{Attention, HEADS, MAX_POSITIONS, Rotary};
use super::weights;
use crate::error::Fault;
use crate::kernels::{Linear, add, attend, best, gated_silu, layer_norm, softmax_rows};
use crate::ort_file::OrtFile;
use crate::tokenizer::{BEGIN, END, VOCABULARY};

/// From so many queries on, products of matrices are faster than one query after the other.
const MANY_QUERIES: usize = 6;
/// Longest period of a loop that is looked for, in word pieces.
const MAX_LOOP_PERIOD: usize = 24;
/// How often a sequence must come in a row to be a loop. People say "no" three times, seldom four.
const LOOP_REPEATS: usize = 4;

#[derive(Debug)]
pub(crate) struct Decoder {
    layers: Vec<Layer>,
    norm: Vec<f32>,
    /// Writes the scores of all pieces; its rows are also the pieces' embeddings.
    head: Linear,
    /// Layers and heads whose attention follows the words through the audio.
    alignment_heads: &'static [(usize, usize)],
}

#[derive(Debug)]
struct Layer {
    norm1: Vec<f32>,
    own: Attention,
    norm2: Vec<f32>,
    cross: Attention,
    norm3: Vec<f32>,
    expand: Linear,
    contract: Linear,
}

/// Keys and values of the encoded audio, for each layer.
#[derive(Debug)]
struct AudioContext {
    keys: Vec<Array2<f32>>,
    values: Vec<Array2<f32>>,
    frames: usize,
}

/// Keys and values of the pieces so far, for each layer, and where the decoder looked.
#[derive(Debug)]
struct TextContext {
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
    /// A row for each piece: the attention of the alignment heads to each audio frame.
    attention: Vec<f32>,
    pieces: usize,
}

/// A written word piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) id: u32,
    /// From 0 to 1; not calibrated.
    pub(crate) probability: f32,
}

/// Why the decoder stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It wrote the end of the text.
    End,
    /// It repeated itself; the repetitions are cut off.
    Loop,
    /// It wrote more pieces than anybody speaks in the time.
    Limit,
}

/// What the decoder wrote.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// Without the end mark.
    pub(crate) pieces: Vec<Piece>,
    pub(crate) stop: Stop,
    /// A row for each piece and one for the end: how much the alignment heads looked at each audio frame.
    pub(crate) attention: Vec<f32>,
    /// Audio frames: numbers in a row of `attention`.
    pub(crate) frames: usize,
}

impl Decoder {
    pub(super) fn load(
        file: &OrtFile<'_>,
        width: usize,
        layers: usize,
        alignment_heads: &'static [(usize, usize)],
    ) -> Result<Self, Fault> {
        let is_gated = (0..layers).any(|i| file.has_node(&format!("layers.{i}/mlp/up_proj/")));
        let (expand, contract) = if is_gated { ("up_proj", "down_proj") } else { ("fc1", "fc2") };
        let layer = |i: usize| {
            let name = format!("model.decoder.layers.{i}");
            let norm = |norm: &str| weights::vector(file, &format!("{name}.{norm}.weight"), width);
            let bias = |part: &str, count| weights::vector(file, &format!("{name}.mlp.{part}.bias"), count);
            let mlp = |part: &str, outputs, inputs| {
                let linear = weights::linear(file, &format!("layers.{i}/mlp/{part}"), outputs, inputs)?;
                Ok::<_, Fault>(linear.with_bias(bias(part, outputs)?))
            };
            Ok(Layer {
                norm1: norm("input_layernorm")?,
                own: weights::attention(file, &format!("layers.{i}/self_attn"), width)?,
                norm2: norm("post_attention_layernorm")?,
                cross: weights::attention(file, &format!("layers.{i}/encoder_attn"), width)?,
                norm3: norm("final_layernorm")?,
                expand: mlp(expand, 8 * width, width)?,
                contract: mlp(contract, width, 4 * width)?,
            })
        };
        Ok(Self {
            layers: (0..layers).map(layer).collect::<Result<_, Fault>>()?,
            norm: weights::vector(file, "model.decoder.norm.weight", width)?,
            head: weights::linear(file, "proj_out", VOCABULARY, width)?,
            alignment_heads,
        })
    }

    pub(super) fn bytes(&self) -> usize {
        let layer = |layer: &Layer| {
            layer.own.bytes() + layer.cross.bytes() + layer.expand.bytes() + layer.contract.bytes()
        };
        self.head.bytes() + self.layers.iter().map(layer).sum::<usize>()
    }

    /// The most probable pieces, of which none is in `suppressed`; at most `limit`.
    ///
    /// `draft` is a guess, normally the pieces of the same audio's beginning. All of it is checked in one pass, so
    /// pieces that still hold cost little. The result is the same as without a draft.
    pub(super) fn decode(
        &self,
        arch: Arch,
        rotary: &Rotary,
        encoded: ArrayView2<'_, f32>,
        draft: &[u32],
        suppressed: &[u32],
        limit: usize,
    ) -> Decoded {
        let limit = limit.min(MAX_POSITIONS - 2);
        let audio = self.audio_context(arch, encoded);
        let mut text = TextContext::new(self.layers.len());
        let mut pieces: Vec<Piece> = vec![];
        let mut input = vec![BEGIN];
        input.extend(draft.iter().filter(|id| (**id as usize) < VOCABULARY).take(limit));
        let stop = 'text: loop {
            let next = self.step(arch, rotary, &audio, &mut text, &input, suppressed);
            for (at, piece) in next.into_iter().enumerate() {
                if piece.id == END {
                    break 'text Stop::End;
                }
                let is_as_drafted = input.get(at + 1) == Some(&piece.id);
                pieces.push(piece);
                if let Some(period) = loop_period(&pieces) {
                    pieces.truncate(pieces.len() - (LOOP_REPEATS - 1) * period);
                    break 'text Stop::Loop;
                }
                if !is_as_drafted {
                    break;
                }
            }
            // What the draft had after the first difference was computed in vain.
            text.truncate(pieces.len(), self.norm.len(), audio.frames);
            match pieces.last() {
                Some(last) if pieces.len() < limit => input = vec![last.id],
                _ => break Stop::Limit,
            }
        };
        text.truncate(pieces.len() + 1, self.norm.len(), audio.frames);
        Decoded { pieces, stop, attention: text.attention, frames: audio.frames }
    }

    fn audio_context(&self, arch: Arch, encoded: ArrayView2<'_, f32>) -> AudioContext {
        let apply = |part: fn(&Layer) -> &Linear| {
            self.layers.iter().map(|layer| part(layer).apply(arch, encoded)).collect()
        };
        AudioContext {
            keys: apply(|layer| &layer.cross.key),
            values: apply(|layer| &layer.cross.value),
            frames: encoded.nrows(),
        }
    }

    /// The best piece after each of `input`, which follows the pieces in `text`.
    fn step(
        &self,
        arch: Arch,
        rotary: &Rotary,
        audio: &AudioContext,
        text: &mut TextContext,
        input: &[u32],
        suppressed: &[u32],
    ) -> Vec<Piece> {
        let width = self.norm.len();
        let mut x: Vec<f32> = input.iter().flat_map(|id| self.head.row(*id as usize)).collect();
        text.attention.resize((text.pieces + input.len()) * audio.frames, 0.0);
        for (at, layer) in self.layers.iter().enumerate() {
            let normed = layer_norm(arch, &x, &layer.norm1);
            let attended = text.attend(arch, rotary, at, &layer.own, rows(&normed, width));
            add(&mut x, flat(&layer.own.output.apply(arch, attended.view())));
            let normed = layer_norm(arch, &x, &layer.norm2);
            let queries = layer.cross.query.apply(arch, rows(&normed, width));
            let attended = self.attend_to_audio(arch, audio, at, &queries, text);
            add(&mut x, flat(&layer.cross.output.apply(arch, attended.view())));
            let normed = layer_norm(arch, &x, &layer.norm3);
            let expanded = layer.expand.apply(arch, rows(&normed, width));
            let gated = gated_silu(arch, flat(&expanded), 4 * width);
            add(&mut x, flat(&layer.contract.apply(arch, rows(&gated, 4 * width))));
        }
        text.pieces += input.len();
        let normed = layer_norm(arch, &x, &self.norm);
        let mut scores = self.head.apply(arch, rows(&normed, width));
        let best_piece = |row: &mut [f32]| {
            for id in suppressed {
                row[*id as usize] = f32::MIN;
            }
            let (id, probability) = best(arch, row);
            Piece { id: id as u32, probability }
        };
        flat_mut(&mut scores).chunks_exact_mut(VOCABULARY).map(best_piece).collect()
    }

    fn attend_to_audio(
        &self,
        arch: Arch,
        audio: &AudioContext,
        layer: usize,
        queries: &Array2<f32>,
        text: &mut TextContext,
    ) -> Array2<f32> {
        let (count, width) = queries.dim();
        let head_width = width / HEADS;
        let frames = audio.frames;
        let mut output = Array2::zeros((count, width));
        let mut weights = Array2::zeros((count, frames));
        for head in 0..HEADS {
            let columns = columns(head, head_width);
            let keys = audio.keys[layer].slice(s![.., columns.clone()]);
            let values = audio.values[layer].slice(s![.., columns.clone()]);
            if count < MANY_QUERIES {
                for (row, weights) in flat_mut(&mut weights).chunks_exact_mut(frames).enumerate() {
                    let at = row * width + columns.start..row * width + columns.end;
                    let (query, output) = (&flat(queries)[at.clone()], &mut flat_mut(&mut output)[at]);
                    attend(arch, query, keys, values, scale(head_width), weights, output);
                }
            } else {
                let queries = queries.slice(s![.., columns.clone()]);
                general_mat_mul(1.0, &queries, &keys.t(), 0.0, &mut weights);
                softmax_rows(arch, flat_mut(&mut weights), frames, scale(head_width));
                general_mat_mul(1.0, &weights, &values, 0.0, &mut output.slice_mut(s![.., columns]));
            }
            if self.alignment_heads.contains(&(layer, head)) {
                add(&mut text.attention[text.pieces * frames..], flat(&weights));
            }
        }
        output
    }
}

impl TextContext {
    fn new(layers: usize) -> Self {
        Self { keys: vec![vec![]; layers], values: vec![vec![]; layers], attention: vec![], pieces: 0 }
    }

    /// Appends the new pieces of `x` to a layer's keys and values; each piece attends to those before it.
    fn attend(
        &mut self,
        arch: Arch,
        rotary: &Rotary,
        layer: usize,
        attention: &Attention,
        x: ArrayView2<'_, f32>,
    ) -> Array2<f32> {
        let (count, width) = x.dim();
        let head_width = width / HEADS;
        let mut queries = attention.query.apply(arch, x);
        let mut keys = attention.key.apply(arch, x);
        rotary.rotate(queries.view_mut(), self.pieces);
        rotary.rotate(keys.view_mut(), self.pieces);
        self.keys[layer].extend_from_slice(flat(&keys));
        self.values[layer].extend_from_slice(flat(&attention.value.apply(arch, x)));
        let (keys, values) = (rows(&self.keys[layer], width), rows(&self.values[layer], width));
        let mut weights = vec![0.0; self.pieces + count];
        let mut output = Array2::zeros((count, width));
        for row in 0..count {
            let seen = self.pieces + row + 1;
            for head in 0..HEADS {
                let columns = columns(head, head_width);
                let at = row * width + columns.start..row * width + columns.end;
                let (query, output) = (&flat(&queries)[at.clone()], &mut flat_mut(&mut output)[at]);
                let (keys, values) =
                    (keys.slice(s![..seen, columns.clone()]), values.slice(s![..seen, columns]));
                attend(arch, query, keys, values, scale(head_width), &mut weights[..seen], output);
            }
        }
        output
    }

    fn truncate(&mut self, pieces: usize, width: usize, frames: usize) {
        for rows in self.keys.iter_mut().chain(&mut self.values) {
            rows.truncate(pieces * width);
        }
        self.attention.truncate(pieces * frames);
        self.pieces = self.pieces.min(pieces);
    }
}

/// The period, in pieces, in which the last pieces repeat themselves.
fn loop_period(pieces: &[Piece]) -> Option<usize> {
    let longest = MAX_LOOP_PERIOD.min(pieces.len() / LOOP_REPEATS);
    (1..=longest).find(|period| {
        let tail = &pieces[pieces.len() - LOOP_REPEATS * period..];
        tail.iter().zip(&tail[*period..]).all(|(a, b)| a.id == b.id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<Piece> {
        text.bytes().map(|byte| Piece { id: byte.into(), probability: 1.0 }).collect()
    }

    #[test]
    fn loops_of_any_period_are_found() {
        assert_eq!(loop_period(&pieces("xaaaa")), Some(1));
        assert_eq!(loop_period(&pieces("abcabcabcabc")), Some(3));
        assert_eq!(loop_period(&pieces(&"the end of it, ".repeat(4))), Some(15));
    }

    #[test]
    fn what_people_repeat_is_no_loop() {
        for text in ["", "a", "no, no, no", "aaa", "abababb", "abcabcabc"] {
            assert_eq!(loop_period(&pieces(text)), None, "{text}");
        }
    }
}
