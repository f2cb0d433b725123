//! The transcript of a played scenario, as text.

use std::fmt::Display;

use helpline_emulator::amazon_connect::{Operation, ReceiptKind, ReceiptSeen};
use helpline_protocol::{Event, Session};
use helpline_simulation::{Mirror, ONLY, Provider, WALL_START, compare};

/// Grows line by line: time, mark, text.
#[derive(Debug, Default)]
pub(crate) struct Report {
    text: String,
    mirror: Mirror,
}

impl Report {
    /// What somebody does, as the scenario has it.
    pub(crate) fn step(&mut self, at: u64, text: &str) {
        self.line(at, '>', text);
    }

    /// The session refused it.
    pub(crate) fn refused(&mut self, at: u64, why: &str) {
        self.line(at, '!', format_args!("refused: {why}"));
    }

    /// What the user was told.
    pub(crate) fn event(&mut self, at: u64, event: &Event) {
        self.mirror.apply(event);
        self.line(at, ' ', event);
    }

    fn line(&mut self, at: u64, mark: char, what: impl Display) {
        let line = format!("{:>5}.{:03} {mark} {what}", at / 1000, at % 1000);
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// How it ended: state, transcripts, calls, receipts.
    pub(crate) fn finish(mut self, session: &Session, provider: &Provider) -> String {
        let server = &provider.server;
        let truth = server.transcript(&provider.chat.contact_id);
        let stats = server.stats();
        let calls: Vec<String> = Operation::ALL
            .iter()
            .map(|(name, operation)| (name, stats.calls_of(*operation)))
            .filter(|(_, calls)| *calls > 0)
            .map(|(name, calls)| format!("{name} {calls}"))
            .collect();
        let receipts: Vec<String> = stats.receipts.iter().map(|seen| receipt(seen, session)).collect();
        let or_none = |list: Vec<String>| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
        let trailer = [
            format!("state       {}", session.state()),
            format!("transcript  {}", compare(session.transcript(ONLY), &truth)),
            format!("calls       {}", or_none(calls)),
            format!("sockets     {} opened, {} open", stats.sockets_opened, stats.sockets_open),
            format!("receipts    {}", or_none(receipts)),
        ];
        self.text.push_str("---\n");
        for line in trailer {
            self.text.push_str(&line);
            self.text.push('\n');
        }
        if let Some(difference) = self.mirror.difference(session.transcript(ONLY)) {
            self.text.push_str(&format!("the changes told do not make up the transcript: {difference}\n"));
        }
        self.text
    }
}

fn receipt(seen: &ReceiptSeen, session: &Session) -> String {
    let kind = match seen.kind {
        ReceiptKind::Delivered => "delivered",
        ReceiptKind::Read => "read",
    };
    let item = session.transcript(ONLY).find(|item| item.server_id.as_deref() == Some(&seen.message_id));
    let message = item.map_or_else(|| "an unknown message".to_owned(), |item| item.key.to_string());
    let at = seen.time_ms - WALL_START;
    format!("{kind} {message} at {}.{:03}", at / 1000, at % 1000)
}
