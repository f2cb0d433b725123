//! What is signalled about calls. Session descriptions and candidates are opaque here: the host's WebRTC library
//! makes and takes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::encode::SignalData;
use super::fields::Fields;
use crate::limits::Limits;
use crate::wire::text::cut_chars;

/// Bytes of a session description. What WebRTC libraries write has a few KiB.
pub(super) const SDP_BYTES: usize = 256 * 1024;

/// What is signalled about a call (`data` of `chat_session_signaling`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "signal", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallSignal {
    /// Call me (`REQUEST_CALL`). The agent's side makes the offer.
    RequestCall {
        /// With video.
        video: bool,
    },
    /// No call (`CALL_REJECTED`).
    Rejected {
        /// The provider's code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// Its words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A call is offered (`OFFER_CALL`).
    Offer {
        /// With video.
        video: bool,
        /// The session description.
        sdp: String,
    },
    /// The offer is taken (`ANSWER_CALL`).
    Answer {
        /// The session description.
        sdp: String,
    },
    /// A way to reach the sender (`ICE_CANDIDATE`). It may come before the answer is sent: keep it until the remote
    /// description is set.
    Candidate {
        /// The candidate.
        candidate: String,
        /// The media that it is for, by name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mid: Option<String>,
        /// And by place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
    },
    /// The call is over (`END_CALL`).
    End,
    /// What the sender has switched on (`CALL_STATE`).
    State {
        /// Sound.
        audio: bool,
        /// Picture.
        video: bool,
    },
    /// Call this telephone (`REQUEST_PHONE_CALL`).
    RequestPhoneCall {
        /// Its number.
        number: String,
    },
    /// Write to this telephone (`REQUEST_SMS`).
    RequestSms {
        /// Its number.
        number: String,
    },
    /// A signal that we do not know, or one that lacks what it must have.
    Other {
        /// What it calls itself, where it says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// What it says, as far as that is texts, numbers and truth values.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        data: BTreeMap<String, String>,
    },
}

/// What a signal says; what it lacks makes it an unknown one.
pub(super) fn read(data: &Fields<'_>, limits: &Limits) -> CallSignal {
    let text = |name: &str| data.get(name).map(str::to_owned);
    let sdp = || text("sdp").filter(|sdp| sdp.len() <= SDP_BYTES);
    let kind = data.get("type");
    let known = match kind {
        Some("REQUEST_CALL") => Some(CallSignal::RequestCall { video: data.flag("offerVideo") }),
        Some("CALL_REJECTED") => {
            Some(CallSignal::Rejected { code: text("reason_code"), reason: text("reason") })
        }
        Some("OFFER_CALL") => sdp().map(|sdp| CallSignal::Offer { video: data.flag("offerVideo"), sdp }),
        Some("ANSWER_CALL") => sdp().map(|sdp| CallSignal::Answer { sdp }),
        // Android's SDK leaves the type of its candidates out.
        Some("ICE_CANDIDATE") | None => text("candidate").map(|candidate| {
            let line = data.int("sdpMLineIndex").and_then(|line| u32::try_from(line).ok());
            CallSignal::Candidate { candidate, mid: text("sdpMid"), line }
        }),
        Some("END_CALL") => Some(CallSignal::End),
        Some("CALL_STATE") => {
            Some(CallSignal::State { audio: data.flag("audioEnabled"), video: data.flag("videoEnabled") })
        }
        Some("REQUEST_PHONE_CALL") => text("number").map(|number| CallSignal::RequestPhoneCall { number }),
        Some("REQUEST_SMS") => text("number").map(|number| CallSignal::RequestSms { number }),
        Some(_) => None,
    };
    let name = |kind: &str| cut_chars(kind, limits.id_chars()).to_owned();
    known.unwrap_or_else(|| CallSignal::Other { kind: kind.map(name), data: data.to_map(SDP_BYTES) })
}

impl CallSignal {
    /// The name it has in JSON.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::RequestCall { .. } => "request_call",
            Self::Rejected { .. } => "rejected",
            Self::Offer { .. } => "offer",
            Self::Answer { .. } => "answer",
            Self::Candidate { .. } => "candidate",
            Self::End => "end",
            Self::State { .. } => "state",
            Self::RequestPhoneCall { .. } => "request_phone_call",
            Self::RequestSms { .. } => "request_sms",
            Self::Other { .. } => "other",
        }
    }

    /// As it goes out; none for one that cannot be sent.
    pub(super) fn data(&self) -> Option<SignalData<'_>> {
        let blank = SignalData::default();
        Some(match self {
            Self::RequestCall { video } => {
                SignalData { kind: "REQUEST_CALL", offer_video: Some(*video), ..blank }
            }
            Self::Rejected { code, reason } => SignalData {
                kind: "CALL_REJECTED",
                reason_code: code.as_deref(),
                reason: reason.as_deref(),
                ..blank
            },
            Self::Offer { video, sdp } => {
                SignalData { kind: "OFFER_CALL", offer_video: Some(*video), sdp: Some(sdp), ..blank }
            }
            Self::Answer { sdp } => SignalData { kind: "ANSWER_CALL", sdp: Some(sdp), ..blank },
            Self::Candidate { candidate, mid, line } => SignalData {
                kind: "ICE_CANDIDATE",
                candidate: Some(candidate),
                sdp_mid: mid.as_deref(),
                line: line.map(|line| line.to_string()),
                ..blank
            },
            Self::End => SignalData { kind: "END_CALL", ..blank },
            Self::State { audio, video } => SignalData {
                kind: "CALL_STATE",
                audio_enabled: Some(*audio),
                video_enabled: Some(*video),
                ..blank
            },
            Self::RequestPhoneCall { number } => {
                SignalData { kind: "REQUEST_PHONE_CALL", number: Some(number), ..blank }
            }
            Self::RequestSms { number } => SignalData { kind: "REQUEST_SMS", number: Some(number), ..blank },
            Self::Other { .. } => return None,
        })
    }
}
