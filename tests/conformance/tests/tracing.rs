//! What a whole chat tells by `tracing`: enough to see what went on, and no secret.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use helpline_emulator::amazon_connect::{AgentAction, Operation, ServerConfig, StatusRule};
use helpline_emulator::loopback::Loopback;
use helpline_protocol::driver::adapter::files::MemorySink;
use helpline_protocol::driver::{self, AttachmentSource};
use helpline_protocol::model::{ItemBody, TranscriptChange};
use helpline_protocol::{Config, Event, Policy, amazon_connect};
use helpline_tokio::TokioRuntime;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// All that was told, as text.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Told {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("text")
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Told {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_whole_chat_is_told_and_no_secret_with_it() {
    let told = Told::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(told.clone())
        .finish();
    // Everything runs in this thread.
    let _guard = tracing::subscriber::set_default(subscriber);
    let secrets = chat().await;
    let text = told.text();
    for expected in [
        "session{number=",
        "connecting socket=s1 host=\"127.0.0.1\"",
        "connected socket=s1",
        "state=\"live\"",
        "disconnected socket=s1",
        "state=\"reconnecting\"",
        "connected socket=s2",
        "operation=\"send_message\" host=\"127.0.0.1\"",
        "answered operation=\"send_message\" status=500",
        "answered operation=\"send_message\" status=200",
        "fault operation=\"send_message\" fault=\"refused\" status=500",
        "operation=\"upload\"",
        "operation=\"download\"",
        "state=\"ended\"",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
    for secret in &secrets {
        assert!(secret.len() > 3, "{secret:?} is none");
        assert!(!text.contains(secret.as_str()), "{secret:?} is told in\n{text}");
    }
    println!("{} lines, none with any of {} secrets", text.lines().count(), secrets.len());
}

/// Talks, loses the line, is refused once, sends and fetches a file, and leaves. Returns what nobody may read.
async fn chat() -> Vec<String> {
    let server = Loopback::start(ServerConfig::default()).await.expect("a port is free");
    let details = server.start_chat("Ines");
    let token = details.participant_token.clone();
    let config = amazon_connect::Config::new(amazon_connect::ChatDetails::new(token.as_str()))
        .with_endpoint(server.endpoint());
    let policy = Policy::amazon_connect()
        .with_backoff_base(Duration::from_millis(20))
        .with_backoff_cap(Duration::from_millis(50));
    let (chat, mut events) =
        driver::connect(TokioRuntime::new(), Config::from(config).with_policy(policy)).expect("it works");
    server.with(|server, _, _| {
        server.faults_mut().statuses.push(StatusRule::next(Operation::SendMessage, 500, 1));
    });
    chat.send_text("My name is Mud").await.expect("it is sent");
    let bearer = chat.connection().await.expect("the session lives").token.expect("it is live");
    server.cut_sockets();
    let note = AttachmentSource::from_bytes("letter.txt", Bytes::from_static(b"Dear Sirs"));
    chat.send_attachment(note).await.expect("it is sent");
    let (name, content_type) = ("bill.txt".to_owned(), "text/plain".to_owned());
    let file = AgentAction::SendAttachment { name, content_type, bytes: Bytes::from_static(b"Pay up") };
    server.with(|server, now, out| server.agent(now, &details.contact_id, file, out));
    let id = loop {
        let Some(Event::TranscriptChanged { changes, .. }) = events.next().await else { continue };
        let found = changes.into_iter().find_map(|change| match change {
            TranscriptChange::Added { item, .. } => match item.body {
                ItemBody::Attachments { attachments } => attachments
                    .into_iter()
                    .find(|file| file.name.as_deref() == Some("bill.txt"))
                    .and_then(|file| file.id),
                _ => None,
            },
            _ => None,
        });
        if let Some(id) = found {
            break id;
        }
    };
    let address = chat.attachment_url(id.clone(), None).await.expect("an address");
    let query = address.url.expose().split_once('?').map(|(_, query)| query.to_owned());
    chat.download_attachment(id, MemorySink::new()).await.expect("it arrives");
    chat.leave().await.expect("it is over");
    let known =
        ["ticket=", "/participant/ws", "My name is Mud", "Dear Sirs", "Pay up", "letter.txt", "bill.txt"];
    let mut secrets: Vec<String> = known.map(str::to_owned).into();
    secrets.extend([token, bearer.expose().to_owned()]);
    secrets.extend(query);
    secrets
}
