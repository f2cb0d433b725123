//! The operations by method and path, in both versions of the API.

use crate::percent;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// `GET version`.
    Version,
    /// `GET availability`.
    Availability,
    /// `GET parameters`.
    Parameters,
    /// `POST chats`.
    RequestChat,
    /// `GET chats/active`.
    ActiveChat,
    /// `POST chats/{chat}/events`.
    SendEvents,
    /// `GET chats/{chat}/events`.
    Poll,
    /// `GET chats/{chat}/history`.
    History,
    /// `GET chats/{chat}/casehistory`, or `GET casehistory` as the documents print it.
    CaseHistory,
    /// `POST chats/{chat}/closecase`, or `POST closecase` as the documents print it.
    CloseCase,
    /// `POST chats/{chat}/notifications`.
    Notifications,
    /// `POST files`.
    Upload,
    /// `GET chats/{chat}/files/{file}`, or `GET /clientweb/file/{file}`.
    Download,
    /// `GET chats/{chat}/profilephotos/{party}`.
    Photo,
    /// `GET chats/{chat}/chaticon`.
    Icon,
    /// `GET iceservers`.
    IceServers,
    /// `GET configuration`.
    Configuration,
    /// `POST requestsms`, version 1 only.
    RequestSms,
    /// The browser's preflight.
    Options,
    /// Nothing that this emulator knows.
    Unknown,
}

/// The version of the API that a request speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Api {
    /// Older servers.
    V1,
    /// What all present clients speak.
    #[default]
    V2,
}

/// Where the API begins.
const BASE: &str = "/clientweb/api/";
/// Where files are that need no credentials.
const FILES: &str = "/clientweb/file/";

impl Operation {
    /// Every operation that can be named, with its name on the command line.
    pub const ALL: [(&'static str, Self); 18] = [
        ("version", Self::Version),
        ("availability", Self::Availability),
        ("parameters", Self::Parameters),
        ("request-chat", Self::RequestChat),
        ("active-chat", Self::ActiveChat),
        ("events", Self::SendEvents),
        ("poll", Self::Poll),
        ("history", Self::History),
        ("case-history", Self::CaseHistory),
        ("close-case", Self::CloseCase),
        ("notifications", Self::Notifications),
        ("upload", Self::Upload),
        ("download", Self::Download),
        ("photo", Self::Photo),
        ("icon", Self::Icon),
        ("ice", Self::IceServers),
        ("configuration", Self::Configuration),
        ("sms", Self::RequestSms),
    ];
}

/// A request's place, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    pub(crate) api: Api,
    /// The chat in the path.
    pub(crate) chat: Option<String>,
    /// The file or the party in the path.
    pub(crate) id: Option<String>,
    /// Anybody may ask: the id is the secret.
    pub(crate) open: bool,
}

impl Route {
    /// The place that a method and a path (without query, still percent-encoded) name.
    pub(crate) fn of(method: &str, path: &str) -> Self {
        let unknown = Self { operation: Operation::Unknown, api: Api::V2, chat: None, id: None, open: false };
        if method == "OPTIONS" {
            return Self { operation: Operation::Options, ..unknown };
        }
        if let Some(file) = path.strip_prefix(FILES) {
            let id = percent::decode(file).filter(|file| !file.is_empty() && !file.contains('/'));
            return match (method, id) {
                ("GET", Some(id)) => {
                    Self { operation: Operation::Download, id: Some(id), open: true, ..unknown }
                }
                _ => unknown,
            };
        }
        let Some((version, rest)) = path.strip_prefix(BASE).and_then(|rest| rest.split_once('/')) else {
            return unknown;
        };
        let api = match version {
            "v1" => Api::V1,
            "v2" => Api::V2,
            _ => return unknown,
        };
        let segments: Option<Vec<String>> = rest.split('/').map(percent::decode).collect();
        let segments = segments.unwrap_or_default();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (operation, chat, id) = place(method, api, &segments);
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self { operation, api, chat: owned(chat), id: owned(id), open: false }
    }
}

type Place<'a> = (Operation, Option<&'a str>, Option<&'a str>);

fn place<'a>(method: &str, api: Api, segments: &[&'a str]) -> Place<'a> {
    let of_chat = |operation, chat: &'a str| (operation, Some(chat), None);
    match (method, segments) {
        ("GET", ["version"]) if api == Api::V2 => (Operation::Version, None, None),
        ("GET", ["availability"]) => (Operation::Availability, None, None),
        ("GET", ["parameters"]) => (Operation::Parameters, None, None),
        ("GET", ["configuration"]) => (Operation::Configuration, None, None),
        ("GET", ["iceservers"]) => (Operation::IceServers, None, None),
        ("POST", ["requestsms"]) if api == Api::V1 => (Operation::RequestSms, None, None),
        ("POST", ["files"]) => (Operation::Upload, None, None),
        ("POST", ["chats"]) => (Operation::RequestChat, None, None),
        ("GET", ["chats", "active"]) => (Operation::ActiveChat, None, None),
        ("GET", ["casehistory"]) => (Operation::CaseHistory, None, None),
        ("POST", ["closecase"]) => (Operation::CloseCase, None, None),
        ("POST", ["chats", chat, "events"]) => of_chat(Operation::SendEvents, chat),
        ("GET", ["chats", chat, "events"]) => of_chat(Operation::Poll, chat),
        ("GET", ["chats", chat, "history"]) => of_chat(Operation::History, chat),
        ("GET", ["chats", chat, "casehistory"]) => of_chat(Operation::CaseHistory, chat),
        ("POST", ["chats", chat, "closecase"]) => of_chat(Operation::CloseCase, chat),
        ("POST", ["chats", chat, "notifications"]) => of_chat(Operation::Notifications, chat),
        ("GET", ["chats", chat, "chaticon"]) => of_chat(Operation::Icon, chat),
        ("GET", ["chats", chat, "files", id]) => (Operation::Download, Some(chat), Some(id)),
        ("GET", ["chats", chat, "profilephotos", id]) => (Operation::Photo, Some(chat), Some(id)),
        _ => (Operation::Unknown, None, None),
    }
}
