//! A whole session over real connections, against the emulator: what is cut comes back, and nothing is lost.

use std::time::Duration;

use helpline_conformance::{new, on_each_runtime};
use helpline_emulator::amazon_connect::{AgentAction, AgentScript, ServerConfig};
use helpline_emulator::loopback::Loopback;
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::{self, Events};
use helpline_protocol::model::{DeliveryStatus, TranscriptItem};
use helpline_protocol::{Config, ConnectionState, Event, amazon_connect};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

async fn until(events: &mut Events, wanted: impl Fn(&Event) -> bool) {
    let found = async {
        while let Some(event) = events.next().await {
            if wanted(&event) {
                return true;
            }
        }
        false
    };
    assert!(timeout(SOON, found).await.is_ok_and(|found| found), "the event that is waited for");
}

fn texts(transcript: &[TranscriptItem]) -> Vec<&str> {
    transcript.iter().filter_map(|item| item.body.text()).collect()
}

async fn what_was_missed_while_the_network_was_away_is_fetched<A: Adapter>() {
    let host = Loopback::start(ServerConfig::with_script(AgentScript::silent())).await.unwrap();
    let started = host.start_chat("Ines");
    let say = |text: &str| {
        host.with(|server, now, out| {
            server.agent(now, &started.contact_id, AgentAction::Say(text.to_owned()), out);
        });
    };
    let details = amazon_connect::ChatDetails::new(started.participant_token.clone());
    let config = Config::from(amazon_connect::Config::new(details).with_endpoint(host.endpoint()));
    let (chat, mut events) = driver::connect(new::<A>(), config).unwrap();
    timeout(SOON, chat.send_text("one")).await.unwrap().unwrap();
    say("two");

    host.set_online(false);
    until(&mut events, |event| matches!(event, Event::ConnectionLost { .. })).await;
    say("three");
    let queued = chat.queue_text("four").await.unwrap();
    assert_ne!(chat.state().await, Ok(ConnectionState::Live));
    host.set_online(true);
    until(&mut events, |event| matches!(event, Event::GapClosed { recovered, .. } if *recovered > 0)).await;
    timeout(SOON, chat.send_text("five")).await.unwrap().unwrap();

    let transcript = chat.transcript().await.unwrap();
    assert_eq!(texts(&transcript), ["one", "two", "three", "four", "five"]);
    let four = transcript.iter().find(|item| item.key == queued).unwrap();
    assert_eq!(four.status, Some(DeliveryStatus::Sent));
    timeout(SOON, chat.leave()).await.unwrap().unwrap();
    until(&mut events, |event| {
        matches!(event, Event::ConnectionChanged { state: ConnectionState::Ended { .. } })
    })
    .await;
    assert!(timeout(SOON, events.next()).await.is_ok());
}

on_each_runtime!(what_was_missed_while_the_network_was_away_is_fetched,);
