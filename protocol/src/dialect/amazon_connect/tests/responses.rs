use super::*;

/// The operation of a fixture, as we call it; none where it is not ours.
fn operation(fixture: &Value) -> Option<Operation> {
    Some(match fixture["operation"].as_str().unwrap_or_default() {
        "CreateParticipantConnection" => Operation::Authorise,
        "SendMessage" => Operation::SendMessage,
        "SendEvent" => Operation::SendReceipt,
        "GetTranscript" => Operation::LoadHistory,
        "DisconnectParticipant" => Operation::Leave,
        "StartAttachmentUpload" => Operation::StartUpload,
        "(presigned PUT)" => Operation::Upload,
        "CompleteAttachmentUpload" => Operation::CompleteUpload,
        "GetAttachment" => Operation::AttachmentUrl,
        "(presigned GET)" => Operation::Download,
        "DescribeView" => Operation::DescribeView,
        "GetAuthenticationUrl" => Operation::AuthenticationUrl,
        "CancelParticipantAuthentication" => Operation::CancelAuthentication,
        "StartChatContact" | "put-metrics" => return None,
        other => panic!("{other} is not in the list"),
    })
}

fn answered(fixture: &Value) -> Result<Answer, Refusal> {
    answer_of(&dialect(), operation(fixture).unwrap(), &response(fixture), &Limits::default())
}

/// The ends of an address.
fn short_url(url: &str) -> String {
    format!("{}…{}", cut_chars(url, 24), &url[url.len() - 24..])
}

pub(super) fn describe_answer(answer: &Result<Answer, Refusal>) -> String {
    match answer {
        Ok(Answer::Granted(grant)) => {
            let secret = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
            let (url, token) = (secret(&grant.socket_url), secret(&grant.token));
            format!(
                "granted {url:?} until {:?}, {token:?} until {:?}",
                grant.socket_expires, grant.token_expires
            )
        }
        Ok(Answer::Accepted(accepted)) => {
            format!("accepted {:?} {:?} {:?}", accepted.server_id, accepted.at, accepted.processing)
        }
        Ok(Answer::Page(page)) => {
            let facts: Vec<_> = page.facts.iter().map(describe::fact).collect();
            let of = page.initial_segment.as_deref().map_or("nothing", |id| cut_chars(id, 8));
            format!("page of {of}, next {:?}, of {}: {}", page.next, facts.len(), facts.join(" | "))
                .trim_end()
                .to_owned()
        }
        Ok(other @ (Answer::Started(_) | Answer::Polled(_) | Answer::Uploaded { .. })) => {
            panic!("the service does not answer {other:?}")
        }
        Ok(Answer::Ticket(ticket)) => {
            let header = |(name, value): &(String, Secret)| format!(" [{name}: {}]", value.expose());
            let headers: String = ticket.headers.iter().map(header).collect();
            let (id, url) = (cut_chars(&ticket.attachment_id, 8), short_url(ticket.url.expose()));
            format!("ticket {id} {url} until {:?}{headers}", ticket.expires)
        }
        Ok(Answer::Address { url, expires, size }) => {
            format!("at {} until {expires:?}, {size:?} bytes", short_url(url.expose()))
        }
        Ok(Answer::AmazonConnect(Reply::AuthenticationUrl { url })) => {
            format!("log in at {}", short_url(url.expose()))
        }
        Ok(Answer::AmazonConnect(reply)) => format!("{reply:?}"),
        Ok(Answer::BrightPattern(reply)) => format!("{reply:?}"),
        Ok(Answer::Done) => "done".to_owned(),
        Err(refusal) => {
            let Refusal { fault, class, detail: _, retry_after } = refusal;
            let retry = fault.retry;
            format!("{class:?} {retry:?} after {retry_after:?}: {}", describe::fault(fault))
        }
    }
}

#[test]
fn every_response_says_what_it_should() {
    let names =
        fixtures("", ".response.json").into_iter().filter(|name| operation(&json(name)).is_some()).collect();
    check_table(include_str!("responses.txt"), &names, |name| describe_answer(&answered(&json(name))));
}

/// The responses that `every_response_says_what_it_should` leaves out, so that none is forgotten.
#[test]
fn the_other_responses_are_known() {
    let ours = include_str!("responses.txt");
    let mut others: Vec<_> = fixtures("", ".response.json").into_iter().collect();
    others.retain(|name| !ours.contains(&format!("{name}:")));
    let expected =
        ["metrics-mobile", "startchat-backend-wrapped", "startchat-contact", "startchat-persistent"];
    assert_eq!(others, expected.map(|name| format!("{name}.response.json")));
}

#[test]
fn every_form_of_chat_details_is_read() {
    for name in ["startchat-contact", "startchat-persistent", "startchat-backend-wrapped"] {
        let body = body(&json(&format!("{name}.response.json")));
        assert_eq!(serde_json::from_str::<ChatDetails>(&body).unwrap(), details(), "{name}");
        let value: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(serde_json::from_value::<ChatDetails>(value).unwrap(), details(), "{name}");
        assert_eq!(serde_json::from_reader::<_, ChatDetails>(body.as_bytes()).unwrap(), details(), "{name}");
    }
}

/// An event of any kind is answered as a receipt is, and any part of a transcript as the history is.
#[test]
fn answers_of_the_same_form_are_read_alike() {
    let of = |operation, name: &str| {
        describe_answer(&answer_of(&dialect(), operation, &response(&json(name)), &Limits::default()))
    };
    assert_eq!(
        of(Operation::SendEvent, "send-event-read.response.json"),
        "Event { id: Some(\"40b1c004-7c1d-4e52-9b0a-3f6e8d2c0004\"), at: Some(2026-03-14T09:27:31.000Z) }"
    );
    for name in fixtures("get-transcript-", ".response.json") {
        assert_eq!(of(Operation::LoadTranscript, &name), of(Operation::LoadHistory, &name), "{name}");
    }
}
