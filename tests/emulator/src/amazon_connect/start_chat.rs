//! Making chats: from a test, and from a backend's StartChatContact.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::chat::{Chat, ChatDetails, NewChat};
use super::errors::Refusal;
use super::http::Done;
use super::item::{Author, INTERACTIVE, INTERACTIVE_RESPONSE, Kind, Role};
use super::machine::Server;
use super::persistent::Continued;
use super::post::Draft;
use super::validate::{Body, constraint};

impl Server {
    /// A new chat. Without `content_types` it supports all.
    pub(super) fn new_chat(
        &mut self,
        now_ms: u64,
        display_name: &str,
        content_types: Option<BTreeSet<String>>,
    ) -> ChatDetails {
        let script = self.config.script.clone();
        let all = ["text/plain", "text/markdown", "application/json", INTERACTIVE, INTERACTIVE_RESPONSE];
        let all = || all.map(str::to_owned).into_iter().collect();
        let customer = Author {
            participant_id: self.ids.uuid(),
            display_name: display_name.to_owned(),
            role: Role::Customer,
        };
        let agent = Author {
            participant_id: self.ids.uuid(),
            display_name: script.agent_name(0).to_owned(),
            role: Role::Agent,
        };
        let participant_id = customer.participant_id.clone();
        let chat = Chat::new(NewChat {
            contact_id: self.ids.uuid(),
            customer,
            system_id: self.ids.uuid(),
            bot_id: self.ids.uuid(),
            agent,
            content_types: content_types.unwrap_or_else(all),
            started_ms: now_ms,
            script,
        });
        let index = self.chats.len();
        let contact_id = chat.contact_id.to_string();
        self.by_contact.insert(contact_id.clone(), index);
        self.chats.push(chat);
        ChatDetails {
            contact_id,
            participant_id,
            participant_token: self.tokens.participant(index, &mut self.ids),
        }
    }

    pub(super) fn start_chat_contact(&mut self, now_ms: u64, bytes: &[u8]) -> Result<Done, Refusal> {
        let body = Body::parse(bytes)?;
        body.text("InstanceId", 1, 100)?;
        body.text("ContactFlowId", 1, 500)?;
        let details = body
            .object("ParticipantDetails")?
            .ok_or_else(|| constraint("ParticipantDetails", "Member must not be null"))?;
        let name = details.text("DisplayName", 1, 256)?;
        body.integer("ChatDurationInMinutes", 60, 10_080)?;
        let token = body.client_token()?.filter(|token| !token.is_empty());
        let content_types = supported(&body)?;
        check_rest(&body)?;
        let initial = initial_message(&body)?;
        let connection = connection_types(&body)?;
        let continued = self.continued(&body)?;
        let key = token.map(|token| (token, bytes.to_vec()));
        if let Some(known) = key.as_ref().and_then(|key| self.started.get(key)) {
            self.stats.duplicates += 1;
            return Ok(Done::with(known.clone()));
        }
        let chat = self.new_chat(now_ms, &name, Some(content_types));
        let index = self.chats.len() - 1;
        let from = continued.map(|Continued { from, past }| {
            self.chats[index].past = past;
            from
        });
        if let Some((content_type, content)) = initial {
            let author = Some(self.chats[index].customer.clone());
            let draft =
                Draft { author, kind: Kind::Message, content_type, content: Some(content), stored: true };
            self.post(now_ms, index, draft);
            self.chats[index].initial = Some(0);
        }
        let mut answer = json!({
            "ContactId": chat.contact_id,
            "ParticipantId": chat.participant_id,
            "ParticipantToken": chat.participant_token,
        });
        if let Some(from) = from {
            answer["ContinuedFromContactId"] = from.into();
        }
        if !connection.is_empty() {
            let wants = |name: &str| connection.iter().any(|kind| kind == name);
            let (socket, credentials) = (wants("WEBSOCKET"), wants("CONNECTION_CREDENTIALS"));
            let made = self.connection(now_ms, index, socket, credentials);
            self.chats[index].connected = true;
            if let (Value::Object(answer), Value::Object(made)) = (&mut answer, made) {
                answer.extend(made);
            }
        }
        if let Some(key) = key {
            self.started.insert(key, answer.clone());
        }
        Ok(Done::with(answer))
    }
}

/// Members that change nothing here, and yet have to fit.
fn check_rest(body: &Body) -> Result<(), Refusal> {
    body.text_map("Attributes", 32_767, 32_767)?;
    body.object("SegmentAttributes")?;
    body.optional_text("CustomerId", 1, 128)?;
    if let Some(configuration) = body.object("ParticipantConfiguration")? {
        configuration.choice("ResponseMode", &["INCREMENTAL", "COMPLETE"])?;
    }
    let exits = body.list("DisconnectOnCustomerExit")?;
    if exits.is_some_and(|exits| exits != ["AGENT"]) {
        return Err(constraint("DisconnectOnCustomerExit", "Member must satisfy enum value set: [AGENT]"));
    }
    Ok(())
}

/// The content types of the contact; text/plain alone if none are named.
fn supported(body: &Body) -> Result<BTreeSet<String>, Refusal> {
    let Some(types) = body.list("SupportedMessagingContentTypes")? else {
        return Ok(BTreeSet::from(["text/plain".to_owned()]));
    };
    if !types.iter().any(|kind| kind == "text/plain") {
        return Err(constraint("SupportedMessagingContentTypes", "Member must contain text/plain"));
    }
    Ok(types.into_iter().collect())
}

/// The message that the customer has written before the chat began.
fn initial_message(body: &Body) -> Result<Option<(String, String)>, Refusal> {
    let Some(message) = body.object("InitialMessage")? else {
        return Ok(None);
    };
    let content_type = message.text("ContentType", 1, 100)?;
    let content = message.text("Content", 1, 1024)?;
    Ok(Some((content_type, content)))
}

fn connection_types(body: &Body) -> Result<Vec<String>, Refusal> {
    let Some(types) = body.list("ConnectionTypes")? else {
        return Ok(Vec::new());
    };
    if types.is_empty() || types.len() > 2 {
        return Err(constraint("ConnectionTypes", "Member must have length in 1..2"));
    }
    let known = ["WEBSOCKET", "CONNECTION_CREDENTIALS"];
    if types.iter().any(|kind| !known.contains(&kind.as_str())) {
        return Err(constraint("ConnectionTypes", "Member must satisfy enum value set"));
    }
    Ok(types)
}
