//! What only the vendor's web client asks, and how it is asked here.

use std::collections::BTreeMap;

use helpline_conformance::sdk::Row;
use helpline_emulator::bright_pattern::{AgentAction, IceForm, ServerConfig};
use helpline_protocol::bright_pattern::{ApiVersion, Coordinates, Event as Told, IceServers, Reply, Request};
use helpline_protocol::model::{Choice, ItemBody, SinkKey};
use helpline_protocol::{Command, CommandResult, Secret};
use serde_json::{Value, json};

use super::methods::{agent_of, last_sent, last_sent_of};
use super::stage::{Stage, config, connected_at, idle, live, live_at, server};

pub(crate) const ROWS: &[Row] = &[
    ("web: sendLocation", || {
        let (place, url) = (place(), Some("https://maps.example/?q=52.37,4.89".to_owned()));
        let sent = sent_by(Request::SendLocation { place, url });
        assert_eq!((&sent["latitude"], &sent["longitude"]), (&json!("52.37"), &json!("4.89")));
    }),
    ("web: location at the start", || {
        let stage = connected_at(config().with_location(place()), server());
        let parameters = &stage.server.request_of(&stage.chat()).expect("the request").parameters;
        assert_eq!(parameters["location"]["latitude"], "52.37");
    }),
    ("web: initial message", || {
        let mut stage = connected_at(config().with_initial_message("My parcel is stuck"), server());
        stage.run_for(1_000);
        let chat = stage.chat();
        let heard =
            stage.server.transcript(&chat).iter().any(|it| it.text.as_deref() == Some("My parcel is stuck"));
        assert!(heard, "{:#?}", stage.server.transcript(&chat));
    }),
    ("web: sendNavigation", || {
        let sent = sent_by(Request::SendNavigation {
            title: "Basket".to_owned(),
            page: "https://shop.example/basket".to_owned(),
        });
        assert_eq!(sent["page"], "https://shop.example/basket");
    }),
    ("web: typing preview", || {
        let mut stage = live();
        let request = Request::TypingPreview { text: "Hello, I wan".to_owned() };
        assert_eq!(stage.ask(request), CommandResult::Done);
        assert_eq!(stage.server.stats().preview.as_deref(), Some("Hello, I wan"));
    }),
    ("web: form data", || {
        let (mut stage, id, name) = with_form();
        let data = BTreeMap::from([("rating".to_owned(), "5".to_owned())]);
        assert_eq!(stage.ask(Request::SubmitForm { id, name, data }), CommandResult::Done);
        assert_eq!(stage.server.stats().forms.len(), 1);
    }),
    ("web: form cancelled", || {
        let (mut stage, id, name) = with_form();
        assert_eq!(stage.ask(Request::CancelForm { id, name }), CommandResult::Done);
        assert_eq!(stage.server.stats().forms_cancelled, 1);
    }),
    ("web: secure form data", || {
        let (mut stage, id, name) = with_secure_form();
        let data = BTreeMap::from([("card_number".to_owned(), Secret::new("4111"))]);
        assert_eq!(stage.ask(Request::SubmitSecureForm { id, name, data }), CommandResult::Done);
        assert_eq!(stage.server.stats().secure_forms, 1);
        assert!(!format!("{:?} {:?}", stage.lines, stage.sent).contains("4111"));
    }),
    ("web: secure form cancelled", || {
        let (mut stage, id, name) = with_secure_form();
        assert_eq!(stage.ask(Request::CancelSecureForm { id, name }), CommandResult::Done);
        assert_eq!(stage.server.stats().forms_cancelled, 1);
    }),
    ("web: co-browsing rejected", || {
        assert_eq!(sent_by(Request::RejectCobrowsing)["event"], "chat_session_cobrowsing_rejected");
    }),
    ("web: co-browsing started", || {
        let sent = sent_by(Request::StartCobrowsing {
            provider: "SURFLY".to_owned(),
            url: "https://surfly.example/s/abc".to_owned(),
            id: None,
        });
        assert_eq!(sent["cobrowsing_url"], "https://surfly.example/s/abc");
    }),
    ("web: co-browsing ended", || {
        assert_eq!(sent_by(Request::EndCobrowsing)["event"], "chat_session_cobrowsing_ended");
    }),
    ("web: co-browsing code", || {
        let sent = sent_by(Request::CobrowsingCode { code: "123-456".to_owned() });
        assert_eq!((&sent["msg"], &sent["type"]), (&json!("123-456"), &json!("cobrowsing")));
    }),
    ("web: directive answer", || {
        let mut stage = live();
        stage.agent(AgentAction::BotJoin);
        stage.agent(AgentAction::BotSay("Is this about an order? /buttons [Yes] [No]".to_owned()));
        let question = stage.newest();
        let choice = Choice::Element { index: 1 };
        stage.run(Command::Answer { message: question.key, choice });
        let sent = last_sent_of(&stage, Some("chat_session_message"));
        assert_eq!(sent["msg"], "No");
        assert_eq!(sent["directive_id"].as_str(), question.server_id.as_deref());
        assert_eq!(stage.newest().body, ItemBody::Text { text: "No".to_owned() });
    }),
    ("web: getActive", || {
        let active = |stage: &mut Stage| match stage.ask(Request::ActiveChat) {
            CommandResult::BrightPattern { reply: Reply::ActiveChat { chat } } => chat,
            other => panic!("{other:?}"),
        };
        assert_eq!(active(&mut idle()), None);
        let mut stage = live();
        let chat = stage.chat();
        assert_eq!(active(&mut stage).map(|active| active.chat_id), Some(chat));
    }),
    ("web: parameters", || {
        let CommandResult::BrightPattern { reply: Reply::ExpectedParameters { parameters } } =
            idle().ask(Request::ExpectedParameters)
        else {
            panic!()
        };
        let of = |name: &str| parameters.iter().find(|it| it.name == name).map(|it| it.kind.as_str());
        assert_eq!((of("email"), of("order_number")), (Some("EMAIL"), Some("TEXT")));
    }),
    ("web: agent's picture", || {
        let mut stage = live();
        let (party, sink) = (agent_of(&stage), SinkKey::new("picture"));
        let result = stage.ask(Request::ProfilePhoto { party, sink: sink.clone() });
        assert_fetched(&stage, &result, &sink);
    }),
    ("web: chat icon", || {
        let mut stage = live();
        let sink = SinkKey::new("icon");
        let result = stage.ask(Request::ChatIcon { sink: sink.clone() });
        assert_fetched(&stage, &result, &sink);
    }),
    ("web: ICE servers", ice_servers),
    ("web: configuration", || {
        let CommandResult::BrightPattern { reply: Reply::Configuration { json } } =
            idle().ask(Request::Configuration)
        else {
            panic!()
        };
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert!(json["widgets"].is_array(), "{json}");
    }),
    ("v1: request SMS", || {
        let sms = || Request::RequestSms {
            phone_number: "+15555550142".to_owned(),
            from: Some("Acme".to_owned()),
            parameters: BTreeMap::new(),
        };
        let mut stage = Stage::new(config().with_api_version(ApiVersion::V1), server());
        let CommandResult::BrightPattern { reply: Reply::SmsRequested { code, .. } } = stage.ask(sms())
        else {
            panic!()
        };
        assert_eq!((code.as_str(), stage.server.stats().sms), ("0", 1));
        let refused = idle().execute(Command::BrightPattern { conversation: None, request: sms() });
        assert!(refused.is_err());
    }),
];

/// What the service has of something that is sent.
fn sent_by(request: Request) -> Value {
    let mut stage = live();
    assert_eq!(stage.ask(request), CommandResult::Done);
    last_sent(&stage)
}

fn place() -> Coordinates {
    Coordinates { latitude: "52.37".to_owned(), longitude: "4.89".to_owned() }
}

/// A chat in which a form is shown: its id and name.
fn with_form() -> (Stage, String, String) {
    let mut stage = live();
    stage.agent(AgentAction::Form { name: "Survey".to_owned(), timeout_s: 120 });
    let form = stage.told().into_iter().find_map(|event| match event {
        Told::FormRequested { id, name, .. } => Some((id.clone(), name.clone())),
        _ => None,
    });
    let (id, name) = form.expect("a form");
    (stage, id, name)
}

fn with_secure_form() -> (Stage, String, String) {
    let mut stage = live();
    stage.agent(AgentAction::SecureForm { form_id: "card-details".to_owned() });
    let form = stage.told().into_iter().find_map(|event| match event {
        Told::SecureFormRequested { id, form, .. } => Some((id.clone(), form.clone())),
        _ => None,
    });
    let (id, name) = form.expect("a form");
    (stage, id, name)
}

fn assert_fetched(stage: &Stage, result: &CommandResult, sink: &SinkKey) {
    let CommandResult::Downloaded { size } = result else { panic!("{result:?}") };
    assert!(*size > 0);
    assert_eq!(stage.files.fetched[sink].len() as u64, *size);
}

fn ice_servers() {
    let ask = |form: IceForm| {
        let mut stage = live_at(config(), ServerConfig { ice: form, ..server() });
        let request = Request::IceServers { domain: Some("shop.acme.example".to_owned()) };
        match stage.ask(request) {
            CommandResult::BrightPattern { reply: Reply::IceServers { servers } } => servers,
            other => panic!("{other:?}"),
        }
    };
    let IceServers::Clear { servers } = ask(IceForm::Clear) else { panic!() };
    assert!(servers.iter().any(|server| server.url.starts_with("turn:") && server.credential.is_some()));
    let IceServers::Encrypted { base64 } = ask(IceForm::Encrypted) else { panic!() };
    assert!(base64.len() > 60, "{base64}");
}
