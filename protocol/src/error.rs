//! What can go wrong, by whose fault it is: the caller's ([`CommandError`], [`ConfigError`]), the
//! provider's ([`ProviderFault`]), or that of what lies between ([`TransportFault`]).

use serde::{Deserialize, Serialize};

use crate::event::EndReason;
use crate::id::{CommandId, ConversationKey, MessageKey};
use crate::output::Operation;
use crate::time::WallTime;

/// A command that was refused. Nothing has changed, and no output was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CommandError {
    /// The session has not been connected yet.
    #[error("the session is not connected: send `connect` first")]
    NotConnected,
    /// `connect` was given already.
    #[error("the session is connected already, or on its way: `connect` is given once")]
    AlreadyConnected,
    /// The session has ended.
    #[error("the session has ended ({reason}): start a new session")]
    Ended {
        /// Why.
        reason: EndReason,
    },
    /// Not in this state.
    #[error("{command} does nothing here: {hint}")]
    NotNow {
        /// The command, by its JSON name.
        command: String,
        /// What to do instead.
        hint: String,
    },
    /// There is no such conversation in this session.
    #[error("there is no conversation {conversation}: see the session's `conversations`")]
    UnknownConversation {
        /// What was asked for.
        conversation: ConversationKey,
    },
    /// The conversation is over, and the session may have another.
    #[error("conversation {conversation} is over: `connect` begins another one")]
    ConversationOver {
        /// Which.
        conversation: ConversationKey,
    },
    /// There is no such message in the transcript that is kept.
    #[error("there is no message {message} in the transcript that is kept")]
    UnknownMessage {
        /// What was asked for.
        message: MessageKey,
    },
    /// A message with nothing in it.
    #[error("the message is empty: give it some text")]
    Empty,
    /// A message larger than the provider takes.
    #[error("the message has {size} {unit}, the provider takes {limit}: split it")]
    TooLarge {
        /// How much there was.
        size: usize,
        /// How much is allowed.
        limit: usize,
        /// What is counted.
        unit: String,
    },
    /// A cap of [`Limits`](crate::Limits) is reached.
    #[error("{limit} are waiting already: wait until some are sent, or raise `Limits::{name}`")]
    LimitReached {
        /// The cap's name.
        name: String,
        /// Its value.
        limit: usize,
    },
    /// The file cannot be sent.
    #[error("{name:?} cannot be sent: {hint}")]
    InvalidAttachment {
        /// Its name, cut to a limit.
        name: String,
        /// Why not, and what to do.
        hint: String,
    },
    /// What was asked for cannot be put to the provider.
    #[error("{command}: {hint}")]
    InvalidArgument {
        /// The command, by its JSON name.
        command: String,
        /// What is wrong, and what would be right.
        hint: String,
    },
    /// There is no such command under way.
    #[error("there is no command {command} that could be taken back")]
    UnknownCommand {
        /// What was asked for.
        command: CommandId,
    },
    /// The message cannot be sent again, as it has not failed; nor taken back, as it is on its way or has arrived.
    #[error(
        "message {message} has not failed: only a failed or uncertain one can be sent again, and one that is on its \
         way or has arrived cannot be taken back"
    )]
    NotFailed {
        /// Which.
        message: MessageKey,
    },
    /// The message is no question, or has no such choice.
    #[error("message {message} cannot be answered so: {hint}")]
    InvalidChoice {
        /// Which.
        message: MessageKey,
        /// Why not.
        hint: String,
    },
    /// The provider cannot do this.
    #[error("{provider} has no {command}: see the session's `capabilities`")]
    Unsupported {
        /// The command, by its JSON name.
        command: String,
        /// The provider.
        provider: String,
    },
}

/// A configuration that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A field has a value that cannot work.
    #[error("{field}: {problem}")]
    Field {
        /// The setter's name.
        field: &'static str,
        /// What is wrong, and what would be right. Holds no secret.
        problem: String,
    },
}

/// Something about a provider's answer or frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
#[error("{}", self.describe())]
pub struct ProviderFault {
    /// Of what sort.
    pub kind: FaultKind,
    /// What was asked; none where it came by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The provider's own code (Amazon Connect: the exception's name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provider's own words, cut to a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What there should have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What there was instead, cut to a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Who does what next.
    pub retry: Retry,
}

impl ProviderFault {
    /// A fault of a kind, with nothing else said.
    #[must_use]
    pub const fn new(kind: FaultKind, retry: Retry) -> Self {
        Self {
            kind,
            operation: None,
            status: None,
            code: None,
            message: None,
            expected: None,
            found: None,
            retry,
        }
    }

    fn describe(&self) -> String {
        let mut text = match self.kind {
            FaultKind::Malformed => "the provider sent what cannot be read".to_owned(),
            FaultKind::Unexpected => "the provider sent what does not belong here".to_owned(),
            FaultKind::Refused => "the provider refused".to_owned(),
        };
        if let Some(operation) = self.operation {
            text.push_str(&format!(", asked for {}", operation.name()));
        }
        if let Some(status) = self.status {
            text.push_str(&format!(", status {status}"));
        }
        for (name, value) in [
            ("code", &self.code),
            ("saying", &self.message),
            ("expected", &self.expected),
            ("found", &self.found),
        ] {
            if let Some(value) = value {
                text.push_str(&format!(", {name} {value:?}"));
            }
        }
        text
    }
}

/// Of what sort a [`ProviderFault`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// It cannot be read.
    Malformed,
    /// It can be read, but does not belong in this state.
    Unexpected,
    /// The provider says no.
    Refused,
}

impl FaultKind {
    /// The name it has in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unexpected => "unexpected",
            Self::Refused => "refused",
        }
    }
}

/// Who does what next about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "next", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Retry {
    /// The session tries again by itself, about then.
    Automatic {
        /// When, by the wall clock.
        at: WallTime,
    },
    /// The user may try again; the session does not.
    Manual,
    /// Only new credentials help.
    AfterLogin,
    /// It would fail again.
    Never,
}

/// What the host says about a request or socket that did not work out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TransportFault {
    /// Nothing came within the time allowed.
    #[error("no answer within the time allowed")]
    TimedOut,
    /// The host's name has no address.
    #[error("the name of the server could not be resolved")]
    NameNotFound,
    /// No connection could be made.
    #[error("no connection could be made")]
    ConnectFailed,
    /// The connection was lost half-way.
    #[error("the connection was lost")]
    ConnectionLost,
    /// The server's certificate is not to be believed. Nothing was sent.
    #[error("{problem}: {reason}")]
    Certificate {
        /// What is the matter with it.
        problem: CertificateProblem,
        /// The same in the TLS library's words.
        reason: String,
    },
    /// The server wants a certificate of ours: another, or one at all.
    #[error("the server does not take this client's certificate, or wants one: {reason}")]
    ClientCertificate {
        /// Why, in the TLS library's words.
        reason: String,
    },
    /// The handshake failed for another reason than a certificate, or none could begin.
    #[error("no secure connection could be made: {reason}")]
    Tls {
        /// Why, in the TLS library's words.
        reason: String,
    },
    /// There is no way through the proxy. Nothing has reached the server.
    #[error("{problem}: {reason}")]
    Proxy {
        /// What is the matter.
        problem: ProxyProblem,
        /// What the proxy did, without the credentials for it.
        reason: String,
    },
    /// The server answered the WebSocket upgrade with another status.
    #[error("the server refused the socket with status {status}")]
    UpgradeRefused {
        /// Its HTTP status.
        status: u16,
    },
    /// A body or frame was larger than the limit.
    #[error("it was larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The server broke HTTP or WebSocket.
    #[error("the server broke the transport's rules: {reason}")]
    Protocol {
        /// How.
        reason: String,
    },
    /// The address is neither encrypted nor loopback, and the configuration does not allow that.
    #[error("the address is neither encrypted nor on this machine")]
    Insecure,
    /// The host's own bytes, or its place for them, are at fault: trying again would not help.
    #[error("{reason}")]
    Local {
        /// What is wrong with them.
        reason: String,
    },
    /// The session took the request back, or the host gave up.
    #[error("it was taken back")]
    Cancelled,
    /// It never left the host: the account's rate budget has no room for another that waits, or it was out of
    /// date before its turn.
    #[error("too many requests of the account wait already: it was not sent")]
    RateLimited,
    /// Anything else.
    #[error("{reason}")]
    Other {
        /// What.
        reason: String,
    },
}

impl TransportFault {
    /// The name that its kind has in JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::NameNotFound => "name_not_found",
            Self::ConnectFailed => "connect_failed",
            Self::ConnectionLost => "connection_lost",
            Self::Tls { .. } => "tls",
            Self::Certificate { .. } => "certificate",
            Self::ClientCertificate { .. } => "client_certificate",
            Self::Proxy { .. } => "proxy",
            Self::UpgradeRefused { .. } => "upgrade_refused",
            Self::TooLarge { .. } => "too_large",
            Self::Protocol { .. } => "protocol",
            Self::Insecure => "insecure",
            Self::Local { .. } => "local",
            Self::Cancelled => "cancelled",
            Self::RateLimited => "rate_limited",
            Self::Other { .. } => "other",
        }
    }
}

/// What is the matter with a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProxyProblem {
    /// What was said about it cannot be used.
    #[error("the proxy is not rightly configured")]
    Misconfigured,
    /// There is no connection to it.
    #[error("the proxy cannot be reached")]
    Unreachable,
    /// It is connected and says nothing.
    #[error("the proxy is silent")]
    Silent,
    /// It wants credentials, or others.
    #[error("the proxy does not take the credentials")]
    Credentials,
    /// It does not connect us with the server.
    #[error("the proxy refused the connection to the server")]
    Refused,
    /// It says what no proxy would say, or goes away.
    #[error("the proxy broke its rules")]
    Broken,
}

/// What is the matter with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CertificateProblem {
    /// It is for other hosts than the one that was asked for.
    #[error("the server's certificate is for another host")]
    WrongHost,
    /// Its time is over, by this machine's clock.
    #[error("the server's certificate has expired, or this machine's clock is wrong")]
    Expired,
    /// Its time has not come, by this machine's clock.
    #[error("the server's certificate is not valid yet, or this machine's clock is wrong")]
    NotYetValid,
    /// It was issued by nobody whom this program believes.
    #[error("the server's certificate is by an authority that is not believed here")]
    UnknownAuthority,
    /// It holds, but its key is none of those that are pinned for the host.
    #[error("the server's certificate holds, but its key is not a pinned one")]
    NotPinned,
    /// Its authority has taken it back.
    #[error("the server's certificate was revoked")]
    Revoked,
    /// Anything else.
    #[error("the server's certificate does not hold")]
    Invalid,
}

/// Why something that was accepted did not work out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "by", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Failure {
    /// The provider refused it or answered what cannot be read.
    #[error("{fault}")]
    Provider {
        /// How.
        #[serde(flatten)]
        fault: ProviderFault,
    },
    /// It did not get through.
    #[error("{}{fault}", operation.map(|operation| format!("{}: ", operation.name())).unwrap_or_default())]
    Transport {
        /// What was asked for, where more than one thing was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operation: Option<Operation>,
        /// How.
        #[serde(flatten)]
        fault: TransportFault,
    },
    /// The session ended first.
    #[error("the session ended first: {reason}")]
    Ended {
        /// Why it ended.
        reason: EndReason,
    },
    /// A message before this one failed, and messages keep their order.
    #[error(
        "message {blocked_by} before it failed, so it was held back to keep the order: send either again"
    )]
    Blocked {
        /// The message that failed.
        blocked_by: MessageKey,
    },
    /// Nobody can tell whether it arrived: the transcript was looked through as far as
    /// [`Limits::catch_up_pages`](crate::Limits::catch_up_pages) allows, and it may stand further back.
    #[error(
        "whether it arrived cannot be told: it is not on the {pages} newest pages of the transcript, and no more may \
         be fetched (`Limits::catch_up_pages`); send it again if it may stand there twice, or discard it"
    )]
    OutOfSight {
        /// How many pages were looked through.
        pages: usize,
    },
}

impl Failure {
    /// Who does what next.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Provider { fault } => fault.retry,
            Self::Transport { .. } | Self::Blocked { .. } | Self::OutOfSight { .. } => Retry::Manual,
            Self::Ended { .. } => Retry::Never,
        }
    }
}

impl From<ProviderFault> for Failure {
    fn from(fault: ProviderFault) -> Self {
        Self::Provider { fault }
    }
}

impl From<TransportFault> for Failure {
    fn from(fault: TransportFault) -> Self {
        Self::Transport { operation: None, fault }
    }
}

#[cfg(test)]
mod tests;
