//! The arithmetic: plain Rust that the compiler vectorises, for the instruction set that `pulp` finds at run time.
//!
//! Products of many rows are `ndarray`'s (its `matrixmultiply` packs both sides, which measured 1.3 to 1.5 times
//! faster than dot products); products of few rows, as the decoder makes them, read the 8-bit weights directly and
//! multiply whole numbers, which measured 3 times faster than unpacking to floats.

// What is not inlined into the function that `pulp` compiled for an instruction set is not compiled for it.
#![allow(clippy::inline_always)]

mod attention;
mod elementwise;
mod linear;

pub(crate) use attention::attend;
pub(crate) use elementwise::{add, best, gated_silu, gelu, layer_norm, softmax_rows, tanh};
pub(crate) use linear::Linear;

/// Numbers that are added side by side: one AVX register, two NEON registers.
const LANES: usize = 8;

/// Rows from which unpacking weights for `matrixmultiply` is worth its cost.
const MANY_ROWS: usize = 12;

/// Whether the instruction set multiplies and adds in one instruction. Without it, `mul_add` is a slow function.
#[inline(always)]
fn is_fused(arch: pulp::Arch) -> bool {
    #[cfg(target_arch = "x86_64")]
    return !matches!(arch, pulp::Arch::Scalar);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _: pulp::Arch = arch;
        cfg!(target_arch = "aarch64")
    }
}

/// `a * b + c`, in one instruction where `FUSED`.
#[inline(always)]
fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// Sum of the lanes, pairwise.
#[inline(always)]
fn sum(v: [f32; LANES]) -> f32 {
    ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]))
}

/// The instruction set of this machine, and the portable fallback, which also older machines have.
#[cfg(test)]
fn instruction_sets() -> [pulp::Arch; 2] {
    [pulp::Arch::new(), pulp::Arch::Scalar]
}
