//! Names for files that were fetched.

/// The longest name in bytes: file systems take 255, and a number may be added.
const LONGEST: usize = 200;
/// An extension that is longer is none, and cut with the rest.
const LONGEST_EXTENSION: usize = 24;
/// What a file is called whose name has nothing in it that could be kept.
const NAMELESS: &str = "attachment";

/// A name under which a file may be put into a folder, made of one that somebody else chose. It is one
/// component of a path on any system, not hidden, reserved by none, and of at most 200 bytes; its extension is
/// kept.
///
/// Separators, control characters, marks that turn the direction of text, and what Windows does not take become
/// `_`. Dots and spaces at the start, and at the end, go.
///
/// ```
/// use helpline_protocol::driver::adapter::files::sanitised;
///
/// assert_eq!(sanitised("receipt.pdf"), "receipt.pdf");
/// assert_eq!(sanitised("../../.ssh/config"), "_.._.ssh_config");
/// assert_eq!(sanitised("nul.txt"), "_nul.txt");
/// assert_eq!(sanitised(&format!("con{}x", " ".repeat(300))), "_con");
/// assert_eq!(sanitised(" ... "), "attachment");
/// ```
#[must_use]
pub fn sanitised(name: &str) -> String {
    let replaced: String = name.chars().map(|it| if is_unfit(it) { '_' } else { it }).collect();
    let bare = replaced.trim_matches(is_edge);
    if bare.is_empty() {
        return NAMELESS.to_owned();
    }
    // What is cut may be reserved by what is left of it.
    let name = cut(bare);
    if is_reserved(&name) { cut(&format!("_{name}")) } else { name }
}

/// The name with a number, before its extension: `name (1).ext`.
pub(super) fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = split(name);
    format!("{stem} ({number}){extension}")
}

fn is_unfit(it: char) -> bool {
    let turns = matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(it, '\u{2028}' | '\u{2029}');
    it.is_control() || turns || breaks || r#"/\:*?"<>|"#.contains(it)
}

fn is_edge(it: char) -> bool {
    it == '.' || it.is_whitespace()
}

/// Devices of Windows, with any extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let numbered = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut digits = numbered.unwrap_or_default().chars();
    let digit = digits.next().is_some_and(|it| it.is_ascii_digit() || matches!(it, '¹' | '²' | '³'));
    digit && digits.next().is_none()
}

fn cut(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let (stem, extension) = split(name);
    let room = LONGEST - extension.len();
    let end = (0..=room.min(stem.len())).rev().find(|end| stem.is_char_boundary(*end)).unwrap_or(0);
    let stem = stem.get(..end).unwrap_or_default().trim_end_matches(is_edge);
    format!("{stem}{extension}")
}

/// The name before its extension, and the extension with its dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= LONGEST_EXTENSION => name.split_at(dot),
        Some(_) | None => (name, ""),
    }
}

#[cfg(test)]
mod tests;
