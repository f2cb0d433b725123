//! One step of a scenario, on any arm.

use helpline_protocol::model::{Direction, ItemBody, TranscriptItem};
use helpline_protocol::{Command, CommandError, CommandId, Input, MessageKey, Session};
use helpline_simulation::{ONLY, Provider};

use crate::parse::set_fault;
use crate::scenario::{Act, Far, Target, User};

/// What an arm can do.
pub(crate) trait Arm {
    fn session(&self) -> &Session;
    fn execute(&mut self, command: Command) -> Result<CommandId, CommandError>;
    fn tell(&mut self, input: Input);
    /// Does something beyond the session, with the time in milliseconds.
    fn far(&mut self, act: impl FnOnce(&mut Provider, u64));
}

/// Does one step. A refusal by the session, in its words.
pub(crate) fn play(arm: &mut impl Arm, act: &Act) -> Result<(), String> {
    match act {
        Act::User(user) => {
            let command = command(user, arm.session())?;
            arm.execute(command).map(|_| ()).map_err(|error| error.to_string())
        }
        Act::Host(input) => {
            arm.tell(input.clone());
            Ok(())
        }
        Act::Far(far) => {
            arm.far(|provider, now| do_far(provider, now, far));
            Ok(())
        }
    }
}

fn do_far(provider: &mut Provider, now: u64, far: &Far) {
    let contact = provider.chat.contact_id.clone();
    match far {
        Far::Agent(action) => provider.agent(now, action.clone()),
        Far::Cut => provider.cut(now),
        Far::Silence => provider.act(now, |server, _, _| server.silence_sockets(&contact)),
        Far::Close(code, reason) => provider.act(now, |server, wall, out| {
            server.close_sockets(wall, &contact, *code, reason, out);
        }),
        Far::ExpireTokens => provider.act(now, |server, _, _| server.expire_tokens(&contact)),
        Far::Fault(text) => provider.act(now, |server, _, _| {
            set_fault(server.faults_mut(), text).expect("the parser has tried it");
        }),
        Far::Heal => provider.act(now, |server, _, _| server.set_faults(Default::default())),
        Far::LineDown(down) => provider.set_line_down(now, *down),
    }
}

fn command(user: &User, session: &Session) -> Result<Command, String> {
    let find = |target: &Target, fits: fn(&TranscriptItem) -> bool| match target {
        Target::Key(key) => Ok(*key),
        Target::Last => last(session, fits).ok_or_else(|| "there is no such message".to_owned()),
    };
    let incoming = |item: &TranscriptItem| item.direction == Direction::Incoming && item.body.is_message();
    let outgoing = |item: &TranscriptItem| item.direction == Direction::Outgoing;
    let question = |item: &TranscriptItem| matches!(item.body, ItemBody::Interactive { .. });
    Ok(match user {
        User::Connect => Command::Connect,
        User::Send(text) => Command::send_text(text),
        User::Answer(target, choice) => {
            Command::Answer { message: find(target, question)?, choice: choice.clone() }
        }
        User::Resend(target) => Command::Resend { message: find(target, outgoing)? },
        User::Discard(target) => Command::Discard { message: find(target, outgoing)? },
        User::Typing => Command::SendTyping { conversation: None },
        User::Read(target) => Command::MarkRead { message: find(target, incoming)? },
        User::Delivered(target) => Command::MarkDelivered { message: find(target, incoming)? },
        User::History(limit) => Command::LoadHistory { conversation: None, limit: *limit },
        User::Suspend => Command::Suspend,
        User::Resume => Command::Resume,
        User::Leave => Command::Leave,
    })
}

fn last(session: &Session, fits: fn(&TranscriptItem) -> bool) -> Option<MessageKey> {
    let newest = session.transcript(ONLY).rev().find(|item| fits(item))?;
    Some(newest.key)
}
