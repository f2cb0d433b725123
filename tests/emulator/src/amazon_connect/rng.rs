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
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = String::with_capacity(length);
        let mut bits = 0;
        for at in 0..length {
            if at % 10 == 0 {
                bits = self.next();
            }
            text.push(char::from(
                ALPHABET[usize::try_from(bits & 63).unwrap_or(0)],
            ));
            bits >>= 6;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_stream_is_pinned() {
        let mut rng = Rng::new(1);
        assert_eq!(rng.next(), 10_451_216_379_200_822_465);
        assert_eq!(rng.next(), 13_757_245_211_066_428_519);
    }

    #[test]
    fn uuids_are_version_four() {
        let mut rng = Rng::new(7);
        for _ in 0..100 {
            let id = rng.uuid();
            assert_eq!(id.len(), 36, "{id}");
            assert_eq!(&id[14..15], "4", "{id}");
            assert!("89ab".contains(&id[19..20]), "{id}");
        }
    }

    #[test]
    fn a_range_holds_its_ends() {
        let mut rng = Rng::new(3);
        let seen: std::collections::BTreeSet<u64> = (0..200).map(|_| rng.range(4, 6)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [4, 5, 6]);
        assert_eq!(rng.range(9, 9), 9);
        assert_eq!(rng.range(9, 2), 9);
    }
}
