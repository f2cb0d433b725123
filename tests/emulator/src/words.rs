//! What every helpful agent does with a customer's words.

/// The words in quotes: 200 characters at most.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted: String = text.chars().take(200).collect();
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    quoted
}

/// The words as one that an agent may know.
pub(crate) fn keyword(text: &str) -> String {
    text.trim().trim_end_matches(['.', '!', '?']).to_lowercase()
}
