//! A step of a replay as readable lines: the time, what came in, and below it what it caused.

use core::fmt;

use super::replay::{Called, Step};
use crate::input::{AppState, Frame, Input, Network, SocketClosed};
use crate::output::Output;

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>5} {:>10}  ", self.number, self.now.at.to_string())?;
        match (&self.called, &self.result) {
            (Some(Called::Command(command)), Some(Ok(id))) => write!(f, "> {} as {id}", command.name())?,
            (Some(Called::Command(command)), Some(Err(error))) => {
                write!(f, "> {} refused: {error}", command.name())?;
            }
            (Some(Called::Command(command)), None) => write!(f, "> {}", command.name())?,
            (Some(Called::Input(input)), _) => Shown(input).fmt(f)?,
            (None, _) => f.write_str("> restored from a snapshot")?,
        }
        for output in &self.outputs {
            write!(f, "\n{:19}{}", "", ShownOutput(output))?;
        }
        if let Some(difference) = &self.difference {
            write!(f, "\n{:17}! {difference}", "")?;
        }
        Ok(())
    }
}

struct Shown<'a>(&'a Input);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Input::Response { request, result: Ok(answer) } => {
                write!(f, "< {request} answered {}, {} bytes", answer.status.as_u16(), answer.body.len())
            }
            Input::Response { request, result: Err(fault) } => write!(f, "< {request} failed: {fault}"),
            Input::Progress { request, done, total: Some(total) } => {
                write!(f, "< {request} {done} of {total} bytes")
            }
            Input::Progress { request, done, total: None } => write!(f, "< {request} {done} bytes"),
            Input::SocketOpened { socket } => write!(f, "< {socket} open"),
            Input::Frame { socket, frame } => write!(f, "< {socket} {}", ShownFrame(frame)),
            Input::SocketClosed { socket, why: SocketClosed::ByPeer { code, reason } } => {
                write!(f, "< {socket} closed by the other side")?;
                code.map_or(Ok(()), |code| write!(f, " with {code}"))?;
                if reason.is_empty() { Ok(()) } else { write!(f, " {reason:?}") }
            }
            Input::SocketClosed { socket, why: SocketClosed::Failed(fault) } => {
                write!(f, "< {socket} broke: {fault}")
            }
            Input::Woke => f.write_str("< woke"),
            Input::Network(Network::Online) => f.write_str("< there is a network"),
            Input::Network(Network::Offline) => f.write_str("< there is no network"),
            Input::App(AppState::Foreground) => f.write_str("< in the foreground"),
            Input::App(AppState::Background) => f.write_str("< in the background"),
        }
    }
}

struct ShownOutput<'a>(&'a Output);

impl fmt::Display for ShownOutput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Output::Request { id, operation, .. } => write!(f, "{id} {}", operation.name()),
            Output::CancelRequest { id } => write!(f, "{id} taken back"),
            Output::OpenSocket { id, .. } => write!(f, "{id} open"),
            Output::SendFrame { socket, frame } => write!(f, "{socket} {}", ShownFrame(frame)),
            Output::CloseSocket { id, code, reason } => write!(f, "{id} close {code} {reason:?}"),
            Output::Event(event) => write!(f, "{event}"),
            Output::Checkpoint => f.write_str("checkpoint"),
        }
    }
}

/// The beginning of a frame: enough to tell which it is.
struct ShownFrame<'a>(&'a Frame);

impl fmt::Display for ShownFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 72;
        match self.0 {
            Frame::Text(text) if text.chars().nth(MOST).is_none() => write!(f, "frame {text}"),
            Frame::Text(text) => write!(f, "frame {}…", text.chars().take(MOST).collect::<String>()),
            Frame::Binary(bytes) => write!(f, "frame of {} bytes", bytes.len()),
        }
    }
}
