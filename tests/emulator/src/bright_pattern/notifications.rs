//! Pushes: which device a chat tells, and what it is told.

use serde_json::{Value, json};

use super::calls::object;
use super::chat::ClientKey;
use super::codes::{ErrorCode, Refusal};
use super::http::Reply;
use super::machine::Server;
use super::operation::Route;
use crate::io::HttpRequest;

/// The device that a chat pushes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscription {
    /// Apple's service.
    Apns {
        /// The device's token in lower-case hexadecimal digits.
        token: String,
        /// The topic: the bundle id of the app.
        bundle_id: String,
    },
    /// Firebase on iOS.
    FirebaseIos {
        /// The device's token.
        token: String,
    },
    /// Firebase on Android.
    FirebaseAndroid {
        /// The device's token.
        token: String,
    },
}

/// What a push tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A message.
    Message {
        /// Who wrote it.
        from: String,
        /// Its plain text.
        text: String,
    },
    /// A file.
    File {
        /// Who sent it.
        from: String,
        /// Its name.
        name: String,
    },
    /// The chat is about to be closed for inactivity.
    Warning,
    /// It was.
    TimedOut,
}

/// One push, as it would be handed to the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    /// When it was made.
    pub time_ms: u64,
    /// The chat it is about.
    pub chat_id: String,
    /// The device.
    pub to: Subscription,
    /// What the app's handler is given.
    pub payload: Value,
}

impl Notice {
    /// The payload that an app is given for this notice.
    #[must_use]
    pub fn payload(&self, to: &Subscription, chat_id: &str) -> Value {
        let (title, key, body) = match self {
            Self::Message { text, .. } => ("New Chat Message", "keyChatNewMessageTitle", text.as_str()),
            Self::File { name, .. } => ("New file", "keyChatNewFileTitle", name.as_str()),
            Self::Warning => ("Chat inactive", "keyChatTimeoutWarningTitle", "Are you still there?"),
            Self::TimedOut => {
                ("Chat ended", "keyChatInactivityTimeoutTitle", "Closed because there was no reply.")
            }
        };
        match to {
            Subscription::FirebaseAndroid { .. } => json!({
                "notification": { "title": title, "body": body },
                "data": { "chatID": chat_id },
            }),
            Subscription::FirebaseIos { .. } => json!({
                "aps": { "alert": { "title": title, "body": body } },
                "chatID": chat_id,
            }),
            Subscription::Apns { .. } => {
                let mut alert = json!({ "title": title, "title-loc-key": key, "body": body });
                let mut aps = json!({ "sound": "default" });
                let sender = match self {
                    Self::Message { from, .. } => Some((from, "keyChatNewMessageSubtitle")),
                    Self::File { from, .. } => Some((from, "keyChatNewFileSubtitle")),
                    Self::Warning | Self::TimedOut => None,
                };
                if let Some((from, key)) = sender {
                    alert["subtitle"] = format!("From {from}").into();
                    alert["subtitle-loc-key"] = key.into();
                    aps["category"] = "NEW_CHAT_MESSAGE".into();
                }
                if matches!(self, Self::Message { .. }) {
                    aps["badge"] = 1.into();
                }
                aps["alert"] = alert;
                json!({ "aps": aps, "chatID": chat_id })
            }
        }
    }
}

impl Server {
    pub(super) fn notifications(
        &mut self,
        route: &Route,
        key: &ClientKey,
        request: &HttpRequest,
    ) -> Result<Reply, Refusal> {
        let chat = self.live(route, key)?;
        let body = object(&request.body)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let services =
            ["ios_apns_device_token", "ios_firebase_device_token", "android_firebase_device_token"];
        if services.iter().filter(|name| body.contains_key(**name)).count() > 1 {
            return Err(ErrorCode::TooManyParameters.into());
        }
        let subscription = match services.map(text) {
            [Some(token), _, _] => match text("ios_app_bundle_id").filter(|bundle| !bundle.is_empty()) {
                Some(bundle_id) => Some(Subscription::Apns { token, bundle_id }),
                None => return Err(Refusal::with_status(ErrorCode::Unspecified, 406)),
            },
            [_, Some(token), _] => Some(Subscription::FirebaseIos { token }),
            [_, _, Some(token)] => Some(Subscription::FirebaseAndroid { token }),
            [None, None, None] => None,
        };
        let entry = self.entry(key);
        let configured = match subscription {
            Some(Subscription::Apns { .. }) => entry.apns,
            Some(_) => entry.firebase,
            None => true,
        };
        if !configured {
            return Err(Refusal::with_status(ErrorCode::Unspecified, 406));
        }
        self.stats.subscriptions += 1;
        self.chats[chat].subscription = subscription;
        Ok(Reply::json(&json!({})))
    }

    /// Tells the device of a chat, unless its app is polling and will hear of it anyway.
    pub(super) fn push(&mut self, now_ms: u64, chat: usize, notice: &Notice) {
        let state = &self.chats[chat];
        if state.held.as_ref().is_some_and(|held| !held.abandoned) {
            return;
        }
        if let Some(to) = &state.subscription {
            let (chat_id, to) = (state.id.to_string(), to.clone());
            let payload = notice.payload(&to, &chat_id);
            self.pushes.push(Push { time_ms: now_ms, chat_id, to, payload });
        }
    }
}
