//! The storage behind presigned addresses: PUT and GET of files, answered in the storage's own way.

use bytes::Bytes;

use super::clock::instant;
use super::faults::StatusRule;
use super::machine::Server;
use super::operation::{Operation, STORAGE};
use crate::chance::strikes;
use crate::io::{HttpRequest, HttpResponse, Reception, split_target};
use crate::percent;

/// A permission to put one file.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) query: String,
    pub(super) expires_ms: u64,
    /// Every pair that has to come with it.
    pub(super) headers: Vec<(String, String)>,
}

/// A permission to get one file; its key is the file's id and the query.
#[derive(Debug)]
pub(super) struct Download {
    pub(super) expires_ms: u64,
    pub(super) disposition: String,
}

/// Why the storage refuses.
struct Denial(u16, &'static str, &'static str);

impl Denial {
    const SIGNATURE: Self = Self(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
    const EXPIRED: Self = Self(403, "AccessDenied", "Request has expired");
    const UNSIGNED: Self =
        Self(403, "AccessDenied", "There were headers present in the request which were not signed");
    const NO_QUERY: Self = Self(403, "AccessDenied", "Access Denied");
    const TWO_WAYS: Self =
        Self(400, "InvalidArgument", "Only one auth mechanism allowed; a presigned address bears its own");
    const NOT_THERE: Self = Self(404, "NoSuchKey", "The specified key does not exist.");

    /// The one that goes with a status which a fault asks for.
    const fn of_status(status: u16) -> Self {
        match status {
            400 => {
                Self(400, "RequestTimeout", "Your socket connection was not read from or written to in time.")
            }
            403 => Self::SIGNATURE,
            404 => Self::NOT_THERE,
            500 => Self(500, "InternalError", "We encountered an internal error. Please try again."),
            503 => Self(503, "SlowDown", "Please reduce your request rate."),
            other => Self(other, "Unexpected", "Unexpected"),
        }
    }
}

impl Server {
    /// Asks, before the body of a PUT to the storage is read, how to read it. What it says holds for this exchange,
    /// which then comes as [`Input::Http`](super::Input::Http), unless it is cut. A host that hands in whole requests
    /// need not ask: an upload that is to be cut is then not answered.
    pub fn begin_upload(&mut self, exchange: u64, target: &str) -> Reception {
        if Operation::of("PUT", split_target(target).0) != Operation::Upload {
            return Reception::default();
        }
        let cut = self.cuts_upload();
        self.begun.begin(exchange, cut, self.config.faults.storage_bytes_per_second)
    }

    /// Whether an upload is to be cut, for one that the host has not asked about.
    pub(super) fn cuts_whole_upload(&mut self, exchange: u64) -> bool {
        !self.begun.take(exchange) && self.cuts_upload()
    }

    fn cuts_upload(&mut self) -> bool {
        let cut = strikes(&mut self.config.faults.cut_half, Operation::Upload, &mut self.chaos);
        self.stats.cut_halves += u64::from(cut);
        cut
    }

    pub(super) fn storage(
        &mut self,
        now_ms: u64,
        operation: Operation,
        request: HttpRequest,
    ) -> HttpResponse {
        let result = match operation {
            Operation::Upload => self.put_file(now_ms, request),
            _ => self.get_file(now_ms, &request),
        };
        result.unwrap_or_else(|denial| self.denied(&denial))
    }

    /// The storage's answer that a fault asks for.
    pub(super) fn ruled_storage(&mut self, rule: &StatusRule) -> HttpResponse {
        self.denied(&Denial::of_status(rule.status))
    }

    fn denied(&mut self, Denial(status, code, message): &Denial) -> HttpResponse {
        *self.stats.storage_errors.entry((*code).to_owned()).or_default() += 1;
        let request = self.ids.token(16);
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
             <RequestId>{request}</RequestId></Error>"
        );
        HttpResponse {
            status: *status,
            headers: vec![("Content-Type".to_owned(), "application/xml".to_owned())],
            body: body.into(),
            ..HttpResponse::default()
        }
    }

    fn put_file(&mut self, now_ms: u64, request: HttpRequest) -> Result<HttpResponse, Denial> {
        let (path, query) = split_target(&request.target);
        let file = self.files.get(path.strip_prefix(STORAGE).unwrap_or(""));
        let permit = file.and_then(|file| Some((file, file.upload.as_ref()?)));
        let (file, upload) =
            permit.filter(|(_, upload)| same(&upload.query, query)).ok_or_else(|| refusal(query))?;
        if now_ms >= upload.expires_ms || file.completed {
            return Err(Denial::EXPIRED);
        }
        check_headers(&request, &upload.headers, Some(file.size))?;
        let id = file.entry.id.clone();
        let etag = self.etag();
        if let Some(file) = self.files.get_mut(&id) {
            file.bytes = Some(Bytes::from(request.body));
            file.etag.clone_from(&etag);
            self.stats.uploads_stored += 1;
            self.stats.upload_bytes += file.size;
        }
        Ok(HttpResponse { status: 200, headers: vec![("ETag".to_owned(), etag)], ..HttpResponse::default() })
    }

    fn get_file(&mut self, now_ms: u64, request: &HttpRequest) -> Result<HttpResponse, Denial> {
        let (path, query) = split_target(&request.target);
        let id = path.strip_prefix(STORAGE).unwrap_or("");
        let known = percent::decode(query).unwrap_or_default();
        let permit = self.downloads.get(&(id.to_owned(), known)).ok_or_else(|| refusal(query))?;
        check_headers(request, &[], None)?;
        if now_ms >= permit.expires_ms {
            return Err(Denial::EXPIRED);
        }
        let file = self.files.get(id).ok_or(Denial::NOT_THERE)?;
        let bytes = file.bytes.clone().ok_or(Denial::NOT_THERE)?;
        self.stats.downloads += 1;
        self.stats.download_bytes += file.size;
        let headers = [
            ("Content-Type", file.entry.content_type.as_str()),
            ("Content-Disposition", &permit.disposition),
            ("ETag", &file.etag),
        ];
        Ok(HttpResponse {
            status: 200,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: bytes,
            bytes_per_second: self.config.faults.storage_bytes_per_second,
            ..HttpResponse::default()
        })
    }

    /// A presigned address of a file: its query, decoded, and the whole.
    pub(super) fn presigned(
        &mut self,
        now_ms: u64,
        id: &str,
        life_ms: u64,
        signed: &str,
    ) -> (String, String) {
        let date: String = instant(now_ms).chars().filter(|c| !"-:".contains(*c)).take(15).collect();
        let signature = self.ids.token(43);
        let query = |signed: &str| {
            format!(
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={date}Z&X-Amz-SignedHeaders={signed}\
                 &X-Amz-Expires={}&X-Amz-Signature={signature}",
                life_ms.div_ceil(1000)
            )
        };
        let base = self.config.socket_base.replacen("ws", "http", 1);
        let url = format!("{base}{STORAGE}{id}?{}", query(&percent::encode(signed, "-_.")));
        (query(signed), url)
    }
}

/// Whether a query is the one that was signed, however it is encoded.
fn same(signed: &str, query: &str) -> bool {
    percent::decode(query).is_some_and(|query| query == signed)
}

/// What is said to an address that nobody has signed.
fn refusal(query: &str) -> Denial {
    if query.contains("X-Amz-Signature=") { Denial::SIGNATURE } else { Denial::NO_QUERY }
}

/// Every signed header as it was given, nothing of the service's own beside them, and a body of the signed length.
/// Clients that make `Content-Length` themselves cannot be held to it: the real length is what counts.
fn check_headers(
    request: &HttpRequest,
    signed: &[(String, String)],
    size: Option<u64>,
) -> Result<(), Denial> {
    if request.header("Authorization").is_some() {
        return Err(Denial::TWO_WAYS);
    }
    let is_signed = |name: &str| signed.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let is_service = |name: &str| name.len() > 6 && name.as_bytes()[..6].eq_ignore_ascii_case(b"x-amz-");
    if request.headers.iter().any(|(name, _)| is_service(name) && !is_signed(name)) {
        return Err(Denial::UNSIGNED);
    }
    let missing = signed.iter().any(|(name, value)| {
        let sent = request.header(name).map(str::trim);
        !name.eq_ignore_ascii_case("Content-Length") && sent != Some(value)
    });
    let length = request.body.len() as u64;
    if missing || size.is_some_and(|size| size != length) {
        return Err(Denial::SIGNATURE);
    }
    Ok(())
}
