//! A small seeded generator (SplitMix64). Its stream is part of "same seed, same outputs".

/// The generator.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `from..=to`; the bias of the remainder does not matter here.
    pub(crate) const fn range(&mut self, from: u64, to: u64) -> u64 {
        if to <= from {
            return from;
        }
        let width = to - from;
        if width == u64::MAX {
            return self.next();
        }
        from + self.next() % (width + 1)
    }

    /// A version 4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | (b >> 48) & 0x3fff,
            b & 0xffff_ffff_ffff
        )
    }

    /// An opaque text of `length` characters, with characters that need care in a query.
    pub(crate) fn token(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = String::with_capacity(length);
        let mut bits = 0;
        for at in 0..length {
            if at % 10 == 0 {
                bits = self.next();
            }
            text.push(char::from(ALPHABET[usize::try_from(bits & 63).unwrap_or(0)]));
            bits >>= 6;
        }
        text
    }
}

#[cfg(test)]
mod tests;
