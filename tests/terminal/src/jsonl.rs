//! Commands as JSON lines in, events as JSON lines out. What is on stdout is for programs, what is on
//! stderr for people.

use core::pin::pin;
use core::time::Duration;
use std::io::{self, Write};

use async_channel::Receiver;
use futures_util::future::Either;
use helpline_protocol::driver::{Chat, ChatError, Events, Runtime};
use helpline_protocol::{Command, CommandError, CommandId, ConnectionState, Event};
use serde::Serialize;

use crate::app::App;
use crate::first::{first, sleep_until};
use crate::stdin::{self, Input};
use crate::{Exit, diagnose, words};

/// For events that have happened and are on their way.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// Runs until the chat has ended, or stdin has and all is settled.
pub(crate) async fn run(
    runtime: &impl Runtime,
    chat: Chat,
    events: Events,
    connect: bool,
    linger: Duration,
    out: impl Write,
) -> io::Result<Exit> {
    let mut pipe = Pipe { chat, events, app: App::new(), out, line: 0 };
    if connect && !pipe.execute(Command::Connect, None).await? {
        return Ok(Exit::Failed);
    }
    pipe.follow(runtime, stdin::lines(), linger).await
}

/// What comes next.
enum Next {
    Event(Option<Event>),
    Line(Option<Input>),
    Leave,
    Signal(&'static str),
}

struct Pipe<W> {
    chat: Chat,
    events: Events,
    /// Only to know what is settled.
    app: App,
    out: W,
    line: u64,
}

impl<W: Write> Pipe<W> {
    async fn follow(
        &mut self,
        runtime: &impl Runtime,
        lines: Receiver<Input>,
        linger: Duration,
    ) -> io::Result<Exit> {
        let (mut open, mut leave_at) = (true, None);
        let mut stop = pin!(crate::signals::ended());
        loop {
            if !open && leave_at.is_none() && (self.app.is_settled() || stuck(&self.app)) {
                leave_at = Some(runtime.now().at + linger.max(LAST_WORDS));
            }
            let next = first([
                pin!(async { Next::Event(self.events.next().await) }),
                pin!(async { Next::Line(stdin::line(&lines, open).await) }),
                pin!(async {
                    sleep_until(runtime, leave_at).await;
                    Next::Leave
                }),
                pin!(async { Next::Signal(stop.as_mut().await) }),
            ])
            .await;
            match next {
                Next::Event(Some(event)) => self.event(&event)?,
                Next::Event(None) => return Ok(self.over()),
                Next::Line(Some(line)) => self.input(line).await?,
                Next::Line(None) => open = false,
                Next::Leave => return Ok(self.settled()),
                Next::Signal(signal) => {
                    diagnose(signal);
                    return Ok(Exit::Failed);
                }
            }
        }
    }

    fn over(&self) -> Exit {
        match self.app.ended_well() {
            Some(true) => Exit::Well,
            Some(false) | None => {
                diagnose(&words::connection(&self.app.connection, words::now()));
                Exit::Failed
            }
        }
    }

    fn settled(&self) -> Exit {
        if !self.app.is_settled() {
            diagnose("stdin has ended while the session is suspended: what waits cannot be sent");
            return Exit::Failed;
        }
        match self.app.troubled().count() {
            0 => Exit::Well,
            count => {
                diagnose(&format!("not sent, or perhaps not: {}", words::count(count as u64, "message")));
                Exit::Failed
            }
        }
    }

    async fn input(&mut self, input: Input) -> io::Result<()> {
        self.line += 1;
        match command(&input) {
            Ok(None) => Ok(()),
            Ok(Some(command)) => self.execute(command, Some(self.line)).await.map(|_| ()),
            Err(error) => self.put(&Answer::CommandRefused { error, line: Some(self.line) }),
        }
    }

    /// Says first that a command is accepted and then what came of it, whatever came first.
    async fn execute(&mut self, command: Command, line: Option<u64>) -> io::Result<bool> {
        let mut early = Vec::new();
        let result = {
            let chat = self.chat.clone();
            let mut executing = pin!(chat.execute(command.clone()));
            loop {
                let next = first([
                    pin!(async { Either::Left(executing.as_mut().await) }),
                    pin!(async {
                        match self.events.next().await {
                            Some(event) => Either::Right(event),
                            None => core::future::pending().await,
                        }
                    }),
                ])
                .await;
                match next {
                    Either::Left(result) => break result,
                    Either::Right(event) => early.push(event),
                }
            }
        };
        let accepted = result.is_ok();
        match result {
            Ok(id) => {
                self.put(&Answer::CommandAccepted { command: id, line })?;
                self.app.accepted(id, &command, words::now());
            }
            Err(error) => self.put(&Answer::CommandRefused { error: error.into(), line })?,
        }
        for event in early {
            self.event(&event)?;
        }
        Ok(accepted)
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.app.apply(event, words::now());
        self.put(event)
    }

    fn put(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.out.write_all(&bytes)?;
        self.out.flush()
    }
}

/// Whether it may never be settled: nobody is left to say `resume`.
const fn stuck(app: &App) -> bool {
    matches!(app.connection, ConnectionState::Suspended { .. })
}

/// What is said about a line of stdin. `connect` by itself came from no line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Answer {
    CommandAccepted {
        command: CommandId,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u64>,
    },
    CommandRefused {
        error: Wrong,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u64>,
    },
}

/// Why a line was refused: a name for programs, all that is known, and words.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Wrong {
    Refused {
        #[serde(flatten)]
        error: CommandError,
        says: String,
    },
    Other {
        error: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        column: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<usize>,
        says: String,
    },
}

impl Wrong {
    fn line(says: impl Into<String>) -> Self {
        Self::Other { error: "invalid_line", column: None, limit: None, says: says.into() }
    }
}

impl From<ChatError> for Wrong {
    fn from(error: ChatError) -> Self {
        let says = error.to_string();
        match error {
            ChatError::Refused(error) => Self::Refused { error, says },
            _ => Self::Other { error: "not_taken", column: None, limit: None, says },
        }
    }
}

/// The command that a line is; none where it is blank.
fn command(input: &Input) -> Result<Option<Command>, Wrong> {
    let text = match input {
        Input::Line(text) => text.trim(),
        Input::TooLong => {
            let says = format!("the line is longer than {} bytes", stdin::LONGEST);
            return Err(Wrong::Other {
                error: "line_too_long",
                column: None,
                limit: Some(stdin::LONGEST),
                says,
            });
        }
        Input::NotText => return Err(Wrong::line("the line is not UTF-8")),
        Input::Broken(error) => return Err(Wrong::line(format!("stdin cannot be read: {error}"))),
    };
    if text.is_empty() {
        return Ok(None);
    }
    if !text.starts_with('{') {
        return Err(Wrong::line(r#"no command: a JSON object is expected, such as {"type":"connect"}"#));
    }
    serde_json::from_str(text).map(Some).map_err(|error| {
        // Serde counts within the line, and says so at the end.
        let says = error.to_string();
        let what = says.split(" at line ").next().unwrap_or(&says);
        let says = format!("no command: {}", words::short(what, 400));
        let column = (error.line() == 1 && error.column() > 0).then(|| error.column());
        Wrong::Other { error: "invalid_line", column, limit: None, says }
    })
}

#[cfg(test)]
mod tests {
    use helpline_protocol::model::{OutgoingAttachment, SinkKey, SourceKey};

    use super::*;

    fn line(text: &str) -> Input {
        Input::Line(text.to_owned())
    }

    #[test]
    fn a_command_is_read_and_a_blank_line_is_none() {
        assert_eq!(command(&line(r#" {"type":"connect"} "#)), Ok(Some(Command::Connect)));
        let text = r#"{"type":"send_message","content":{"kind":"text","text":"hi"}}"#;
        assert_eq!(command(&line(text)), Ok(Some(Command::send_text("hi"))));
        assert_eq!(command(&line("  ")), Ok(None));
        let text =
            r#"{"type":"send_attachment","attachment":{"name":"a.pdf","size":3,"source":"/tmp/a.pdf"}}"#;
        let attachment = OutgoingAttachment {
            name: "a.pdf".to_owned(),
            content_type: None,
            size: 3,
            source: SourceKey::new("/tmp/a.pdf"),
        };
        let sends = Command::SendAttachment { conversation: None, attachment };
        assert_eq!(command(&line(text)), Ok(Some(sends)));
        let text = r#"{"type":"download_attachment","attachment":"a1","sink":"a.pdf"}"#;
        let fetches =
            Command::DownloadAttachment { attachment: "a1".to_owned(), sink: SinkKey::new("a.pdf") };
        assert_eq!(command(&line(text)), Ok(Some(fetches)));
    }

    #[test]
    fn what_is_no_command_is_refused_with_its_place() {
        let refused = |text: &str| serde_json::to_string(&command(&line(text)).unwrap_err()).unwrap();
        assert_eq!(
            refused(r#"{"type":"connect","#),
            r#"{"error":"invalid_line","column":18,"says":"no command: EOF while parsing a value"}"#
        );
        assert!(refused(r#"{"type":"dance"}"#).contains("unknown variant `dance`"));
        assert!(refused("hello").contains("no command: a JSON object is expected"));
        assert!(refused(r#"{"type":"mark_read","message":"12"}"#).contains("is not an id such as"));
        let says = |input| serde_json::to_string(&command(&input).unwrap_err()).unwrap();
        assert_eq!(
            says(Input::TooLong),
            r#"{"error":"line_too_long","limit":1048576,"says":"the line is longer than 1048576 bytes"}"#
        );
        assert_eq!(says(Input::NotText), r#"{"error":"invalid_line","says":"the line is not UTF-8"}"#);
    }

    #[test]
    fn lines_that_answer_commands() {
        let text = |answer: &Answer| serde_json::to_string(answer).unwrap();
        let accepted = Answer::CommandAccepted { command: CommandId::from_u64(4), line: Some(7) };
        assert_eq!(text(&accepted), r#"{"type":"command_accepted","command":"c4","line":7}"#);
        let error = Wrong::from(ChatError::from(CommandError::NotConnected));
        assert_eq!(
            text(&Answer::CommandRefused { error, line: Some(2) }),
            r#"{"type":"command_refused","error":{"error":"not_connected","says":"the session is not connected: send `connect` first"},"line":2}"#
        );
    }
}
