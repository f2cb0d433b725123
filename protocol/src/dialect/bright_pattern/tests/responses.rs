//! Every answer of the fixtures, and what is made of it.

use super::*;
use crate::dialect::{RefusalClass, RefusalDetail, Started};
use crate::model::ConversationState;

/// What the service is asked.
pub(super) const ALL: [Operation; 23] = [
    Operation::StartConversation,
    Operation::Poll,
    Operation::SendMessage,
    Operation::SendTyping,
    Operation::SendReceipt,
    Operation::SendEvent,
    Operation::CatchUp,
    Operation::LoadHistory,
    Operation::LoadTranscript,
    Operation::Leave,
    Operation::Upload,
    Operation::CompleteUpload,
    Operation::Download,
    Operation::ServerVersion,
    Operation::Availability,
    Operation::ExpectedParameters,
    Operation::ActiveConversation,
    Operation::CaseHistory,
    Operation::CloseCase,
    Operation::Notifications,
    Operation::IceServers,
    Operation::Configuration,
    Operation::RequestSms,
];

/// What we ask where a fixture says so.
pub(super) fn operation_of(fixture: &Value) -> Operation {
    match fixture["operation"].as_str().unwrap() {
        "Any" | "CheckAvailability" => Operation::Availability,
        "GetVersion" => Operation::ServerVersion,
        "GetExpectedParameters" => Operation::ExpectedParameters,
        "RequestChat" => Operation::StartConversation,
        "GetActiveChat" => Operation::ActiveConversation,
        "PollEvents" => Operation::Poll,
        "GetChatHistory" => Operation::CatchUp,
        "GetCaseHistory" => Operation::CaseHistory,
        "CloseCase" => Operation::CloseCase,
        "SubscribeForNotifications" => Operation::Notifications,
        "UploadFile" => Operation::Upload,
        "DownloadFile" | "GetProfilePhoto" | "GetChatIcon" => Operation::Download,
        "GetIceServers" => Operation::IceServers,
        "GetConfiguration" => Operation::Configuration,
        "RequestSms" => Operation::RequestSms,
        "SendEvents" => match fixture["request"]["body"]["events"][0]["event"].as_str().unwrap_or_default() {
            "chat_session_message_delivered" | "chat_session_message_read" => Operation::SendReceipt,
            "chat_session_typing" | "chat_session_not_typing" => Operation::SendTyping,
            "chat_session_end" => Operation::Leave,
            "chat_session_disconnect" => Operation::SendEvent,
            _ => Operation::SendMessage,
        },
        other => panic!("{other}"),
    }
}

/// The fixtures of exchanges, without the list of errors.
pub(super) fn exchanges() -> BTreeSet<String> {
    let mut names = fixtures("http");
    assert!(names.remove("http/error-catalogue.json"));
    names
}

/// What each answer says.
const ANSWERS: &str = include_str!("responses.txt");

fn outcome(answer: &Result<Answer, Refusal>) -> String {
    match answer {
        Ok(Answer::Polled(facts)) => describe::all(facts),
        Ok(Answer::Accepted(accepted)) => format!("accepted, {}", describe::all(&accepted.facts)),
        Ok(Answer::Page(page)) => format!("newest first: {}", describe::all(&page.facts)),
        Ok(Answer::Started(Started { conversation, resumed, facts })) => {
            let how = if *resumed { "goes on" } else { "is new" };
            format!("{} {how}: {}", conversation.get(..4).unwrap(), describe::all(facts))
        }
        Ok(Answer::Uploaded { attachment_id }) => format!("uploaded {attachment_id}"),
        Ok(Answer::BrightPattern(reply)) => {
            let text = serde_json::to_string(reply).unwrap();
            if text.len() > 900 { format!("{}…", text.get(..900).unwrap()) } else { text }
        }
        Ok(other) => format!("{other:?}"),
        Err(refusal) => describe::refusal(refusal),
    }
}

#[test]
fn every_answer_says_what_is_meant() {
    check_table(ANSWERS, &exchanges(), |name| {
        let fixture = json(name);
        let limits = Limits::default();
        outcome(&dialect().answer(asked(operation_of(&fixture), &limits), &response(&fixture)))
    });
}

#[test]
fn where_a_chat_is_told_of_without_saying_whether_it_is_new_its_history_is_fetched() {
    for (is_new, resumed) in [
        ("true", false),
        ("\"true\"", false),
        ("false", true),
        ("\"false\"", true),
        ("null", true),
        ("7", true),
    ] {
        let body = format!(r#"{{"chat_id":"c","state":"ivr","is_new_chat":{is_new}}}"#);
        let Ok(Answer::Started(started)) = answer(Operation::StartConversation, 200, body) else {
            panic!("{is_new}")
        };
        assert_eq!(started.resumed, resumed, "{is_new}");
    }
}

#[test]
fn a_chat_that_is_over_already_is_told_so() {
    let body = r#"{"chat_id":"c","state":"completed","is_new_chat":false}"#;
    let Ok(Answer::Started(started)) = answer(Operation::StartConversation, 200, body) else { panic!() };
    assert!(matches!(
        started.facts.as_slice(),
        [Fact::Status { state: ConversationState::Completed, .. }, Fact::Over { .. }]
    ));
}

#[test]
fn an_error_with_a_success_is_an_error() {
    let refusal =
        answer(Operation::Poll, 200, r#"{"error_code":"5005","error_message":"gone"}"#).unwrap_err();
    assert_eq!((refusal.class, refusal.detail), (RefusalClass::Conflict, Some(RefusalDetail::Gone)));
    assert_eq!(answer(Operation::Poll, 200, r#"{"error_code":5511}"#), Ok(Answer::Polled(Vec::new())));
}

#[test]
fn nothing_that_we_authorise_with_is_shown() {
    let body = format!(r#"{{"error_code":"2001","error_message":"bad header: clientId={CLIENT}"}}"#);
    let text = format!("<p>clientId={CLIENT}</p>");
    for (status, body) in [(403, &body), (403, &text), (200, &text)] {
        for operation in ALL {
            let answer = answer(operation, status, body.clone());
            assert!(!format!("{answer:?}").contains(CLIENT), "{operation:?}: {answer:?}");
        }
    }
    let servers = fixture("http/iceservers-plain.json");
    let fixture: Value = serde_json::from_str(&servers).unwrap();
    let limits = Limits::default();
    let answer = dialect().answer(asked(Operation::IceServers, &limits), &response(&fixture)).unwrap();
    assert!(!format!("{answer:?}").contains("q7Zr1mXw"), "{answer:?}");
}

/// The history walks forward through who joined, and is told backwards.
#[test]
fn a_history_knows_who_had_joined() {
    let facts = facts(Operation::CatchUp, json("http/history-ok.json")["response"]["body"].to_string());
    let named = facts.iter().filter(|fact| {
        let Fact::Item(item) = fact else { return false };
        item.sender.display_name.is_some() && item.body.is_message()
    });
    assert!(named.count() > 0, "{}", describe::all(&facts));
}
