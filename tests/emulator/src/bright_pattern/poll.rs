//! The poll: held while nothing happens, drained at most once, one at a time. And how chats end.

use serde_json::json;

use super::agent::AgentAction;
use super::answer::{Call, written};
use super::chat::{Chat, ClientKey, Held};
use super::codes::{ErrorCode, Refusal};
use super::event::{Draft, Party};
use super::faults::IdleForm;
use super::http::{Done, Reply};
use super::machine::{Server, Timer};
use super::notifications::Notice;
use super::operation::{Operation, Route};
use super::script::Trigger;
use crate::io::Output;

impl Server {
    pub(super) fn poll(
        &mut self,
        now_ms: u64,
        call: Call,
        route: &Route,
        key: &ClientKey,
    ) -> Result<Done, Refusal> {
        let chat = self.named(route, key)?;
        self.polls_seen.arrived += 1;
        let seen = self.polls_seen.arrived;
        let refused = self.config.faults.refused_polls.strikes(seen, &mut self.chaos);
        let state = &mut self.chats[chat];
        // What was said before the end is still told.
        if state.lost || (!state.alive() && state.pending.is_empty()) {
            return Err(ErrorCode::ChatNotFound.into());
        }
        state.polled_ms = now_ms;
        if state.held.is_some() || refused {
            self.stats.polls_refused += u64::from(!refused);
            let natural = ErrorCode::TooManyPolls.status(call.api);
            let status = self.config.faults.concurrent_status.unwrap_or(natural);
            return Err(Refusal::with_status(ErrorCode::TooManyPolls, status));
        }
        if !state.pending.is_empty() || !state.repeated.is_empty() {
            return Ok(self.drained(chat).into());
        }
        let hold_ms = self.config.hold.draw(&mut self.chaos);
        if (hold_ms == 0 || self.config.faults.no_hold) && !self.config.faults.endless_hold {
            return self.idle(chat).map(Done::from);
        }
        let exchange = call.exchange;
        let until = (!self.config.faults.endless_hold)
            .then(|| self.after(now_ms + hold_ms, Timer::HoldEnds { chat, exchange }));
        self.chats[chat].held = Some(Held { exchange, until, abandoned: false });
        Ok(Done::Held)
    }

    /// The answer that empties the queue.
    fn drained(&mut self, chat: usize) -> Reply {
        let (body, batch) = self.drain(chat);
        self.stats.polls_with_events += 1;
        Reply { batch, ..Reply::text("application/json", body) }
    }

    /// The answer when nothing has happened.
    fn idle(&mut self, chat: usize) -> Result<Reply, Refusal> {
        self.stats.polls_idle += 1;
        let body: &'static [u8] = match self.config.faults.idle {
            IdleForm::Code => return Err(ErrorCode::NoEvents.into()),
            IdleForm::EmptyArray => b"{\"events\":[]}",
            IdleForm::Object => b"{}",
            IdleForm::EmptyBody => {
                return Ok(Reply::empty());
            }
        };
        self.chats[chat].last_answer = Some(bytes::Bytes::from_static(body));
        Ok(Reply::text("application/json", bytes::Bytes::from_static(body)))
    }

    pub(super) fn on_hold_ends(&mut self, now_ms: u64, chat: usize, exchange: u64, out: &mut Vec<Output>) {
        let state = &mut self.chats[chat];
        let Some(held) = state.held.take_if(|held| held.exchange == exchange) else {
            return;
        };
        state.polled_ms = now_ms;
        if held.abandoned {
            return;
        }
        let call = Call { exchange, operation: Operation::Poll, api: state.api };
        match self.idle(chat) {
            Ok(reply) => self.answer(now_ms, call, written(reply), 0, out),
            Err(refusal) => self.refuse(now_ms, call, &refusal, out),
        }
    }

    /// Answers the held polls of all chats in which something has happened.
    pub(super) fn settle(&mut self, now_ms: u64, out: &mut Vec<Output>) {
        while let Some(chat) = self.stirred.pop_first() {
            let state = &mut self.chats[chat];
            let ready = state.lost || !state.pending.is_empty();
            let Some(held) = state.held.take_if(|_| ready) else {
                continue;
            };
            if let Some(key) = held.until {
                self.forget_timer(key);
            }
            let state = &mut self.chats[chat];
            state.polled_ms = now_ms;
            let call = Call { exchange: held.exchange, operation: Operation::Poll, api: state.api };
            if held.abandoned {
                // Nobody is there to take it.
                self.stats.events_lost += std::mem::take(&mut state.pending).len() as u64;
            } else if state.lost {
                self.refuse(now_ms, call, &ErrorCode::ChatNotFound.into(), out);
            } else {
                let reply = self.drained(chat);
                let batch = reply.batch;
                self.answer(now_ms, call, written(reply), batch, out);
            }
        }
    }

    /// The client of an exchange has gone away.
    pub(super) fn on_gone(&mut self, exchange: u64) {
        self.journal.close(exchange, |seen| seen.abandoned = true);
        let waits = |chat: &&mut Chat| chat.held.as_ref().is_some_and(|held| held.exchange == exchange);
        let Some(chat) = self.chats.iter_mut().find(waits) else {
            return;
        };
        self.stats.polls_abandoned += 1;
        if self.config.notices_hangup {
            let until = chat.held.take().and_then(|held| held.until);
            if let Some(key) = until {
                self.forget_timer(key);
            }
        } else if let Some(held) = &mut chat.held {
            held.abandoned = true;
        }
    }

    /// The time that a client may stay away has passed, unless it has polled since.
    pub(super) fn on_absent(&mut self, now_ms: u64, chat: usize) {
        let Some(wait) = self.config.absence_ms else {
            return;
        };
        let state = &self.chats[chat];
        if state.lost || (!state.alive() && state.pending.is_empty()) {
            return;
        }
        let polled_ms = if state.held.is_some() { now_ms } else { state.polled_ms };
        if now_ms >= polled_ms + wait {
            self.lose(chat);
        } else {
            self.after(polled_ms + wait, Timer::Absent { chat });
        }
    }

    /// A chat disappears without a word.
    pub(super) fn lose(&mut self, chat: usize) {
        let state = &mut self.chats[chat];
        state.lost = true;
        state.pending.clear();
        self.stirred.insert(chat);
    }

    /// Half the time that a customer may be silent has passed, or all of it, unless there was something since.
    pub(super) fn on_inactive(&mut self, now_ms: u64, chat: usize) {
        let Some(wait) = self.config.inactivity_ms else {
            return;
        };
        let state = &self.chats[chat];
        if !state.alive() {
            return;
        }
        let (half_ms, whole_ms) = (state.active_ms + wait / 2, state.active_ms + wait);
        if now_ms >= whole_ms {
            self.act(now_ms, chat, AgentAction::InactivityTimeout);
        } else if now_ms < half_ms {
            self.after(half_ms, Timer::Inactive { chat });
        } else {
            if !state.warned {
                self.chats[chat].warned = true;
                self.act(now_ms, chat, AgentAction::Warn);
            }
            self.after(whole_ms, Timer::Inactive { chat });
        }
    }

    pub(super) fn warn(&mut self, now_ms: u64, chat: usize) {
        let text = "Are you still there?";
        let draft = Draft::of("chat_session_timeout_warning", json!({ "msg": text }));
        self.publish(now_ms, chat, draft.saying(text).noticed(Notice::Warning));
    }

    pub(super) fn time_out(&mut self, now_ms: u64, chat: usize) {
        let text = "Closed because there was no reply.";
        let name = if self.config.faults.misspelt {
            "chat_session_inactvity_timeout"
        } else {
            "chat_session_inactivity_timeout"
        };
        let draft = Draft::of(name, json!({ "msg": text }));
        self.publish(now_ms, chat, draft.saying(text).noticed(Notice::TimedOut));
        self.chats[chat].ended_ms = Some(now_ms);
    }

    /// The end, told by an event. Nothing is heard from then on.
    pub(super) fn end(&mut self, now_ms: u64, chat: usize) {
        if !self.chats[chat].alive() {
            return;
        }
        self.leave(now_ms, chat);
        self.publish(now_ms, chat, Draft::of("chat_session_ended", json!({})).untimed());
        self.chats[chat].ended_ms = Some(now_ms);
    }

    /// The customer leaves: so does the agent, and the scenario goes on.
    pub(super) fn on_disconnect(&mut self, now_ms: u64, chat: usize) {
        if self.chats[chat].alive() {
            self.leave(now_ms, chat);
            self.react(now_ms, chat, &Trigger::Disconnected, None);
        }
    }

    /// The agent leaves, if there is one.
    pub(super) fn leave(&mut self, now_ms: u64, chat: usize) {
        if let Some(agent) = self.chats[chat].agent.take() {
            let draft = Draft::of("chat_session_party_left", json!({}));
            self.publish(now_ms, chat, draft.by(Party::Agent, &agent.party_id));
        }
    }
}
