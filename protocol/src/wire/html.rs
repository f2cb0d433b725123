//! Plain text as HTML, and back.

use std::borrow::Cow;

/// A plain text as HTML. The vendor's iOS SDK escapes nothing, so that `a < b` arrives cut.
pub(crate) fn to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' => html.push_str("<br>"),
            '\r' => {}
            other => html.push(other),
        }
    }
    html
}

/// The text of a fragment of HTML: no tags, entities as what they stand for, a line for each line. Not for putting
/// into HTML again.
pub(crate) fn to_text(html: &str) -> Cow<'_, str> {
    if !html.contains(['<', '&']) {
        return Cow::Borrowed(html);
    }
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        rest = match tag(from) {
            Some((name, after)) => {
                let starts_line = text.is_empty() || text.ends_with('\n');
                if name.eq_ignore_ascii_case("br") || (breaks_line(name) && !starts_line) {
                    text.push('\n');
                }
                after
            }
            None => match entity(from) {
                Some((character, after)) => {
                    text.push(character);
                    after
                }
                None => {
                    let length = from.chars().next().map_or(0, char::len_utf8);
                    let (sign, after) = from.split_at(length);
                    text.push_str(sign);
                    after
                }
            },
        };
    }
    text.push_str(rest);
    text.truncate(text.trim_end_matches('\n').len());
    Cow::Owned(text)
}

/// The name of the tag at the start, as it stands there, and what follows the tag.
fn tag(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let (inner, after) = inner.split_once('>')?;
    let name = inner.trim_start_matches('/');
    let end = name.find(|sign: char| !sign.is_ascii_alphanumeric()).unwrap_or(name.len());
    let name = name.get(..end)?;
    // A comment has no name; what is neither is a sign that somebody forgot to escape.
    (name.starts_with(|sign: char| sign.is_ascii_alphabetic()) || inner.starts_with('!'))
        .then_some((name, after))
}

/// Whether a tag begins a line of its own.
fn breaks_line(name: &str) -> bool {
    ["p", "div", "li", "tr", "ul", "ol", "h1", "h2", "h3", "blockquote"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// The character that the entity at the start stands for, and what follows it.
fn entity(text: &str) -> Option<(char, &str)> {
    // No entity that is told apart here is longer; a lone `&` is not followed to the end of the text.
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let (name, after) = (text.get(1..end)?, text.get(end + 1..)?);
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((character, after))
}

#[cfg(test)]
mod tests;
