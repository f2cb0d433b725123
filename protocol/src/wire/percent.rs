//! Texts as parts of an address.

/// Adds `text` to an address such that it changes nothing around it: a segment of a path, or a value of a query.
/// All but the unreserved characters are escaped (RFC 3986, 2.3).
pub(crate) fn escape(text: &str, address: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                address.push(char::from(byte));
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests;
