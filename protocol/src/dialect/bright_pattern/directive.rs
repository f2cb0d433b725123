//! Directives of the scenario's in the text of a message.

/// A text without the directives in it, and what those ask for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Directed {
    /// What is to be read. Addresses of files stand in it, where something else does too.
    pub(super) text: String,
    /// The quick replies; none where there is no such directive.
    pub(super) choices: Option<Choices>,
    /// Files, by their address, with what they are where that is said.
    pub(super) files: Vec<(String, Option<String>)>,
}

/// Quick replies.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choices {
    /// What can be chosen.
    pub(super) titles: Vec<String>,
    /// One below the other.
    pub(super) column: bool,
}

/// Choices of one message. More is no question but an attack.
const CHOICES: usize = 100;

/// Reads the directives `/buttons [A] [B]`, `/buttons-column`, `/choice` and `/attachment: URL, kind`; none where
/// there is none. What looks like one and is none stays in the text.
pub(super) fn directed(text: &str) -> Option<Directed> {
    if !text.contains('/') {
        return None;
    }
    let mut found = Directed::default();
    let mut any = false;
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let (before, from) = rest.split_at(at);
        found.text.push_str(before);
        let starts_word = found.text.is_empty() || found.text.ends_with(char::is_whitespace);
        let after = if starts_word { directive(from, &mut found) } else { None };
        rest = match after {
            Some(after) => {
                any = true;
                after
            }
            None => {
                found.text.push('/');
                from.get(1..).unwrap_or_default()
            }
        };
    }
    found.text.push_str(rest);
    found.text.truncate(found.text.trim_end().len());
    any.then_some(found)
}

/// Takes the directive at the start. Returns what follows it.
fn directive<'a>(text: &'a str, found: &mut Directed) -> Option<&'a str> {
    for (name, column) in [("/buttons-column", true), ("/buttons", false), ("/choice", false)] {
        if let Some(arguments) = text.strip_prefix(name) {
            let (titles, after) = bracketed(arguments);
            if titles.is_empty() || found.choices.is_some() {
                return None;
            }
            found.choices = Some(Choices { titles, column });
            return Some(after);
        }
    }
    let arguments = text.strip_prefix("/attachment:")?.trim_start();
    let end = arguments.find(|sign: char| sign.is_whitespace() || sign == ',').unwrap_or(arguments.len());
    let (url, mut after) = arguments.split_at(end);
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return None;
    }
    let mut kind = None;
    if let Some(words) = after.strip_prefix(',') {
        let words = words.trim_start();
        for known in ["image", "audio", "video"] {
            if let Some(behind) = words.strip_prefix(known) {
                (kind, after) = (Some(known.to_owned()), behind);
            }
        }
    }
    found.text.push_str(url);
    found.files.push((url.to_owned(), kind));
    Some(after)
}

/// The texts in brackets at the start, and what follows them.
fn bracketed(text: &str) -> (Vec<String>, &str) {
    let (mut titles, mut rest) = (Vec::new(), text);
    while titles.len() < CHOICES {
        let Some((title, after)) =
            rest.trim_start().strip_prefix('[').and_then(|inner| inner.split_once(']'))
        else {
            break;
        };
        titles.extend(Some(title.trim().to_owned()).filter(|title| !title.is_empty()));
        rest = after;
    }
    (titles, rest)
}

#[cfg(test)]
mod tests;
