//! Events as they go out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::secret::Secret;

/// What a request carries.
#[derive(Serialize)]
pub(super) struct Events<'a> {
    pub(super) events: &'a [Outgoing<'a>],
}

/// Any event: the members of all of them. What is none is left out.
#[derive(Clone, Default, Serialize)]
pub(super) struct Outgoing<'a> {
    pub(super) event: &'static str,
    #[serde(rename = "msg_id", skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    #[serde(rename = "ref_msg_id", skip_serializing_if = "Option::is_none")]
    pub(super) meant: Option<&'a str>,
    #[serde(rename = "msg", skip_serializing_if = "Option::is_none")]
    pub(super) html: Option<Cow<'a, str>>,
    #[serde(rename = "msg_text", skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<Cow<'a, str>>,
    #[serde(rename = "directive_id", skip_serializing_if = "Option::is_none")]
    pub(super) directive: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    #[serde(rename = "file_id", skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) latitude: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) longitude: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) form_request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) form_name: Option<&'a str>,
    #[serde(rename = "destination_party_id", skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Data<'a>>,
    #[serde(rename = "provider_type", skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cobrowsing_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cobrowsing_id: Option<&'a str>,
}

impl Outgoing<'_> {
    /// An event with nothing but its name.
    pub(super) fn new(event: &'static str) -> Self {
        Self { event, ..Self::default() }
    }
}

/// What an event carries in an object of its own.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Data<'a> {
    /// The answers of a form.
    Form(&'a BTreeMap<String, String>),
    /// Those of a secure one.
    #[serde(serialize_with = "exposed")]
    Secret(&'a BTreeMap<String, Secret>),
    /// A signal.
    Signal(SignalData<'a>),
}

fn exposed<S: Serializer>(data: &BTreeMap<String, Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(data.iter().map(|(name, value)| (name, value.expose())))
}

/// A signal about a call.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::dialect::bright_pattern) struct SignalData<'a> {
    #[serde(rename = "type")]
    pub(in crate::dialect::bright_pattern) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialect::bright_pattern) offer_video: Option<bool>,
    #[serde(rename = "reason_code", skip_serializing_if = "Option::is_none")]
    pub(in crate::dialect::bright_pattern) reason_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialect::bright_pattern) reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialect::bright_pattern) sdp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialect::bright_pattern) candidate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialect::bright_pattern) sdp_mid: Option<&'a str>,
    #[serde(rename = "sdpMLineIndex", skip_serializing_if = "Option::is_none")]
    pub(in crate::dialect::bright_pattern) line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialect::bright_pattern) audio_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialect::bright_pattern) video_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialect::bright_pattern) number: Option<&'a str>,
}
