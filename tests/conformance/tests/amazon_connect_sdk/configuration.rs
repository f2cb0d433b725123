//! Where the service is, and what stands between it and us.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use helpline_emulator::amazon_connect::{Faults, Operation as Asked, ServerConfig, StatusRule};
use helpline_protocol::{
    Command, Config, ConnectionState, Event, Limits, Operation, Output, Policy, Session, amazon_connect,
};
use helpline_simulation::{World, WorldConfig, at, session_seed};

use super::Row;
use super::desk::{Desk, block_on, soon};
use super::stage::{events, live_in, run, say};
use crate::adapter::Builder;

pub(crate) const ROWS: &[Row] = &[
    ("GlobalConfig.init", everything_is_said_at_birth),
    ("GlobalConfig.region", the_region_decides_the_host),
    ("GlobalConfig.defaultRegion", without_a_region_it_is_the_sdks),
    ("GlobalConfig.disableCsm", nobody_is_told_of_the_chat_but_the_service),
    ("GlobalConfig.customAWSClient", a_client_of_ones_own_carries_all),
    ("GlobalConfig.customWebSocketURLProvider", a_sockets_address_is_rewritten_at_each_connect),
    ("ChatSession.configure", everything_is_said_at_birth),
    ("SDKLogger.isLoggingEnabled", nothing_is_logged_but_by_the_host),
    ("SDKLogger.configureLogger", every_event_is_a_line_without_secrets),
    ("SDKLoggerProtocol.logVerbose", what_goes_out_can_be_shown),
    ("SDKLoggerProtocol.logInfo", the_states_are_lines),
    ("SDKLoggerProtocol.logDebug", what_goes_out_can_be_shown),
    ("SDKLoggerProtocol.logFault", faults_are_lines),
    ("SDKLoggerProtocol.logError", faults_are_lines),
];

fn details() -> amazon_connect::ChatDetails {
    amazon_connect::ChatDetails::new("participant-token")
}

/// Where a session with this configuration asks for its credentials.
fn first_host(config: impl Into<Config>) -> String {
    let mut session = Session::new(config, session_seed(1), at(0)).expect("the configuration works");
    let mut out = Vec::new();
    session.execute(at(0), Command::Connect, &mut out).expect("it connects");
    let host = out.iter().find_map(|output| match output {
        Output::Request { request, operation: Operation::Authorise, .. } => request.uri.host(),
        _ => None,
    });
    host.expect("a request").to_owned()
}

fn everything_is_said_at_birth() {
    let provider = amazon_connect::Config::new(details()).with_region("eu-west-2").with_fips(false);
    let config = Config::from(provider)
        .with_policy(Policy::amazon_connect().with_receipts(false))
        .with_limits(Limits::default().with_outbox_items(3));
    assert!(!config.policy().receipts());
    assert_eq!(config.limits().outbox_items(), 3);
    assert_eq!(first_host(config), "participant.connect.eu-west-2.amazonaws.com");
    // Each session has its own: two in one program do not meet.
    let other = amazon_connect::Config::new(details()).with_region("ap-southeast-2");
    assert_eq!(first_host(other), "participant.connect.ap-southeast-2.amazonaws.com");
}

fn the_region_decides_the_host() {
    let of = |region| first_host(amazon_connect::Config::new(details()).with_region(region));
    assert_eq!(of("eu-central-1"), "participant.connect.eu-central-1.amazonaws.com");
    assert_eq!(of("cn-north-1"), "participant.connect.cn-north-1.amazonaws.com.cn");
    let nowhere = amazon_connect::Config::new(details()).with_region("the moon");
    let refused = Session::new(nowhere, session_seed(1), at(0)).unwrap_err();
    assert!(refused.to_string().contains("the moon"), "{refused}");
}

fn without_a_region_it_is_the_sdks() {
    let host = first_host(amazon_connect::Config::new(details()));
    assert_eq!(host, "participant.connect.us-west-2.amazonaws.com");
}

fn kept() -> WorldConfig {
    WorldConfig { keep_outputs: true, ..WorldConfig::default() }
}

fn nobody_is_told_of_the_chat_but_the_service() {
    let mut world = live_in(kept());
    say(&mut world, "hello");
    run(&mut world, Command::send_text("hi"));
    world.run_for(60_000);
    run(&mut world, Command::Leave);
    let mut requests = 0;
    for (_, output) in &world.outputs {
        if let Output::Request { request, .. } | Output::OpenSocket { request, .. } = output {
            requests += 1;
            let authority = request.uri.authority().map(ToString::to_string);
            assert_eq!(authority.as_deref(), Some("127.0.0.1:80"), "{request:?}");
        }
    }
    assert!(requests > 5, "{requests}");
    assert_eq!(world.provider.server.stats().calls_of(Asked::Unknown), 0);
}

fn a_client_of_ones_own_carries_all() {
    block_on(async {
        let carried = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&carried);
        let build = move |builder: Builder| {
            let client = builder.http_client();
            builder.with_http_fn(move |request| {
                assert!(request.extensions().get::<Operation>().is_some(), "it says what it is for");
                seen.fetch_add(1, Ordering::Relaxed);
                tower_service::Service::call(&mut client.clone(), request)
            })
        };
        let desk = Desk::open_by(build).await;
        soon(desk.chat.send_text("hi")).await.expect("it is sent");
        let calls: u64 = desk.stats().calls.values().sum();
        assert_eq!(u64::try_from(carried.load(Ordering::Relaxed)), Ok(calls), "none goes another way");
    });
}

fn a_sockets_address_is_rewritten_at_each_connect() {
    block_on(async {
        let dialled = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&dialled);
        let build = move |builder: Builder| {
            builder.with_socket_rewrite(move |mut request| {
                seen.fetch_add(1, Ordering::Relaxed);
                let address = request.uri().to_string().replace("127.0.0.1", "localhost");
                *request.uri_mut() = address.parse().expect("an address");
                request
            })
        };
        let mut desk = Desk::open_by(build).await;
        desk.server.cut_sockets();
        desk.until(|event| matches!(event, Event::ConnectionLost { .. })).await;
        desk.until(|event| *event == Event::ConnectionChanged { state: ConnectionState::Live }).await;
        assert_eq!(dialled.load(Ordering::Relaxed), 2, "the one of the reconnect too");
        assert_eq!(desk.stats().sockets_opened, 2);
    });
}

/// A chat with two refusals and a lost socket in it.
fn eventful() -> World {
    let faults = Faults {
        statuses: vec![StatusRule::next(Asked::SendMessage, 500, 1)],
        ping_status: Some(503),
        ..Faults::default()
    };
    let server = ServerConfig { faults, ..ServerConfig::default() };
    let mut world = live_in(WorldConfig { server, ..kept() });
    run(&mut world, Command::send_text("hi"));
    world.cut();
    world.run_for(30_000);
    world
}

fn nothing_is_logged_but_by_the_host() {
    // The core has no logger at all: what there is to log is an output, and the host is free to drop it.
    let mut world = eventful();
    world.lines.clear();
    world.run_for(10_000);
    assert_eq!(world.session.state(), ConnectionState::Live);
}

fn every_event_is_a_line_without_secrets() {
    let world = eventful();
    assert!(world.provider.secrets.len() >= 3, "tokens and tickets were in use");
    for event in events(&world) {
        let json = serde_json::to_string(event).expect("JSON");
        let shown = format!("{event}\n{event:?}\n{json}");
        assert_eq!(event.to_string().lines().count(), 1, "{event}");
        for secret in &world.provider.secrets {
            assert!(!shown.contains(secret.as_str()), "{event}");
        }
    }
}

fn what_goes_out_can_be_shown() {
    let world = eventful();
    let shown: Vec<String> = world.outputs.iter().map(|(_, output)| format!("{output:?}")).collect();
    assert!(shown.iter().any(|line| line.contains("aws/heartbeat")), "frames, word for word");
    assert!(shown.iter().any(|line| line.contains("/participant/message")), "requests");
    for secret in &world.provider.secrets {
        let line = shown.iter().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "a secret is shown");
    }
}

fn the_states_are_lines() {
    let world = eventful();
    let lines: Vec<String> = events(&world).iter().map(ToString::to_string).collect();
    for line in ["connection connecting", "connection live"] {
        assert!(lines.iter().any(|shown| shown == line), "{line} is not in {lines:#?}");
    }
}

fn faults_are_lines() {
    let world = eventful();
    let has = |wanted: fn(&Event) -> bool| events(&world).into_iter().any(wanted);
    assert!(has(|event| matches!(event, Event::ProviderFault { .. })), "a refusal");
    assert!(has(|event| matches!(event, Event::ProbeFailed { .. })), "a probe");
    assert!(has(|event| matches!(event, Event::ConnectionLost { .. })), "a lost link");
}
