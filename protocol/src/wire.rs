//! What every dialect needs on the wire.

pub(crate) mod html;
pub(crate) mod http;
pub(crate) mod json;
pub(crate) mod multipart;
pub(crate) mod percent;
pub(crate) mod retry_after;
pub(crate) mod text;
pub(crate) mod url;
