//! Bytes in JSON: as text where they are text, in base64 otherwise; and a seed in hexadecimal.

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
pub(super) struct Base64(Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&BASE64.encode_display(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text.as_bytes());
        bytes.map(Self).map_err(|_| serde::de::Error::custom("this is no base64"))
    }
}

/// A seed in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seed(pub(super) [u8; 32]);

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&HEXLOWER.encode_display(&self.0))
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).ok();
        let seed = bytes.and_then(|bytes| bytes.try_into().ok());
        seed.map(Self).ok_or_else(|| serde::de::Error::custom("a seed is 64 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_text_is_written_as_text() {
        let written = |bytes: &[u8]| serde_json::to_string(&Written::new(bytes)).unwrap();
        assert_eq!(written("où?".as_bytes()), r#""où?""#);
        assert_eq!(written(&[255, 0]), r#"{"base64":"/wA="}"#);
        for bytes in [&b"text"[..], &[255, 254, 0, 1]] {
            let read: Written = serde_json::from_str(&written(bytes)).unwrap();
            assert_eq!(read.into_bytes(), bytes);
        }
        assert!(serde_json::from_str::<Written>(r#"{"base64":"/wA"}"#).is_err());
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
