//! Forms that the scenario shows.

use serde_json::json;

use super::chat::OpenForm;
use super::event::Draft;
use super::machine::{Server, Timer};
use super::script::Trigger;

impl Server {
    fn form_id(&mut self) -> String {
        self.form_count += 1;
        self.form_count.to_string()
    }

    pub(super) fn show_form(&mut self, now: u64, chat: usize, name: &str, timeout_s: u32) {
        let request_id = self.form_id();
        let mut members = json!({
            "form_request_id": request_id,
            "form_name": name,
            "form_timeout": timeout_s.to_string(),
            "channel": "web",
        });
        if self.config.faults.number_forms {
            members["form_request_id"] = self.form_count.into();
            members["form_timeout"] = timeout_s.into();
        }
        if timeout_s > 0 {
            let timer = Timer::FormEnds { chat, request_id: request_id.clone() };
            self.after(now + u64::from(timeout_s) * 1000, timer);
        }
        self.chats[chat].forms.push(OpenForm { request_id, name: name.to_owned(), secure: false });
        self.publish(now, chat, Draft::of("chat_session_form_show", members).saying(name));
    }

    pub(super) fn show_secure_form(&mut self, now: u64, chat: usize, form_id: String) {
        let request_id = self.form_id();
        let members = json!({ "form_request_id": request_id, "form_id": form_id });
        self.publish(now, chat, Draft::of("chat_session_secure_form_show", members));
        self.chats[chat].forms.push(OpenForm { request_id, name: form_id, secure: true });
    }

    pub(super) fn cancel_secure_form(&mut self, now: u64, chat: usize) {
        let forms = &mut self.chats[chat].forms;
        if let Some(at) = forms.iter().rposition(|form| form.secure) {
            let members = json!({ "form_request_id": forms.remove(at).request_id });
            self.publish(now, chat, Draft::of("chat_session_secure_form_cancel", members));
        }
    }

    /// The time for a form has passed, unless it was answered.
    pub(super) fn on_form_ends(&mut self, now: u64, chat: usize, request_id: &str) {
        let forms = &mut self.chats[chat].forms;
        if let Some(at) = forms.iter().position(|form| form.request_id == request_id) {
            forms.remove(at);
            self.react(now, chat, &Trigger::FormTimedOut, None);
        }
    }
}
