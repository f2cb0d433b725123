//! How often an account may call each operation.
//!
//! Origin: "Amazon Connect service quotas" in the administrator guide, edition of 2022, requests a second and
//! burst, which an account can have raised. That edition counts the Participant Service's calls by instance. It
//! leaves open whether SendMessage and SendEvent have one budget or two: here they share one, which is right in
//! both cases. DescribeView, GetAuthenticationUrl and CancelParticipantAuthentication have no number there.

use crate::dialect::Rate;
use crate::output::Operation;

/// Operations that share a budget, and that budget, as Amazon Connect grants it by default (administrator guide of
/// 2022).
pub const RATES: &[(&[Operation], Rate)] = &[
    // CreateParticipantConnection
    (&[Operation::Authorise], Rate::per_second(6, 9)),
    // DisconnectParticipant
    (&[Operation::Leave], Rate::per_second(3, 5)),
    // GetTranscript
    (&[Operation::CatchUp, Operation::LoadHistory, Operation::LoadTranscript], Rate::per_second(8, 12)),
    // SendMessage and SendEvent
    (
        &[Operation::SendMessage, Operation::SendEvent, Operation::SendReceipt, Operation::SendTyping],
        Rate::per_second(10, 15),
    ),
    // StartAttachmentUpload
    (&[Operation::StartUpload], Rate::per_second(2, 5)),
    // CompleteAttachmentUpload
    (&[Operation::CompleteUpload], Rate::per_second(2, 5)),
    // GetAttachment
    (&[Operation::AttachmentUrl], Rate::per_second(8, 12)),
];
