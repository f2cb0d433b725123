//! What the SDK tells, and how it is told here.

use helpline_conformance::sdk::Row;
use helpline_emulator::bright_pattern::{
    AgentAction, CallSignal as AgentSignal, ErrorCode, ErrorRule, Faults, Operation, Which,
};
use helpline_protocol::bright_pattern::{CallSignal, Event as Told, Request};
use helpline_protocol::model::{
    ConversationEnd, ConversationState, ItemBody, Notice, ReceiptKind, Role, Template, TranscriptChange,
};
use helpline_protocol::{Command, ConnectionState, Event};
use serde_json::json;

use super::stage::{Stage, config, connected_at, live, live_at, server};

pub(crate) const ROWS: &[Row] = &[
    ("chatSessionMessage", || {
        let mut stage = live();
        stage.agent(AgentAction::Say("Hello".to_owned()));
        let newest = stage.newest();
        assert_eq!(newest.body, ItemBody::Text { text: "Hello".to_owned() });
        assert_eq!(newest.sender.role, Role::Agent);
        stage.agent(AgentAction::SayHtml("<b>Urgent</b>".to_owned()));
        let html = ItemBody::Html { html: "<b>Urgent</b>".to_owned(), text: "Urgent".to_owned() };
        assert_eq!(stage.newest().body, html);
    }),
    ("chatSessionMessageDelivered", || assert_eq!(marks(), [ReceiptKind::Delivered, ReceiptKind::Read])),
    ("chatSessionMessageRead", || assert_eq!(marks().last(), Some(&ReceiptKind::Read))),
    ("chatSessionStatus", || {
        let mut stage = connected_at(config(), server());
        stage.agent(AgentAction::Status { state: "queued".to_owned(), ewt: Some(42) });
        let told = stage.lines.iter().rev().find_map(|event| match event {
            Event::ConversationChanged { progress, wait_seconds, .. } => Some((progress, *wait_seconds)),
            _ => None,
        });
        assert_eq!(told, Some((&ConversationState::Queued, Some(42))));
        stage.agent(AgentAction::Status { state: "failed".to_owned(), ewt: None });
        assert_eq!(end_of(&stage), Some(ConversationEnd::Failed));
    }),
    ("chatSessionCaseSet", || {
        let mut stage = live();
        stage.agent(AgentAction::SetCase(Some("1042".to_owned())));
        stage.agent(AgentAction::SetCase(None));
        let cases: Vec<_> = stage
            .told()
            .into_iter()
            .filter_map(|event| match event {
                Told::CaseSet { case, .. } => Some(case.as_deref()),
                _ => None,
            })
            .collect();
        assert_eq!(cases, [Some("1042"), None]);
    }),
    ("chatSessionPartyJoined", || {
        let stage = live();
        let joined = stage.items().into_iter().find(|item| is(&item.body, &Notice::ParticipantJoined));
        let sender = &joined.expect("somebody").sender;
        assert_eq!((&sender.role, sender.display_name.as_deref()), (&Role::Agent, Some("Marek N.")));
    }),
    ("chatSessionPartyLeft", || {
        let mut stage = live();
        stage.agent(AgentAction::Leave);
        let newest = stage.newest();
        assert!(is(&newest.body, &Notice::ParticipantLeft));
        assert_eq!(newest.sender.display_name.as_deref(), Some("Marek N."));
    }),
    ("chatSessionTyping", || {
        let mut stage = live();
        stage.agent(AgentAction::Typing);
        let began = |event: &Event| match event {
            Event::TypingStarted { participant, .. } => participant.role == Role::Agent,
            _ => false,
        };
        assert_eq!(stage.count(began), 1);
    }),
    ("chatSessionNotTyping", || {
        let mut stage = live();
        let stopped = |event: &Event| matches!(event, Event::TypingStopped { .. });
        stage.agent(AgentAction::Typing);
        stage.agent(AgentAction::NotTyping);
        assert_eq!(stage.count(stopped), 1);
        stage.agent(AgentAction::Typing);
        stage.run_for(31_000);
        assert_eq!(stage.count(stopped), 2);
    }),
    ("chatSessionLocation", || {
        told_by(
            AgentAction::Location { latitude: "52.37".to_owned(), longitude: "4.89".to_owned(), url: None },
            |event| matches!(event, Told::Location { place, .. } if place.latitude == "52.37"),
        );
    }),
    ("chatSessionTimeoutWarning", || {
        told_by(
            AgentAction::Warn,
            |event| matches!(event, Told::InactivityWarning { text, .. } if !text.is_empty()),
        );
    }),
    ("chatSessionInactivityTimeout", || {
        let mut stage = live();
        stage.agent(AgentAction::InactivityTimeout);
        assert!(stage.has_told(|event| matches!(event, Told::InactivityTimeout { .. })));
        assert_eq!(end_of(&stage), Some(ConversationEnd::Inactivity));
    }),
    ("chatSessionEnded", || {
        let mut stage = live();
        stage.agent(AgentAction::End);
        assert_eq!(end_of(&stage), Some(ConversationEnd::Ended));
    }),
    ("chatSessionDisconnect", || {
        let mut stage = live();
        stage.ask(Request::Disconnect);
        let again = stage.again(config());
        assert!(again.has_told(|event| matches!(event, Told::Disconnected { .. })), "{:#?}", again.told());
    }),
    ("chatSessionEnd", || {
        told_by(
            AgentAction::Raw(json!({ "event": "chat_session_end", "timestamp": "1767262490" })),
            |event| matches!(event, Told::EndRequested { at: Some(_) }),
        );
    }),
    ("chatSessionFile", || {
        let mut stage = live();
        stage.agent(AgentAction::SendFile {
            name: "label.jpg".to_owned(),
            content_type: "image/jpeg".to_owned(),
            bytes: bytes::Bytes::from_static(b"x"),
        });
        let ItemBody::Attachments { attachments } = stage.newest().body else { panic!() };
        assert_eq!(attachments[0].name.as_deref(), Some("label.jpg"));
    }),
    ("chatSessionSignaling", || {
        let mut stage = live();
        let signals = [
            AgentSignal::Offer { video: true, word: false },
            AgentSignal::Candidate { number: true },
            AgentSignal::State { audio: true, video: false },
            AgentSignal::Answer,
            AgentSignal::Reject,
            AgentSignal::End,
            AgentSignal::Raw(json!({ "type": "SCREEN_SHARE", "x": 1 })),
        ];
        for signal in signals {
            stage.agent(AgentAction::Signal(signal));
        }
        let told: Vec<_> = stage
            .told()
            .into_iter()
            .filter_map(|event| match event {
                Told::Signal { signal, .. } => Some(signal),
                _ => None,
            })
            .collect();
        assert!(matches!(told[0], CallSignal::Offer { video: true, sdp } if sdp.starts_with("v=0")));
        assert!(matches!(told[1], CallSignal::Candidate { line: Some(0), .. }));
        assert!(matches!(told[2], CallSignal::State { audio: true, video: false }));
        assert!(matches!(told[3], CallSignal::Answer { .. }));
        assert!(matches!(told[4], CallSignal::Rejected { code: Some(code), .. } if code == "486"));
        assert!(matches!(told[5], CallSignal::End));
        assert!(matches!(told[6], CallSignal::Other { data, .. } if data["x"] == "1"));
    }),
    ("Android: ChatSessionFormShow", || {
        told_by(
            AgentAction::Form { name: "Survey".to_owned(), timeout_s: 120 },
            |event| matches!(event, Told::FormRequested { name, timeout_seconds: Some(120), .. } if name == "Survey"),
        );
    }),
    ("Android: unknown event", || {
        let mut server = server();
        server.faults.strange_every = 1;
        let mut stage = live_at(config(), server);
        stage.agent(AgentAction::Say("Hello".to_owned()));
        assert!(stage.count(|event| matches!(event, Event::Unrecognized { .. })) > 0);
        assert_eq!(stage.newest().body.text(), Some("Hello"));
    }),
];

pub(crate) const MORE: &[Row] = &[
    ("web: chat_session_info", || {
        told_by(
            AgentAction::Info,
            |event| matches!(event, Told::ServiceInfo { name } if name == "Acme Support"),
        );
    }),
    ("web: chat_session_file_url", || {
        let mut stage = live();
        stage.agent(AgentAction::SendUrl("https://cdn.acme.example/doc/terms.pdf".to_owned()));
        let ItemBody::Attachments { attachments } = stage.newest().body else { panic!() };
        assert_eq!(attachments[0].id.as_deref(), Some("https://cdn.acme.example/doc/terms.pdf"));
        assert_eq!(attachments[0].name.as_deref(), Some("terms.pdf"));
    }),
    ("web: chat_session_message_edit", || {
        let mut stage = live();
        stage.agent(AgentAction::Say("Helo".to_owned()));
        let key = stage.newest().key;
        stage.agent(AgentAction::Edit("Hello".to_owned()));
        assert_eq!((stage.newest().key, stage.newest().body.text()), (key, Some("Hello")));
        let changed = changes(&stage).any(|change| matches!(change, TranscriptChange::Changed { .. }));
        assert!(changed);
        stage.assert_told();
    }),
    ("web: chat_session_message_delete", || {
        let mut stage = live();
        stage.agent(AgentAction::Say("wrong window".to_owned()));
        let key = stage.newest().key;
        stage.agent(AgentAction::Delete);
        assert!(changes(&stage).any(|change| *change == TranscriptChange::Removed { key }));
        stage.assert_told();
    }),
    ("web: attachments", || {
        let mut stage = live();
        stage.agent(AgentAction::Card("Order A-1".to_owned()));
        let has_card = |event: &Told| match event {
            Told::Cards { cards, .. } => {
                cards[0].content.as_deref().is_some_and(|card| card.contains("Order A-1"))
            }
            _ => false,
        };
        assert!(stage.has_told(has_card), "{:#?}", stage.told());
        assert!(stage.newest().body.is_message());
    }),
    ("web: directive buttons", || {
        let mut stage = live();
        stage.agent(AgentAction::BotJoin);
        stage.agent(AgentAction::BotSay("Is this about an order? /buttons [Yes] [No]".to_owned()));
        let ItemBody::Interactive { interactive } = stage.newest().body else { panic!() };
        let Template::QuickReply { heading, elements } = interactive.template else { panic!() };
        assert_eq!((heading.title.as_str(), elements.len()), ("Is this about an order?", 2));
    }),
    ("web: directive attachment", || {
        let mut stage = live();
        stage.agent(AgentAction::BotJoin);
        stage.agent(AgentAction::BotSay("/attachment: https://acme.example/map.png, image".to_owned()));
        let ItemBody::Attachments { attachments } = stage.newest().body else { panic!() };
        assert_eq!(attachments[0].id.as_deref(), Some("https://acme.example/map.png"));
        stage.agent(AgentAction::BotSay(
            "Our map: /attachment: https://acme.example/map.png, image".to_owned(),
        ));
        assert_eq!(stage.newest().body.text(), Some("Our map: https://acme.example/map.png"));
    }),
    ("web: chat_session_secure_form_show", || {
        told_by(
            AgentAction::SecureForm { form_id: "card-details".to_owned() },
            |event| matches!(event, Told::SecureFormRequested { form, .. } if form == "card-details"),
        );
    }),
    ("web: chat_session_secure_form_cancel", || {
        let mut stage = live();
        stage.agent(AgentAction::SecureForm { form_id: "card-details".to_owned() });
        stage.agent(AgentAction::CancelSecureForm);
        assert!(stage.has_told(|event| matches!(event, Told::SecureFormCancelled { .. })));
    }),
    ("web: chat_session_form_data", || {
        told_by(
            AgentAction::Raw(json!({
                "event": "chat_session_form_data", "form_request_id": "17", "form_name": "Survey",
                "data": { "rating": "5" },
            })),
            |event| matches!(event, Told::FormSubmitted { data, .. } if data["rating"] == "5"),
        );
    }),
    ("web: chat_session_navigation", || {
        let mut stage = live();
        stage.ask(Request::SendNavigation {
            title: "Basket".to_owned(),
            page: "https://shop.example/basket".to_owned(),
        });
        let again = stage.again(config());
        assert!(again.has_told(|event| matches!(event, Told::Navigated { title, .. } if title == "Basket")));
    }),
    ("web: chat_session_cobrowsing_requested", || {
        cobrowsing("requested", |event| matches!(event, Told::CobrowsingRequested { .. }));
    }),
    ("web: chat_session_cobrowsing_rejected", || {
        cobrowsing("rejected", |event| matches!(event, Told::CobrowsingRejected));
    }),
    ("web: chat_session_cobrowsing_started", || {
        cobrowsing(
            "started",
            |event| matches!(event, Told::CobrowsingStarted { url, .. } if !url.is_empty()),
        );
    }),
    ("web: chat_session_cobrowsing_ended", || {
        cobrowsing("ended", |event| matches!(event, Told::CobrowsingEnded));
    }),
    ("web: network_connection_error", || {
        let stage = after_a_broken_poll();
        assert_eq!(
            stage.count(|event| matches!(event, Event::ConnectionLost { .. })),
            1,
            "{:#?}",
            stage.lines
        );
    }),
    ("web: network_connection_established", || {
        let stage = after_a_broken_poll();
        assert_eq!(stage.session.state(), ConnectionState::Live);
        let states: Vec<_> = stage
            .lines
            .iter()
            .filter_map(|event| match event {
                Event::ConnectionChanged { state } => Some(state.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(states.last(), Some(&ConnectionState::Live), "{states:?}");
    }),
];

fn is(body: &ItemBody, notice: &Notice) -> bool {
    matches!(body, ItemBody::Notice { notice: of } if of == notice)
}

fn end_of(stage: &Stage) -> Option<ConversationEnd> {
    stage.lines.iter().rev().find_map(|event| match event {
        Event::ConversationEnded { why, .. } => *why,
        _ => None,
    })
}

/// The marks that were told of a message which the agent received and read.
fn marks() -> Vec<ReceiptKind> {
    let mut stage = live();
    stage.run(Command::send_text("Hello"));
    stage.agent(AgentAction::MarkDelivered(Which::All));
    stage.agent(AgentAction::MarkRead(Which::All));
    let message = stage.items().into_iter().rev().find(|item| item.status.is_some()).expect("ours").key;
    stage
        .lines
        .iter()
        .filter_map(|event| match event {
            Event::ReceiptReceived { message: of, receipt, .. } if *of == message => Some(*receipt),
            _ => None,
        })
        .collect()
}

/// Something happens, and is told once.
fn told_by(action: AgentAction, wanted: impl Fn(&Told) -> bool) {
    let mut stage = live();
    stage.agent(action);
    assert_eq!(stage.told().into_iter().filter(|event| wanted(event)).count(), 1, "{:#?}", stage.told());
}

fn cobrowsing(what: &str, wanted: impl Fn(&Told) -> bool) {
    told_by(AgentAction::Cobrowsing(what.to_owned()), wanted);
}

fn changes(stage: &Stage) -> impl Iterator<Item = &TranscriptChange> {
    stage.lines.iter().flat_map(|event| match event {
        Event::TranscriptChanged { changes, .. } => changes.as_slice(),
        _ => &[],
    })
}

/// A poll went wrong, and then no more.
fn after_a_broken_poll() -> Stage {
    let mut stage = live();
    let errors = vec![ErrorRule::next(Operation::Poll, ErrorCode::NoServer, 1)];
    stage.server.set_faults(Faults { errors, ..Faults::default() });
    stage.run_for(60_000);
    stage
}
