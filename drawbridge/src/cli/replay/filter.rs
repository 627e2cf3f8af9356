//! What of a recorded terminal stream may act on another terminal: what it
//! shows, and nothing else. A replayed query would make the auditor's terminal
//! type its answer, a replayed OSC 52 would fill their clipboard.
//!
//! Control sequences are those of ECMA-48 and of xterm (ctlseqs).

/// A longer control sequence is none that a terminal knows, in characters.
const LONGEST: usize = 256;

/// Takes the stream in pieces; a sequence may be cut anywhere.
#[derive(Debug, Default)]
pub(super) struct Filter {
    state: State,
    /// The sequence so far, from its introducer on.
    held: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Escape,
    /// After `ESC [`.
    Control,
    /// Inside OSC, DCS, SOS, PM or APC: none of them is shown.
    Text7,
    /// The same after an ESC, which may be the half of its end.
    Text7Escape,
}

impl Filter {
    /// What of `text` may be shown.
    pub(super) fn pass(&mut self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            self.take(c, &mut shown);
        }
        shown
    }

    fn take(&mut self, c: char, shown: &mut String) {
        match self.state {
            State::Text => self.text(c, shown),
            State::Escape => self.escape(c, shown),
            State::Control => self.control(c, shown),
            State::Text7 => match c {
                '\u{1b}' => self.state = State::Text7Escape,
                '\u{7}' | '\u{9c}' | '\u{18}' | '\u{1a}' => self.state = State::Text,
                _ => {}
            },
            State::Text7Escape => {
                self.state = State::Text;
                if c != '\\' {
                    self.begin("\u{1b}", State::Escape);
                    self.escape(c, shown);
                }
            }
        }
    }

    fn begin(&mut self, introducer: &str, state: State) {
        self.held.clear();
        self.held.push_str(introducer);
        self.state = state;
    }

    fn text(&mut self, c: char, shown: &mut String) {
        match c {
            '\u{1b}' => self.begin("\u{1b}", State::Escape),
            // The same controls as one character (C1); few terminals take them,
            // and none needs them.
            '\u{9b}' => self.begin("\u{1b}[", State::Control),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => self.state = State::Text7,
            // ENQ asks for the answerback; C1 is left out whole.
            '\u{5}' | '\u{80}'..='\u{9f}' => {}
            c => shown.push(c),
        }
    }

    fn escape(&mut self, c: char, shown: &mut String) {
        match c {
            '[' => self.begin("\u{1b}[", State::Control),
            ']' | 'P' | 'X' | '^' | '_' => self.state = State::Text7,
            '\u{1b}' => self.begin("\u{1b}", State::Escape),
            // DECID asks who the terminal is.
            'Z' => self.state = State::Text,
            // Intermediates, of a character set and the like, come before the end.
            ' '..='/' if self.held.len() < LONGEST => self.held.push(c),
            '0'..='~' => self.end(c, shown),
            c => self.odd(c, shown),
        }
    }

    fn control(&mut self, c: char, shown: &mut String) {
        match c {
            ' '..='?' if self.held.len() < LONGEST => self.held.push(c),
            '@'..='~' => {
                if shows(self.held.get(2..).unwrap_or_default(), c) {
                    self.end(c, shown);
                } else {
                    self.state = State::Text;
                }
            }
            '\u{1b}' => self.begin("\u{1b}", State::Escape),
            c => self.odd(c, shown),
        }
    }

    fn end(&mut self, c: char, shown: &mut String) {
        shown.push_str(&self.held);
        shown.push(c);
        self.state = State::Text;
    }

    /// A control inside a sequence acts at once, and does not end it; anything
    /// else means that it was no sequence.
    fn odd(&mut self, c: char, shown: &mut String) {
        if matches!(c, '\u{8}'..='\u{d}') {
            shown.push(c);
            return;
        }
        self.state = State::Text;
        if !matches!(c, '\u{18}' | '\u{1a}') {
            self.text(c, shown);
        }
    }
}

/// Whether a control sequence only changes what is shown.
fn shows(parameters: &str, end: char) -> bool {
    let private = parameters.starts_with(['<', '=', '>', '?']);
    let intermediate = parameters.contains(|c| matches!(c, ' '..='/'));
    match end {
        // Cursor, erasing, inserting, scrolling, tabs, attributes, margins.
        '@' | 'A'..='Z' | '`' | 'a' | 'b' | 'd'..='f' | 'g' | 's' => {
            !intermediate && parameters.len() < 64
        }
        'm' | 'r' => !private && !intermediate,
        'h' | 'l' => !intermediate && parameters.split(['?', ';']).all(|mode| !reports(mode)),
        // Restores the cursor; with a prefix it speaks of the keyboard.
        'u' => parameters.is_empty(),
        // The cursor's form, and a soft reset.
        'q' => parameters.ends_with(' '),
        'p' => parameters == "!",
        // Queries (c n x t y z w), the printer (i), and what is not known.
        _ => false,
    }
}

/// Modes in which a terminal tells of the mouse, the focus, pasting or its size.
fn reports(mode: &str) -> bool {
    matches!(
        mode,
        "9" | "1000"
            | "1001"
            | "1002"
            | "1003"
            | "1004"
            | "1005"
            | "1006"
            | "1007"
            | "1015"
            | "1016"
            | "2004"
            | "2031"
            | "2048"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(text: &str) -> String {
        Filter::default().pass(text)
    }

    #[test]
    fn what_is_shown_passes() {
        for text in [
            "plain ø 漢\r\n\ttab\u{8}\u{7}",
            "\u{1b}[31;1mred\u{1b}[0m\u{1b}[38;2;1;2;3mtrue\u{1b}[4:3mcurly",
            "\u{1b}[2J\u{1b}[H\u{1b}[10;20H\u{1b}[K\u{1b}[3A\u{1b}[?25l\u{1b}[?1049h\u{1b}[5;10r",
            "\u{1b}7\u{1b}8\u{1b}M\u{1b}(0\u{1b})B\u{1b}=\u{1b}>\u{1b}c\u{1b}#8",
            "\u{1b}[s\u{1b}[u\u{1b}[2 q\u{1b}[!p\u{1b}[3g\u{1b}[1P\u{1b}[1@\u{1b}[4h\u{1b}[6X",
        ] {
            assert_eq!(pass(text), text);
        }
    }

    #[test]
    fn what_answers_or_acts_does_not() {
        for text in [
            "\u{1b}[c",
            "\u{1b}[0c",
            "\u{1b}[>c",
            "\u{1b}[=c",
            "\u{9b}c",
            "\u{1b}Z",
            "\u{5}",
            "\u{1b}[5n",
            "\u{1b}[6n",
            "\u{1b}[?6n",
            "\u{1b}[?996n",
            "\u{1b}[x",
            "\u{1b}[14t",
            "\u{1b}[21t",
            "\u{1b}[8;1;1t",
            "\u{1b}[?1$p",
            "\u{1b}[>q",
            "\u{1b}[?u",
            "\u{1b}[>1u",
            "\u{1b}[1;1;1;1;1;1*y",
            "\u{1b}[1$w",
            "\u{1b}[?m",
            "\u{1b}[5i",
            "\u{1b}]52;c;ZXZpbA==\u{7}",
            "\u{1b}]52;c;?\u{1b}\\",
            "\u{1b}]0;title\u{9c}",
            "\u{9d}52;c;ZXZpbA==\u{7}",
            "\u{1b}]10;?\u{7}",
            "\u{1b}]8;;http://evil\u{7}",
            "\u{1b}P$qm\u{1b}\\",
            "\u{1b}P+q544e\u{1b}\\",
            "\u{90}$qm\u{9c}",
            "\u{1b}_apc\u{1b}\\",
            "\u{1b}^pm\u{1b}\\",
            "\u{1b}Xsos\u{1b}\\",
            "\u{1b}[?1000h",
            "\u{1b}[?1002;1006h",
            "\u{1b}[?1004h",
            "\u{1b}[?2004h",
        ] {
            assert_eq!(pass(&format!("a{text}b")), "ab", "{text:?}");
        }
    }

    #[test]
    fn wherever_it_is_cut_the_same_passes() {
        let text = "a\u{1b}[31mb\u{1b}]52;c;eA==\u{1b}\\c\u{1b}[6nd\u{1b}(Be\u{1b}P1\u{1b}[1mf";
        let whole = pass(text);
        assert_eq!(whole, "a\u{1b}[31mbcd\u{1b}(Be\u{1b}[1mf");
        for (cut, _) in text.char_indices() {
            let mut filter = Filter::default();
            let (one, other) = text.split_at(cut);
            assert_eq!(filter.pass(one) + &filter.pass(other), whole, "{cut}");
        }
    }

    #[test]
    fn sequences_that_are_none() {
        for (text, expected) in [
            // A control within a sequence acts, and the sequence goes on.
            ("\u{1b}[3\n1mx", "\n\u{1b}[31mx"),
            ("\u{1b}[6\r\nnx", "\r\nx"),
            ("\u{1b}[3\u{18}x", "x"),
            ("\u{1b}\u{1b}[cx", "x"),
            ("\u{1b}[\u{1b}[31mx", "\u{1b}[31mx"),
            ("\u{1b}[3øx", "øx"),
        ] {
            assert_eq!(pass(text), expected, "{text:?}");
        }
        let endless = format!("\u{1b}[{}n", "1;".repeat(1000));
        assert!(!pass(&endless).contains('\u{1b}'));
        let mut filter = Filter::default();
        filter.pass(&format!("\u{1b}[{}", "1".repeat(100_000)));
        assert!(filter.held.len() <= LONGEST);
    }
}
