use super::*;
use crate::model::{DeliveryStatus, OutgoingAttachment, SinkKey, SourceKey};

fn photo() -> Command {
    Command::SendAttachment {
        conversation: None,
        attachment: OutgoingAttachment {
            name: "photo.jpg".to_owned(),
            content_type: None,
            size: 10,
            source: SourceKey::new("photo"),
        },
    }
}

fn shown(number: u64) -> String {
    format!(
        r#"{{"event":"chat_session_file","party_id":"{CHAT}","msg_id":"{CHAT}:{number}","file_id":"f1","file_type":"image","file_name":"photo.jpg","timestamp":"1773480401"}}"#
    )
}

#[test]
fn a_file_is_uploaded_and_then_shown_under_an_id_of_ours() {
    let mut rig = Rig::begun();
    let command = rig.command(photo()).unwrap();
    assert_eq!(rig.asked(Operation::StartUpload), 0);
    rig.answer(Operation::Upload, 200, r#"{"file_id":"f1","file_name":"photo.jpg"}"#);
    let said = rig.said(Operation::CompleteUpload);
    assert!(said.contains("chat_session_file") && said.contains(&format!("{CHAT}:1")), "{said}");
    rig.answer(Operation::CompleteUpload, 200, "");
    assert!(matches!(rig.finished(command), Some(CommandResult::Sent { .. })));
    rig.command(Command::send_text("after")).unwrap();
    assert!(rig.said(Operation::SendMessage).contains(&format!("{CHAT}:2")));
    rig.answer(Operation::SendMessage, 200, "");
    // What the history shows is that file, and no other.
    rig.poll_is_lost();
    rig.wake();
    rig.history_brings(&[shown(1), own_said(2, "after")]);
    let items: Vec<_> = rig.session.transcript(rig.session.current).cloned().collect();
    assert_eq!(items.len(), 2);
    assert!(format!("{:?}", items[0].body).contains("f1"));
}

#[test]
fn a_file_of_which_nobody_knows_whether_it_is_shown_is_looked_for() {
    let mut rig = Rig::begun();
    let command = rig.command(photo()).unwrap();
    rig.answer(Operation::Upload, 200, r#"{"file_id":"f1"}"#);
    rig.no_answer(Operation::CompleteUpload, TransportFault::ConnectionLost);
    rig.pass(10_000);
    assert_eq!(rig.asked(Operation::CompleteUpload), 1, "not before that is known");
    rig.poll_brings(&[]);
    let mut lost = Rig::with(rig.session.clone(), rig.at, rig.out.clone());
    rig.history_brings(&[shown(1)]);
    rig.pass(10_000);
    assert_eq!(rig.asked(Operation::CompleteUpload), 1);
    assert!(matches!(rig.finished(command), Some(CommandResult::Sent { .. })));
    lost.history_brings(&[]);
    lost.pass(10_000);
    assert_eq!(lost.asked(Operation::CompleteUpload), 2);
    assert!(lost.said(Operation::CompleteUpload).contains(&format!("{CHAT}:1")));
}

/// Posted again it might be shown twice, and nobody could tell.
#[test]
fn a_file_of_which_nobody_can_tell_whether_it_is_shown_is_not_posted_again_unasked() {
    let mut rig = Rig::begun();
    let command = rig.command(photo()).unwrap();
    rig.answer(Operation::Upload, 200, r#"{"file_id":"f1"}"#);
    rig.no_answer(Operation::CompleteUpload, TransportFault::ConnectionLost);
    rig.poll_is_lost();
    while rig.told("history unavailable") == 0 {
        rig.wake();
        rig.no_answer(Operation::CatchUp, TransportFault::ConnectionLost);
    }
    assert!(matches!(rig.finished(command), Some(CommandResult::Failed { .. })));
    let item = rig.session.transcript(rig.session.current).next().unwrap().clone();
    assert!(matches!(item.status, Some(DeliveryStatus::Uncertain { .. })), "{:?}", item.status);
    rig.pass(100_000);
    rig.poll_brings(&[]);
    assert_eq!(rig.asked(Operation::CompleteUpload), 1);
    rig.command(Command::Resend { message: item.key }).unwrap();
    assert_eq!(rig.asked(Operation::CompleteUpload), 2, "the user wants it");
    assert!(rig.said(Operation::CompleteUpload).contains(&format!("{CHAT}:1")));
}

#[test]
fn a_file_is_fetched_without_asking_where_it_is() {
    let mut rig = Rig::begun();
    let sink = SinkKey::new("here");
    rig.command(Command::DownloadAttachment { attachment: "f1".to_owned(), sink }).unwrap();
    assert_eq!((rig.asked(Operation::AttachmentUrl), rig.asked(Operation::Download)), (0, 1));
    let address = Command::AttachmentUrl { attachment: "f1".to_owned(), expires_in: None };
    let command = rig.command(address).unwrap();
    assert!(matches!(rig.finished(command), Some(CommandResult::AttachmentUrl { .. })));
}
