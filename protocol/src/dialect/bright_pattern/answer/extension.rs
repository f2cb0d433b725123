//! Answers to what only this provider has.

use std::borrow::Cow;

use super::Reader;
use crate::dialect::bright_pattern::Reply;
use crate::dialect::bright_pattern::decode::wait;
use crate::dialect::bright_pattern::extension::{Availability, ExpectedParameter, IceServer, IceServers};
use crate::dialect::bright_pattern::fields::Fields;
use crate::dialect::{Answer, Refusal};
use crate::output::Operation;
use crate::wire::json::{List, Scalar, object, read};
use crate::wire::text::{cut_bytes, cut_chars, has_more_chars};

/// Parameters of a form, or servers for calls.
const PARTS: usize = 256;

/// Bytes of salt, initialisation vector and tag: less holds no ciphertext.
const ENVELOPE_BYTES: usize = 16 + 12 + 16;

object! {
    struct WireVersion<'a> {
        version: Scalar<'a> = "server_version",
    }
}

object! {
    struct WireAvailability<'a> {
        chat: Scalar<'a> = "chat",
        wait: Scalar<'a> = "ewt",
    }
}

object! {
    struct WireParameters<'a> {
        parameters: List<Fields<'a>, PARTS> = "parameters",
    }
}

object! {
    struct WireServers<'a> {
        servers: List<WireServer<'a>, PARTS> = "servers",
    }
}

object! {
    struct WireServer<'a> {
        url: Scalar<'a> = "url" | "urls",
        username: Scalar<'a> = "username",
        credential: Scalar<'a> = "credential",
    }
}

object! {
    struct WireSms<'a> {
        code: Scalar<'a> = "sms_error_code",
        message: Scalar<'a> = "error_message",
    }
}

object! {
    /// An object of which nothing is wanted.
    struct Anything<'a> {
        nothing: Scalar<'a> = "",
    }
}

impl Reader<'_> {
    pub(super) fn extension(self, body: &str) -> Result<Answer, Refusal> {
        match self.asked.operation {
            // An empty object, some other one, or nothing: the status says it.
            Operation::CloseCase | Operation::Notifications => Ok(Answer::Done),
            Operation::ServerVersion => self.version(body),
            Operation::Availability => self.availability(body),
            Operation::ExpectedParameters => self.parameters(body),
            Operation::ActiveConversation => {
                let chat = Some(self.chat(body)?);
                Ok(Answer::BrightPattern(Reply::ActiveChat { chat }))
            }
            Operation::CaseHistory => self.case_history(body),
            Operation::IceServers => self.ice_servers(body),
            Operation::Configuration => self.configuration(body),
            Operation::RequestSms => self.sms(body),
            Operation::Authorise
            | Operation::StartConversation
            | Operation::Poll
            | Operation::SendMessage
            | Operation::SendTyping
            | Operation::SendReceipt
            | Operation::CatchUp
            | Operation::LoadHistory
            | Operation::Leave
            | Operation::LoadTranscript
            | Operation::StartUpload
            | Operation::Upload
            | Operation::CompleteUpload
            | Operation::AttachmentUrl
            | Operation::Download
            | Operation::DescribeView
            | Operation::AuthenticationUrl
            | Operation::CancelAuthentication
            | Operation::SendEvent => {
                Err(self.unreadable("the answer to something that this service is asked for"))
            }
        }
    }

    fn version(self, body: &str) -> Result<Answer, Refusal> {
        let mut spare = String::new();
        let wire: WireVersion<'_> = self.read(body, &mut spare)?;
        let Some(version) = wire.version.as_ref().and_then(Scalar::as_str) else {
            return Err(self.unreadable("a server_version"));
        };
        let version = cut_chars(version, self.asked.limits.id_chars()).to_owned();
        Ok(Answer::BrightPattern(Reply::ServerVersion { version }))
    }

    fn availability(self, body: &str) -> Result<Answer, Refusal> {
        let mut spare = String::new();
        let wire: WireAvailability<'_> = self.read(body, &mut spare)?;
        let availability = match wire.chat.as_ref().and_then(Scalar::as_str) {
            Some("available") => Availability::Available,
            Some("notAvailable" | "unavailable") => Availability::Unavailable,
            Some(other) => Availability::Other(cut_chars(other, self.asked.limits.id_chars()).to_owned()),
            None => return Err(self.unreadable("an availability, as `chat`")),
        };
        let wait_seconds = wait(&wire.wait).map(|wait| wait.as_secs());
        Ok(Answer::BrightPattern(Reply::Availability { availability, wait_seconds }))
    }

    fn parameters(self, body: &str) -> Result<Answer, Refusal> {
        let mut spare = String::new();
        let wire: WireParameters<'_> = self.read(body, &mut spare)?;
        let pairs = wire.parameters.map_or_else(Vec::new, |list| list.0);
        let parameters = pairs.into_iter().flat_map(Fields::into_map);
        let parameters = parameters.map(|(name, kind)| ExpectedParameter { name, kind }).collect();
        Ok(Answer::BrightPattern(Reply::ExpectedParameters { parameters }))
    }

    /// The servers for calls, by the shape of the answer: an object, a list, or base64, as it is or as a JSON text.
    fn ice_servers(self, body: &str) -> Result<Answer, Refusal> {
        let mut spare = String::new();
        let servers = match body.as_bytes().first() {
            Some(b'{') => {
                let wire: WireServers<'_> = self.read(body, &mut spare)?;
                wire.servers.ok_or_else(|| self.unreadable("a list of servers"))?
            }
            Some(b'[') => self.read::<List<WireServer<'_>, PARTS>>(body, &mut spare)?,
            _ => return self.encrypted_servers(body),
        };
        let limit = self.asked.limits.token_chars();
        let text = |value: Option<Scalar<'_>>| value.and_then(|value| value.0).map(Cow::into_owned);
        let servers = servers.0.into_iter().filter_map(|wire| {
            let url = text(wire.url).filter(|url| !has_more_chars(url, limit))?;
            Some(IceServer { url, username: text(wire.username), credential: text(wire.credential) })
        });
        let servers = IceServers::Clear { servers: servers.collect() };
        Ok(Answer::BrightPattern(Reply::IceServers { servers }))
    }

    fn encrypted_servers(self, body: &str) -> Result<Answer, Refusal> {
        let mut spare = String::new();
        let inner = read::<Scalar<'_>>(body, &mut spare, self.asked.limits).ok();
        let base64 = inner.as_ref().and_then(Scalar::as_str).unwrap_or(body);
        if decoded_length(base64).is_none_or(|length| length <= ENVELOPE_BYTES) {
            let expected = format!("a list of servers, or base64 of more than {ENVELOPE_BYTES} bytes");
            return Err(self.unreadable(&expected));
        }
        let servers = IceServers::Encrypted { base64: base64.to_owned() };
        Ok(Answer::BrightPattern(Reply::IceServers { servers }))
    }

    /// Any JSON object, as it came.
    fn configuration(self, body: &str) -> Result<Answer, Refusal> {
        let mut spare = String::new();
        self.read::<Anything<'_>>(body, &mut spare)?;
        Ok(Answer::BrightPattern(Reply::Configuration { json: body.to_owned() }))
    }

    fn sms(self, body: &str) -> Result<Answer, Refusal> {
        let mut spare = String::new();
        let wire: WireSms<'_> = self.read(body, &mut spare)?;
        let limits = self.asked.limits;
        let Some(code) = wire.code.as_ref().and_then(Scalar::as_str) else {
            return Err(self.unreadable("an sms_error_code"));
        };
        let code = cut_chars(code, limits.id_chars()).to_owned();
        let message = wire.message.as_ref().and_then(Scalar::as_str).filter(|text| !text.is_empty());
        let message = message.map(|text| cut_bytes(text, limits.raw_bytes()).to_owned());
        Ok(Answer::BrightPattern(Reply::SmsRequested { code, message }))
    }
}

/// How many bytes a base64 text holds; none where it is none.
fn decoded_length(text: &str) -> Option<usize> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let fits = padding <= 2 && (padding == 0 || text.len().is_multiple_of(4)) && digits.len() % 4 != 1;
    let bytes = digits.len() / 4 * 3 + (digits.len() % 4).saturating_sub(1);
    (fits && digits.bytes().all(is_digit)).then_some(bytes)
}
