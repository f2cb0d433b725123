//! Events that only this provider has.

use super::{Event, Identity, Reader, Unread, WireEvent, of, owned, time, usable};
use crate::dialect::bright_pattern::config::Coordinates;
use crate::dialect::bright_pattern::fields::Fields;
use crate::dialect::bright_pattern::signal;
use crate::wire::json::Scalar;

impl Reader<'_> {
    /// The event of this name, without the prefix, and its identity; none for an unknown one.
    pub(super) fn happening(
        &self,
        name: &str,
        wire: WireEvent<'_>,
    ) -> Result<Option<(String, Event)>, Unread> {
        let at = time(&wire.at);
        let moment = |name: &str| Identity::whole(name, &[of(&wire.at)]);
        Ok(Some(match name {
            "info" => {
                let name = owned(&wire.service);
                (Identity::whole("info", &[&name]), Event::ServiceInfo { name })
            }
            "timeout_warning" => {
                let text = Some(owned(&wire.text)).filter(|text| !text.is_empty());
                let text = text.unwrap_or_else(|| owned(&wire.html));
                (moment("timeout_warning"), Event::InactivityWarning { text, at })
            }
            "disconnect" => (moment("disconnect"), Event::Disconnected { at }),
            "end" => (moment("end"), Event::EndRequested { at }),
            "case_set" => {
                let case = self.id(&wire.case)?;
                let identity = Identity::whole("case_set", &[of(&wire.case), of(&wire.at)]);
                (identity, Event::CaseSet { case, at })
            }
            "location" => self.location(&wire)?,
            "navigation" => {
                let (title, page) = (owned(&wire.title), owned(&wire.page));
                let identity = self.with_id("navigation", &wire, &[&page, of(&wire.at)]);
                (identity, Event::Navigated { title, page, at })
            }
            "cobrowsing_requested" => {
                let id = self.id(&wire.id)?;
                (Identity::whole(name, &[of(&wire.id), of(&wire.at)]), Event::CobrowsingRequested { id })
            }
            "cobrowsing_rejected" => (moment(name), Event::CobrowsingRejected),
            "cobrowsing_started" => {
                let (provider, url) = (owned(&wire.provider), owned(&wire.cobrowsing_url));
                let identity = Identity::whole(name, &[&url, of(&wire.at)]);
                (identity, Event::CobrowsingStarted { provider, url, id: self.id(&wire.cobrowsing_id)? })
            }
            "cobrowsing_ended" => (moment(name), Event::CobrowsingEnded),
            "signaling" => self.signal(&wire)?,
            _ => return self.form(name, wire),
        }))
    }

    fn form(&self, name: &str, wire: WireEvent<'_>) -> Result<Option<(String, Event)>, Unread> {
        let at = time(&wire.at);
        let known = matches!(
            name,
            "form_show"
                | "form_data"
                | "form_submit"
                | "chat_form_data_cancel"
                | "form_data_cancel"
                | "secure_form_show"
                | "secure_form_data"
                | "secure_form_cancel"
        );
        if !known {
            return Ok(None);
        }
        let id = self.id(&wire.form)?.ok_or(Unread::Lacks("a form with a form_request_id"))?;
        let identity = Identity::of(Some(name), &id);
        let event = match name {
            "form_show" => Event::FormRequested {
                id,
                name: owned(&wire.form_name),
                timeout_seconds: super::wait(&wire.form_timeout).map(|timeout| timeout.as_secs()),
                at,
            },
            "form_data" | "form_submit" => Event::FormSubmitted {
                id,
                name: owned(&wire.form_name),
                data: wire.data.map(Fields::into_map).unwrap_or_default(),
            },
            "secure_form_show" => Event::SecureFormRequested { id, form: owned(&wire.form_id), at },
            // What was filled in stays unread.
            "secure_form_data" => Event::SecureFormSubmitted { id },
            "secure_form_cancel" => Event::SecureFormCancelled { id },
            _ => Event::FormCancelled { id },
        };
        Ok(Some((identity, event)))
    }

    fn location(&self, wire: &WireEvent<'_>) -> Result<(String, Event), Unread> {
        let (latitude, longitude) = (owned(&wire.latitude), owned(&wire.longitude));
        if latitude.is_empty() || longitude.is_empty() {
            return Err(Unread::Lacks("a location with a latitude and a longitude"));
        }
        let identity =
            self.with_id("location", wire, &[of(&wire.party), &latitude, &longitude, of(&wire.at)]);
        let place = Coordinates { latitude, longitude };
        let url = wire.url.as_ref().and_then(Scalar::as_str).map(str::to_owned);
        Ok((identity, Event::Location { party: self.id(&wire.party)?, place, url, at: time(&wire.at) }))
    }

    fn signal(&self, wire: &WireEvent<'_>) -> Result<(String, Event), Unread> {
        let nothing = Fields::default();
        let data = wire.data.as_ref().unwrap_or(&nothing);
        let signal = signal::read(data, self.limits);
        // Some clients give every signal the same id, and a call has many candidates.
        let candidate = data.get("candidate").unwrap_or_default();
        let parts = [of(&wire.party), of(&wire.id), signal.name(), candidate, of(&wire.at)];
        let identity = Identity::whole("signaling", &parts);
        Ok((identity, Event::Signal { from: self.id(&wire.party)?, signal, at: time(&wire.at) }))
    }

    /// The identity by the id, or where there is none by all that matters.
    fn with_id(&self, kind: &str, wire: &WireEvent<'_>, whole: &[&str]) -> String {
        match of(&wire.id) {
            id if usable(id) => Identity::of(self.is_foreign(&wire.party).then_some(kind), id),
            _ => Identity::whole(kind, whole),
        }
    }
}
