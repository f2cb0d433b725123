//! What a helpful agent answers.

use bytes::Bytes;

use super::agent::AgentAction;
use super::script::Trigger;
use super::signals::CallSignal;
use crate::words;

const HELP: &str = "Try one of these words: buttons, card, form, survey, secure, file, link, place, typing, edit, \
                    delete, transfer, case, queue, call, browse, history, html, help, bye. Anything else gets an \
                    answer too.";

type Plan = Vec<(u64, AgentAction)>;

/// What the agent does, each with a delay after the usual time for an answer.
pub(super) fn reply(what: &Trigger, text: &str, count: u64) -> Plan {
    match what {
        Trigger::Message => keyword(&words::keyword(text)).unwrap_or_else(|| say(friendly(text, count))),
        Trigger::File => say(format!("Thank you, I have your file {text}.")),
        Trigger::Location => say("Thank you, I see where you are."),
        Trigger::Form if text == "Survey" => {
            vec![(0, AgentAction::BotSay("Thank you and good bye.".to_owned())), (200, AgentAction::End)]
        }
        Trigger::Form => say("Thank you, I have your answers."),
        Trigger::FormCancelled => say("No problem, we do without the form."),
        Trigger::Signal(kind) if kind == "REQUEST_CALL" => {
            vec![(0, AgentAction::Signal(CallSignal::Offer { video: false, word: false }))]
        }
        Trigger::Signal(kind) if kind == "ANSWER_CALL" => {
            vec![(0, AgentAction::Signal(CallSignal::Candidate { number: false }))]
        }
        Trigger::Cobrowsing(what) if what == "started" => say("I see your page now."),
        Trigger::CaseClosed => say("I have closed your case."),
        Trigger::FormTimedOut => say("No answer is an answer, too."),
        Trigger::Signal(_)
        | Trigger::Cobrowsing(_)
        | Trigger::Started
        | Trigger::Found
        | Trigger::Said(_)
        | Trigger::Disconnected => Vec::new(),
    }
}

fn say(text: impl Into<String>) -> Plan {
    vec![(0, AgentAction::Say(text.into()))]
}

fn keyword(word: &str) -> Option<Plan> {
    let one = |action| Some(vec![(0, action)]);
    let form = |name: &str| AgentAction::Form { name: name.to_owned(), timeout_s: 120 };
    match word {
        "buttons" => one(AgentAction::BotSay("Is this about an order? /buttons [Yes] [No]".to_owned())),
        "card" => one(AgentAction::Card("Order A-20417".to_owned())),
        "form" => one(form("Address")),
        "survey" => one(form("Survey")),
        "place" => one(AgentAction::Location {
            latitude: "52.370216".to_owned(),
            longitude: "4.895168".to_owned(),
            url: Some("https://maps.example/?q=52.37,4.89".to_owned()),
        }),
        "where" => one(form("RequestLocation")),
        "secure" => one(AgentAction::SecureForm { form_id: "card-details".to_owned() }),
        "file" => one(AgentAction::SendFile {
            name: "return-label.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: Bytes::from_static(b"Return label\n\nOrder A-20417\nShop, 1 Harbour Road\n"),
        }),
        "link" => one(AgentAction::SendUrl("https://cdn.acme.example/doc/terms.pdf".to_owned())),
        "html" => one(AgentAction::SayHtml(
            "See <a href=\"https://acme.example/t/1\">this page</a><br>Thanks &amp; bye".to_owned(),
        )),
        "typing" => Some(vec![
            (0, AgentAction::Typing),
            (1500, AgentAction::NotTyping),
            (2000, AgentAction::Say("I was about to say: all is well.".to_owned())),
        ]),
        "edit" => Some(vec![
            (0, AgentAction::Say("It arives tomorrow.".to_owned())),
            (800, AgentAction::Edit("It arrives tomorrow.".to_owned())),
        ]),
        "delete" => Some(vec![
            (0, AgentAction::Say("That was for somebody else.".to_owned())),
            (800, AgentAction::Delete),
        ]),
        "transfer" => Some(vec![
            (0, AgentAction::Say("One moment, I will pass you on to a colleague.".to_owned())),
            (600, AgentAction::Transfer),
            (1400, AgentAction::Say("Hello, I have read what you wrote. How can I help?".to_owned())),
        ]),
        "case" => one(AgentAction::SetCase(Some("5001x00000Ab12".to_owned()))),
        "queue" => Some(vec![
            (0, AgentAction::Leave),
            (100, AgentAction::Status { state: "queued".to_owned(), ewt: Some(30) }),
            (1500, AgentAction::Status { state: "queued".to_owned(), ewt: Some(15) }),
            (3000, AgentAction::Join),
        ]),
        "call" => one(AgentAction::Signal(CallSignal::Offer { video: true, word: false })),
        "browse" => one(AgentAction::Cobrowsing("requested".to_owned())),
        "history" => {
            one(AgentAction::SayMany { prefix: "line".to_owned(), first: 1, last: 40, every_ms: 20 })
        }
        "help" => Some(say(HELP)),
        "bye" | "end" => Some(vec![
            (0, AgentAction::Say("Thank you for your time. Goodbye!".to_owned())),
            (600, AgentAction::End),
        ]),
        _ => None,
    }
}

fn friendly(text: &str, count: u64) -> String {
    let quoted = words::quoted(text);
    match count % 5 {
        0 => format!("You wrote \"{quoted}\". Let me look into that for you."),
        1 => format!("About \"{quoted}\": I have your order here, one moment please."),
        2 => format!("I see: \"{quoted}\". That is noted."),
        3 => format!("\"{quoted}\": thank you. Is there anything else?"),
        _ => format!("All right, \"{quoted}\". We will see to it today."),
    }
}
