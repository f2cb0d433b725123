//! The methods of a chat's handles, each as a user calls it.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use helpline_protocol::driver::AttachmentSource;
use helpline_protocol::driver::adapter::files::MemorySink;
use helpline_protocol::model::{Choice, OutgoingContent, ReceiptSettings, TranscriptQuery};
use helpline_protocol::{AppState, Command, Network};

use super::scene::Scene;

type Calling<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

/// A method, and what it leaves behind whether or not anybody waits for its end.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) call: for<'a> fn(&'a mut Scene) -> Calling<'a>,
    /// What the provider has of it, once.
    pub(crate) says: Option<&'static str>,
    pub(crate) then: Then,
    /// It cannot work here.
    pub(crate) fails: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Then {
    GoesOn,
    Ends,
}

const fn row(name: &'static str, call: for<'a> fn(&'a mut Scene) -> Calling<'a>) -> Row {
    Row { name, call, says: None, then: Then::GoesOn, fails: false }
}

const fn says(name: &'static str, says: &'static str, call: for<'a> fn(&'a mut Scene) -> Calling<'a>) -> Row {
    Row { says: Some(says), ..row(name, call) }
}

const fn ends(name: &'static str, call: for<'a> fn(&'a mut Scene) -> Calling<'a>) -> Row {
    Row { then: Then::Ends, ..row(name, call) }
}

const fn fails(name: &'static str, call: for<'a> fn(&'a mut Scene) -> Calling<'a>) -> Row {
    Row { fails: true, ..row(name, call) }
}

/// All that matters of a result here.
async fn told<T, E: Debug>(call: impl Future<Output = Result<T, E>>) -> Result<(), String> {
    call.await.map(drop).map_err(|error| format!("{error:?}"))
}

fn text(text: &str) -> Command {
    Command::SendMessage { conversation: None, content: OutgoingContent::text(text) }
}

fn note(name: &str) -> AttachmentSource {
    AttachmentSource::from_bytes(name, Bytes::from_static(b"a note"))
}

pub(crate) const CALLS: &[Row] = &[
    says("Chat::execute", "by execute", |it| Box::pin(told(it.chat.execute(text("by execute"))))),
    says("Chat::run", "by run", |it| Box::pin(told(it.chat.run(text("by run"))))),
    row("Chat::connect", |it| {
        Box::pin(async {
            // It is connected: so it is refused, as it should be.
            told(it.chat.connect()).await.map_or(Ok(()), |()| Err("connected twice".to_owned()))
        })
    }),
    says("Chat::send_text", "by send_text", |it| Box::pin(told(it.chat.send_text("by send_text")))),
    says("Chat::send", "by send", |it| Box::pin(told(it.chat.send(OutgoingContent::text("by send"))))),
    says("Chat::queue_text", "by queue_text", |it| Box::pin(told(it.chat.queue_text("by queue_text")))),
    says("Chat::queue", "by queue", |it| Box::pin(told(it.chat.queue(OutgoingContent::text("by queue"))))),
    row("Chat::answer", |it| Box::pin(told(it.chat.answer(it.question, Choice::Element { index: 0 })))),
    row("Chat::typing", |it| Box::pin(told(it.chat.typing()))),
    row("Chat::mark_read", |it| Box::pin(told(it.chat.mark_read(it.heard)))),
    row("Chat::mark_delivered", |it| Box::pin(told(it.chat.mark_delivered(it.heard)))),
    says("Chat::resend", "refused at first", |it| Box::pin(told(it.chat.resend(it.failed)))),
    row("Chat::discard", |it| Box::pin(told(it.chat.discard(it.failed)))),
    row("Chat::load_history", |it| Box::pin(told(it.chat.load_history(None)))),
    row("Chat::configure_receipts", |it| {
        Box::pin(told(it.chat.configure_receipts(ReceiptSettings::default())))
    }),
    fails("Chat::cancel", |it| Box::pin(told(it.chat.cancel(helpline_protocol::CommandId::from_u64(1))))),
    row("Chat::suspend", |it| Box::pin(told(it.chat.suspend()))),
    row("Chat::resume", |it| {
        Box::pin(async {
            it.chat.suspend().await.map_err(|error| format!("{error:?}"))?;
            told(it.chat.resume()).await
        })
    }),
    ends("Chat::leave", |it| Box::pin(told(it.chat.leave()))),
    ends("Chat::reset", |it| Box::pin(told(it.chat.reset()))),
    row("Chat::network", |it| Box::pin(told(it.chat.network(Network::Online)))),
    row("Chat::app", |it| Box::pin(told(it.chat.app(AppState::Foreground)))),
    row("Chat::state", |it| Box::pin(told(it.chat.state()))),
    row("Chat::conversations", |it| Box::pin(told(it.chat.conversations()))),
    row("Chat::transcript", |it| Box::pin(told(it.chat.transcript()))),
    row("Chat::item", |it| Box::pin(told(it.chat.item(it.heard)))),
    row("Chat::capabilities", |it| Box::pin(told(it.chat.capabilities()))),
    row("Chat::limits", |it| Box::pin(told(it.chat.limits()))),
    row("Chat::is_settled", |it| Box::pin(told(it.chat.is_settled()))),
    row("Chat::is_active", |it| Box::pin(told(it.chat.is_active()))),
    row("Chat::connection", |it| Box::pin(told(it.chat.connection()))),
    row("Chat::usage", |it| Box::pin(told(it.chat.usage()))),
    row("Chat::stats", |it| Box::pin(told(it.chat.stats()))),
    row("Chat::deadline", |it| Box::pin(told(it.chat.deadline()))),
    says("Chat::send_attachment", "sent.txt", |it| Box::pin(told(it.chat.send_attachment(note("sent.txt"))))),
    says("Chat::queue_attachment", "queued.txt", |it| {
        Box::pin(told(it.chat.queue_attachment(note("queued.txt"))))
    }),
    row("Chat::download_attachment", |it| {
        Box::pin(told(it.chat.download_attachment(it.file.clone(), MemorySink::new())))
    }),
    row("Chat::start_download", |it| {
        Box::pin(told(it.chat.start_download(it.file.clone(), MemorySink::new())))
    }),
    row("Chat::attachment_url", |it| Box::pin(told(it.chat.attachment_url(it.file.clone(), None)))),
    row("Chat::register_source", |it| {
        Box::pin(async {
            told(it.chat.register_source(Scene::source(), Bytes::from_static(b"bytes"))).await?;
            // It is there, or else this could not be sent.
            let file = r#"{"type":"send_attachment",
                "attachment":{"name":"registered.txt","size":5,"source":"source"}}"#;
            told(it.chat.run(serde_json::from_str(file).expect("a command"))).await
        })
    }),
    row("Chat::register_sink", |it| Box::pin(told(it.chat.register_sink(Scene::sink(), MemorySink::new())))),
    row("Chat::forget_source", |it| Box::pin(told(it.chat.forget_source(Scene::source())))),
    row("Chat::forget_sink", |it| Box::pin(told(it.chat.forget_sink(Scene::sink())))),
    row("Chat::load_transcript", |it| Box::pin(told(it.chat.load_transcript(TranscriptQuery::default())))),
    row("Chat::describe_view", |it| Box::pin(told(it.chat.describe_view(it.form)))),
    fails("Chat::authentication_url", |it| {
        Box::pin(told(it.chat.authentication_url("no-such-attempt", "https://shop.example/back")))
    }),
    fails("Chat::cancel_authentication", |it| {
        Box::pin(told(it.chat.cancel_authentication("no-such-attempt")))
    }),
    row("Chat::send_event", |it| {
        let content_type = "application/vnd.amazonaws.connect.event.connection.acknowledged";
        Box::pin(told(it.chat.send_event(content_type, None)))
    }),
    row("Downloading::finished", |it| {
        Box::pin(async {
            let sink = MemorySink::new();
            let begun = it.chat.start_download(it.file.clone(), sink.clone()).await;
            told(begun.map_err(|error| format!("{error:?}"))?.finished()).await?;
            assert_eq!(sink.bytes().as_deref(), Some(b"an invoice".as_slice()));
            Ok(())
        })
    }),
    row("Downloading::cancel", |it| {
        Box::pin(async {
            let begun = it.chat.start_download(it.file.clone(), MemorySink::new()).await;
            let begun = begun.map_err(|error| format!("{error:?}"))?;
            // It may have come to its end by then, and is refused.
            drop(begun.cancel().await);
            drop(begun.finished().await);
            Ok(())
        })
    }),
    row("Events::next", |it| {
        Box::pin(async {
            told(it.chat.queue_text("makes events")).await?;
            for _ in 0..3 {
                // What it returned was told, and counts.
                let event = it.events.next().await.ok_or("the session lives")?;
                it.mirror.apply(&event);
            }
            Ok(())
        })
    }),
];
