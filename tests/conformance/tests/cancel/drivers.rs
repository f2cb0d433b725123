//! The methods of `Driver` and `Hub`, dropped at every await.

use std::time::Duration;

use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::{Driver, Hub};
use helpline_protocol::model::OutgoingContent;
use helpline_protocol::{Command, CommandResult, Event};
use helpline_simulation::{Mirror, compare};
use tokio::time::sleep;

use super::scene::{Stage, soon};
use super::{MOST_POLLS, limited};

pub(crate) const TESTED: &[&str] = &["Driver::next_event", "Driver::close", "Hub::stats", "Hub::close"];

const MESSAGES: usize = 20;

helpline_conformance::on_each_runtime!(
    a_driver_whose_every_wait_for_an_event_is_dropped_does_all_the_same,
    a_close_that_is_dropped_still_ends_at_the_server,
    a_hub_whose_calls_are_dropped_does_all_the_same,
);

async fn a_driver_whose_every_wait_for_an_event_is_dropped_does_all_the_same<A: Adapter>() {
    let stage = Stage::<A>::open().await;
    for polls in 1..5 {
        let (details, config) = stage.chat();
        let mut driver = Driver::new(stage.runtime.clone(), config).expect("it works");
        driver.execute(Command::Connect).expect("it is new");
        for number in 0..MESSAGES {
            let content = OutgoingContent::text(format!("message {number}"));
            driver.execute(Command::SendMessage { conversation: None, content }).expect("there is room");
        }
        let (mut mirror, mut sent, mut drops) = (Mirror::default(), 0, 0);
        let talk = async {
            while sent < MESSAGES {
                match limited(polls, driver.next_event()).await {
                    Some(Some(event)) => {
                        mirror.apply(&event);
                        let result = CommandResult::is_ok;
                        sent += usize::from(matches!(
                            &event,
                            Event::CommandFinished { result: it @ CommandResult::Sent { .. }, .. }
                                if result(it)
                        ));
                    }
                    Some(None) => panic!("the session lives"),
                    None => {
                        drops += 1;
                        sleep(Duration::from_micros(100)).await;
                    }
                }
            }
        };
        soon(talk).await;
        let truth = stage.server.with(|server, _, _| server.transcript(&details.contact_id));
        let conversation = driver.session().conversations().next().expect("one");
        let verdict = compare(driver.session().transcript(conversation), &truth);
        assert!(verdict.differences.is_empty(), "{verdict}");
        let own = truth.iter().filter(|entry| entry.kind == "MESSAGE").count();
        assert_eq!(own, MESSAGES, "each once");
        assert!(drops > 0, "nothing was dropped");
        assert_eq!(mirror.difference(driver.session().transcript(conversation)), None);
    }
    stage.all_sockets_are_closed().await;
}

async fn a_close_that_is_dropped_still_ends_at_the_server<A: Adapter>() {
    let stage = Stage::<A>::open().await;
    for polls in 0..MOST_POLLS {
        let (_, config) = stage.chat();
        let mut driver = Driver::new(stage.runtime.clone(), config).expect("it works");
        driver.execute(Command::Connect).expect("it is new");
        let live = async {
            while driver.session().state() != helpline_protocol::ConnectionState::Live {
                driver.next_event().await.expect("the session lives");
            }
        };
        soon(live).await;
        let ended = soon(limited(polls, driver.close())).await;
        stage.all_sockets_are_closed().await;
        if ended.is_some() {
            return;
        }
    }
    panic!("it does not end");
}

async fn a_hub_whose_calls_are_dropped_does_all_the_same<A: Adapter>() {
    let stage = Stage::<A>::open().await;
    for polls in 0..MOST_POLLS {
        let hub = Hub::new(stage.runtime.clone());
        let handles: Vec<_> = (0..5).map(|_| hub.connect(stage.chat().1).expect("it works")).collect();
        for (chat, _events) in &handles {
            soon(chat.send_text("Hello")).await.expect("it is sent");
        }
        drop(limited(polls, hub.stats()).await);
        assert_eq!(soon(hub.stats()).await.expect("it is open").totals.messages_sent, 5);
        // Once it was polled it closes, whoever waits for that.
        let ended = soon(limited(polls, hub.close())).await;
        if polls == 0 {
            soon(handles[0].0.send_text("and it goes on")).await.expect("nothing was asked");
        } else {
            stage.all_sockets_are_closed().await;
            assert!(handles[0].0.send_text("too late").await.is_err());
        }
        drop(handles);
        stage.all_sockets_are_closed().await;
        if ended.is_some() {
            return;
        }
    }
    panic!("it does not end");
}
