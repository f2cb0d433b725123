//! What is secret, and what stands for it.
//!
//! The dialect knows what is secret: it reads an answer or a frame into types that say so. What it cannot read may
//! hold secrets too; there, whatever looks like a token is replaced.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use crate::dialect::amazon_connect::Reply;
use crate::dialect::bright_pattern;
use crate::dialect::{Answer, Fact};
use crate::input::{Frame, Input};
use crate::model::{ItemBody, Template};
use crate::output::Operation;
use crate::session::{Secrets, Session};

/// Characters in a row that look like a token, where nothing better is known.
const TOKEN_LIKE: usize = 12;

/// A secret that is shorter, in bytes, is replaced only where it is all of a text: it would stand in many a word.
const SHORT: usize = 8;

/// How many secrets are kept in mind besides those that a session begins with and those that it holds. A chat brings
/// two an hour, and one for each file and form.
const MOST: usize = 1_000;

/// The secrets that were seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Redactor {
    /// None where nothing is replaced.
    seen: Option<Seen>,
}

#[derive(Clone, Default)]
struct Seen {
    /// What stands for each, by the secret as it is written in some text.
    placeholders: BTreeMap<String, String>,
    /// The forms of all, longest first, so that one within another does not spoil it.
    forms: Vec<String>,
    count: usize,
    /// What came later than the beginning, oldest first, to be forgotten in that order: each with all its forms.
    passing: VecDeque<(String, Vec<String>)>,
    /// Of how many of these it is time to forget some; none while the session has not begun.
    crowd: Option<usize>,
}

/// How many there are.
impl core::fmt::Debug for Seen {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "[{} secrets]", self.count)
    }
}

impl Redactor {
    pub(super) fn replacing() -> Self {
        Self { seen: Some(Seen::default()) }
    }

    pub(super) const fn keeping() -> Self {
        Self { seen: None }
    }

    /// The secrets learned so far are those that the session begins with: they are never forgotten.
    pub(super) fn begin(&mut self) {
        if let Some(seen) = &mut self.seen {
            seen.crowd = Some(2 * MOST);
        }
    }

    /// From here on this is a secret.
    pub(super) fn learn(&mut self, secret: &str) {
        let Some(seen) = &mut self.seen else { return };
        if secret.is_empty() || seen.placeholders.contains_key(secret) {
            return;
        }
        seen.count += 1;
        if seen.crowd.is_some() {
            seen.passing.push_back((secret.to_owned(), Vec::new()));
        }
        let name = format!("redacted-{}", seen.count);
        match secret.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('/')?))) {
            Some((scheme, (authority, path))) => {
                seen.learn_forms(secret, &format!("{scheme}://{authority}/{name}"));
                // As a request shows it, which may write the host another way.
                if !path.is_empty() {
                    seen.learn_forms(&format!("/{path}"), &format!("/{name}"));
                }
            }
            None => seen.learn_forms(secret, &name),
        }
    }

    /// The text with every secret replaced.
    pub(super) fn text(&self, text: &str) -> String {
        let Some(seen) = &self.seen else { return text.to_owned() };
        if let Some(placeholder) = seen.placeholders.get(text) {
            return placeholder.clone();
        }
        let mut text = text.to_owned();
        for form in &seen.forms {
            if text.contains(form.as_str())
                && let Some(placeholder) = seen.placeholders.get(form)
            {
                text = text.replace(form.as_str(), placeholder);
            }
        }
        text
    }

    /// The same for every text in a value.
    pub(super) fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Learns what an input brings. Where that cannot be told, the input is given back with what looks like a
    /// token replaced.
    pub(super) fn hear(&mut self, session: &Session, input: &Input) -> Option<Input> {
        let seen = self.seen.as_mut()?;
        if seen.crowd.is_some_and(|crowd| seen.passing.len() >= crowd) {
            seen.make_room(session.snapshot(session.clock.last, Secrets::Include).secret_texts());
        }
        match input {
            Input::Response { request, result: Ok(response) } => {
                // What comes for nothing of ours is counted and not read.
                let read = session.requests.get(*request).map(|purpose| {
                    let asked = session.asked(purpose);
                    (asked.operation, session.dialect.get().answer(asked, response))
                });
                match read {
                    Some((_, Ok(answer))) => self.learn_answer(&answer),
                    Some((of, Err(_))) if !(brings_secrets(of) && response.status.is_success()) => {}
                    Some((_, Err(_))) | None => {
                        let mut response = response.clone();
                        response.body = scrubbed(&String::from_utf8_lossy(&response.body)).into();
                        return Some(Input::Response { request: *request, result: Ok(response) });
                    }
                }
            }
            Input::Frame { socket, frame } => {
                let mut facts = Vec::new();
                session.dialect.get().frame(frame, &session.limits, &mut facts);
                facts.iter().for_each(|fact| self.learn_fact(fact));
                let unread =
                    facts.iter().any(|fact| matches!(fact, Fact::Unrecognized { .. } | Fact::Fault(_)));
                if unread
                    && let Frame::Text(text) = frame
                    && text.contains("oken")
                {
                    let frame = Frame::Text(scrubbed(text));
                    return Some(Input::Frame { socket: *socket, frame });
                }
            }
            Input::Response { .. }
            | Input::Progress { .. }
            | Input::SocketOpened { .. }
            | Input::SocketClosed { .. }
            | Input::Woke
            | Input::Network(_)
            | Input::App(_) => {}
        }
        None
    }

    fn learn_answer(&mut self, answer: &Answer) {
        match answer {
            Answer::Granted(grant) => {
                for secret in grant.token.iter().chain(&grant.socket_url) {
                    self.learn(secret.expose());
                }
            }
            Answer::Ticket(ticket) => {
                self.learn(ticket.url.expose());
                let signed = ticket.headers.iter().filter(|(name, _)| !describes_a_file(name));
                signed.for_each(|(_, value)| self.learn(value.expose()));
            }
            Answer::Address { url, .. } | Answer::AmazonConnect(Reply::AuthenticationUrl { url }) => {
                self.learn(url.expose());
            }
            Answer::Page(page) => page.facts.iter().for_each(|fact| self.learn_fact(fact)),
            Answer::BrightPattern(bright_pattern::Reply::IceServers { servers }) => {
                servers.secrets().for_each(|secret| self.learn(secret));
            }
            Answer::Accepted(_)
            | Answer::Started(_)
            | Answer::Polled(_)
            | Answer::Uploaded { .. }
            | Answer::BrightPattern(_)
            | Answer::AmazonConnect(
                Reply::View { .. } | Reply::AuthenticationCancelled | Reply::Event { .. },
            )
            | Answer::Done => {}
        }
    }

    fn learn_fact(&mut self, fact: &Fact) {
        if let Fact::Item(item) = fact
            && let ItemBody::Interactive { interactive } = &item.body
            && let Template::View { token, .. } = &interactive.template
        {
            self.learn(token.expose());
        }
    }
}

impl Seen {
    /// Forgets the oldest but those that are still `held`, where there are too many.
    fn make_room<'a>(&mut self, held: impl Iterator<Item = &'a str>) {
        let held: BTreeSet<&str> = held.collect();
        let newest = self.passing.split_off(self.passing.len().saturating_sub(MOST));
        for (secret, forms) in core::mem::replace(&mut self.passing, newest).into_iter().rev() {
            if held.contains(secret.as_str()) {
                self.passing.push_front((secret, forms));
                continue;
            }
            for form in &forms {
                self.placeholders.remove(form);
            }
        }
        let placeholders = &self.placeholders;
        self.forms.retain(|form| placeholders.contains_key(form));
        self.crowd = Some(self.passing.len() + MOST);
    }

    /// A text may stand in JSON, and JSON in a text of JSON; and there are several ways to write a character.
    fn learn_forms(&mut self, secret: &str, placeholder: &str) {
        let quoted = Value::from(secret).to_string();
        let quoted = quoted.trim_matches('"').to_owned();
        let slashes = quoted.replace('/', "\\/");
        let safe = |text: &str| {
            let ways =
                [('&', "\\u0026"), ('=', "\\u003d"), ('+', "\\u002b"), ('<', "\\u003c"), ('>', "\\u003e")];
            ways.iter().fold(text.to_owned(), |text, (plain, way)| text.replace(*plain, way))
        };
        let mut forms = vec![secret.to_owned(), safe(&quoted), safe(&slashes), slashes, quoted];
        let nested: Vec<String> = forms.iter().skip(1).map(|form| form.replace('\\', "\\\\")).collect();
        forms.extend(nested);
        for form in forms {
            let new = self.placeholders.insert(form.clone(), placeholder.to_owned()).is_none();
            if !new {
                continue;
            }
            if let Some((_, forms)) = self.passing.back_mut() {
                forms.push(form.clone());
            }
            if secret.len() >= SHORT {
                let place = self.forms.partition_point(|known| known.len() > form.len());
                self.forms.insert(place, form);
            }
        }
    }
}

/// Whether a header of an upload says what everybody in the chat knows of the file: its type, its size, its place.
/// That is no secret, and would be replaced wherever else it stands.
fn describes_a_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("content-") || name.ends_with("-acl") || name.contains("-meta-")
}

const fn brings_secrets(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Authorise
            | Operation::StartUpload
            | Operation::AttachmentUrl
            | Operation::AuthenticationUrl
            | Operation::CatchUp
            | Operation::LoadHistory
            | Operation::LoadTranscript
    )
}

/// A text without what looks like a token: long words, except where they name something in JSON.
fn scrubbed(text: &str) -> String {
    let is_word =
        |character: char| character.is_ascii_alphanumeric() || "-_.~+/=%&?:;,@!$'()*".contains(character);
    let mut scrubbed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(is_word) {
        let (before, from) = rest.split_at(begin);
        let (word, after) = from.split_at(from.find(|next| !is_word(next)).unwrap_or(from.len()));
        let names = after.trim_start_matches(['\\', '"']).trim_start().starts_with(':');
        scrubbed.push_str(before);
        if word.len() < TOKEN_LIKE || (names && after.starts_with(['\\', '"'])) {
            scrubbed.push_str(word);
        } else {
            scrubbed.extend(core::iter::repeat_n('x', word.len()));
        }
        rest = after;
    }
    scrubbed.push_str(rest);
    scrubbed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_replaced_in_every_way_that_json_may_write_it() {
        let mut redactor = Redactor::replacing();
        redactor.learn("wss://host.example/a/b?sig=x+y/z&t=1");
        redactor.learn("QVFJ/Kz+w==");
        for text in [
            "wss://host.example/a/b?sig=x+y/z&t=1",
            r"wss:\/\/host.example\/a\/b?sig=x+y\/z&t=1",
            r"wss://host.example/a/b?sig\u003dx\u002by/z\u0026t\u003d1",
            r"wss:\\/\\/host.example\\/a\\/b?sig\\u003dx\\u002by\\/z\\u0026t\\u003d1",
        ] {
            assert_eq!(redactor.text(text), "wss://host.example/redacted-1", "{text}");
        }
        assert_eq!(redactor.text("GET /a/b?sig=x+y/z&t=1"), "GET /redacted-1");
        for text in ["QVFJ/Kz+w==", r"QVFJ\/Kz+w==", r"QVFJ\\/Kz\\u002bw\\u003d\\u003d"] {
            assert_eq!(redactor.text(text), "redacted-2", "{text}");
        }
    }

    #[test]
    fn of_one_secret_within_another_the_longer_goes_first() {
        let mut redactor = Redactor::replacing();
        redactor.learn("abcdefgh");
        redactor.learn("abcdefghij");
        assert_eq!(redactor.text("abcdefghij abcdefgh"), "redacted-2 redacted-1");
    }

    #[test]
    fn a_short_secret_is_replaced_where_it_stands_alone() {
        let mut redactor = Redactor::replacing();
        redactor.learn("t");
        assert_eq!((redactor.text("t"), redactor.text("text")), ("redacted-1".to_owned(), "text".to_owned()));
    }

    #[test]
    fn of_many_the_oldest_are_forgotten_but_not_those_of_the_beginning() {
        let mut redactor = Redactor::replacing();
        redactor.learn("the participant token");
        redactor.begin();
        let ticket = |number: usize| format!("wss://host.example/a?ticket={number:06}");
        for number in 0..3 * MOST {
            redactor.learn(&ticket(number));
        }
        let seen = redactor.seen.as_mut().unwrap();
        seen.make_room([ticket(7).as_str()].into_iter());
        assert_eq!((seen.passing.len(), seen.crowd), (MOST + 1, Some(2 * MOST + 1)));
        assert!(seen.forms.len() < 20 * MOST && seen.placeholders.len() < 20 * MOST);
        assert_eq!(redactor.text("[the participant token]"), "[redacted-1]");
        assert_eq!(redactor.text("[/a?ticket=000007]"), "[/redacted-9]", "it is still held");
        let newest = redactor.text("[/a?ticket=002999]");
        assert_eq!(newest, "[/redacted-3001]");
        assert_eq!(redactor.text("[/a?ticket=000000]"), "[/a?ticket=000000]");
    }

    #[test]
    fn nothing_is_replaced_where_secrets_are_kept() {
        let mut redactor = Redactor::keeping();
        redactor.learn("abc");
        assert_eq!(redactor.text("abc"), "abc");
    }

    #[test]
    fn what_cannot_be_read_keeps_its_names_and_loses_its_long_words() {
        let cut = r#"{"ConnectionCredentials":{"ConnectionToken":"QVFJREFIaFk4","Expiry":"2026"#;
        let expected = r#"{"ConnectionCredentials":{"ConnectionToken":"xxxxxxxxxxxx","Expiry":"2026"#;
        assert_eq!(scrubbed(cut), expected);
        assert_eq!(scrubbed("short words stay"), "short words stay");
        assert_eq!(scrubbed("https://host.example/x?y"), "x".repeat(24));
    }
}
