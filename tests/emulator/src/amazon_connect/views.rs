//! Forms that a client fetches by a token: DescribeView.

use serde_json::json;

use super::errors::Refusal;
use super::http::Done;
use super::machine::Server;
use super::operation::VIEWS;
use super::validate::{constraint, length};
use crate::percent;

/// A permission to see one view in one chat.
#[derive(Debug)]
pub(super) struct ViewGrant {
    chat: usize,
    expires_ms: u64,
    used: bool,
}

/// The one view there is.
pub(super) const ARN: &str =
    "arn:aws:connect:us-west-2:111122223333:instance/3f1c9d52-0a77-4c1e-8a55-61b8f4e0c7d1/view/return-form:1";

impl Server {
    /// A token for the view, with characters that a path cannot hold as they are.
    pub(super) fn view_token(&mut self, now_ms: u64, chat: usize) -> String {
        let token = format!("{}/{}+{}=", self.ids.token(20), self.ids.token(20), self.ids.token(9));
        let life_ms = self.config.faults.view_life_ms.unwrap_or(self.config.view_life_ms);
        let grant = ViewGrant { chat, expires_ms: now_ms.saturating_add(life_ms), used: false };
        self.views.insert(token.clone(), grant);
        token
    }

    pub(super) fn describe_view(&mut self, now_ms: u64, chat: usize, path: &str) -> Result<Done, Refusal> {
        let segment = path.strip_prefix(VIEWS).unwrap_or("");
        let token = percent::decode(segment)
            .ok_or_else(|| constraint("viewToken", "Member must be percent-encoded UTF-8"))?;
        length("viewToken", &token, 1, 1000)?;
        let once = self.config.faults.view_once;
        let good =
            |grant: &&mut ViewGrant| grant.chat == chat && now_ms < grant.expires_ms && !(once && grant.used);
        let Some(grant) = self.views.get_mut(&token).filter(good) else {
            return Err(Refusal::resource_not_found("View not found", token, "CONTACT_FLOW"));
        };
        grant.used = true;
        self.stats.views += 1;
        Ok(Done::with(json!({
            "View": {
                "Id": "return-form",
                "Arn": ARN,
                "Name": "Return form",
                "Version": 1,
                "Content": {
                    "Actions": ["Submit", "Cancel"],
                    "InputSchema": input_schema(),
                    "Template": template(),
                },
            },
        })))
    }
}

/// What the view's data has to look like: JSON in a string, as the wire has it.
fn input_schema() -> String {
    json!({
        "type": "object",
        "properties": { "Heading": { "type": "string" }, "OrderNumber": { "type": "string" } },
        "required": ["OrderNumber"],
    })
    .to_string()
}

fn template() -> String {
    let input = |id: &str, label: &str, required: bool| json!({ "_id": id, "Type": "FormInput", "Props": { "Label": label, "Name": id, "Required": required } });
    let button = |action: &str| json!({ "_id": action, "Type": "Button", "Props": { "Action": action }, "Content": [action] });
    json!({
        "Head": { "Title": "Return form", "Configuration": { "Layout": { "Columns": [12] } } },
        "Body": [
            { "_id": "heading", "Type": "Header", "Props": {}, "Content": ["$.Heading"] },
            input("email", "E-mail", true),
            input("reason", "Why do you return it?", false),
            button("Submit"),
            button("Cancel"),
        ],
    })
    .to_string()
}
