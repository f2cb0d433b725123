//! Files that cannot be fetched.

use bytes::Bytes;
use helpline_emulator::amazon_connect::{AgentAction, Operation as Call};
use helpline_protocol::model::{ItemBody, SinkKey};
use helpline_protocol::{Command, CommandError, CommandResult, Failure, Limits, Operation, TransportFault};
use helpline_simulation::{World, WorldConfig};

use crate::rig::{Look as _, connected, of, server};
use crate::{failure, lives_on, outcome, refused};

fn offer(world: &mut World) -> String {
    world.agent(AgentAction::SendAttachment {
        name: "invoice.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: Bytes::from_static(b"0123456789"),
    });
    world.run_for(1_000);
    let item = *world.transcript().last().expect("the agent's file");
    let ItemBody::Attachments { attachments } = &item.body else { panic!("{item}") };
    attachments[0].id.clone().expect("it has an id")
}

fn download(attachment: &str) -> Command {
    Command::DownloadAttachment { attachment: attachment.to_owned(), sink: SinkKey::new("here") }
}

/// Nothing of the file is there; and once all is well again, all of it.
fn fetches_in_the_end(world: &mut World, attachment: &str) {
    assert!(world.files.fetched.is_empty(), "nothing half done");
    world.heal();
    let result = outcome(world, download(attachment));
    assert_eq!(result, CommandResult::Downloaded { size: 10 });
    assert_eq!(world.files.fetched[&SinkKey::new("here")], "0123456789");
    lives_on(world);
}

#[test]
fn a_file_that_does_not_exist() {
    let mut world = connected(&[]);
    let attachment = offer(&mut world);
    let failure = failure(&mut world, download("no such file"));
    let Failure::Provider { fault } = &failure else { panic!("{failure:?}") };
    assert_eq!((fault.operation, fault.status), (Some(Operation::AttachmentUrl), Some(400)));
    assert_eq!(world.calls(Call::Download), 0);
    fetches_in_the_end(&mut world, &attachment);
}

#[test]
fn an_address_that_has_expired() {
    let mut world = connected(&["download-life=0"]);
    let attachment = offer(&mut world);
    let failure = failure(&mut world, download(&attachment));
    let Failure::Provider { fault } = &failure else { panic!("{failure:?}") };
    assert_eq!((fault.operation, fault.status), (Some(Operation::Download), Some(403)));
    assert!(fault.message.as_deref().is_some_and(|words| words.contains("expired")), "{fault}");
    fetches_in_the_end(&mut world, &attachment);
}

#[test]
fn storage_that_answers_with_a_failure() {
    for (fault, status, most) in [
        ("status=403,op=download", 403, 1),
        ("status=404,op=download", 404, 1),
        ("status=500,op=download", 500, 4),
    ] {
        let mut world = connected(&[fault]);
        let attachment = offer(&mut world);
        let failure = failure(&mut world, download(&attachment));
        let Failure::Provider { fault: told } = &failure else { panic!("{fault}: {failure:?}") };
        assert_eq!((told.operation, told.status), (Some(Operation::Download), Some(status)));
        assert!(world.calls(Call::Download) <= most, "{fault}: {} tries", world.calls(Call::Download));
        fetches_in_the_end(&mut world, &attachment);
    }
}

#[test]
fn storage_that_answers_nothing() {
    for (fault, expected) in [
        ("hang=1000,op=download", TransportFault::TimedOut),
        ("lost-answer=1000,op=download", TransportFault::ConnectionLost),
        ("cut-half=1000,op=download", TransportFault::ConnectionLost),
    ] {
        let mut world = connected(&[fault]);
        let attachment = offer(&mut world);
        let failure = failure(&mut world, download(&attachment));
        let told = Failure::Transport { operation: Some(Operation::Download), fault: expected };
        assert_eq!(failure, told, "{fault}");
        fetches_in_the_end(&mut world, &attachment);
    }
}

#[test]
fn a_file_that_is_larger_than_is_allowed() {
    let limits = Limits::default().with_download_bytes(9);
    let mut world = of(WorldConfig { server: server(&[]), limits, ..WorldConfig::default() });
    world.execute(Command::Connect).unwrap();
    world.run_until(1_000);
    let attachment = offer(&mut world);
    let failure = failure(&mut world, download(&attachment));
    let too_large =
        matches!(&failure, Failure::Transport { fault: TransportFault::TooLarge { limit: 9 }, .. });
    assert!(too_large, "{failure:?}");
    assert!(world.files.fetched.is_empty());
    lives_on(&mut world);
}

#[test]
fn questions_that_cannot_be_put() {
    let mut world = connected(&[]);
    let url = |attachment: &str, expires_in| Command::AttachmentUrl {
        attachment: attachment.to_owned(),
        expires_in,
    };
    for command in [url("a", Some(4)), url("a", Some(301)), url("", None), url(&"x".repeat(300), None)] {
        let error = refused(&mut world, command.clone());
        let CommandError::InvalidArgument { hint, .. } = &error else { panic!("{command:?}: {error:?}") };
        assert!(!hint.is_empty());
    }
    lives_on(&mut world);
}
