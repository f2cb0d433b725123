//! What the small examples have in common: a service to talk to, in this process and on loopback, and a
//! conversation that has something of everything.

use std::time::Duration;

use bytes::Bytes;
use helpline_emulator::amazon_connect::{AgentAction, ChatDetails, ServerConfig};
use helpline_emulator::loopback::Loopback;
use helpline_protocol::model::{ItemBody, TranscriptItem};
use helpline_protocol::{Config, Event, Policy, amazon_connect, driver};
use helpline_tokio::files::MemorySink;
use helpline_tokio::{AttachmentSource, Events, TokioRuntime, helpline_protocol};

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// The service, with a chat that was just started.
pub(crate) struct Service {
    server: Loopback,
    details: ChatDetails,
}

impl Service {
    pub(crate) async fn start() -> Result<Self, Error> {
        let server = Loopback::start(ServerConfig::default()).await?;
        let details = server.start_chat("Ines");
        Ok(Self { server, details })
    }

    pub(crate) fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// How many requests and sockets came.
    pub(crate) fn came(&self) -> (u64, u64) {
        self.server.with(|server, _, _| {
            let stats = server.stats();
            (stats.calls.values().sum(), stats.sockets_opened)
        })
    }

    /// What the service has of the chat.
    #[allow(dead_code, reason = "not every example looks at it")]
    pub(crate) fn texts(&self) -> Vec<String> {
        let all = self.server.with(|server, _, _| server.transcript(&self.details.contact_id));
        all.into_iter().filter_map(|entry| entry.content).collect()
    }

    fn agent(&self, action: AgentAction) {
        self.server.with(|server, now, out| server.agent(now, &self.details.contact_id, action, out));
    }

    /// Says something, loses the line, hears what it missed, sends a file, fetches one, and leaves. Returns the
    /// transcript.
    pub(crate) async fn converse(
        &self,
        runtime: TokioRuntime,
        endpoint: &str,
    ) -> Result<Vec<TranscriptItem>, Error> {
        let details = amazon_connect::ChatDetails::new(self.details.participant_token.as_str());
        let config = amazon_connect::Config::new(details).with_endpoint(endpoint);
        // Soon again: nobody else is at this service.
        let policy = Policy::amazon_connect().with_backoff_base(Duration::from_millis(50));
        let (chat, mut events) = driver::connect(runtime, Config::from(config).with_policy(policy))?;
        chat.send_text("My card is 4111 1111 1111 1111.").await?;
        chat.typing().await?;
        self.agent(AgentAction::Join);
        self.server.cut_sockets();
        self.agent(AgentAction::Say("You were away for a moment.".to_owned()));
        until(&mut events, |item| item.body.text().is_some_and(|text| text.starts_with("You were"))).await?;
        let note = Bytes::from_static(b"a note");
        chat.send_attachment(AttachmentSource::new("note.txt", 6, note)).await?;
        let bytes = Bytes::from_static(b"an invoice");
        let (name, content_type) = ("invoice.pdf".to_owned(), "application/pdf".to_owned());
        self.agent(AgentAction::SendAttachment { name, content_type, bytes });
        let item = until(&mut events, |item| file_of(item, "invoice.pdf").is_some()).await?;
        let id = file_of(&item, "invoice.pdf").ok_or("the file has no id")?;
        let sink = MemorySink::new();
        chat.download_attachment(id, sink.clone()).await?;
        if sink.bytes().as_deref() != Some(b"an invoice") {
            return Err("another file came than was sent".into());
        }
        chat.leave().await?;
        Ok(chat.transcript().await?)
    }
}

/// Reads events until there is such an item.
async fn until(events: &mut Events, fits: impl Fn(&TranscriptItem) -> bool) -> Result<TranscriptItem, Error> {
    use helpline_protocol::model::TranscriptChange::{Added, Changed};
    while let Some(event) = events.next().await {
        let Event::TranscriptChanged { changes, .. } = event else { continue };
        for change in changes {
            if let Added { item, .. } | Changed { item, .. } = change
                && fits(&item)
            {
                return Ok(*item);
            }
        }
    }
    Err("the session ended first".into())
}

fn file_of(item: &TranscriptItem, name: &str) -> Option<String> {
    let ItemBody::Attachments { attachments } = &item.body else { return None };
    attachments.iter().find(|file| file.name.as_deref() == Some(name))?.id.clone()
}
