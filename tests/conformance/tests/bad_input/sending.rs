//! Files that cannot be sent.

use helpline_emulator::amazon_connect::{Operation as Call, Scan};
use helpline_protocol::model::{AttachmentStatus, DeliveryStatus, ItemBody, OutgoingAttachment, SourceKey};
use helpline_protocol::{
    Command, CommandError, CommandResult, Failure, Limits, Operation, ProviderFault, Retry, TransportFault,
};
use helpline_simulation::{World, WorldConfig};

use crate::rig::{Look as _, connected, of, server};
use crate::{failure, lives_on, outcome, refused};

pub(crate) fn file(name: &str, content_type: Option<&str>, size: u64) -> Command {
    let attachment = OutgoingAttachment {
        name: name.to_owned(),
        content_type: content_type.map(str::to_owned),
        size,
        source: SourceKey::new("disk"),
    };
    Command::SendAttachment { conversation: None, attachment }
}

fn with_file(faults: &[&str]) -> World {
    let mut world = connected(faults);
    world.files.add("disk", &b"0123456789"[..]);
    world
}

fn by_provider(failure: &Failure) -> &ProviderFault {
    match failure {
        Failure::Provider { fault } => fault,
        other => panic!("{other:?}"),
    }
}

/// The failed file stands in the transcript, can be taken back, and then nothing of it is left.
fn discards(world: &mut World) {
    let item = world.own()[0];
    assert!(matches!(item.status, Some(DeliveryStatus::Failed { .. })), "{item}");
    let message = item.key;
    world.execute(Command::Discard { message }).expect("it can be taken back");
    assert!(world.own().is_empty());
    assert_eq!(world.session.usage().uploads, 0);
    assert_eq!(world.provider.server.stats().uploads_completed, 0, "the others never saw it");
}

#[test]
fn a_type_that_the_instance_refuses() {
    let mut world = with_file(&[]);
    let failure = failure(&mut world, file("archive.zip", Some("application/zip"), 10));
    let fault = by_provider(&failure);
    assert_eq!((fault.operation, fault.status), (Some(Operation::StartUpload), Some(400)));
    assert_eq!(fault.code.as_deref(), Some("ValidationException"));
    assert!(fault.message.as_deref().is_some_and(|words| words.contains("not supported")), "{fault}");
    assert_eq!(fault.retry, Retry::Never, "it would be refused again");
    assert_eq!(world.calls(Call::StartUpload), 1, "and so it was asked once");
    assert_eq!(world.calls(Call::Upload), 0);
    discards(&mut world);
    lives_on(&mut world);
}

#[test]
fn a_file_too_many() {
    let mut server = server(&[]);
    server.attachments_per_chat = 1;
    let mut world = of(WorldConfig { server, ..WorldConfig::default() });
    world.execute(Command::Connect).unwrap();
    world.run_until(1_000);
    world.files.add("disk", &b"0123456789"[..]);
    assert!(matches!(outcome(&mut world, file("a.pdf", None, 10)), CommandResult::Sent { .. }));
    let failure = failure(&mut world, file("b.pdf", None, 10));
    let fault = by_provider(&failure);
    assert_eq!((fault.status, fault.code.as_deref()), (Some(402), Some("ServiceQuotaExceededException")));
    assert_eq!(world.own().len(), 2, "the first one stays as it is");
    lives_on(&mut world);
}

#[test]
fn a_file_that_is_too_large() {
    let mut world = with_file(&[]);
    let words = refused(&mut world, file("large.pdf", None, 20_000_001)).to_string();
    assert!(words.contains("20000001 bytes") && words.contains("send a smaller one"), "{words}");
    lives_on(&mut world);
    // With a higher limit here, the provider says it.
    let limits = Limits::default().with_attachment_bytes(100_000_000);
    let mut world = of(WorldConfig { limits, ..WorldConfig::default() });
    world.execute(Command::Connect).unwrap();
    world.run_until(1_000);
    let failure = failure(&mut world, file("large.pdf", None, 30_000_000));
    let fault = by_provider(&failure);
    assert_eq!((fault.operation, fault.status), (Some(Operation::StartUpload), Some(402)));
    discards(&mut world);
    lives_on(&mut world);
}

#[test]
fn names_and_types_that_cannot_be() {
    let mut world = with_file(&[]);
    for (name, content_type, size) in [
        ("", None, 5),
        ("a/b.pdf", None, 5),
        ("a\nb.pdf", None, 5),
        ("noextension", None, 5),
        ("a.exe", None, 5),
        ("a.pdf", None, 0),
        ("a.pdf", Some(" "), 5),
        ("a.pdf", Some("text/plain\r\nX-More: 1"), 5),
    ] {
        let error = refused(&mut world, file(name, content_type, size));
        let CommandError::InvalidAttachment { hint, .. } = &error else { panic!("{name:?}: {error:?}") };
        assert!(hint.contains("give") || hint.contains("nothing to send") || hint.contains("must"), "{hint}");
    }
    assert_eq!(world.calls(Call::StartUpload), 0);
    lives_on(&mut world);
}

#[test]
fn an_address_that_has_expired() {
    let mut world = with_file(&["upload-life=0"]);
    let failure = failure(&mut world, file("a.pdf", None, 10));
    let fault = by_provider(&failure);
    assert_eq!((fault.operation, fault.status), (Some(Operation::Upload), Some(403)), "{fault}");
    assert!(fault.message.as_deref().is_some_and(|words| words.contains("expired")), "{fault}");
    let asked = world.calls(Call::StartUpload);
    assert!((2..=5).contains(&asked), "another address was asked for, a few times: {asked}");
    discards(&mut world);
    lives_on(&mut world);
}

#[test]
fn a_file_that_the_scan_rejects() {
    let mut server = server(&[]);
    server.script.scan = Scan::Reject { after_ms: 500 };
    let mut world = of(WorldConfig { server, ..WorldConfig::default() });
    world.execute(Command::Connect).unwrap();
    world.run_until(1_000);
    world.files.add("disk", &b"0123456789"[..]);
    assert!(matches!(outcome(&mut world, file("virus.pdf", None, 10)), CommandResult::Sent { .. }));
    let item = world.own()[0];
    let ItemBody::Attachments { attachments } = &item.body else { panic!("{item}") };
    assert_eq!(attachments[0].status, AttachmentStatus::Rejected);
    let attachment = attachments[0].id.clone().expect("it has an id");
    let failure = failure(&mut world, Command::AttachmentUrl { attachment, expires_in: None });
    let fault = by_provider(&failure);
    assert_eq!((fault.operation, fault.status), (Some(Operation::AttachmentUrl), Some(400)));
    assert!(fault.message.as_deref().is_some_and(|words| words.contains("not available")), "{fault}");
    lives_on(&mut world);
}

#[test]
fn storage_that_answers_403_or_500() {
    for (fault, status, code, tries) in [
        ("status=403,op=upload", 403, "SignatureDoesNotMatch", 1..=1),
        ("status=500,op=upload", 500, "InternalError", 2..=4),
        ("status=503,op=upload", 503, "SlowDown", 2..=4),
    ] {
        let mut world = with_file(&[fault]);
        let failure = failure(&mut world, file("a.pdf", None, 10));
        let told = by_provider(&failure);
        assert_eq!((told.operation, told.status), (Some(Operation::Upload), Some(status)));
        assert_eq!(told.code.as_deref(), Some(code));
        let puts = world.calls(Call::Upload);
        assert!(tries.contains(&puts), "{fault}: {puts} tries");
        assert_eq!(world.calls(Call::CompleteUpload), 0);
        discards(&mut world);
        lives_on(&mut world);
    }
}

#[test]
fn storage_that_answers_nothing() {
    for (fault, expected) in [
        ("hang=1000,op=upload", TransportFault::TimedOut),
        ("lost-request=1000,op=upload", TransportFault::ConnectionLost),
        ("cut-half=1000,op=upload", TransportFault::ConnectionLost),
    ] {
        let mut world = with_file(&[fault]);
        let failure = failure(&mut world, file("a.pdf", None, 10));
        let told = Failure::Transport { operation: Some(Operation::Upload), fault: expected };
        assert_eq!(failure, told, "{fault}");
        assert_eq!(failure.retry(), Retry::Manual);
        assert_eq!(world.calls(Call::CompleteUpload), 0);
        // What the user may do now works.
        let message = world.own()[0].key;
        world.heal();
        world.execute(Command::Resend { message }).unwrap();
        world.run_for(10_000);
        assert_eq!(world.own()[0].status, Some(DeliveryStatus::Sent), "{fault}");
        lives_on(&mut world);
    }
}

#[test]
fn a_file_that_the_host_has_not() {
    let mut world = connected(&[]);
    let failure = failure(&mut world, file("a.pdf", None, 10));
    let Failure::Transport { operation: Some(Operation::Upload), fault } = &failure else {
        panic!("{failure:?}")
    };
    assert!(fault.to_string().contains("disk"), "which one is said: {fault}");
    discards(&mut world);
    lives_on(&mut world);
}
