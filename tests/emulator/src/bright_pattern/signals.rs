//! Signalling of calls, from the agent's side.

use serde_json::{Value, json};

use super::event::{Draft, Party};
use super::machine::Server;

/// One piece of signalling that the agent's side sends.
#[derive(Debug, Clone, PartialEq)]
pub enum CallSignal {
    /// The agent calls.
    Offer {
        /// With pictures.
        video: bool,
        /// `offerVideo` is a word, as some servers have it.
        word: bool,
    },
    /// The agent takes a call.
    Answer,
    /// The agent does not want to.
    Reject,
    /// A way to the agent.
    Candidate {
        /// `sdpMLineIndex` is a number.
        number: bool,
    },
    /// The agent hangs up.
    End,
    /// What of the agent is on.
    State {
        /// Sound.
        audio: bool,
        /// Picture.
        video: bool,
    },
    /// Any `data` just as it stands.
    Raw(Value),
}

/// A description of a session such as browsers make.
const SDP: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
                   m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:8hhY\r\n\
                   a=ice-pwd:asd88fgpdd777uzjYhagZg3r\r\na=setup:actpass\r\na=mid:0\r\na=sendrecv\r\n\
                   a=rtpmap:111 opus/48000/2\r\n";

impl CallSignal {
    fn data(&self) -> Value {
        match self {
            Self::Offer { video, word } => {
                let video = if *word { video.to_string().into() } else { Value::from(*video) };
                json!({ "type": "OFFER_CALL", "offerVideo": video, "sdp": SDP })
            }
            Self::Answer => json!({ "type": "ANSWER_CALL", "sdp": SDP }),
            Self::Reject => json!({ "type": "CALL_REJECTED", "reason_code": "486", "reason": "Busy" }),
            Self::Candidate { number } => {
                let index = if *number { Value::from(0) } else { Value::from("0") };
                json!({
                    "type": "ICE_CANDIDATE",
                    "candidate": "candidate:7 1 udp 2122260223 192.0.2.4 54400 typ host",
                    "sdpMid": "0",
                    "sdpMLineIndex": index,
                })
            }
            Self::End => json!({ "type": "END_CALL" }),
            Self::State { audio, video } => {
                json!({ "type": "CALL_STATE", "audioEnabled": audio, "videoEnabled": video })
            }
            Self::Raw(data) => data.clone(),
        }
    }
}

impl Server {
    pub(super) fn signal(&mut self, now_ms: u64, chat: usize, signal: &CallSignal) {
        let data = signal.data();
        let kind = data.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let members = json!({
            "msg_id": self.ids.uuid(),
            "destination_party_id": &*self.chats[chat].id,
            "data": data,
        });
        let mut draft = Draft::of("chat_session_signaling", members).saying(&kind);
        draft.by = Party::Agent;
        draft.stored = self.config.signaling_in_history;
        self.publish_by_agent(now_ms, chat, draft);
    }
}
