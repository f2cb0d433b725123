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
    /// `POST /participant/start-attachment-upload`.
    StartUpload,
    /// `POST /participant/complete-attachment-upload`.
    CompleteUpload,
    /// `POST /participant/attachment`.
    GetAttachment,
    /// `GET /participant/views/{ViewToken}`.
    DescribeView,
    /// `POST /participant/authentication-url`.
    AuthenticationUrl,
    /// `POST /participant/cancel-authentication`.
    CancelAuthentication,
    /// `GET /oauth2/authorize`: the page behind an authentication address, visited by a browser.
    SignIn,
    /// The PUT of a file to the storage.
    Upload,
    /// The GET of a file from the storage.
    Download,
    /// The browser's preflight.
    Options,
    /// Nothing that this emulator knows.
    Unknown,
}

/// Where DescribeView's token begins.
pub(super) const VIEWS: &str = "/participant/views/";
/// The page that stands in for a provider of identities.
pub(super) const SIGN_IN: &str = "/oauth2/authorize";
/// Where the storage keeps the files of chats.
pub(super) const STORAGE: &str = "/connect/attachments/chat/";

impl Operation {
    /// Every operation that can be named, with its name on the command line.
    pub const ALL: [(&'static str, Self); 15] = [
        ("start-chat", Self::StartChat),
        ("connection", Self::CreateConnection),
        ("message", Self::SendMessage),
        ("event", Self::SendEvent),
        ("transcript", Self::GetTranscript),
        ("disconnect", Self::Disconnect),
        ("start-upload", Self::StartUpload),
        ("complete-upload", Self::CompleteUpload),
        ("attachment", Self::GetAttachment),
        ("view", Self::DescribeView),
        ("auth-url", Self::AuthenticationUrl),
        ("cancel-auth", Self::CancelAuthentication),
        ("sign-in", Self::SignIn),
        ("upload", Self::Upload),
        ("download", Self::Download),
    ];

    /// The operation that a method and a path (without query, still percent-encoded) name.
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
            ("POST", "/participant/start-attachment-upload") => Self::StartUpload,
            ("POST", "/participant/complete-attachment-upload") => Self::CompleteUpload,
            ("POST", "/participant/attachment") => Self::GetAttachment,
            ("POST", "/participant/authentication-url") => Self::AuthenticationUrl,
            ("POST", "/participant/cancel-authentication") => Self::CancelAuthentication,
            ("GET", SIGN_IN) => Self::SignIn,
            // A token is one segment: its own slashes come as %2F.
            ("GET", path) if segment(path, VIEWS) => Self::DescribeView,
            ("PUT", path) if segment(path, STORAGE) => Self::Upload,
            ("GET", path) if segment(path, STORAGE) => Self::Download,
            _ => Self::Unknown,
        }
    }

    /// Whether the storage answers it, in its own way: XML, and no bearer.
    #[must_use]
    pub const fn is_storage(self) -> bool {
        matches!(self, Self::Upload | Self::Download)
    }
}

/// Whether one segment, which may be empty, follows the prefix.
fn segment(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| !rest.contains('/'))
}
