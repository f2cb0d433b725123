//! Counting and cutting text.

/// Whether `text` has more than `limit` characters. Looks at no more of it than it must.
pub(crate) fn has_more_chars(text: &str, limit: usize) -> bool {
    text.len() > limit && text.chars().nth(limit).is_some()
}

/// The start of `text`, of at most `limit` characters.
pub(crate) fn cut_chars(text: &str, limit: usize) -> &str {
    match text.char_indices().nth(limit) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}

/// The start of `text`, of at most `limit` bytes, never ending inside a character.
pub(crate) fn cut_bytes(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    // A character has at most four bytes, so one of these four is a boundary.
    let end = (0..4).filter_map(|back| limit.checked_sub(back)).find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
