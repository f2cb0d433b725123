//! What concerns no machine of its own: processes, logs, addresses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use helpline_emulator::amazon_connect::{AgentAction, ServerConfig};
use helpline_emulator::loopback::Loopback;
use helpline_protocol::amazon_connect::{ChatDetails, Config};
use helpline_protocol::{Command, ConnectionState, Event, Output, Policy, Session};
use helpline_simulation::{World, WorldConfig, at, session_seed};
use helpline_tokio::TokioRuntime;

use crate::rig::{Look as _, of};

/// A life with losses, one step of it.
fn step(world: &mut World, number: u64) {
    match number % 5 {
        0 => world.send(&format!("own {number}")),
        1 => world.say(&format!("theirs {number}")),
        2 => world.cut(),
        _ => {}
    }
    world.run_for(900);
}

#[test]
pub(crate) fn row_31_sessions_of_one_process_share_nothing() {
    let fresh = |seed| {
        let mut world = of(WorldConfig { seed, ..WorldConfig::default() });
        world.execute(Command::Connect).unwrap();
        world
    };
    let mut alone: Vec<World> = (1..=8).map(fresh).collect();
    for world in &mut alone {
        (0..50).for_each(|number| step(world, number));
    }
    let mut together: Vec<World> = (1..=8).map(fresh).collect();
    for number in 0..50 {
        together.iter_mut().for_each(|world| step(world, number));
    }
    for (alone, together) in alone.iter().zip(&together) {
        assert!(alone.outputs == together.outputs, "the others change nothing");
        assert!(alone.provider.server.stats().sockets_opened > 3, "much happened");
    }
}

/// What asked for a socket: its path, and whether it bore the mark.
type Dialled = Arc<Mutex<Vec<String>>>;

#[tokio::test]
pub(crate) async fn row_32_a_rewrite_of_sockets_holds_for_every_reconnect() {
    let server = Loopback::start(ServerConfig::default()).await.unwrap();
    let details = server.start_chat("Ines");
    let dialled = Dialled::default();
    let seen = Arc::clone(&dialled);
    let runtime = TokioRuntime::builder()
        .with_socket_rewrite(move |mut request| {
            request.headers_mut().insert("x-mark", http::HeaderValue::from_static("ours"));
            seen.lock().unwrap().push(request.uri().path().to_owned());
            request
        })
        .build();
    let config =
        Config::new(ChatDetails::new(details.participant_token.as_str())).with_endpoint(server.endpoint());
    let soon = Duration::from_millis(20);
    let policy = Policy::amazon_connect().with_backoff_base(soon).with_backoff_cap(soon);
    let config = helpline_protocol::Config::from(config).with_policy(policy);
    let (chat, mut events) = helpline_protocol::driver::connect(runtime, config).unwrap();
    for _ in 0..4 {
        let live = async {
            while let Some(event) = events.next().await {
                if event == (Event::ConnectionChanged { state: ConnectionState::Live }) {
                    return;
                }
            }
            panic!("the events ended");
        };
        tokio::time::timeout(Duration::from_secs(20), live).await.expect("a live link");
        server.cut_sockets();
    }
    drop(chat);
    let opened = server.with(|server, _, _| server.stats().sockets_opened);
    let dialled = dialled.lock().unwrap().len();
    assert!(opened >= 4, "{opened} sockets");
    assert!(u64::try_from(dialled).unwrap() >= opened, "{dialled} of {opened} passed by");
}

#[test]
pub(crate) fn row_40_no_log_shows_a_token_or_a_text() {
    let mut world = of(WorldConfig::default());
    world.execute(Command::Connect).unwrap();
    world.run_until(1_000);
    world.files.add("disk", &b"0123456789"[..]);
    world.send("private words");
    world.run_for(1_000);
    world.cut();
    world.agent(AgentAction::Say("theirs".to_owned()));
    world.run_for(10_000);
    let secrets = &world.provider.secrets;
    assert!(secrets.len() >= 5, "tokens and tickets were in use");
    let mut requests = String::new();
    let mut all = format!("{:?}\n{:?}\n", world.session.connection(), world.provider.session_config());
    for (_, output) in &world.outputs {
        let shown = format!("{output:?}\n{output:#?}\n");
        if matches!(output, Output::Request { .. } | Output::OpenSocket { .. }) {
            requests.push_str(&shown);
        }
        all.push_str(&shown);
    }
    for secret in secrets {
        assert!(!all.contains(secret.as_str()), "a secret is shown");
    }
    // What goes over the network is what hosts log: neither texts nor queries are in it. Events hold them, as they
    // are for the user's eyes.
    assert!(requests.contains("/participant/message"), "{requests}");
    for private in ["private words", "theirs", "ticket="] {
        assert!(!requests.contains(private), "{private:?} is shown");
    }
}

#[test]
pub(crate) fn row_44_any_endpoint_can_be_named() {
    let first = |config: Config| {
        let mut out = Vec::new();
        let mut session = Session::new(config, session_seed(1), at(0)).unwrap();
        session.execute(at(0), Command::Connect, &mut out).unwrap();
        let found = out.iter().find_map(|output| match output {
            Output::Request { request, .. } => Some(request.uri.to_string()),
            _ => None,
        });
        found.expect("credentials are asked for")
    };
    let chat = || ChatDetails::new("pt");
    for (endpoint, asked) in [
        ("http://127.0.0.1:4000", "http://127.0.0.1:4000/participant/connection"),
        ("https://gateway.example/acme/chat", "https://gateway.example/acme/chat/participant/connection"),
        ("https://gateway.example/acme/chat/", "https://gateway.example/acme/chat/participant/connection"),
    ] {
        assert_eq!(first(Config::new(chat()).with_endpoint(endpoint)), asked);
    }
    for (region, host) in [
        ("us-west-2", "participant.connect.us-west-2.amazonaws.com"),
        ("cn-north-1", "participant.connect.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "participant.connect.us-gov-west-1.amazonaws.com"),
    ] {
        let asked = first(Config::new(chat()).with_region(region));
        assert_eq!(asked, format!("https://{host}/participant/connection"));
    }
    // An address that is open to all is refused, with what to do.
    let error =
        Session::new(Config::new(chat()).with_endpoint("http://gateway.example"), session_seed(1), at(0));
    assert!(error.unwrap_err().to_string().contains("endpoint"));
}
