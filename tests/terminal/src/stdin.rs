//! Lines from stdin, read by a thread of their own: a runtime cannot take back a read that blocks.

use std::io::{BufRead, ErrorKind};

use async_channel::{Receiver, bounded};

/// The longest line that is taken, in bytes.
pub(crate) const LONGEST: usize = 1024 * 1024;

/// A line, or why it is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Line(String),
    /// Longer than [`LONGEST`]; none of it was kept.
    TooLong,
    /// Not UTF-8.
    NotText,
    /// Stdin broke; nothing more comes.
    Broken(String),
}

/// The lines of stdin; none when it has ended.
pub(crate) fn lines() -> Receiver<Input> {
    let (sender, lines) = bounded(16);
    std::thread::spawn(move || read(std::io::stdin().lock(), |line| sender.send_blocking(line).is_ok()));
    lines
}

/// The next line, or none where they have ended; where there is an end to come back from, `wanted` is false and
/// it waits for ever.
pub(crate) async fn line(lines: &Receiver<Input>, wanted: bool) -> Option<Input> {
    if wanted { lines.recv().await.ok() } else { core::future::pending().await }
}

/// Reads until the end, or until nobody wants more.
fn read(mut from: impl BufRead, mut give: impl FnMut(Input) -> bool) {
    let (mut line, mut dropped) = (Vec::new(), false);
    loop {
        let (used, ended) = match from.fill_buf() {
            Ok([]) => break,
            Ok(bytes) => {
                let end = bytes.iter().position(|byte| *byte == b'\n');
                let part = &bytes[..end.unwrap_or(bytes.len())];
                if dropped || line.len() + part.len() > LONGEST {
                    dropped = true;
                    line = Vec::new();
                } else {
                    line.extend_from_slice(part);
                }
                (end.map_or(bytes.len(), |end| end + 1), end.is_some())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => (0, false),
            Err(error) => {
                give(Input::Broken(error.to_string()));
                return;
            }
        };
        from.consume(used);
        if ended && !give(finish(&mut line, &mut dropped)) {
            return;
        }
    }
    if dropped || !line.is_empty() {
        give(finish(&mut line, &mut dropped));
    }
}

fn finish(line: &mut Vec<u8>, dropped: &mut bool) -> Input {
    if core::mem::take(dropped) {
        return Input::TooLong;
    }
    let mut line = core::mem::take(line);
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map_or(Input::NotText, Input::Line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<Input> {
        let mut found = Vec::new();
        let small = std::io::BufReader::with_capacity(7, bytes);
        read(small, |line| {
            found.push(line);
            true
        });
        found
    }

    fn line(text: &str) -> Input {
        Input::Line(text.to_owned())
    }

    #[test]
    fn lines_are_told_apart() {
        assert_eq!(all(b"one\ntwo\r\n\nlast one"), [line("one"), line("two"), line(""), line("last one")]);
        assert_eq!(all(b""), []);
    }

    #[test]
    fn a_line_at_the_limit_is_taken_and_a_longer_one_is_not_kept() {
        let mut bytes = vec![b'a'; LONGEST];
        bytes.push(b'\n');
        assert_eq!(all(&bytes), [line(&"a".repeat(LONGEST))]);
        bytes.insert(0, b'a');
        bytes.extend_from_slice(b"next");
        assert_eq!(all(&bytes), [Input::TooLong, line("next")]);
    }

    #[test]
    fn bytes_that_are_no_text_spoil_one_line() {
        assert_eq!(all(b"\xff\xfe\nnext\n"), [Input::NotText, line("next")]);
    }
}
