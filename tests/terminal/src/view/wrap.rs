//! Breaking styled text into rows of a width, and a little Markdown.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use crate::input::width;

/// Breaks text at blanks, or where there are none anywhere; a line break in it is one.
pub(crate) fn wrap(spans: &[Span<'_>], columns: usize) -> Vec<Line<'static>> {
    let columns = columns.max(2);
    let mut rows = vec![Row::default()];
    for span in spans {
        for (nth, line) in span.content.split('\n').enumerate() {
            if nth > 0 {
                rows.push(Row::default());
            }
            for word in line.split_word_bounds() {
                put(&mut rows, word, span.style, columns);
            }
        }
    }
    rows.into_iter().map(|row| Line::from(row.spans)).collect()
}

/// The same for text of one style.
pub(crate) fn wrap_text(text: &str, style: Style, columns: usize) -> Vec<Line<'static>> {
    wrap(&[Span::styled(text, style)], columns)
}

#[derive(Default)]
struct Row {
    spans: Vec<Span<'static>>,
    used: usize,
}

impl Row {
    fn push(&mut self, text: &str, style: Style) {
        self.used += width(text);
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push_str(text),
            _ => self.spans.push(Span::styled(text.to_owned(), style)),
        }
    }

    /// Takes the last word back off the row, where a blank stands before it.
    fn take_word(&mut self) -> Vec<Span<'static>> {
        let cut = self
            .spans
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, span)| span.content.rfind(' ').map(|blank| (at, blank + 1)));
        let Some((at, start)) = cut else { return Vec::new() };
        let mut taken = self.spans.split_off(at);
        if let Some(first) = taken.first_mut() {
            let tail = first.content.to_mut().split_off(start);
            let head = core::mem::replace(&mut first.content, tail.into());
            self.spans.push(Span::styled(head, first.style));
        }
        taken.retain(|span| !span.content.is_empty());
        self.used = self.spans.iter().map(Span::width).sum();
        taken
    }
}

fn put(rows: &mut Vec<Row>, word: &str, style: Style, columns: usize) {
    let Some(row) = rows.last_mut() else { return };
    if row.used + width(word) <= columns {
        row.push(word, style);
        return;
    }
    if word.chars().all(|c| c == ' ') {
        // Blanks at the end of a row are its end.
        return rows.push(Row::default());
    }
    // What hangs together with this word, such as a quotation mark before it, moves with it.
    let mut next = Row::default();
    for span in row.take_word() {
        next.push(&span.content, span.style);
    }
    if row.used > 0 || next.used > 0 {
        rows.push(next);
    }
    for grapheme in word.graphemes(true) {
        let Some(row) = rows.last_mut() else { return };
        if row.used + width(grapheme) > columns {
            rows.push(Row::default());
        }
        if let Some(row) = rows.last_mut() {
            row.push(grapheme, style);
        }
    }
}

/// Strong, emphasis, code and list marks; all else stays as it is written.
pub(crate) fn markdown(text: &str, base: Style) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for (nth, line) in text.split('\n').enumerate() {
        if nth > 0 {
            spans.push(Span::styled("\n", base));
        }
        let heading = line.trim_start_matches('#');
        let line = match line.trim_start().strip_prefix("- ").or_else(|| line.trim_start().strip_prefix("* "))
        {
            Some(point) => {
                spans.push(Span::styled("• ", base));
                point
            }
            None if heading.len() < line.len() && heading.starts_with(' ') => {
                spans.push(Span::styled(heading.trim().to_owned(), base.add_modifier(Modifier::BOLD)));
                continue;
            }
            None => line,
        };
        inline(line, base, &mut spans);
    }
    spans
}

fn inline(line: &str, base: Style, spans: &mut Vec<Span<'static>>) {
    let marks = [("**", Modifier::BOLD), ("`", Modifier::REVERSED), ("*", Modifier::ITALIC)];
    let mut rest = line;
    while !rest.is_empty() {
        let found = marks.iter().find_map(|(mark, modifier)| {
            let (inside, behind) = rest.strip_prefix(mark)?.split_once(mark)?;
            let fits = !inside.is_empty() && !inside.starts_with(' ') && !inside.ends_with(' ');
            fits.then_some((inside, behind, *modifier))
        });
        if let Some((inside, behind, modifier)) = found {
            spans.push(Span::styled(inside.to_owned(), base.add_modifier(modifier)));
            rest = behind;
        } else {
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let end = rest[first..].find(['*', '`']).map_or(rest.len(), |at| first + at);
            spans.push(Span::styled(rest[..end].to_owned(), base));
            rest = &rest[end..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, columns: usize) -> Vec<String> {
        wrap_text(text, Style::new(), columns).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn breaks_at_blanks() {
        assert_eq!(rows("the quick brown fox", 10), ["the quick ", "brown fox"]);
        assert_eq!(rows("exactly ten", 11), ["exactly ten"]);
        assert_eq!(rows("a\n\nb", 10), ["a", "", "b"]);
        assert_eq!(rows("", 10), [""]);
    }

    #[test]
    fn keeps_marks_with_their_words() {
        assert_eq!(rows("he said \"yes\"!", 10), ["he said ", "\"yes\"!"]);
    }

    #[test]
    fn breaks_a_long_word_where_it_must() {
        assert_eq!(rows("https://shop.example/a", 8), ["https://", "shop.exa", "mple/a"]);
        assert_eq!(rows("日本語です", 5), ["日本", "語で", "す"]);
    }

    #[test]
    fn no_row_is_ever_too_wide() {
        let text = "Say \"help\", 日本語 and https://a.example/long/path?x=1 — a👩‍👩‍👧b e\u{301}e\u{301}   done.";
        for columns in 2..60 {
            for row in rows(text, columns) {
                assert!(width(row.trim_end()) <= columns, "{columns}: {row:?}");
            }
        }
    }

    #[test]
    fn a_little_markdown() {
        let spans = markdown("**Your** *order*: `A-1`\n- 2 * 3 * 4", Style::new());
        let texts: Vec<_> = spans.iter().map(|span| span.content.as_ref()).collect();
        assert_eq!(texts, ["Your", " ", "order", ": ", "A-1", "\n", "• ", "2 ", "* 3 ", "* 4"]);
        assert_eq!(spans[0].style, Style::new().add_modifier(Modifier::BOLD));
    }
}
