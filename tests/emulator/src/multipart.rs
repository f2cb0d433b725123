//! `multipart/form-data`, as forgiving as servers are: any field, a preamble, odd blanks.

/// The first part of a form that is a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The name of the field.
    pub(crate) field: String,
    /// The file's name, if it is told.
    pub(crate) file_name: Option<String>,
    /// Its content type, if it is told.
    pub(crate) content_type: Option<String>,
    /// Where its bytes are in the body.
    pub(crate) bytes: std::ops::Range<usize>,
}

/// Reads the first part. The reason for a failure is in plain words.
pub(crate) fn first_part(content_type: &str, body: &[u8]) -> Result<Part, &'static str> {
    let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Err("the content type is not multipart/form-data");
    }
    let boundary = parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty());
    let mark = format!("--{}", boundary.ok_or("no boundary given")?);
    let opening = find(body, mark.as_bytes(), 0).ok_or("the boundary does not occur")?;
    let start = opening + mark.len();
    let head = find(body, b"\r\n\r\n", start).ok_or("a part without an end of its headers")?;
    let headers = std::str::from_utf8(&body[start..head]).map_err(|_| "headers that are no text")?;
    let from = head + 4;
    let closing = format!("\r\n{mark}");
    let to = find(body, closing.as_bytes(), from).ok_or("a part without an end")?;
    let mut part = Part { field: String::new(), file_name: None, content_type: None, bytes: from..to };
    for (name, value) in headers.lines().filter_map(|line| line.split_once(':')) {
        if name.trim().eq_ignore_ascii_case("content-disposition") {
            let (_, parameters) = value.split_once(';').unwrap_or((value, ""));
            part.field = parameter(parameters, "name").unwrap_or_default();
            part.file_name = parameter(parameters, "filename");
        } else if name.trim().eq_ignore_ascii_case("content-type") {
            part.content_type = Some(value.trim().to_owned());
        }
    }
    Ok(part)
}

/// One `name=value` of several between semicolons; the value may be quoted.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t']);
        let (name, after) = rest.split_once('=')?;
        let (value, next) = match after.trim_start().strip_prefix('"') {
            Some(inner) => inner.split_once('"')?,
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.trim().to_owned());
        }
        rest = next;
    }
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = from;
    loop {
        at += body.get(at..)?.iter().position(|byte| *byte == first)?;
        if body[at..].starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests;
