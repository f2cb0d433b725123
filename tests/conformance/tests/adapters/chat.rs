//! The handles over a whole session, against a tiny server.

use std::time::Duration;

use bytes::Bytes;
use helpline_conformance::servers::SOON;
use helpline_conformance::servers::amazon::Amazon;
use helpline_conformance::{new, on_each_runtime};
use helpline_protocol::driver::adapter::{Adapter, Builder};
use helpline_protocol::driver::{self, Driver};
use helpline_protocol::driver::{Chat, ChatError, Events};
use helpline_protocol::model::{DeliveryStatus, ItemBody, TranscriptChange};
use helpline_protocol::{
    Command, CommandError, CommandResult, Config, ConnectionState, EndReason, Event, LostReason,
    TransportFault, amazon_connect,
};
use http::{Request, Response};
use tokio::time::timeout;

fn start<A: Adapter>(amazon: &Amazon) -> (Chat, Events) {
    driver::start(new::<A>(), amazon.config()).unwrap()
}

async fn connected<A: Adapter>(amazon: &Amazon) -> (Chat, Events) {
    let (chat, events) = start::<A>(amazon);
    timeout(SOON, chat.connect()).await.expect("a live link").unwrap();
    (chat, events)
}

/// Reads events until one is as wanted.
async fn until(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> Event {
    let found = async {
        while let Some(event) = events.next().await {
            if wanted(&event) {
                return event;
            }
        }
        panic!("the events ended");
    };
    timeout(SOON, found).await.expect("the event that is waited for")
}

/// The texts that an event adds to the transcript.
fn texts(event: &Event) -> Vec<String> {
    let Event::TranscriptChanged { changes, .. } = event else { return Vec::new() };
    let mut texts = Vec::new();
    for change in changes {
        if let TranscriptChange::Added { item, .. } = change
            && let ItemBody::Text { text } = &item.body
        {
            texts.push(text.clone());
        }
    }
    texts
}

async fn goodbye(amazon: &mut Amazon) -> Option<u16> {
    timeout(SOON, amazon.goodbyes.recv()).await.expect("a goodbye").unwrap()
}

async fn a_chat_from_beginning_to_end<A: Adapter>() {
    let amazon = Amazon::start().await;
    let (chat, mut events) = driver::connect(new::<A>(), amazon.config()).unwrap();
    let key = timeout(SOON, chat.send_text("hello")).await.unwrap().unwrap();
    assert_eq!(amazon.messages(), ["hello"]);
    assert_eq!(chat.state().await, Ok(ConnectionState::Live));
    assert_eq!(chat.connect().await, Err(ChatError::Refused(CommandError::AlreadyConnected)));
    amazon.say(1, "good day");
    until(&mut events, |event| texts(event) == ["good day"]).await;
    let transcript = chat.transcript().await.unwrap();
    let own = transcript.iter().find(|item| item.key == key).unwrap();
    assert_eq!((own.body.text(), &own.status), (Some("hello"), &Some(DeliveryStatus::Sent)));
    assert!(chat.deadline().await.unwrap().is_some());
    assert_eq!(chat.usage().await.unwrap().outbox_items, 0);

    amazon.end();
    let ended = ConnectionState::Ended { reason: EndReason::ChatEnded };
    until(&mut events, |event| *event == Event::ConnectionChanged { state: ended.clone() }).await;
    let rest = async { while events.next().await.is_some() {} };
    timeout(SOON, rest).await.expect("the stream ends with the session");
    assert_eq!(chat.state().await, Ok(ended), "a handle still shows how it ended");
    assert_eq!(chat.transcript().await.unwrap()[..2], transcript[..2]);
    let refused = chat.send_text("too late").await.unwrap_err();
    assert_eq!(refused, ChatError::Refused(CommandError::Ended { reason: EndReason::ChatEnded }));
}

async fn leaving_ends_everything<A: Adapter>() {
    let mut amazon = Amazon::start().await;
    let (chat, mut events) = connected::<A>(&amazon).await;
    let left = tokio::spawn(async move { chat.leave().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    amazon.end();
    assert_eq!(timeout(SOON, left).await.unwrap().unwrap(), Ok(()));
    until(&mut events, |event| {
        matches!(
            event,
            Event::ConnectionChanged { state: ConnectionState::Ended { reason: EndReason::Left } }
        )
    })
    .await;
    assert_eq!(goodbye(&mut amazon).await, Some(1000));
    assert_eq!(goodbye(&mut amazon).await, None);
}

async fn dropping_all_handles_says_goodbye<A: Adapter>() {
    let mut amazon = Amazon::start().await;
    let (chat, events) = connected::<A>(&amazon).await;
    let other = chat.clone();
    drop(chat);
    drop(events);
    timeout(SOON, other.send_text("still here")).await.unwrap().unwrap();
    assert!(amazon.goodbyes.try_recv().is_err());
    drop(other);
    assert_eq!(goodbye(&mut amazon).await, Some(1000));
    assert_eq!(goodbye(&mut amazon).await, None, "the connection ended in order");
}

async fn with_no_chat_left_events_still_come_until_they_are_dropped_too<A: Adapter>() {
    let mut amazon = Amazon::start().await;
    let (chat, mut events) = connected::<A>(&amazon).await;
    drop(chat);
    amazon.say(1, "anybody there?");
    until(&mut events, |event| texts(event) == ["anybody there?"]).await;
    assert!(amazon.goodbyes.try_recv().is_err());
    drop(events);
    assert_eq!(goodbye(&mut amazon).await, Some(1000));
}

async fn what_was_said_last_may_still_arrive_after_the_handles_are_gone<A: Adapter>() {
    let mut amazon = Amazon::start().await;
    let (chat, events) = connected::<A>(&amazon).await;
    amazon.hold_answers().await;
    chat.queue_text("bye").await.unwrap();
    while amazon.messages().is_empty() {
        tokio::task::yield_now().await;
    }
    drop((chat, events));
    assert_eq!(goodbye(&mut amazon).await, Some(1000));
    amazon.answer_one();
    let answered = async {
        while amazon.answered() == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, answered).await.expect("the request outlives the handles for a while");
}

async fn a_call_that_is_dropped_half_way_loses_nothing<A: Adapter>() {
    let amazon = Amazon::start().await;
    let (chat, mut events) = connected::<A>(&amazon).await;
    amazon.hold_answers().await;
    {
        let mut call = std::pin::pin!(chat.send_text("once"));
        while amazon.messages().is_empty() {
            tokio::select! {
                biased;
                sent = &mut call => panic!("{sent:?} without an answer"),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    amazon.answer_one();
    let finished = until(&mut events, |event| {
        matches!(event, Event::CommandFinished { result: CommandResult::Sent { .. }, .. })
    });
    finished.await;
    assert_eq!(amazon.messages(), ["once"]);
}

async fn reading_events_may_be_given_up_at_any_time<A: Adapter>() {
    let amazon = Amazon::start().await;
    let mut driver = Driver::new(new::<A>(), amazon.config()).unwrap();
    driver.execute(Command::Connect).unwrap();
    let mut expected = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    while seen.len() < 100 {
        let event = tokio::select! {
            biased;
            event = driver.next_event() => event.expect("no end"),
            () = tokio::task::yield_now() => continue,
        };
        if event == (Event::ConnectionChanged { state: ConnectionState::Live }) {
            for number in 0..100 {
                amazon.say(number, &format!("text {number}"));
                expected.push(format!("text {number}"));
            }
        }
        seen.extend(texts(&event));
    }
    assert_eq!(seen, expected);
    let mut amazon = amazon;
    timeout(SOON, driver.close()).await.unwrap();
    assert_eq!(goodbye(&mut amazon).await, Some(1000));
}

async fn results_come_while_nobody_reads_events_and_no_message_is_lost<A: Adapter>() {
    const SAID: usize = 2000;
    let amazon = Amazon::start().await;
    let (chat, mut events) = connected::<A>(&amazon).await;
    // Far more than the buffers of loopback hold.
    let long = "x".repeat(16 * 1024);
    for number in 0..SAID {
        amazon.say(number, &format!("{number} {long}"));
    }
    let mut pushed = None;
    while pushed != Some(amazon.pushed()) {
        pushed = Some(amazon.pushed());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(pushed < Some(SAID), "the server feels that nobody reads");

    let mut keys = Vec::new();
    for number in 0..50 {
        let sent = timeout(SOON, chat.send_text(format!("own {number}"))).await;
        keys.push(sent.expect("a result, with nobody reading").unwrap());
    }
    assert_eq!(keys.len(), 50);
    timeout(SOON, chat.typing()).await.expect("a result, with nobody reading").unwrap();

    let mut heard = Vec::new();
    while heard.len() < SAID {
        let event = until(&mut events, |event| !texts(event).is_empty()).await;
        for text in texts(&event) {
            if let Some((number, _)) = text.split_once(" x") {
                heard.push(number.parse::<usize>().unwrap());
            }
        }
    }
    assert_eq!(heard, (0..SAID).collect::<Vec<_>>());
}

async fn commands_are_refused_once_too_many_events_are_unread<A: Adapter>() {
    let amazon = Amazon::start().await;
    let (chat, mut events) = connected::<A>(&amazon).await;
    let typing = || chat.execute(Command::SendTyping { conversation: None });
    let refused = async {
        loop {
            if let Err(error) = typing().await {
                return error;
            }
        }
    };
    let refused = timeout(SOON, refused).await.expect("an end to it");
    assert_eq!(refused, ChatError::EventsUnread { limit: driver::EVENTS_WAITING_AT_MOST });
    assert_eq!(chat.state().await, Ok(ConnectionState::Live), "questions are answered all the same");
    for _ in 0..100 {
        timeout(SOON, events.next()).await.unwrap().unwrap();
    }
    tokio::task::yield_now().await;
    assert!(typing().await.is_ok());
}

async fn a_refused_connection_is_told_and_tried_again<A: Adapter>() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let chat = amazon_connect::ChatDetails::new("participant-token");
    let config = amazon_connect::Config::new(chat).with_endpoint(format!("http://{free}"));
    let (_chat, mut events) = driver::connect(new::<A>(), config).unwrap();
    until(&mut events, |event| {
        matches!(
            event,
            Event::TransportFault { fault: TransportFault::ConnectFailed, .. }
                | Event::ConnectionLost {
                    reason: LostReason::Transport { fault: TransportFault::ConnectFailed }
                }
        )
    })
    .await;
    until(&mut events, |event| {
        matches!(event, Event::ConnectionChanged { state: ConnectionState::Reconnecting { .. } })
    })
    .await;
}

/// A session whose requests a closure answers; none gets as far as a socket.
fn answered_by<A: Adapter, F>(answer: F) -> (Chat, Events)
where
    F: Fn() -> Response<Bytes> + Clone + Send + Sync + 'static,
{
    let runtime = Builder::<A>::new()
        .with_http_fn(move |_: Request<Bytes>| {
            let answer = answer.clone();
            async move { Ok::<_, TransportFault>(answer()) }
        })
        .build();
    let details = amazon_connect::ChatDetails::new("participant-token");
    driver::connect(runtime, Config::from(amazon_connect::Config::new(details))).unwrap()
}

async fn a_refused_credential_ends_the_session_and_the_stream<A: Adapter>() {
    let (chat, mut events) = answered_by::<A, _>(|| {
        let body = r#"{"message":"Access denied"}"#;
        Response::builder()
            .status(403)
            .header("x-amzn-errortype", "AccessDeniedException")
            .body(body.into())
            .unwrap()
    });
    let all = async { while events.next().await.is_some() {} };
    timeout(SOON, all).await.expect("the stream ends");
    let state = chat.state().await.unwrap();
    assert!(
        matches!(state, ConnectionState::Ended { reason: EndReason::CredentialRejected { .. } }),
        "{state}"
    );
}

on_each_runtime!(
    a_chat_from_beginning_to_end,
    leaving_ends_everything,
    dropping_all_handles_says_goodbye,
    with_no_chat_left_events_still_come_until_they_are_dropped_too,
    what_was_said_last_may_still_arrive_after_the_handles_are_gone,
    a_call_that_is_dropped_half_way_loses_nothing,
    reading_events_may_be_given_up_at_any_time,
    results_come_while_nobody_reads_events_and_no_message_is_lost,
    commands_are_refused_once_too_many_events_are_unread,
    a_refused_connection_is_told_and_tried_again,
    a_refused_credential_ends_the_session_and_the_stream,
);
