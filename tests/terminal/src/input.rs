//! The line that the user writes: text, cursor, history. Positions are bytes at borders of graphemes.

use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;

/// An editor of one text, which may have several lines.
#[derive(Debug, Default)]
pub(crate) struct Editor {
    text: String,
    cursor: usize,
    history: Vec<String>,
    /// Where in the history the user is, and what was being written before.
    browsing: Option<(usize, String)>,
    /// What was last cut, for putting back.
    cut: String,
}

/// Lines kept to come back to.
const HISTORY: usize = 200;
/// Bytes; more than any provider takes in one message.
const MOST: usize = 64 * 1024;

/// How many columns a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

impl Editor {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Puts text in at the cursor. What a terminal cannot show is left out.
    pub(crate) fn insert(&mut self, text: &str) {
        let text = crate::words::clean(&text.replace("\r\n", "\n").replace('\r', "\n"));
        if self.text.len() + text.len() <= MOST {
            self.text.insert_str(self.cursor, &text);
            self.cursor += text.len();
        }
    }

    /// Sets the text, the cursor at its end.
    pub(crate) fn set(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.cursor = self.text.len();
    }

    /// Takes the text away, and keeps it in the history.
    pub(crate) fn take(&mut self) -> String {
        let text = core::mem::take(&mut self.text);
        self.cursor = 0;
        self.browsing = None;
        if !text.trim().is_empty() && self.history.last() != Some(&text) {
            self.history.push(text.clone());
            if self.history.len() > HISTORY {
                self.history.remove(0);
            }
        }
        text
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |next| self.cursor + next.len())
    }

    fn word_before(&self) -> usize {
        let words = self.text[..self.cursor].split_word_bound_indices().rev();
        words.skip_while(|(_, word)| word.trim().is_empty()).map(|(at, _)| at).next().unwrap_or(0)
    }

    fn word_after(&self) -> usize {
        let words = self.text[self.cursor..].split_word_bound_indices();
        let word = words.into_iter().find(|(_, word)| !word.trim().is_empty());
        word.map_or(self.text.len(), |(at, word)| self.cursor + at + word.len())
    }

    fn line_start(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    pub(crate) fn left(&mut self) {
        self.cursor = self.before();
    }

    pub(crate) fn right(&mut self) {
        self.cursor = self.after();
    }

    pub(crate) fn word_left(&mut self) {
        self.cursor = self.word_before();
    }

    pub(crate) fn word_right(&mut self) {
        self.cursor = self.word_after();
    }

    pub(crate) fn home(&mut self) {
        self.cursor = self.line_start();
    }

    pub(crate) fn end(&mut self) {
        self.cursor = self.line_end();
    }

    pub(crate) fn backspace(&mut self) {
        let start = self.before();
        self.text.drain(start..self.cursor);
        self.cursor = start;
    }

    pub(crate) fn delete(&mut self) {
        let end = self.after();
        self.text.drain(self.cursor..end);
    }

    pub(crate) fn delete_word_left(&mut self) {
        self.cut_out(self.word_before(), self.cursor);
    }

    pub(crate) fn delete_word_right(&mut self) {
        self.cut_out(self.cursor, self.word_after());
    }

    pub(crate) fn delete_to_start(&mut self) {
        self.cut_out(self.line_start(), self.cursor);
    }

    pub(crate) fn delete_to_end(&mut self) {
        self.cut_out(self.cursor, self.line_end());
    }

    /// Puts back what was last cut.
    pub(crate) fn yank(&mut self) {
        let cut = self.cut.clone();
        self.insert(&cut);
    }

    fn cut_out(&mut self, start: usize, end: usize) {
        if start < end {
            self.cut = self.text.drain(start..end).collect();
            self.cursor = start;
        }
    }

    /// A row up, or back in the history from the first row.
    pub(crate) fn up(&mut self, columns: usize) {
        let (rows, (row, column)) = self.rows(columns);
        match row.checked_sub(1).and_then(|row| rows.get(row)) {
            Some(row) => self.cursor = row.position(&self.text, column),
            None => self.older(),
        }
    }

    /// A row down, or forth in the history from the last row.
    pub(crate) fn down(&mut self, columns: usize) {
        let (rows, (row, column)) = self.rows(columns);
        match rows.get(row + 1) {
            Some(row) => self.cursor = row.position(&self.text, column),
            None => self.newer(),
        }
    }

    fn older(&mut self) {
        let (at, draft) = match self.browsing.take() {
            Some((at, draft)) => (at.saturating_sub(1), draft),
            None => match self.history.len().checked_sub(1) {
                Some(last) => (last, self.text.clone()),
                None => return,
            },
        };
        if let Some(text) = self.history.get(at).cloned() {
            self.set(&text);
        }
        self.browsing = Some((at, draft));
    }

    fn newer(&mut self) {
        let Some((at, draft)) = self.browsing.take() else {
            return;
        };
        match self.history.get(at + 1).cloned() {
            Some(text) => {
                self.set(&text);
                self.browsing = Some((at + 1, draft));
            }
            None => self.set(&draft),
        }
    }

    /// The rows that the text takes at a width, and row and column of the cursor.
    pub(crate) fn rows(&self, columns: usize) -> (Vec<Row>, (usize, usize)) {
        let columns = columns.max(2);
        let mut rows = Vec::new();
        let (mut row, mut used) = (Row { start: 0, end: 0 }, 0);
        let mut cursor = None;
        for (at, grapheme) in self.text.grapheme_indices(true) {
            let wide = if grapheme == "\n" { 0 } else { width(grapheme) };
            if used + wide > columns {
                row.end = at;
                rows.push(core::mem::replace(&mut row, Row { start: at, end: at }));
                used = 0;
            }
            if at == self.cursor {
                cursor = Some((rows.len(), used));
            }
            used += wide;
            row.end = at + grapheme.len();
            if grapheme == "\n" {
                row.end = at;
                rows.push(core::mem::replace(&mut row, Row { start: at + 1, end: at + 1 }));
                used = 0;
            }
        }
        rows.push(row);
        if cursor.is_none() && used >= columns {
            // The cursor behind a full row stands at the beginning of the next.
            rows.push(Row { start: self.text.len(), end: self.text.len() });
            used = 0;
        }
        let cursor = cursor.unwrap_or((rows.len() - 1, used));
        (rows, cursor)
    }
}

/// A part of the text on one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    start: usize,
    end: usize,
}

impl Row {
    pub(crate) fn text<'text>(&self, whole: &'text str) -> &'text str {
        whole.get(self.start..self.end).unwrap_or_default()
    }

    /// The position at a column, or at the row's end.
    fn position(&self, whole: &str, column: usize) -> usize {
        let mut used = 0;
        for (at, grapheme) in self.text(whole).grapheme_indices(true) {
            used += width(grapheme);
            if used > column {
                return self.start + at;
            }
        }
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editor(text: &str) -> Editor {
        let mut editor = Editor::default();
        editor.insert(text);
        editor
    }

    #[test]
    fn whole_graphemes_are_moved_over_and_deleted() {
        let mut editor = editor("a👩‍👩‍👧e\u{301}");
        editor.backspace();
        assert_eq!(editor.text(), "a👩‍👩‍👧");
        editor.left();
        editor.delete();
        assert_eq!(editor.text(), "a");
    }

    #[test]
    fn words_are_moved_over_and_deleted() {
        let mut editor = editor("one two,  three");
        editor.delete_word_left();
        assert_eq!(editor.text(), "one two,  ");
        editor.yank();
        editor.word_left();
        editor.word_left();
        editor.word_left();
        editor.insert("x");
        assert_eq!(editor.text(), "one xtwo,  three");
        editor.delete_to_end();
        editor.delete_to_start();
        assert_eq!(editor.text(), "");
    }

    #[test]
    fn history_keeps_the_draft() {
        let mut editor = editor("first");
        editor.take();
        editor.insert("second");
        editor.take();
        editor.insert("dra");
        editor.up(80);
        editor.up(80);
        editor.up(80);
        assert_eq!(editor.text(), "first");
        editor.down(80);
        assert_eq!(editor.text(), "second");
        editor.down(80);
        assert_eq!(editor.text(), "dra");
    }

    #[test]
    fn rows_count_columns_and_not_characters() {
        let editor = editor("日本語ab\ncd");
        let (rows, cursor) = editor.rows(5);
        let texts: Vec<_> = rows.iter().map(|row| row.text(editor.text())).collect();
        assert_eq!(texts, ["日本", "語ab", "cd"]);
        assert_eq!(cursor, (2, 2));
    }

    #[test]
    fn the_cursor_behind_a_full_row_is_on_the_next() {
        let mut editor = editor("abcd");
        assert_eq!(editor.rows(4).1, (1, 0));
        editor.up(4);
        editor.right();
        editor.insert("-");
        assert_eq!(editor.text(), "a-bcd");
    }

    #[test]
    fn a_paste_loses_what_steers_the_terminal() {
        assert_eq!(editor("a\r\nb\rc\u{1b}[0m").text(), "a\nb\nc[0m");
    }
}
