//! What a line of the user's means: a message, or a command of the client's.

use helpline_protocol::MessageKey;

/// A line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Nothing but blanks.
    Empty,
    /// A message.
    Say(String),
    /// A command.
    Do(Slash),
    /// Neither; with what to say about it.
    Wrong(String),
}

/// The commands of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slash {
    /// Cuts the connections; with a number, for so many seconds.
    Drop(Option<u64>),
    Offline,
    Online,
    Suspend,
    Resume,
    History(Option<u32>),
    Resend(Option<MessageKey>),
    Discard(Option<MessageKey>),
    /// A path.
    Attach(String),
    /// The number of a file, and a folder.
    Save(usize, Option<String>),
    /// The number of a file; none for all.
    Cancel(Option<usize>),
    /// The number of a file.
    Url(usize),
    Receipts(bool),
    Reset,
    /// The number of an option, from 1.
    Pick(usize),
    Markdown(String),
    End,
    Events,
    Help,
    Quit,
}

/// Names, arguments, and what they do.
pub(crate) const HELP: &[(&str, &str)] = &[
    ("/drop [SECONDS]", "cut the connection, as a bad network would (emulator only)"),
    ("/offline", "no network from here on; what you write waits"),
    ("/online", "the network is back"),
    ("/suspend", "hold the connection on purpose"),
    ("/resume", "go on after /suspend"),
    ("/history [N]", "fetch older messages"),
    ("/resend [mN]", "send again what failed or may not have arrived"),
    ("/discard [mN]", "take away what failed or waits, or a file on its way"),
    ("/attach PATH", "send a file"),
    ("/save N [FOLDER]", "save file [N] here, or in FOLDER; nothing is overwritten"),
    ("/cancel [N]", "stop saving file [N], or all"),
    ("/url N", "show an address from which anybody can fetch file [N]"),
    ("/pick N", "choose option N of the last question (or press its key)"),
    ("/markdown TEXT", "send TEXT as Markdown"),
    ("/receipts on|off", "whether others are told what you have read"),
    ("/events", "show or hide the engine's events"),
    ("/reset", "put the session away; the chat goes on without it"),
    ("/end", "leave the chat for good"),
    ("/quit", "close this client; the chat goes on"),
    ("//text", "send a message that begins with a slash"),
];

/// Understands a line.
pub(crate) fn parse(line: &str) -> Line {
    let text = line.trim();
    if text.is_empty() {
        return Line::Empty;
    }
    if text.starts_with("//") {
        return Line::Say(text.chars().skip(1).collect());
    }
    let Some(command) = text.strip_prefix('/') else {
        return Line::Say(text.to_owned());
    };
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    slash(&name.to_lowercase(), rest.trim()).map_or_else(Line::Wrong, Line::Do)
}

fn slash(name: &str, rest: &str) -> Result<Slash, String> {
    let plain = match name {
        "drop" if rest.is_empty() => Slash::Drop(None),
        "drop" => {
            let seconds = rest.parse().ok().filter(|seconds| (1..=3600).contains(seconds));
            return seconds
                .map(|seconds| Slash::Drop(Some(seconds)))
                .ok_or_else(|| expected("/drop", "nothing, or seconds up to 3600", rest));
        }
        "offline" => Slash::Offline,
        "online" => Slash::Online,
        "suspend" => Slash::Suspend,
        "resume" => Slash::Resume,
        "end" | "leave" => Slash::End,
        "events" => Slash::Events,
        "help" | "?" => Slash::Help,
        "quit" | "exit" | "q" => Slash::Quit,
        "history" if rest.is_empty() => Slash::History(None),
        "history" => {
            let number = rest.parse().ok().filter(|number| *number > 0);
            return number
                .map(|number| Slash::History(Some(number)))
                .ok_or_else(|| expected("/history", "a number", rest));
        }
        "attach" | "file" => return path("/attach", rest).map(Slash::Attach),
        "save" => {
            let (number, folder) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let folder = Some(folder.trim()).filter(|folder| !folder.is_empty());
            return Ok(Slash::Save(
                file("/save", number)?,
                folder.map(|folder| path("/save", folder)).transpose()?,
            ));
        }
        "cancel" if rest.is_empty() => Slash::Cancel(None),
        "cancel" => return Ok(Slash::Cancel(Some(file("/cancel", rest)?))),
        "url" => return Ok(Slash::Url(file("/url", rest)?)),
        "receipts" => match rest {
            "on" => return Ok(Slash::Receipts(true)),
            "off" => return Ok(Slash::Receipts(false)),
            _ => return Err(expected("/receipts", "on or off", rest)),
        },
        "reset" => Slash::Reset,
        "resend" => return Ok(Slash::Resend(key("/resend", rest)?)),
        "discard" => return Ok(Slash::Discard(key("/discard", rest)?)),
        "pick" => {
            let number = rest.parse().ok().filter(|number| *number > 0);
            return number.map(Slash::Pick).ok_or_else(|| expected("/pick", "the number of an option", rest));
        }
        "markdown" | "md" if rest.is_empty() => return Err(expected("/markdown", "a text", rest)),
        "markdown" | "md" => return Ok(Slash::Markdown(rest.to_owned())),
        _ => {
            let name: String = name.chars().take(20).collect();
            return Err(format!(
                "There is no /{name}; /help lists what there is, //{name} sends it as a message"
            ));
        }
    };
    if rest.is_empty() || matches!(plain, Slash::History(_)) {
        Ok(plain)
    } else {
        Err(format!("/{name} takes nothing behind it"))
    }
}

fn key(command: &str, text: &str) -> Result<Option<MessageKey>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| expected(command, "a message such as m12, or nothing", text))
}

/// The number of a file, from 1; the brackets that it is shown in may come along.
fn file(command: &str, text: &str) -> Result<usize, String> {
    let number = text.trim_start_matches('[').trim_end_matches(']').parse().ok();
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| expected(command, "the number of a file, as it stands before its name", text))
}

/// A path, without the quotes that a terminal puts around one that is dropped on it.
fn path(command: &str, text: &str) -> Result<String, String> {
    let bare = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    let path = bare('\'').or_else(|| bare('"')).unwrap_or(text);
    if path.is_empty() { Err(expected(command, "a path", path)) } else { Ok(path.to_owned()) }
}

fn expected(command: &str, what: &str, found: &str) -> String {
    if found.is_empty() {
        return format!("{command} needs {what}");
    }
    let found: String = found.chars().take(20).collect();
    format!("{command} takes {what}, not {found:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_message_unless_it_begins_with_a_slash() {
        assert_eq!(parse("  hello /drop "), Line::Say("hello /drop".to_owned()));
        assert_eq!(parse(" \t"), Line::Empty);
        assert_eq!(parse("//etc/hosts"), Line::Say("/etc/hosts".to_owned()));
    }

    #[test]
    fn commands_and_their_arguments() {
        assert_eq!(parse("/DROP"), Line::Do(Slash::Drop(None)));
        assert_eq!(parse("/drop 10"), Line::Do(Slash::Drop(Some(10))));
        assert_eq!(parse("/history"), Line::Do(Slash::History(None)));
        assert_eq!(parse("/history 20"), Line::Do(Slash::History(Some(20))));
        assert_eq!(parse("/resend"), Line::Do(Slash::Resend(None)));
        assert_eq!(parse("/resend m12"), Line::Do(Slash::Resend(Some(MessageKey::from_u64(12)))));
        assert_eq!(
            parse("/attach '/tmp/my report.pdf'"),
            Line::Do(Slash::Attach("/tmp/my report.pdf".to_owned()))
        );
        assert_eq!(parse("/save 2"), Line::Do(Slash::Save(2, None)));
        assert_eq!(parse("/save [2]  my files "), Line::Do(Slash::Save(2, Some("my files".to_owned()))));
        assert_eq!(parse("/cancel"), Line::Do(Slash::Cancel(None)));
        assert_eq!(parse("/url 1"), Line::Do(Slash::Url(1)));
        assert_eq!(parse("/receipts off"), Line::Do(Slash::Receipts(false)));
        assert_eq!(parse("/pick 2"), Line::Do(Slash::Pick(2)));
        assert_eq!(parse("/md *a*"), Line::Do(Slash::Markdown("*a*".to_owned())));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |line: &str| match parse(line) {
            Line::Wrong(says) => says,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(
            wrong("/frob"),
            "There is no /frob; /help lists what there is, //frob sends it as a message"
        );
        assert_eq!(wrong("/drop now"), "/drop takes nothing, or seconds up to 3600, not \"now\"");
        assert_eq!(wrong("/resend 12"), "/resend takes a message such as m12, or nothing, not \"12\"");
        assert_eq!(wrong("/online now"), "/online takes nothing behind it");
        assert_eq!(wrong("/history 0"), "/history takes a number, not \"0\"");
        assert_eq!(wrong("/attach"), "/attach needs a path");
        assert_eq!(
            wrong("/save label"),
            "/save takes the number of a file, as it stands before its name, not \"label\""
        );
        assert_eq!(wrong("/receipts"), "/receipts needs on or off");
        assert_eq!(wrong("/reset now"), "/reset takes nothing behind it");
        assert_eq!(wrong("/pick"), "/pick needs the number of an option");
    }

    #[test]
    fn every_command_of_the_help_is_known() {
        for (usage, _) in HELP.iter().filter(|(usage, _)| !usage.starts_with("//")) {
            let line = [("[SECONDS]", ""), ("[FOLDER]", ""), ("[N]", ""), ("[mN]", ""), ("on|off", "on")]
                .into_iter()
                .fold(usage.replace(" N", " 1"), |line, (what, with)| line.replace(what, with));
            assert!(matches!(parse(&line), Line::Do(_)), "{usage}");
        }
    }
}
