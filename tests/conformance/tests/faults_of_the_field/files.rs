//! Files that are sent and fetched.

use helpline_emulator::amazon_connect::Operation as Call;
use helpline_protocol::model::{DeliveryStatus, OutgoingAttachment, SourceKey};
use helpline_protocol::{Command, CommandError, CommandResult, Event, Failure, Operation};
use helpline_simulation::World;
use serde_json::json;

use crate::hand::Hand;
use crate::rig::{Look as _, connected};

fn attachment(name: &str, size: u64) -> Command {
    let source = SourceKey::new("disk");
    let attachment = OutgoingAttachment { name: name.to_owned(), content_type: None, size, source };
    Command::SendAttachment { conversation: None, attachment }
}

fn send(world: &mut World, name: &str) -> CommandResult {
    world.files.add("disk", &b"0123456789"[..]);
    let id = world.execute(attachment(name, 10)).unwrap();
    world.run_for(200_000);
    let found = world.lines.iter().find_map(|line| match &line.event {
        Event::CommandFinished { command, result } if *command == id => Some(result.clone()),
        _ => None,
    });
    found.expect("it has come to an end")
}

#[test]
pub(crate) fn row_26_an_upload_that_fails_is_told_at_its_stage_and_never_completed() {
    for (fault, operation, status) in [
        ("status=400,op=start-upload", Operation::StartUpload, 400),
        ("status=402,op=start-upload", Operation::StartUpload, 402),
        ("status=403,op=upload", Operation::Upload, 403),
        ("status=500,op=upload", Operation::Upload, 500),
        ("status=400,op=complete-upload", Operation::CompleteUpload, 400),
        ("status=500,op=complete-upload", Operation::CompleteUpload, 500),
    ] {
        let mut world = connected(&[fault]);
        let result = send(&mut world, "receipt.pdf");
        let CommandResult::Failed { failure: Failure::Provider { fault: told } } = &result else {
            panic!("{fault}: {result:?}");
        };
        assert_eq!((told.operation, told.status), (Some(operation), Some(status)), "{fault}");
        let item = world.own()[0];
        let has_failed =
            matches!(item.status, Some(DeliveryStatus::Failed { .. } | DeliveryStatus::Uncertain { .. }));
        assert!(has_failed, "{fault}: {item}");
        if operation != Operation::CompleteUpload {
            assert_eq!(world.calls(Call::CompleteUpload), 0, "{fault}: what is not there is not completed");
        }
        world.assert_live();
        // And once that is mended it can be sent again.
        let message = item.key;
        world.heal();
        world.execute(Command::Resend { message }).unwrap();
        world.run_for(10_000);
        assert_eq!(world.own()[0].status, Some(DeliveryStatus::Sent), "{fault}");
        assert_eq!(world.provider.server.stats().uploads_completed, 1);
        world.assert_equal();
    }
}

#[test]
pub(crate) fn row_27_every_header_of_the_ticket_goes_with_the_upload() {
    let mut hand = Hand::live(|config| config);
    hand.command(attachment("receipt.pdf", 10)).unwrap();
    let headers = json!({
        "Content-Type": "application/pdf", "Content-Length": "10",
        "Content-Disposition": "attachment; filename=\"receipt.pdf\"",
        "x-amz-acl": "bucket-owner-full-control", "x-amz-meta-contact_id": "contact",
        "x-amz-server-side-encryption": "aws:kms", "x-amz-expected-bucket-owner": "111122223333",
        "X-Never-Seen-Before": "signed all the same",
    });
    hand.answer(
        Operation::StartUpload,
        &json!({
            "AttachmentId": "a",
            "UploadMetadata": {
                "Url": "https://storage.example/a?X-Amz-Signature=s", "UrlExpiry": "2026-03-14T09:41:40.000Z",
                "HeadersToInclude": headers,
            },
        }),
    );
    let (_, put) = hand.request(Operation::Upload);
    for (name, value) in headers.as_object().unwrap() {
        let sent = put.headers.get(name.to_lowercase()).map(|value| value.to_str().unwrap());
        // The length is the host's to write, and is the body's.
        if name != "Content-Length" {
            assert_eq!(sent, value.as_str(), "{name}");
        }
    }
    let more = put.headers.keys().find(|name| {
        !headers.as_object().unwrap().keys().any(|given| given.eq_ignore_ascii_case(name.as_str()))
    });
    assert_eq!(more, None, "and nothing that was not signed");
    // The emulator's storage compares them.
    let mut world = connected(&[]);
    assert!(matches!(send(&mut world, "receipt.pdf"), CommandResult::Sent { .. }));
    assert!(world.provider.server.stats().storage_errors.is_empty());
}

#[test]
pub(crate) fn row_28_sizes_are_checked_extensions_fold_and_names_are_made_safe() {
    let mut world = connected(&[]);
    for (name, size, words) in [
        ("large.pdf", 20_000_001, "20000000 are allowed: send a smaller one"),
        ("empty.pdf", 0, "there is nothing to send"),
        ("program.exe", 5, "give one of them"),
        ("../receipt.pdf", 5, "give the name alone"),
    ] {
        let refused = world.execute(attachment(name, size)).unwrap_err();
        assert!(matches!(refused, CommandError::InvalidAttachment { .. }), "{name}: {refused:?}");
        assert!(refused.to_string().contains(words), "{name}: {refused}");
    }
    assert_eq!(world.calls(Call::StartUpload), 0);
    assert!(world.own().is_empty());
    for name in ["PHOTO.JPG", "Scan.Pdf"] {
        assert!(matches!(send(&mut world, name), CommandResult::Sent { .. }), "{name}");
    }
    for (name, safe) in [("../../etc/passwd", "passwd"), ("a\u{0}b/c\\d.txt", "d.txt")] {
        let made = helpline_tokio::files::sanitised(name);
        assert!(
            !made.contains(['/', '\\', '\0']) && !made.starts_with("..") && made.contains(safe),
            "{made:?}"
        );
    }
}
