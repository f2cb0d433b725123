//! What there is to configure.

use std::collections::BTreeMap;

use helpline_conformance::sdk::Row;
use helpline_emulator::bright_pattern::{APP_ID, AgentAction, Operation, TENANT};
use helpline_protocol::bright_pattern::{ApiVersion, Config};
use helpline_protocol::{Command, CommandResult, ConfigError, Event, Session};
use helpline_simulation::{at, session_seed};

use super::stage::{CLIENT, Stage, config, connected_at, live, live_at, policy, server};

pub(crate) const ROWS: &[Row] = &[
    ("ContactCenterCommunicator.init", || assert!(taken(config()).is_ok())),
    ("init.baseURL", base_url),
    ("init.tenantURL", || {
        assert_eq!(refused(Config::new("https://acme.example/", APP_ID, CLIENT)), "tenant");
        let stage = connected_at(config(), server());
        let query = stage.sent[0].uri.query().expect("a query");
        assert_eq!(query, format!("tenantUrl={TENANT}"));
    }),
    ("init.appID", || {
        assert_eq!(refused(Config::new(TENANT, "a b", CLIENT)), "app_id");
        header_has(&format!("appId={APP_ID}"));
    }),
    ("init.clientID", || {
        assert_eq!(refused(Config::new(TENANT, APP_ID, "a,b")), "client_id");
        header_has(&format!("clientId={CLIENT}"));
    }),
    ("api version", || {
        let stage = live_at(config().with_api_version(ApiVersion::V1), server());
        assert!(stage.sent.iter().all(|request| request.uri.path().starts_with("/clientweb/api/v1/")));
        assert!(stage.calls(Operation::Poll) > 0);
    }),
    ("callbackWaitingTimeMS", poll_timeout),
    ("ContactCenterDefaultCommunicator.shared", || {
        let (mut one, two) = (live(), live());
        one.agent(AgentAction::Say("to one".to_owned()));
        assert_eq!(one.items().len(), two.items().len() + 1);
    }),
    ("delegate", || {
        let mut stage = live();
        stage.agent(AgentAction::Say("Hello".to_owned()));
        stage.assert_told();
        assert_eq!(stage.mirror.items().last().and_then(|item| item.body.text()), Some("Hello"));
    }),
    ("ContactCenterEventsDelegating.chatSessionEvents", || {
        let mut stage = live();
        let before = stage.count(|event| matches!(event, Event::TranscriptChanged { .. }));
        stage.agent(AgentAction::Say("Hello".to_owned()));
        assert_eq!(stage.count(|event| matches!(event, Event::TranscriptChanged { .. })), before + 1);
    }),
    ("user_platform", || {
        let platform = BTreeMap::from([("os".to_owned(), "iOS 17.5.1".to_owned())]);
        let stage = connected_at(config().with_user_platform(platform), server());
        let parameters = &stage.server.request_of(&stage.chat()).expect("the request").parameters;
        assert_eq!(parameters["user_platform"]["os"], "iOS 17.5.1");
    }),
];

fn taken(config: Config) -> Result<Session, ConfigError> {
    Session::new(config, session_seed(1), at(0))
}

/// The field that is refused.
fn refused(config: Config) -> &'static str {
    match taken(config) {
        Err(ConfigError::Field { field, .. }) => field,
        other => panic!("{:?}", other.map(|_| "taken")),
    }
}

fn header_has(part: &str) {
    let stage = connected_at(config(), server());
    let header = stage.sent[0].headers["authorization"].to_str().expect("a text").to_owned();
    assert!(header.contains(part), "{header}");
}

fn base_url() {
    for url in
        ["http://chat.example", "ws://127.0.0.1:1", "https://u:p@chat.example", "https://chat.example?x"]
    {
        assert_eq!(refused(config().with_endpoint(url)), "with_endpoint", "{url}");
    }
    assert!(taken(config().with_endpoint("http://chat.example").dangerous_allow_plaintext(true)).is_ok());
    let mut stage = Stage::new(config().with_endpoint("https://gate.example:9443/way/"), server());
    stage.execute(Command::Connect).expect("the command is taken");
    let uri = stage.sent[0].uri.to_string();
    assert!(uri.starts_with("https://gate.example:9443/way/clientweb/api/v2/chats?"), "{uri}");
}

fn poll_timeout() {
    let mut server = server();
    server.faults.endless_hold = true;
    let policy = policy().with_poll_timeout(core::time::Duration::from_secs(20));
    let config = helpline_protocol::Config::from(config()).with_policy(policy);
    let mut stage = Stage::new(config, server);
    assert_eq!(stage.run(Command::Connect), CommandResult::Done);
    let polls = stage.calls(Operation::Poll);
    stage.run_for(60_000);
    assert!(stage.calls(Operation::Poll) > polls, "a poll that nobody answers is given up");
}
