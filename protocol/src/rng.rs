//! The session's one source of chance: jitter, ids and client tokens, and nothing else.
//!
//! xoshiro256++ (Blackman and Vigna, public domain), seeded from 32 bytes. The stream is part of the
//! contract, since a journal replays only if it stays the same; test vectors pin it.

use core::fmt;
use core::time::Duration;

/// A small deterministic generator. It is not for secrets.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A generator whose stream is decided by `seed` alone.
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let mut state = [0_u64; 4];
        for (word, bytes) in state.iter_mut().zip(seed.chunks_exact(8)) {
            let mut array = [0_u8; 8];
            array.copy_from_slice(bytes);
            *word = u64::from_le_bytes(array);
        }
        // Stirred, so that seeds which differ in one bit, or are all zero, give unlike streams.
        let mut mixer = state.iter().fold(0x9E37_79B9_7F4A_7C15, |mix: u64, word| mix.rotate_left(23) ^ word);
        for word in &mut state {
            *word ^= splitmix(&mut mixer);
        }
        Self { state }
    }

    /// The next 64 bits.
    pub(crate) const fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        let (b_next, a_next) = (b ^ c, a ^ d);
        self.state = [a_next, b_next, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// Evenly from zero to `bound`, both included; by multiplication, so the bias is below 2^-32 for
    /// any span that a timer has.
    pub(crate) fn up_to(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * (u128::from(bound) + 1);
        u64::try_from(wide >> 64).unwrap_or(bound)
    }

    /// A span evenly from zero to `longest`.
    pub(crate) fn span_up_to(&mut self, longest: Duration) -> Duration {
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.up_to(micros))
    }

    /// A version 4 UUID, as text.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next_u64(), self.next_u64());
        let high = (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000;
        let low = (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }
}

/// Only the fact that it is there: whoever knows the state knows every client token to come.
impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rng(..)")
    }
}

const fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests;
