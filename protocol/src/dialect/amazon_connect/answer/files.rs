//! StartAttachmentUpload and GetAttachment: where a file goes, and where it is.

use core::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Reader;
use crate::dialect::amazon_connect::encode::URL_CHARS;
use crate::dialect::amazon_connect::item::time;
use crate::dialect::{Answer, Refusal, UploadTicket};
use crate::secret::{DownloadUrl, Secret};
use crate::wire::json::{Int, Text, object};
use crate::wire::text::has_more_chars;

/// Headers of a ticket. Eight to a dozen are seen.
const HEADERS: usize = 64;

object! {
    /// StartAttachmentUpload.
    pub(super) struct Started<'a> {
        id: Text<'a> = "AttachmentId",
        upload: UploadMetadata<'a> = "UploadMetadata",
    }
}

object! {
    pub(super) struct UploadMetadata<'a> {
        url: Text<'a> = "Url",
        expiry: Text<'a> = "UrlExpiry",
        headers: Headers<'a> = "HeadersToInclude",
    }
}

object! {
    /// GetAttachment.
    pub(super) struct Located<'a> {
        url: Text<'a> = "Url",
        expiry: Text<'a> = "UrlExpiry",
        size: Int = "AttachmentSizeInBytes",
    }
}

/// Headers in the order they came. A null is none; of two with one name the last counts.
pub(super) struct Headers<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'de> Deserialize<'de> for Headers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    // Without this one the error would repeat the text.
    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom("a text where an object belongs"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut headers: Vec<(Text<'de>, Text<'de>)> = Vec::new();
        while let Some(name) = map.next_key::<Text<'de>>()? {
            headers.retain(|(known, _)| known.as_str() != name.as_str());
            let Some(value) = map.next_value::<Option<Text<'de>>>()? else { continue };
            if headers.len() == HEADERS {
                return Err(A::Error::custom(format_args!("more than {HEADERS} headers")));
            }
            headers.push((name, value));
        }
        Ok(Headers(headers))
    }
}

impl Reader<'_> {
    pub(super) fn ticket(self, started: Started<'_>) -> Result<Answer, Refusal> {
        let upload = started.upload.unwrap_or_default();
        let id = self.text(started.id, "an AttachmentId", self.limits.id_chars())?;
        let attachment_id = id.ok_or_else(|| self.unreadable("an AttachmentId"))?;
        let url = self.url(upload.url, "UploadMetadata.Url")?;
        let (name_limit, value_limit) = (self.limits.id_chars(), self.limits.token_chars());
        let headers = upload.headers.map_or_else(Vec::new, |headers| headers.0);
        let is_long = |(name, value): &(Text<'_>, Text<'_>)| {
            has_more_chars(name.as_str(), name_limit) || has_more_chars(value.as_str(), value_limit)
        };
        if headers.iter().any(is_long) {
            let expected = format!(
                "HeadersToInclude of at most {name_limit} characters a name and {value_limit} a value"
            );
            return Err(self.unreadable(&expected));
        }
        let header =
            |(name, value): (Text<'_>, Text<'_>)| (name.into_owned(), Secret::new(value.into_owned()));
        Ok(Answer::Ticket(UploadTicket {
            attachment_id,
            url,
            expires: time(upload.expiry),
            headers: headers.into_iter().map(header).collect(),
        }))
    }

    pub(super) fn address(self, located: Located<'_>) -> Result<Answer, Refusal> {
        let url = self.url(located.url, "Url")?;
        let size = located.size.and_then(|size| size.0);
        Ok(Answer::Address {
            url: DownloadUrl::new(url.expose()),
            expires: time(located.expiry),
            size: size.and_then(|size| u64::try_from(size).ok()),
        })
    }

    /// An address without which the answer is worth nothing.
    fn url(self, url: Option<Text<'_>>, what: &str) -> Result<Secret, Refusal> {
        let limit = URL_CHARS.min(self.limits.token_chars());
        self.secret(url, what, limit)?.ok_or_else(|| self.unreadable(&format!("a {what}")))
    }
}
