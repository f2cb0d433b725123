//! The operations by method and path.

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// `PUT /contact/chat`, made by a backend.
    StartChat,
    /// `POST /participant/connection`.
    CreateConnection,
    /// `POST /participant/message`.
    SendMessage,
    /// `POST /participant/event`.
    SendEvent,
    /// `POST /participant/transcript`.
    GetTranscript,
    /// `POST /participant/disconnect`.
    Disconnect,
    /// The browser's preflight.
    Options,
    /// Nothing that this emulator knows.
    Unknown,
}

impl Operation {
    /// Every operation that can be named, with its name on the command line.
    pub const ALL: [(&'static str, Self); 6] = [
        ("start-chat", Self::StartChat),
        ("connection", Self::CreateConnection),
        ("message", Self::SendMessage),
        ("event", Self::SendEvent),
        ("transcript", Self::GetTranscript),
        ("disconnect", Self::Disconnect),
    ];

    /// The operation that a method and a path (without query) name.
    #[must_use]
    pub fn of(method: &str, path: &str) -> Self {
        match (method, path) {
            ("OPTIONS", _) => Self::Options,
            ("PUT", "/contact/chat") => Self::StartChat,
            ("POST", "/participant/connection") => Self::CreateConnection,
            ("POST", "/participant/message") => Self::SendMessage,
            ("POST", "/participant/event") => Self::SendEvent,
            ("POST", "/participant/transcript") => Self::GetTranscript,
            ("POST", "/participant/disconnect") => Self::Disconnect,
            _ => Self::Unknown,
        }
    }
}
