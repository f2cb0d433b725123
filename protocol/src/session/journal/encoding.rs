//! Bytes in JSON: as text where they are text, in base64 otherwise; and a seed in hexadecimal.

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Written {
    Text(String),
    Bytes { base64: Base64 },
}

impl Written {
    pub(super) fn new(bytes: &[u8]) -> Self {
        match core::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Bytes { base64: Base64(bytes.to_vec()) },
        }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(text) => text.into(),
            Self::Bytes { base64 } => base64.0.into(),
        }
    }
}

/// Bytes in base64 (RFC 4648, with padding).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base64(pub(super) Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text).map(Self).ok_or_else(|| serde::de::Error::custom("this is no base64"))
    }
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| chunk.get(place).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 63;
            let digit = ALPHABET.get(index as usize).copied().filter(|_| place <= chunk.len());
            text.push(digit.map_or('=', char::from));
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in digits.chunks(4) {
        let mut bits = 0_u32;
        for digit in chunk {
            let index = ALPHABET.iter().position(|known| known == digit)?;
            bits = bits << 6 | u32::try_from(index).ok()?;
        }
        bits <<= 6 * (4 - chunk.len());
        let [_, whole @ ..] = bits.to_be_bytes();
        bytes.extend(whole.iter().take(chunk.len() - 1));
    }
    Some(bytes)
}

/// A seed in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seed(pub(super) [u8; 32]);

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let no_seed = || serde::de::Error::custom("a seed is 64 hexadecimal digits");
        if text.len() != 64 || !text.is_ascii() {
            return Err(no_seed());
        }
        let mut seed = [0; 32];
        for (place, byte) in seed.iter_mut().enumerate() {
            let digits = text.get(2 * place..2 * place + 2).ok_or_else(no_seed)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| no_seed())?;
        }
        Ok(Self(seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        // RFC 4648, section 10.
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
        }
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)), Some(all));
        for none in ["Zg=", "Z", "Zg", "====", "Zg==Zg==", "Z*=="] {
            assert_eq!(decode(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_text_is_written_as_text() {
        let written = |bytes: &[u8]| serde_json::to_string(&Written::new(bytes)).unwrap();
        assert_eq!(written("où?".as_bytes()), r#""où?""#);
        assert_eq!(written(&[255, 0]), r#"{"base64":"/wA="}"#);
        for bytes in [&b"text"[..], &[255, 254, 0, 1]] {
            let read: Written = serde_json::from_str(&written(bytes)).unwrap();
            assert_eq!(read.into_bytes(), bytes);
        }
    }

    #[test]
    fn a_seed_is_its_digits() {
        let text = serde_json::to_string(&Seed([171; 32])).unwrap();
        assert_eq!(text, format!("\"{}\"", "ab".repeat(32)));
        assert_eq!(serde_json::from_str::<Seed>(&text).unwrap(), Seed([171; 32]));
        for none in ["\"ab\"", "\"\"", "7"] {
            assert!(serde_json::from_str::<Seed>(none).is_err());
        }
        assert!(serde_json::from_str::<Seed>(&format!("\"{}\"", "xy".repeat(32))).is_err());
    }
}
