//! What a session promises every host: the same inputs give the same outputs, needless wakes change nothing,
//! no time is too odd, nothing secret is ever written, and the end is the end.

use helpline_emulator::amazon_connect::{AgentAction, AgentScript, ServerConfig, Which};
use helpline_protocol::model::Choice;
use helpline_protocol::{
    AppState, Command, CommandError, Config, ConnectionState, ConversationKey, Frame, Input, MessageKey,
    Network, Output, RequestId, Session, SocketClosed, SocketId, TransportFault,
};
use helpline_simulation::{Provider, Rng, World, WorldConfig, at, session_seed};

/// A life with all that a chat has: history, messages both ways, receipts, questions, losses, a renewal.
fn busy_life(seed: u64, run: impl Fn(&mut World, u64)) -> World {
    let mut world = World::new(WorldConfig {
        seed,
        server: ServerConfig::with_script(AgentScript::demo()),
        keep_outputs: true,
        ..WorldConfig::default()
    });
    world.agent(AgentAction::Say("before".into()));
    world.execute(Command::Connect).unwrap();
    run(&mut world, 3_000);
    world.execute(Command::send_text("Where is my parcel?")).unwrap();
    run(&mut world, 6_000);
    world.execute(Command::SendTyping { conversation: None }).unwrap();
    world.execute(Command::send_text("list")).unwrap();
    run(&mut world, 9_000);
    world.cut();
    world.agent(AgentAction::Say("while you were away".into()));
    run(&mut world, 14_000);
    world.provider.server.faults_mut().set("lost-answer=next:2,op=message").unwrap();
    world.execute(Command::send_text("one")).unwrap();
    world.execute(Command::send_text("two")).unwrap();
    run(&mut world, 20_000);
    let contact = world.provider.chat.contact_id.clone();
    world.provider.server.expire_tokens(&contact);
    world.execute(Command::send_text("three")).unwrap();
    run(&mut world, 25_000);
    world.agent(AgentAction::MarkRead(Which::All));
    world.tell(Input::App(AppState::Background));
    run(&mut world, 30_000);
    world.tell(Input::App(AppState::Foreground));
    world.provider.act(30_000, |server, _, _| server.silence_sockets(&contact));
    run(&mut world, 60_000);
    world
}

#[test]
fn the_same_seed_and_inputs_give_the_same_outputs_byte_for_byte() {
    for seed in 0..5 {
        let (one, other) = (busy_life(seed, World::run_until), busy_life(seed, World::run_until));
        assert!(one.outputs.len() > 100, "much happens");
        assert!(one.outputs == other.outputs, "seed {seed}");
        assert_eq!(format!("{:?}", one.outputs), format!("{:?}", other.outputs));
        assert!(*one.session == *other.session);
    }
    let (one, other) = (busy_life(1, World::run_until), busy_life(2, World::run_until));
    assert!(one.outputs != other.outputs, "and the seed decides");
}

#[test]
fn waking_every_millisecond_gives_the_same_transcript() {
    for seed in 0..3 {
        let (jumped, crawled) = (busy_life(seed, World::run_until), busy_life(seed, World::crawl_until));
        assert_eq!(jumped.lines, crawled.lines);
        assert!(jumped.outputs == crawled.outputs);
    }
}

#[test]
fn no_time_is_too_odd() {
    for seed in 0..50 {
        live_through_odd_times(seed, |rng| match rng.below(6) {
            0 => 0,
            1 => rng.below(100_000),
            2 => rng.below(u64::MAX / 1_000),
            3 => u64::MAX / 1_000 - 10_000_000,
            _ => rng.below(10_000_000_000),
        });
    }
}

#[test]
fn at_the_very_end_of_time_nothing_spins() {
    live_through_odd_times(1, |rng| [0, u64::MAX / 1_000, u64::MAX][usize::try_from(rng.below(3)).unwrap()]);
}

/// Anything at any time: no panic, few outputs, and a host that wakes when it is told to does not spin.
fn live_through_odd_times(seed: u64, time: impl Fn(&mut Rng) -> u64) {
    let mut rng = Rng::new(seed);
    let provider = Provider::new(seed, ServerConfig::default(), Default::default());
    let config = Config::from(provider.session_config());
    let mut session = Session::new(config, session_seed(seed), at(0)).unwrap();
    let mut out = Vec::new();
    session.execute(at(0), Command::Connect, &mut out).unwrap();
    for _ in 0..300 {
        let time = time(&mut rng);
        out.clear();
        session.handle(at(time), any_input(&mut rng), &mut out);
        assert!(out.len() < 100, "{} outputs of one input", out.len());
        let mut wakes = 0;
        while session.deadline().is_some_and(|next| next.at <= at(time).at) {
            wakes += 1;
            assert!(wakes < 10, "a storm: woken at {}, and due {:?}", at(time).at, session.deadline());
            out.clear();
            session.handle(at(time), Input::Woke, &mut out);
        }
    }
}

fn any_input(rng: &mut Rng) -> Input {
    let request = RequestId::from_u64(rng.below(40));
    let socket = SocketId::from_u64(rng.below(10));
    match rng.below(12) {
        0 => Input::Response { request, result: Err(TransportFault::ConnectionLost) },
        1 => Input::Progress { request, done: rng.below(100), total: None },
        2 => Input::SocketOpened { socket },
        3 => Input::Frame { socket, frame: Frame::Text("{\"topic\":\"aws/heartbeat\"}".to_owned()) },
        4 => Input::Frame { socket, frame: Frame::Binary(bytes::Bytes::from_static(b"\0\xff")) },
        5 => Input::SocketClosed { socket, why: SocketClosed::Failed(TransportFault::ConnectFailed) },
        6 => Input::Network(Network::Offline),
        7 => Input::Network(Network::Online),
        8 => Input::App(AppState::Background),
        9 => Input::App(AppState::Foreground),
        _ => Input::Woke,
    }
}

#[test]
fn no_secret_is_ever_written() {
    let world = busy_life(3, World::run_until);
    let secrets = &world.provider.secrets;
    assert!(secrets.len() >= 6, "tokens and tickets were in use: {}", secrets.len());
    let mut text = format!("{:?}\n{:#?}\n", world.session, world.session);
    for (_, output) in &world.outputs {
        text.push_str(&format!("{output:?}\n{output:#?}\n"));
        if let Output::Event(event) = output {
            text.push_str(&format!("{event}\n"));
        }
    }
    text.push_str(&format!("{:?}\n{:#?}", world.provider.session_config(), world.session.state()));
    for secret in secrets {
        assert!(secret.len() > 8, "a secret worth the name: {secret}");
        if let Some(place) = text.find(secret.as_str()) {
            let from = text[..place].rfind('\n').map_or(0, |line| line + 1);
            panic!("a secret is written: {}", &text[from..place]);
        }
    }
}

#[test]
fn after_the_end_nothing_comes() {
    let mut world = busy_life(4, World::run_until);
    world.agent(AgentAction::End);
    world.run_for(10_000);
    assert!(matches!(world.session.state(), ConnectionState::Ended { .. }));
    assert_eq!(world.session.deadline(), None);
    let told = world.outputs.len();
    let mut rng = Rng::new(9);
    for step in 0..500 {
        let mut out = Vec::new();
        world.session.handle(at(80_000 + step * 1_000), any_input(&mut rng), &mut out);
        let only_closes = out.iter().all(|output| matches!(output, Output::CloseSocket { .. }));
        assert!(only_closes, "{out:?}");
        assert_eq!(world.session.deadline(), None);
    }
    for command in every_command(MessageKey::from_u64(1)) {
        let before = world.session.clone();
        let mut out = Vec::new();
        let refused = world.session.execute(at(600_000), command.clone(), &mut out);
        assert!(matches!(refused, Err(CommandError::Ended { .. })), "{command:?}: {refused:?}");
        assert!(out.is_empty() && *world.session == before, "{command:?} left something behind");
    }
    world.run_for(100_000);
    assert_eq!(world.outputs.len(), told);
}

fn every_command(message: MessageKey) -> Vec<Command> {
    vec![
        Command::Connect,
        Command::send_text("x"),
        Command::Answer { message, choice: Choice::Element { index: 0 } },
        Command::Resend { message },
        Command::Discard { message },
        Command::SendTyping { conversation: None },
        Command::MarkRead { message },
        Command::MarkDelivered { message },
        Command::LoadHistory { conversation: None, limit: None },
        Command::Suspend,
        Command::Resume,
        Command::Leave,
    ]
}

/// A session in some state, a command that makes no sense there, and the refusal's family.
#[test]
fn an_illegal_command_is_refused_and_changes_nothing() {
    let fresh = World::new(WorldConfig::default());
    for command in every_command(MessageKey::from_u64(1)) {
        if command != Command::Connect {
            refused(&fresh.session, command, |error| matches!(error, CommandError::NotConnected));
        }
    }

    let live = busy_life(1, World::run_until);
    let session = &live.session;
    let nobody = MessageKey::from_u64(9_999);
    let nowhere = Some(ConversationKey::from_u64(7));
    let own = key_of(&live, |item| item.status.is_some());
    let theirs = key_of(&live, |item| item.status.is_none() && item.body.text().is_some());
    let question =
        key_of(&live, |item| matches!(item.body, helpline_protocol::model::ItemBody::Interactive { .. }));
    refused(session, Command::Connect, |error| matches!(error, CommandError::AlreadyConnected));
    refused(session, Command::Resume, |error| matches!(error, CommandError::NotNow { .. }));
    refused(session, Command::send_text(""), |error| matches!(error, CommandError::Empty));
    refused(session, Command::send_text("x".repeat(20_000)), |error| {
        matches!(error, CommandError::TooLarge { .. })
    });
    refused(session, Command::MarkRead { message: own }, |error| {
        matches!(error, CommandError::NotNow { .. })
    });
    for command in [Command::Resend { message: own }, Command::Resend { message: theirs }] {
        refused(session, command, |error| matches!(error, CommandError::NotFailed { .. }));
    }
    let unknown = |error: &CommandError| matches!(error, CommandError::UnknownMessage { .. });
    refused(session, Command::MarkRead { message: nobody }, unknown);
    refused(session, Command::MarkDelivered { message: nobody }, unknown);
    refused(session, Command::Resend { message: nobody }, unknown);
    refused(session, Command::Discard { message: nobody }, unknown);
    refused(session, Command::Answer { message: nobody, choice: Choice::Element { index: 0 } }, unknown);
    let no_choice = |error: &CommandError| matches!(error, CommandError::InvalidChoice { .. });
    refused(session, Command::Answer { message: question, choice: Choice::Element { index: 99 } }, no_choice);
    refused(session, Command::Answer { message: theirs, choice: Choice::Element { index: 0 } }, no_choice);
    let nowhere_known = |error: &CommandError| matches!(error, CommandError::UnknownConversation { .. });
    refused(session, Command::SendTyping { conversation: nowhere }, nowhere_known);
    refused(session, Command::LoadHistory { conversation: nowhere, limit: None }, nowhere_known);
}

fn key_of(world: &World, fits: impl Fn(&helpline_protocol::model::TranscriptItem) -> bool) -> MessageKey {
    world.transcript().into_iter().find(|item| fits(item)).expect("there is one").key
}

fn refused(session: &Session, command: Command, fits: impl Fn(&CommandError) -> bool) {
    let mut after = session.clone();
    let mut out = Vec::new();
    let refused = after.execute(at(70_000), command.clone(), &mut out);
    let error = refused.expect_err(&format!("{command:?} makes no sense"));
    assert!(fits(&error), "{command:?}: {error:?}");
    assert!(out.is_empty(), "{command:?} was refused and made {out:?}");
    assert!(after == *session, "{command:?} was refused and left something behind");
}
