//! A whole session: any story, valid by construction.

use helpline_protocol::model::Introduction;
use helpline_protocol::{
    AppState, Command, ConversationKey, Event, Frame, Input, MessageKey, Network, RequestId, SocketClosed,
    SocketId, TransportFault,
};

use crate::amazon_connect::{ACK, chat, fresh, good_answer, live, message};
use crate::bench::Bench;
use crate::bright_pattern;
use crate::choices::{Choices, text};

/// Steps that one input may take.
const MOST_STEPS: usize = 400;

/// Inputs and commands in any order, at any times.
pub(crate) fn inputs(data: &[u8]) {
    let mut choices = Choices::new(data);
    let first = choices.byte();
    let (polls, mut bench) = match first & 3 {
        0 => (false, fresh()),
        1 => (false, live()),
        2 => (true, bright_pattern::fresh()),
        _ => (true, bright_pattern::live()),
    };
    for _ in 0..MOST_STEPS {
        if choices.is_empty() {
            break;
        }
        step(&mut bench, polls, &mut choices);
    }
    // Whatever came before: a host that wakes when it is told to does not spin.
    for _ in 0..20 {
        let Some(deadline) = bench.session.deadline() else { break };
        bench.set_time(bench.time().max(deadline.at.as_micros()));
        bench.tell(Input::Woke);
        let moved = bench.session.deadline().is_none_or(|next| next.at > deadline.at);
        assert!(moved, "woken for {deadline}, and it stands");
    }
}

fn step(bench: &mut Bench, polls: bool, choices: &mut Choices<'_>) {
    match choices.byte() % 20 {
        0 => bench.tell(Input::Woke),
        1 => bench.wake(1),
        2 => bench.set_time(bench.time().saturating_add(u64::from(choices.short()) * 1_000)),
        3 => bench.set_time(choices.long()),
        4 | 5 => {
            if let Some(operation) = bench.pending.values().next().copied() {
                if polls {
                    bright_pattern::good_answer(bench, operation);
                } else {
                    good_answer(bench, operation);
                }
            }
        }
        6 => {
            let status = choices.short() % 600;
            let request = any_request(bench, choices);
            bench.respond(request, status, choices.some().to_vec());
        }
        7 => {
            let request = any_request(bench, choices);
            bench.fail(request, any_fault(choices));
        }
        8 => bench.open(),
        9 => bench.frame(Frame::Text(ACK.to_owned())),
        10 | 11 => {
            let id = format!("a{}", choices.byte());
            bench.frame(chat(&message(&id, "Hello again")));
        }
        12 => bench.frame(chat(&text(choices.some()))),
        13 => bench.frame(Frame::Text(text(choices.some()))),
        14 => {
            let socket = bench.socket().unwrap_or_else(|| SocketId::from_u64(u64::from(choices.byte())));
            bench.tell(Input::SocketClosed { socket, why: any_end(choices) });
        }
        15 => bench.frame(Frame::Text(r#"{"topic":"aws/heartbeat"}"#.to_owned())),
        16 => bench.tell(any_world(choices)),
        17 => {
            let request = RequestId::from_u64(u64::from(choices.byte()));
            bench.tell(Input::Progress { request, done: choices.long(), total: None });
        }
        _ => drop(bench.command(any_command(bench, choices))),
    }
}

fn any_request(bench: &Bench, choices: &mut Choices<'_>) -> RequestId {
    let asked: Vec<RequestId> = bench.pending.keys().copied().collect();
    choices.one_of(&asked).copied().unwrap_or(RequestId::from_u64(1))
}

fn any_fault(choices: &mut Choices<'_>) -> TransportFault {
    match choices.byte() % 4 {
        0 => TransportFault::TimedOut,
        1 => TransportFault::ConnectFailed,
        2 => TransportFault::TooLarge { limit: 5 },
        _ => TransportFault::ConnectionLost,
    }
}

fn any_end(choices: &mut Choices<'_>) -> SocketClosed {
    match choices.byte() % 3 {
        0 => SocketClosed::Failed(TransportFault::ConnectionLost),
        1 => SocketClosed::ByPeer { code: None, reason: text(choices.some()) },
        _ => SocketClosed::ByPeer { code: Some(choices.short()), reason: String::new() },
    }
}

fn any_world(choices: &mut Choices<'_>) -> Input {
    match choices.byte() % 4 {
        0 => Input::Network(Network::Offline),
        1 => Input::Network(Network::Online),
        2 => Input::App(AppState::Background),
        _ => Input::App(AppState::Foreground),
    }
}

fn any_command(bench: &Bench, choices: &mut Choices<'_>) -> Command {
    let message = choices.one_of(&bench.messages).copied().unwrap_or(MessageKey::from_u64(1));
    match choices.byte() % 15 {
        0 => Command::Connect,
        1..=3 => Command::send_text(text(choices.some())),
        4 => Command::Resend { message },
        5 => Command::Discard { message },
        6 => Command::SendTyping { conversation: None },
        7 => Command::MarkRead { message: MessageKey::from_u64(u64::from(choices.byte())) },
        8 => {
            let conversation = Some(ConversationKey::from_u64(u64::from(choices.byte() % 3)));
            Command::LoadHistory { conversation, limit: Some(u32::from(choices.byte())) }
        }
        9 => Command::Suspend,
        10 => Command::Resume,
        11 => Command::StopTyping { conversation: None },
        12 => Command::StartConversation { introduction: Introduction::default() },
        13 => Command::EndConversation { conversation: None },
        _ => Command::Leave,
    }
}

/// A command as JSON: read, refused or accepted, and written as it was read.
pub(crate) fn commands(data: &[u8]) {
    let mut bench = live();
    for line in text(data).lines().take(50) {
        let Ok(command) = serde_json::from_str::<Command>(line) else { continue };
        let written = serde_json::to_string(&command).expect("a command can be written");
        let again: Command = serde_json::from_str(&written).expect("what was written can be read");
        assert_eq!(command, again, "{written}");
        drop(bench.command(command));
    }
    bench.wake(3);
}

/// An event as JSON, likewise.
pub(crate) fn events(data: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Event>(data) else { return };
    let written = serde_json::to_string(&event).expect("an event can be written");
    let again: Event = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(event, again, "{written}");
    drop(event.to_string());
}
