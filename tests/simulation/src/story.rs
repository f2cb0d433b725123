//! What happened, as lines that can be read: time first, then who, then what.

use std::fmt;

use helpline_protocol::{Frame, Input, Output, SocketClosed};

/// Stands above a story and says how to read it.
pub const LEGEND: &str = "\
     time  who      what
           user     does something              →  the session asks its host
           agent    the company's side          ←  the host tells the session
           host     the user's machine          ·  the session tells its user
           network  what traffic suffers from here on
           server   what the server does wrong from here on
";

/// Frames and texts are cut here, so that a line stays a line.
const WIDEST: usize = 110;

/// What happened so far, where anybody wants to know.
#[derive(Clone, Debug, Default)]
pub struct Story {
    lines: Vec<String>,
    wanted: bool,
}

impl Story {
    /// One that is written.
    #[must_use]
    pub const fn wanted() -> Self {
        Self { lines: Vec::new(), wanted: true }
    }

    /// Whether it is written.
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// The lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// One thing, in somebody's words.
    pub fn tell(&mut self, now: u64, who: &str, what: impl fmt::Display) {
        if self.wanted {
            for (place, line) in what.to_string().split('\n').enumerate() {
                let line = cut(line.trim());
                if place == 0 {
                    self.lines.push(format!("{}  {who:<8} {line}", Clock(now)));
                } else {
                    self.lines.push(format!("{:>21} {line}", ""));
                }
            }
        }
    }

    pub(crate) fn input(&mut self, now: u64, input: &Input) {
        if !self.wanted {
            return;
        }
        match input {
            Input::Response { request, result: Ok(answer) } => {
                let (status, size) = (answer.status.as_u16(), answer.body.len());
                self.tell(now, "←", format_args!("{request} {status}, {size} bytes"));
            }
            Input::Response { request, result: Err(fault) } => {
                self.tell(now, "←", format_args!("{request} {fault}"));
            }
            Input::Progress { request, done, .. } => {
                self.tell(now, "←", format_args!("{request} {done} bytes so far"));
            }
            Input::SocketOpened { socket } => self.tell(now, "←", format_args!("{socket} open")),
            Input::Frame { socket, frame: Frame::Text(text) } => {
                self.tell(now, "←", format_args!("{socket} {}", text.replace('\n', " ")));
            }
            Input::Frame { socket, .. } => self.tell(now, "←", format_args!("{socket} [binary]")),
            Input::SocketClosed { socket, why: SocketClosed::ByPeer { code, reason } } => {
                let code = code.map_or_else(|| "no code".to_owned(), |code| code.to_string());
                self.tell(now, "←", format_args!("{socket} closed with {code} {reason}"));
            }
            Input::SocketClosed { socket, why } => {
                self.tell(now, "←", format_args!("{socket} failed: {why:?}"));
            }
            Input::Network(network) => self.tell(now, "←", format_args!("{network:?}")),
            Input::App(state) => self.tell(now, "←", format_args!("{state:?}")),
            Input::Woke => {}
            other => self.tell(now, "←", format_args!("{other:?}")),
        }
    }

    pub(crate) fn output(&mut self, now: u64, output: &Output) {
        if !self.wanted {
            return;
        }
        match output {
            Output::Request { id, operation, .. } => {
                self.tell(now, "→", format_args!("{id} {}", operation.name()));
            }
            Output::CancelRequest { id } => self.tell(now, "→", format_args!("{id} is not wanted any more")),
            Output::OpenSocket { id, .. } => self.tell(now, "→", format_args!("{id} is to open")),
            Output::SendFrame { socket, frame: Frame::Text(text) } => {
                self.tell(now, "→", format_args!("{socket} {text}"));
            }
            Output::SendFrame { socket, .. } => self.tell(now, "→", format_args!("{socket} [binary]")),
            Output::CloseSocket { id, code, reason } => {
                self.tell(now, "→", format_args!("{id} is closed with {code} {reason}"));
            }
            Output::Event(event) => self.tell(now, "·", event),
            Output::Checkpoint => {}
            other => self.tell(now, "→", format_args!("{other:?}")),
        }
    }
}

/// Minutes, seconds and milliseconds, in nine columns.
struct Clock(u64);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minutes, rest) = (self.0 / 60_000, self.0 % 60_000);
        write!(f, "{minutes:>2}:{:02}.{:03}", rest / 1_000, rest % 1_000)
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDEST {
        return line.to_owned();
    }
    line.chars().take(WIDEST - 1).chain(['…']).collect()
}
