use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use bytes::Bytes;

use super::super::testing::ByHand;
use super::super::transfer::{ByteWriter, Written};
use super::*;
use crate::amazon_connect;
use crate::error::Failure;
use crate::time::Timestamp;

const SIZE: u64 = 300_000;

fn driver(runtime: &ByHand) -> Driver<ByHand> {
    let config = amazon_connect::Config::new(amazon_connect::ChatDetails::new("participant-token"));
    let mut driver = Driver::new(runtime.clone(), config).unwrap();
    driver.execute(Command::Connect).unwrap();
    events(&mut driver);
    driver
}

/// All events that there are without time passing; each future is polled once and dropped.
fn events(driver: &mut Driver<ByHand>) -> Vec<Event> {
    let mut context = Context::from_waker(Waker::noop());
    let mut events = Vec::new();
    let mut idle = 0;
    while idle < 50 {
        match pin!(driver.next_event()).poll(&mut context) {
            Poll::Ready(Some(event)) => events.push(event),
            Poll::Ready(None) | Poll::Pending => idle += 1,
        }
    }
    events
}

fn progress(events: &[Event]) -> Vec<u64> {
    let mut all = Vec::new();
    for event in events {
        if let Event::TransferProgress { done, total, .. } = event {
            assert_eq!(*total, Some(SIZE));
            all.push(*done);
        }
    }
    all
}

fn result(events: &[Event], wanted: CommandId) -> CommandResult {
    for event in events {
        if let Event::CommandFinished { command, result } = event
            && *command == wanted
        {
            return result.clone();
        }
    }
    panic!("{wanted} has not finished: {events:?}");
}

fn file() -> AttachmentSource {
    AttachmentSource::from_bytes("a.txt", vec![1; 300_000])
}

/// A sink that counts.
#[derive(Clone, Default)]
struct Count(Arc<(AtomicU64, AtomicBool)>);

struct Counting(Count);

impl ByteSink for Count {
    fn open(&self) -> Box<dyn ByteWriter> {
        Box::new(Counting(self.clone()))
    }
}

impl ByteWriter for Counting {
    fn write(&mut self, bytes: Bytes) -> Written<'_> {
        self.0.0.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Box::pin(core::future::ready(Ok(())))
    }

    fn finish(self: Box<Self>) -> Written<'static> {
        self.0.0.1.store(true, Ordering::Relaxed);
        Box::pin(core::future::ready(io::Result::Ok(())))
    }
}

#[test]
fn a_file_is_sent_and_its_source_let_go() {
    let mut driver = driver(&ByHand::default());
    let (tell, told) = mpsc::channel();
    let file = file().with_progress(move |progress| tell.send(progress.done).unwrap());
    let command = driver.send_attachment(None, file).unwrap();
    assert_eq!(driver.files.sources.len(), 1);
    let events = events(&mut driver);
    assert!(matches!(result(&events, command), CommandResult::Sent { .. }), "{events:?}");
    let done = progress(&events);
    assert!(done.is_sorted() && done.last() == Some(&SIZE), "{done:?}");
    assert!((2..=5).contains(&done.len()), "one for 64 KiB: {done:?}");
    assert_eq!(told.try_iter().collect::<Vec<_>>(), done);
    assert_eq!(driver.files.sources.len() + driver.files.sending.len() + driver.files.handed.len(), 0);
}

#[test]
fn a_file_is_fetched_and_its_sink_let_go() {
    let mut driver = driver(&ByHand::default());
    let sink = Count::default();
    let command = driver.download_attachment("a-1", sink.clone()).unwrap();
    let events = events(&mut driver);
    assert_eq!(result(&events, command), CommandResult::Downloaded { size: SIZE });
    assert_eq!(sink.0.0.load(Ordering::Relaxed), SIZE);
    assert!(sink.0.1.load(Ordering::Relaxed), "it is finished");
    let done = progress(&events);
    assert!(done.is_sorted() && done.last() == Some(&SIZE), "{done:?}");
    assert_eq!(driver.files.sinks.len() + driver.files.fetching.len(), 0);
}

#[test]
fn a_refused_command_leaves_nothing_behind() {
    let config = amazon_connect::Config::new(amazon_connect::ChatDetails::new("participant-token"));
    let mut driver = Driver::new(ByHand::default(), config).unwrap();
    assert_eq!(driver.send_attachment(None, file()), Err(CommandError::NotConnected));
    assert_eq!(driver.download_attachment("a-1", Count::default()), Err(CommandError::NotConnected));
    assert_eq!(driver.files.sources.len() + driver.files.sinks.len(), 0);
}

#[test]
fn a_key_that_nobody_knows_fails_its_request_and_says_so() {
    let runtime = ByHand::default();
    let mut driver = driver(&runtime);
    let sink = SinkKey::new("out.txt");
    let command = Command::DownloadAttachment { attachment: "a-1".to_owned(), sink };
    let command = driver.execute(command).unwrap();
    let mut seen = Vec::new();
    for second in 1..200 {
        seen.extend(events(&mut driver));
        runtime.set(Timestamp::from_secs(second));
    }
    let CommandResult::Failed { failure: Failure::Transport { fault, .. } } = result(&seen, command) else {
        panic!("{seen:?}");
    };
    assert_eq!(fault, local(r#"no sink is registered under "out.txt""#.to_owned()));
}

#[test]
fn a_registered_key_is_kept_until_it_is_forgotten() {
    let mut driver = driver(&ByHand::default());
    let key = SourceKey::new("mine");
    driver.register_source(key.clone(), Bytes::from(vec![1; 300_000]));
    let attachment =
        OutgoingAttachment { name: "a.txt".to_owned(), content_type: None, size: SIZE, source: key.clone() };
    for _ in 0..2 {
        let command = Command::SendAttachment { conversation: None, attachment: attachment.clone() };
        let command = driver.execute(command).unwrap();
        let events = events(&mut driver);
        assert!(matches!(result(&events, command), CommandResult::Sent { .. }), "{events:?}");
    }
    driver.forget_source(&key);
    assert_eq!(driver.files.sources.len(), 0);
}

#[test]
fn the_source_of_a_failed_file_is_kept_until_that_is_discarded() {
    let runtime = ByHand::default();
    let mut driver = driver(&runtime);
    let short = AttachmentSource::new("a.txt", SIZE, Bytes::from_static(b"short"));
    let command = driver.send_attachment(None, short).unwrap();
    let mut seen = Vec::new();
    for second in 1..200 {
        seen.extend(events(&mut driver));
        runtime.set(Timestamp::from_secs(second));
    }
    let CommandResult::Failed { failure: Failure::Transport { fault, .. } } = result(&seen, command) else {
        panic!("{seen:?}");
    };
    assert_eq!(fault, local("the source ended after 5 of 300000 bytes".to_owned()));
    assert_eq!(driver.files.sources.len(), 1, "it can be sent again");
    let message = *driver.files.sending.keys().next().unwrap();
    driver.execute(Command::Discard { message }).unwrap();
    events(&mut driver);
    assert_eq!(driver.files.sources.len() + driver.files.sending.len(), 0);
}

#[test]
fn a_file_that_is_discarded_ends_and_is_let_go() {
    let runtime = ByHand::default();
    let mut driver = driver(&runtime);
    runtime.silent();
    let command = driver.send_attachment(None, file()).unwrap();
    let events_so_far = events(&mut driver);
    let Some(Event::MessageQueued { message, .. }) = events_so_far.first() else {
        panic!("{events_so_far:?}");
    };
    driver.execute(Command::Discard { message: *message }).unwrap();
    let events = events(&mut driver);
    assert_eq!(result(&events, command), CommandResult::Withdrawn);
    assert_eq!(runtime.abandoned(), 1);
    assert_eq!(driver.files.sources.len() + driver.files.sending.len(), 0);
}

#[test]
fn the_end_of_the_session_lets_everything_go() {
    let runtime = ByHand::default();
    let mut driver = driver(&runtime);
    runtime.silent();
    driver.send_attachment(None, file()).unwrap();
    driver.download_attachment("a-1", Count::default()).unwrap();
    driver.register_source(SourceKey::new("mine"), Bytes::new());
    events(&mut driver);
    driver.execute(Command::Reset).unwrap();
    events(&mut driver);
    let files = &driver.files;
    assert_eq!(files.sources.len() + files.sinks.len() + files.sending.len() + files.fetching.len(), 0);
}
