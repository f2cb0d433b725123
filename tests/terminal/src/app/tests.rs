use helpline_protocol::model::Origin;
use helpline_protocol::{ConversationKey, Failure, TransportFault};

use super::files::Transfer;
use super::question::key;
use super::timeline::{Entry, EntryId};
use super::*;

/// What a session tells, made as short as it can be.
pub(crate) struct Story {
    pub(crate) app: App,
    pub(crate) now: i64,
}

pub(crate) const CONVERSATION: ConversationKey = ConversationKey::from_u64(1);

pub(crate) fn key_of(number: u64) -> MessageKey {
    MessageKey::from_u64(number)
}

/// 2026-03-14T09:26:53Z and so many milliseconds.
pub(crate) fn at(millis: i64) -> WallTime {
    WallTime::from_unix_millis(1_773_480_413_000 + millis)
}

pub(crate) fn agent() -> serde_json::Value {
    serde_json::json!({ "id": "p-agent", "role": "agent", "display_name": "Tomasz" })
}

fn customer() -> serde_json::Value {
    serde_json::json!({ "id": "p-me", "role": "customer", "display_name": "Visitor" })
}

impl Story {
    pub(crate) fn new() -> Self {
        Self { app: App::new(), now: 0 }
    }

    pub(crate) fn tell(&mut self, event: &Event) -> Vec<News> {
        self.now += 1_000;
        self.app.apply(event, at(self.now))
    }

    pub(crate) fn json(&mut self, event: serde_json::Value) -> Vec<News> {
        let event = serde_json::from_value(event).unwrap();
        self.tell(&event)
    }

    pub(crate) fn state(&mut self, state: ConnectionState) -> Vec<News> {
        self.tell(&Event::ConnectionChanged { state })
    }

    pub(crate) fn item(&self, number: u64, direction: &str, body: serde_json::Value) -> TranscriptItem {
        let sender = if direction == "outgoing" { customer() } else { agent() };
        serde_json::from_value(serde_json::json!({
            "key": key_of(number), "at": at(self.now), "sender": sender, "direction": direction, "body": body,
        }))
        .unwrap()
    }

    pub(crate) fn text(&self, number: u64, direction: &str, text: &str) -> TranscriptItem {
        self.item(number, direction, serde_json::json!({ "kind": "text", "text": text }))
    }

    pub(crate) fn file(
        &self,
        number: u64,
        direction: &str,
        id: Option<&str>,
        name: &str,
        status: &str,
    ) -> TranscriptItem {
        let file =
            serde_json::json!({ "id": id, "name": name, "content_type": "text/plain", "status": status });
        self.item(number, direction, serde_json::json!({ "kind": "attachments", "attachments": [file] }))
    }

    /// An item behind another one, or behind all others.
    pub(crate) fn add(&mut self, item: TranscriptItem, origin: Origin) -> Vec<News> {
        let after = self.app.timeline.items().last().map(|item| item.key);
        self.put(item, after, origin)
    }

    pub(crate) fn put(
        &mut self,
        item: TranscriptItem,
        after: Option<MessageKey>,
        origin: Origin,
    ) -> Vec<News> {
        let changes = vec![TranscriptChange::Added { item: Box::new(item), after }];
        self.tell(&Event::TranscriptChanged { conversation: CONVERSATION, origin, changes })
    }

    pub(crate) fn change(&mut self, item: TranscriptItem, after: Option<MessageKey>) -> Vec<News> {
        let changes = vec![TranscriptChange::Changed { item: Box::new(item), after }];
        self.tell(&Event::TranscriptChanged { conversation: CONVERSATION, origin: Origin::Live, changes })
    }

    pub(crate) fn status(&mut self, number: u64, status: DeliveryStatus) -> Vec<News> {
        let mut item = self.app.timeline.get(key_of(number)).unwrap().clone();
        item.status = Some(status);
        let keys: Vec<_> = self.app.timeline.items().map(|item| item.key).collect();
        let place = keys.iter().position(|key| *key == key_of(number)).unwrap();
        self.change(item, place.checked_sub(1).map(|before| keys[before]))
    }

    /// `m1 m2 (Connected) m3`.
    fn order(&self) -> String {
        let word = |entry: &Entry| match entry {
            Entry::Item(item) => item.key.to_string(),
            Entry::Note(note) => format!("({})", note.text),
        };
        self.app.timeline.entries().iter().map(word).collect::<Vec<_>>().join(" ")
    }
}

fn fault() -> TransportFault {
    TransportFault::ConnectionLost
}

#[test]
fn items_stand_where_the_session_says() {
    let mut story = Story::new();
    for number in [1, 2, 3] {
        story.add(story.text(number, "incoming", "x"), Origin::Live);
    }
    story.put(story.text(4, "incoming", "x"), Some(key_of(1)), Origin::CatchUp);
    story.put(story.text(5, "incoming", "x"), None, Origin::History);
    assert_eq!(story.order(), "m5 m1 m4 m2 m3");
    story.change(story.text(2, "incoming", "moved"), Some(key_of(3)));
    assert_eq!(story.order(), "m5 m1 m4 m3 m2");
    story.tell(&Event::TranscriptChanged {
        conversation: CONVERSATION,
        origin: Origin::Local,
        changes: vec![TranscriptChange::Removed { key: key_of(4) }],
    });
    assert_eq!(story.order(), "m5 m1 m3 m2");
}

#[test]
fn saying_it_twice_changes_nothing() {
    let mut story = Story::new();
    let item = story.text(1, "incoming", "x");
    assert_eq!(story.add(item.clone(), Origin::Live), [News::Item(key_of(1))]);
    assert_eq!(story.put(item.clone(), None, Origin::Live), []);
    assert_eq!(story.change(item, None), []);
    let removed = Event::TranscriptChanged {
        conversation: CONVERSATION,
        origin: Origin::Local,
        changes: vec![TranscriptChange::Removed { key: key_of(1) }; 2],
    };
    assert_eq!(story.tell(&removed), []);
    assert_eq!(story.order(), "");
}

#[test]
fn a_change_of_what_is_not_there_brings_it() {
    let mut story = Story::new();
    assert_eq!(story.change(story.text(7, "incoming", "x"), None), [News::Item(key_of(7))]);
    assert_eq!(story.order(), "m7");
}

#[test]
fn notes_stay_between_what_was_before_and_what_came_after() {
    let mut story = Story::new();
    story.state(ConnectionState::Live);
    story.add(story.text(1, "incoming", "x"), Origin::History);
    story
        .tell(&Event::ConnectionLost { reason: helpline_protocol::LostReason::Transport { fault: fault() } });
    // Written while the link was away, and below it what was missed meanwhile.
    story.put(story.text(2, "outgoing", "mine"), Some(key_of(1)), Origin::Local);
    story.put(story.text(3, "incoming", "missed"), Some(key_of(1)), Origin::CatchUp);
    story.tell(&Event::GapClosed {
        conversation: CONVERSATION,
        from: Some(at(0)),
        to: Some(at(1)),
        recovered: 1,
    });
    assert_eq!(
        story.order(),
        "(Connected) m1 (Connection lost: the connection was lost) m3 m2 (1 missed message recovered)"
    );
    story.put(story.text(4, "incoming", "older"), None, Origin::History);
    assert!(story.order().starts_with("m4 (Connected) m1"));
}

#[test]
fn an_own_message_moves_on() {
    let mut story = Story::new();
    let mut own = story.text(1, "outgoing", "hi");
    own.status = Some(DeliveryStatus::Queued);
    story.add(own, Origin::Local);
    assert_eq!((story.app.waiting(), story.app.is_settled()), (1, false));
    for status in
        [DeliveryStatus::Sending, DeliveryStatus::Sent, DeliveryStatus::Delivered, DeliveryStatus::Read]
    {
        assert_eq!(story.status(1, status), [News::Status(key_of(1))]);
    }
    assert_eq!((story.app.waiting(), story.app.is_settled()), (0, true));
    story.status(1, DeliveryStatus::Uncertain { failure: Failure::from(fault()) });
    assert_eq!(story.app.troubled().map(|item| item.key).collect::<Vec<_>>(), [key_of(1)]);
}

#[test]
fn a_bot_writes_piece_by_piece() {
    let mut story = Story::new();
    let mut item = story.text(1, "incoming", "Your parcel ");
    item.partial = true;
    story.add(item.clone(), Origin::Live);
    item.body = ItemBody::Text { text: "Your parcel left.".to_owned() };
    item.partial = false;
    assert_eq!(story.change(item, None), [News::Body(key_of(1))]);
}

#[test]
fn who_types_is_known_by_id() {
    let mut story = Story::new();
    let typing = |kind: &str, name: &str| {
        serde_json::json!({ "type": kind, "conversation": "v1",
            "participant": { "id": "p1", "role": "agent", "display_name": name } })
    };
    story.json(typing("typing_started", "Tomasz"));
    story.json(typing("typing_started", "Tomasz W."));
    assert_eq!(story.app.typing.len(), 1);
    story.json(typing("typing_stopped", "Tomasz"));
    assert_eq!(story.app.typing, []);
}

#[test]
fn a_command_that_ends_before_it_was_accepted_is_settled_all_the_same() {
    let mut story = Story::new();
    let id = CommandId::from_u64(1);
    story.tell(&Event::CommandFinished {
        command: id,
        result: CommandResult::Loaded { items: 0, complete: true },
    });
    let command = Command::LoadHistory { conversation: None, limit: None };
    let news = story.app.accepted(id, &command, at(0));
    assert_eq!(news, [News::Said(Tone::Quiet, "Nothing older".to_owned())]);
    assert!(story.app.is_settled());
}

#[test]
fn gaps_are_told_in_words() {
    assert_eq!(gap_closed(true, 3).as_deref(), Some("3 missed messages recovered"));
    assert_eq!(gap_closed(true, 1).as_deref(), Some("1 missed message recovered"));
    assert_eq!(gap_closed(true, 0).as_deref(), Some("Nothing was missed"));
    assert_eq!(gap_closed(false, 0), None);
}

#[test]
fn the_end_says_why_and_whether_it_was_a_good_one() {
    let mut story = Story::new();
    let news = story.state(ConnectionState::Ended { reason: EndReason::ChatEnded });
    assert_eq!(news, [News::Said(Tone::Quiet, "The chat is over".to_owned())]);
    assert_eq!(story.app.ended_well(), Some(true));
    story.state(ConnectionState::Ended {
        reason: EndReason::CredentialRejected { code: None, chat_may_have_ended: false },
    });
    assert_eq!(story.app.ended_well(), Some(false));
}

#[test]
fn the_last_question_is_open_until_it_is_answered_or_sent_away() {
    let mut story = Story::new();
    let asks = serde_json::json!({ "kind": "interactive", "interactive": { "template": {
        "type": "quick_reply", "heading": { "title": "Helpful?" }, "elements": [{ "title": "Yes" }] } } });
    for number in [1, 2] {
        story.add(story.item(number, "incoming", asks.clone()), Origin::Live);
    }
    let open = |story: &Story| story.app.question().map(|item| item.key);
    assert_eq!(open(&story), Some(key_of(2)));
    story.app.answered(key_of(2), "Yes");
    assert_eq!((open(&story), story.app.answer(key_of(2))), (None, Some("Yes")));
    story.app.unanswered(key_of(2));
    assert!(story.app.dismiss());
    assert_eq!((open(&story), story.app.dismiss()), (None, false));
}

#[test]
fn entries_and_keys_have_names() {
    let mut story = Story::new();
    story.app.note(at(0), Tone::Quiet, "x");
    assert_eq!(story.app.timeline.entries()[0].id(), EntryId::Note(1));
    assert_eq!(key(0), Some('1'));
}

fn progress(command: u64, message: Option<u64>, done: u64) -> Event {
    let (command, message) = (CommandId::from_u64(command), message.map(key_of));
    Event::TransferProgress { command, message, done, total: Some(1_000_000) }
}

#[test]
fn an_upload_is_told_by_quarters_and_kept_until_it_ends() {
    let mut story = Story::new();
    let command: Command = serde_json::from_str(
        r#"{"type":"send_attachment","attachment":{"name":"a.pdf","size":1000000,"source":"a.pdf"}}"#,
    )
    .unwrap();
    let queued = Event::MessageQueued {
        command: CommandId::from_u64(3),
        conversation: CONVERSATION,
        message: key_of(1),
    };
    story.tell(&queued);
    let mut own = story.file(1, "outgoing", None, "a.pdf", "in_progress");
    own.status = Some(DeliveryStatus::Sending);
    story.add(own, Origin::Local);
    story.app.accepted(CommandId::from_u64(3), &command, at(0));
    let line = |story: &Story| {
        let item = story.app.timeline.get(key_of(1)).unwrap().clone();
        story.app.shown_files(&item)[0].line()
    };
    assert_eq!(line(&story), "[1] a.pdf · 1.0 MB · text/plain", "nobody scans what is not there");
    let mut told = Vec::new();
    for done in [0, 240_000, 260_000, 300_000, 800_000, 1_000_000] {
        told.extend(story.tell(&progress(3, Some(1), done)));
    }
    let headway = |text: &str| News::Headway(text.to_owned());
    assert_eq!(told, [headway("m1 26 % of 1.0 MB sent"), headway("m1 80 % of 1.0 MB sent")]);
    assert_eq!(story.app.files.sending(key_of(1)).and_then(Transfer::percent), Some(100));
    assert_eq!(story.app.log.back().unwrap().1, "transfer_progress c3 m1 1.0 MB of 1.0 MB");
    let lines = story.app.log.iter().filter(|(_, line)| line.starts_with("transfer_progress")).count();
    assert_eq!(lines, 1, "only the last of them");
    story.tell(&Event::CommandFinished {
        command: CommandId::from_u64(3),
        result: CommandResult::Sent { message: key_of(1) },
    });
    assert_eq!(story.app.files.sending(key_of(1)), None);
    story.status(1, DeliveryStatus::Sent);
    assert_eq!(line(&story), "[1] a.pdf · 1.0 MB · text/plain · being scanned");
    assert!(story.app.is_settled());
}

#[test]
fn a_download_that_ends_before_it_was_accepted_leaves_no_bar() {
    let mut story = Story::new();
    story.add(story.file(1, "incoming", Some("a1"), "a.pdf", "approved"), Origin::Live);
    story.tell(&progress(4, None, 1_000_000));
    story.tell(&Event::CommandFinished {
        command: CommandId::from_u64(4),
        result: CommandResult::Downloaded { size: 1_000_000 },
    });
    let command: Command =
        serde_json::from_str(r#"{"type":"download_attachment","attachment":"a1","sink":"x"}"#).unwrap();
    story.app.accepted(CommandId::from_u64(4), &command, at(0));
    assert_eq!(story.app.files.savings().count(), 0);
    assert!(story.app.is_settled());
}

#[test]
fn numbers_of_files_stay_when_older_ones_come() {
    let mut story = Story::new();
    story.add(story.file(5, "incoming", Some("a5"), "new.pdf", "approved"), Origin::Live);
    story.put(story.file(6, "incoming", Some("a6"), "old.pdf", "approved"), None, Origin::History);
    assert_eq!(story.app.wanted_file(1).unwrap().name, "new.pdf");
    assert_eq!(story.app.wanted_file(2).unwrap().name, "old.pdf");
    assert_eq!(story.app.wanted_file(3).unwrap_err(), "There is no file 3, only 1 to 2");
    let removed = |key: u64| Event::TranscriptChanged {
        conversation: CONVERSATION,
        origin: Origin::Local,
        changes: vec![TranscriptChange::Removed { key: key_of(key) }],
    };
    story.tell(&removed(5));
    assert_eq!(story.app.wanted_file(1).unwrap_err(), "File 1 has left the transcript");
    assert_eq!(story.app.wanted_file(2).unwrap().name, "old.pdf");
    story.tell(&removed(6));
    assert_eq!(story.app.wanted_file(2).unwrap_err(), "There is no file 2, only file 1");
}

#[test]
fn an_address_is_shown_to_who_asked_and_not_in_the_log() {
    let mut story = Story::new();
    let command: Command = serde_json::from_str(r#"{"type":"attachment_url","attachment":"a1"}"#).unwrap();
    story.app.accepted(CommandId::from_u64(5), &command, at(0));
    let news = story.json(serde_json::json!({ "type": "command_finished", "command": "c5",
        "result": "attachment_url", "url": "https://files.example/a?signature=s3cret", "size": 51 }));
    let text = "Whoever has this address can fetch the file: https://files.example/a?signature=s3cret";
    assert_eq!(news, [News::Said(Tone::Quiet, text.to_owned())]);
    assert_eq!(story.app.log.back().unwrap().1, "command_finished c5 an address, of 51 bytes");
}

#[test]
fn a_session_that_was_put_away_ended_well() {
    let mut story = Story::new();
    let news = story.state(ConnectionState::Ended { reason: EndReason::Reset });
    let text = "The session was put away; the chat goes on without it";
    assert_eq!(news, [News::Said(Tone::Quiet, text.to_owned())]);
    assert_eq!(story.app.ended_well(), Some(true));
}

#[test]
fn what_only_programs_ask_for_is_told_too() {
    let mut story = Story::new();
    let command: Command = serde_json::from_str(r#"{"type":"load_transcript"}"#).unwrap();
    story.app.accepted(CommandId::from_u64(6), &command, at(0));
    let page = serde_json::json!({ "type": "command_finished", "command": "c6", "result": "page",
        "page": { "items": [], "next": "n" } });
    let said = |text: &str| News::Said(Tone::Quiet, text.to_owned());
    assert_eq!(story.json(page), [said("0 items of the transcript fetched")]);
    assert_eq!(story.app.log.back().unwrap().1, "command_finished c6 page of 0 items, and there are more");
    let command: Command =
        serde_json::from_str(r#"{"type":"amazon_connect","request":"describe_view","message":"m1"}"#)
            .unwrap();
    story.app.accepted(CommandId::from_u64(7), &command, at(0));
    let view = serde_json::json!({ "type": "command_finished", "command": "c7",
        "result": "amazon_connect", "reply": { "reply": "view", "view": {} } });
    assert_eq!(story.json(view), [said("The form came; this client cannot show it")]);
    let renewal =
        serde_json::json!({ "type": "connection_renewal_failed", "reason": { "lost": "not_greeted" } });
    assert_eq!(story.json(renewal), []);
    let line = "connection_renewal_failed the service did not acknowledge us";
    assert_eq!(story.app.log.back().unwrap().1, line);
}
