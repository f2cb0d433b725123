//! Credentials: who may call, and who may dial.

use std::collections::BTreeMap;

use crate::rng::Rng;

/// The two kinds of bearer tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Participant,
    Connection,
}

#[derive(Debug)]
struct Token {
    chat: usize,
    kind: TokenKind,
    expires_ms: u64,
}

/// A permission to open one socket.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) chat: usize,
    pub(crate) dial_until_ms: u64,
    pub(crate) socket_until_ms: u64,
}

/// All credentials of a server.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    bearers: BTreeMap<String, Token>,
    tickets: BTreeMap<String, Ticket>,
}

impl Tokens {
    pub(crate) fn participant(&mut self, chat: usize, rng: &mut Rng) -> String {
        self.insert("pt", TokenKind::Participant, chat, u64::MAX, rng)
    }

    pub(crate) fn connection(&mut self, chat: usize, expires_ms: u64, rng: &mut Rng) -> String {
        self.insert("ct", TokenKind::Connection, chat, expires_ms, rng)
    }

    fn insert(
        &mut self,
        prefix: &str,
        kind: TokenKind,
        chat: usize,
        expires_ms: u64,
        rng: &mut Rng,
    ) -> String {
        let text = format!("{prefix}-{}", rng.token(60));
        let token = Token { chat, kind, expires_ms };
        self.bearers.insert(text.clone(), token);
        text
    }

    pub(crate) fn ticket(&mut self, ticket: Ticket, rng: &mut Rng) -> String {
        let text = rng.token(40);
        self.tickets.insert(text.clone(), ticket);
        text
    }

    /// The chat that a bearer may act in.
    pub(crate) fn check(&self, bearer: &str, kind: TokenKind, now_ms: u64) -> Option<usize> {
        let token = self.bearers.get(bearer)?;
        (token.kind == kind && now_ms < token.expires_ms).then_some(token.chat)
    }

    /// Takes a ticket: good once, and only in time.
    pub(crate) fn redeem(&mut self, ticket: &str, now_ms: u64) -> Option<Ticket> {
        let ticket = self.tickets.remove(ticket)?;
        (now_ms <= ticket.dial_until_ms).then_some(ticket)
    }

    /// Kills all connection tokens of a chat at once.
    pub(crate) fn expire_connections(&mut self, chat: usize) {
        self.bearers.retain(|_, token| token.chat != chat || token.kind != TokenKind::Connection);
    }
}
