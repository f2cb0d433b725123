//! Plain words for what the protocol's types say.

use helpline_protocol::model::{
    AuthenticationStage, DeliveryStatus, ItemBody, Notice, Participant, Role, TranscriptItem,
};
use helpline_protocol::{ConnectionState, Failure, LostReason, Operation, Retry, SuspendedBy, WallTime};
use jiff::tz::TimeZone;

/// Wall times as the user's clock shows them.
#[derive(Clone)]
pub(crate) struct Clock(TimeZone);

impl Clock {
    /// The machine's zone; UTC where it has none.
    pub(crate) fn local() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    #[cfg(test)]
    pub(crate) const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// `HH:MM:SS`.
    pub(crate) fn time(&self, at: WallTime) -> String {
        self.format(at, "%H:%M:%S").unwrap_or_else(|| "--:--:--".to_owned())
    }

    /// `Mon 16 Mar 15:00`, in the zone that is so many minutes east of UTC, or else in the user's.
    pub(crate) fn appointment(&self, at: WallTime, offset_minutes: Option<i64>) -> Option<String> {
        const FORM: &str = "%a %-d %b %H:%M";
        let seconds = offset_minutes.and_then(|minutes| i32::try_from(minutes.checked_mul(60)?).ok());
        match seconds.and_then(|seconds| jiff::tz::Offset::from_seconds(seconds).ok()) {
            Some(offset) => Self(TimeZone::fixed(offset)).format(at, FORM),
            None => self.format(at, FORM),
        }
    }

    fn format(&self, at: WallTime, form: &str) -> Option<String> {
        let time = jiff::Timestamp::from_millisecond(at.as_unix_millis()).ok()?;
        Some(time.to_zoned(self.0.clone()).strftime(form).to_string())
    }
}

/// The wall time of this moment.
pub(crate) fn now() -> WallTime {
    WallTime::from_unix_millis(jiff::Timestamp::now().as_millisecond())
}

/// Text from afar without what could move the cursor, ring the bell or turn the writing round.
pub(crate) fn clean(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    text.replace("\r\n", "\n")
        .chars()
        .filter_map(|c| match c {
            '\n' => Some(c),
            '\t' | '\r' => Some(' '),
            c if c.is_control() || turns(c) => None,
            c => Some(c),
        })
        .collect()
}

/// The same on one line.
pub(crate) fn clean_line(text: &str) -> String {
    clean(text).replace('\n', " ")
}

/// At most `most` characters, the cut marked.
pub(crate) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// `1 message`, `2 messages`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `812 bytes`, `4.5 kB`, `20.0 MB`: by thousands, as the caps of providers are.
pub(crate) fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return count(bytes, "byte"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        1_000_000_000.. => (1_000_000_000, "GB"),
    };
    let tenths = bytes / (unit / 10);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// What to call a participant.
pub(crate) fn name(who: &Participant) -> String {
    if who.role == Role::Customer {
        return "You".to_owned();
    }
    // Amazon Connect names its flow by these codes.
    match who.display_name.as_deref().map(clean_line).as_deref().map(str::trim) {
        None | Some("") => role(&who.role),
        Some("SYSTEM_MESSAGE") => "System".to_owned(),
        Some("BOT") => "Bot".to_owned(),
        Some(name) => name.to_owned(),
    }
}

fn role(role: &Role) -> String {
    match role {
        Role::Customer => "You",
        Role::Agent => "Agent",
        Role::System => "System",
        Role::Bot => "Bot",
        Role::Supervisor => "Supervisor",
        Role::Other(name) => return clean_line(name),
        Role::Unknown | _ => "Someone",
    }
    .to_owned()
}

/// What happened, as a sentence without a full stop.
pub(crate) fn notice(who: &Participant, notice: &Notice) -> String {
    let name = name(who);
    let you = who.role == Role::Customer;
    let verb = |you_do: &str, they_do: &str| format!("{name} {}", if you { you_do } else { they_do });
    match notice {
        Notice::ParticipantJoined => format!("{name} joined"),
        Notice::ParticipantLeft => format!("{name} left"),
        Notice::ParticipantInvited => verb("were invited", "was invited"),
        Notice::ParticipantIdle => verb("have been quiet for a while", "has been quiet for a while"),
        Notice::ParticipantReturned => verb("are back", "is back"),
        Notice::ParticipantAutoDisconnected => {
            verb("were put out after a long silence", "was put out after a long silence")
        }
        Notice::ParticipantActive => verb("are active", "is active"),
        Notice::ParticipantInactive => verb("are inactive", "is inactive"),
        Notice::ParticipantRenamed => match (&who.display_name, you) {
            (Some(new), true) => format!("You are called {} now", clean_line(new)),
            _ => verb("have another name now", "has another name now"),
        },
        Notice::ConnectionAcknowledged => verb("confirmed the connection", "confirmed the connection"),
        Notice::TransferSucceeded => "The chat was passed on".to_owned(),
        Notice::TransferFailed => "The chat could not be passed on".to_owned(),
        Notice::ConversationEnded => "The chat has ended".to_owned(),
        Notice::ConversationRehydrated { .. } => "The chat goes on from an earlier one".to_owned(),
        Notice::Authentication { stage, .. } => authentication(*stage).to_owned(),
        Notice::WorkflowCancelled => "The flow was cancelled".to_owned(),
        _ => "Something happened that this client does not know".to_owned(),
    }
}

const fn authentication(stage: AuthenticationStage) -> &'static str {
    match stage {
        AuthenticationStage::Initiated => {
            "You are asked to log in; this client has no page for that: write so, or simply go on"
        }
        AuthenticationStage::Succeeded => "You are logged in",
        AuthenticationStage::Failed => "The log-in failed",
        AuthenticationStage::TimedOut => "The log-in took too long",
        AuthenticationStage::Expired => "The request to log in is too old",
        AuthenticationStage::Cancelled => "The log-in was cancelled",
        _ => "Something about the log-in changed",
    }
}

/// A mark and a word for how far a message has got.
pub(crate) const fn status(status: &DeliveryStatus) -> (&'static str, &'static str) {
    match status {
        DeliveryStatus::Queued => ("·", "waiting"),
        DeliveryStatus::Sending => ("→", "sending"),
        DeliveryStatus::Sent => ("✓", "sent"),
        DeliveryStatus::Delivered => ("✓✓", "delivered"),
        DeliveryStatus::Read => ("✓✓", "read"),
        DeliveryStatus::Failed { .. } => ("✗", "not sent"),
        DeliveryStatus::Uncertain { .. } => ("?", "may not have arrived"),
        _ => ("", ""),
    }
}

/// Why a message failed or is uncertain, and what can be done.
pub(crate) fn trouble(status: &DeliveryStatus) -> Option<String> {
    let (DeliveryStatus::Failed { failure } | DeliveryStatus::Uncertain { failure }) = status else {
        return None;
    };
    let cure = match failure.retry() {
        Retry::Never => "/discard takes it away",
        Retry::AfterLogin => "needs new credentials",
        _ => "/resend sends it again",
    };
    Some(format!("{}; {cure}", reason(failure)))
}

/// Whether a message would fail again.
pub(crate) fn is_hopeless(item: &TranscriptItem) -> bool {
    matches!(&item.status, Some(DeliveryStatus::Failed { failure }) if failure.retry() == Retry::Never)
}

/// Why something did not work out: in the provider's words, where it had some, and where it has stages, at which.
pub(crate) fn reason(failure: &Failure) -> String {
    let (operation, text) = match failure {
        Failure::Provider { fault } => {
            let text = match (&fault.message, &fault.code) {
                (Some(message), Some(code)) => format!("{message} ({code})"),
                (Some(message), None) => message.clone(),
                (None, _) => failure.to_string(),
            };
            (fault.operation, text)
        }
        Failure::Transport { operation, fault } => (*operation, fault.to_string()),
        _ => (None, failure.to_string()),
    };
    let stage = operation.and_then(stage).map(|stage| format!("{stage}: ")).unwrap_or_default();
    clean_line(&format!("{stage}{text}"))
}

/// The stages in which a file is sent or fetched.
const fn stage(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::StartUpload => Some("announcing it"),
        Operation::Upload => Some("uploading it"),
        Operation::CompleteUpload => Some("completing it"),
        Operation::AttachmentUrl => Some("asking where it is"),
        Operation::Download => Some("downloading it"),
        _ => None,
    }
}

/// The text of an item that is a message; none for notices, questions and files, which are shown in their own way.
pub(crate) fn message(item: &TranscriptItem) -> Option<String> {
    Some(match &item.body {
        ItemBody::Text { text } => answer(clean(text)),
        ItemBody::Markdown { text } | ItemBody::Json { text } | ItemBody::Html { text, .. } => clean(text),
        ItemBody::InteractiveResponse { text } => response(text),
        ItemBody::Attachments { attachments } if attachments.is_empty() => {
            "(an empty list of files)".to_owned()
        }
        ItemBody::Other { content_type, content } => {
            let kind = content_type.as_deref().unwrap_or("no content type");
            clean(&format!("({kind}) {}", content.as_deref().unwrap_or_default()))
        }
        ItemBody::Interactive { .. } | ItemBody::Attachments { .. } | ItemBody::Notice { .. } => return None,
        _ => "(a message that this client does not know)".to_owned(),
    })
}

/// A choice from a carousel travels as a JSON text; shown is what was chosen.
fn answer(text: String) -> String {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Chosen {
        list_title: String,
        selection_text: String,
    }
    if !text.starts_with('{') {
        return text;
    }
    serde_json::from_str::<Chosen>(&text)
        .map(|chosen| clean(&format!("{} ({})", chosen.selection_text, chosen.list_title)))
        .unwrap_or(text)
}

/// An answer in the provider's own form, by the action in it.
fn response(text: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Response {
        action: String,
    }
    serde_json::from_str::<Response>(text).map_or_else(|_| clean(text), |response| clean(&response.action))
}

/// The state of the connection, with the time that is left to the next try.
pub(crate) fn connection(state: &ConnectionState, now: WallTime) -> String {
    match state {
        ConnectionState::Idle => "Not connected".to_owned(),
        ConnectionState::Connecting => "Connecting".to_owned(),
        ConnectionState::Live => "Live".to_owned(),
        ConnectionState::Reconnecting { attempt, retry_at: None } => format!("Reconnecting, try {attempt}"),
        ConnectionState::Reconnecting { attempt, retry_at: Some(at) } => {
            format!("Reconnecting, try {attempt} in {}", until(now, *at))
        }
        ConnectionState::Suspended { by: SuspendedBy::Background } => {
            "Suspended in the background".to_owned()
        }
        ConnectionState::Suspended { .. } => "Suspended".to_owned(),
        ConnectionState::Offline => "Offline".to_owned(),
        ConnectionState::Ended { reason } => format!("Ended: {}", clean_line(&reason.to_string())),
        other => clean_line(&other.to_string()),
    }
}

/// How long from one time to another, in whole seconds, begun ones counted.
pub(crate) fn until(now: WallTime, at: WallTime) -> String {
    let seconds = at.saturating_since(now).as_millis().div_ceil(1000);
    if seconds < 100 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}

/// Why the link was lost.
pub(crate) fn lost(reason: &LostReason) -> String {
    let text = match reason {
        LostReason::Closed { code: Some(code), text } if text.is_empty() => {
            format!("the service closed it ({code})")
        }
        LostReason::Closed { code: Some(code), text } => format!("the service closed it ({code}, {text})"),
        LostReason::Closed { .. } => "the service closed it".to_owned(),
        LostReason::Silent { probe } => format!("the service fell silent ({probe} not answered)"),
        LostReason::Unhealthy { probe } => format!("the service says that it is unwell ({probe})"),
        LostReason::Transport { fault } => fault.to_string(),
        LostReason::NotGreeted => "the service did not acknowledge us".to_owned(),
        _ => "for a reason that this client does not know".to_owned(),
    };
    clean_line(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_afar_cannot_steer_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mred\u{7}\u{202e}b\r\nc\td"), "a[31mredb\nc d");
        assert_eq!(clean_line("a\nb"), "a b");
    }

    #[test]
    fn the_countdown_rounds_up() {
        let at = |ms| WallTime::from_unix_millis(ms);
        let state = ConnectionState::Reconnecting { attempt: 2, retry_at: Some(at(10_000)) };
        assert_eq!(connection(&state, at(7_400)), "Reconnecting, try 2 in 3 s");
        assert_eq!(connection(&state, at(11_000)), "Reconnecting, try 2 in 0 s");
        assert_eq!(connection(&state, at(-600_000)), "Reconnecting, try 2 in 11 min");
    }

    #[test]
    fn sizes_are_cut_to_a_tenth() {
        let sizes = [0, 1, 999, 1_000, 4_567, 999_999, 5_242_880, 20_000_000, 3_000_000_000];
        let words = sizes.map(size).join(", ");
        assert_eq!(words, "0 bytes, 1 byte, 999 bytes, 1.0 kB, 4.5 kB, 999.9 kB, 5.2 MB, 20.0 MB, 3.0 GB");
    }

    #[test]
    fn a_file_that_failed_says_at_which_stage() {
        let failure: Failure =
            serde_json::from_str(r#"{"by":"transport","operation":"upload","fault":"connection_lost"}"#)
                .unwrap();
        let status = DeliveryStatus::Failed { failure };
        let says = "uploading it: the connection was lost; /resend sends it again";
        assert_eq!(trouble(&status).as_deref(), Some(says));
    }

    #[test]
    fn a_choice_from_a_carousel_reads_as_words() {
        let text = r#"{"templateIdentifier":"e1","listTitle":"City store","selectionText":"Call"}"#;
        assert_eq!(answer(text.to_owned()), "Call (City store)");
        assert_eq!(answer("{not json".to_owned()), "{not json");
    }
}
