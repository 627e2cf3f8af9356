//! One channel of a practice asset, without its network: bytes go in, bytes come
//! out. With a terminal, lines are edited and echoed; without, they are only read.

use std::time::Duration;

use super::console::{Console, Reply};
use super::line::{LONGEST, Line, Typed};

/// What is to be sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
    /// The interpreter is done, with this exit status.
    pub(super) exit: Option<u8>,
}

/// An interpreter that somebody is typing at.
pub(super) struct Terminal {
    console: Box<dyn Console>,
    mode: Mode,
    status: u8,
}

enum Mode {
    /// A terminal, with an editor for its line.
    Edited(Line),
    /// Lines from a pipe.
    Plain(Vec<u8>),
}

impl Terminal {
    /// A shell for somebody with a terminal (`pty`) or a pipe.
    pub(super) fn new(console: Box<dyn Console>, pty: bool) -> Self {
        let mode = if pty {
            Mode::Edited(Line::default())
        } else {
            Mode::Plain(Vec::new())
        };
        Self {
            console,
            mode,
            status: 0,
        }
    }

    /// What is shown before the first key.
    pub(super) fn greet(&self) -> Sent {
        let mut sent = Sent::default();
        if let Mode::Edited(_) = self.mode {
            sent.out = with_returns(&(self.console.greeting() + &self.console.prompt()));
        }
        sent
    }

    /// Takes bytes up to the end of one line, so that what a line says can be
    /// sent before the next one is read. Gives back how many it took.
    pub(super) fn take(&mut self, input: &[u8], uptime: Duration) -> (usize, Sent) {
        let mut sent = Sent::default();
        for (index, byte) in input.iter().enumerate() {
            let typed = match &mut self.mode {
                Mode::Edited(line) => line.take(*byte, &mut sent.out),
                Mode::Plain(line) => plain(line, *byte),
            };
            match typed {
                Typed::More => continue,
                Typed::GivenUp => self.status = 130,
                Typed::End => sent.exit = Some(self.status),
                Typed::Line(line) => self.run(&line, uptime, &mut sent),
            }
            if sent.exit.is_none() {
                self.prompt(&mut sent);
            }
            return (index + 1, sent);
        }
        (input.len(), sent)
    }

    /// The sender has said that nothing more comes.
    pub(super) fn end_of_input(&mut self, uptime: Duration) -> Sent {
        let mut sent = Sent::default();
        if let Mode::Plain(line) = &mut self.mode {
            let line = std::mem::take(line);
            if !line.is_empty() {
                self.run(&String::from_utf8_lossy(&line), uptime, &mut sent);
            }
        }
        sent.exit = sent.exit.or(Some(self.status));
        sent
    }

    fn run(&mut self, line: &str, uptime: Duration, sent: &mut Sent) {
        let reply = self.console.run(line, uptime);
        self.status = reply.status;
        match self.mode {
            Mode::Edited(_) => {
                sent.out.extend(with_returns(&reply.out));
                // A terminal has one stream.
                sent.out.extend(with_returns(&reply.err));
            }
            Mode::Plain(_) => {
                sent.out.extend_from_slice(reply.out.as_bytes());
                sent.err.extend_from_slice(reply.err.as_bytes());
            }
        }
        if reply.ends {
            sent.exit = Some(reply.status);
        }
    }

    fn prompt(&self, sent: &mut Sent) {
        if let Mode::Edited(_) = self.mode {
            sent.out.extend_from_slice(self.console.prompt().as_bytes());
        }
    }
}

/// What one command says when nobody types: an SSH exec request.
pub(super) fn execute(
    mut console: Box<dyn Console>,
    command: &str,
    pty: bool,
    uptime: Duration,
) -> Sent {
    let Reply {
        out,
        err,
        status,
        ends: _,
    } = console.run(command, uptime);
    let (out, err) = if pty {
        (with_returns(&(out + &err)), Vec::new())
    } else {
        (out.into_bytes(), err.into_bytes())
    };
    Sent {
        out,
        err,
        exit: Some(status),
    }
}

fn plain(line: &mut Vec<u8>, byte: u8) -> Typed {
    match byte {
        b'\n' => {
            let line = String::from_utf8_lossy(&std::mem::take(line)).into_owned();
            Typed::Line(line.trim_end_matches('\r').to_owned())
        }
        _ => {
            if line.len() < LONGEST {
                line.push(byte);
            }
            Typed::More
        }
    }
}

fn with_returns(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says each line back, and ends on `bye`.
    struct Echo;
    impl Console for Echo {
        fn greeting(&self) -> String {
            "hello\n".to_owned()
        }
        fn prompt(&self) -> String {
            "> ".to_owned()
        }
        fn run(&mut self, line: &str, _: Duration) -> Reply {
            match line {
                "bye" => Reply::end(7),
                "bad" => Reply::failed(2, "bad\n"),
                line => Reply::out(format!("{line}\n")),
            }
        }
    }

    fn feed(terminal: &mut Terminal, mut input: &[u8]) -> (String, String, Option<u8>) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        loop {
            let (taken, sent) = terminal.take(input, Duration::ZERO);
            out.extend(sent.out);
            err.extend(sent.err);
            input = &input[taken..];
            if sent.exit.is_some() || input.is_empty() {
                let text = |b: Vec<u8>| String::from_utf8(b).expect("text");
                return (text(out), text(err), sent.exit);
            }
        }
    }

    #[test]
    fn a_terminal_is_greeted_prompted_and_echoed() {
        let mut terminal = Terminal::new(Box::new(Echo), true);
        assert_eq!(terminal.greet().out, b"hello\r\n> ");
        let (out, err, exit) = feed(&mut terminal, b"one\rbad\rbye\rnever\r");
        assert_eq!(out, "one\r\none\r\n> bad\r\nbad\r\n> bye\r\n");
        assert_eq!((err.as_str(), exit), ("", Some(7)));
    }

    #[test]
    fn a_pipe_gets_answers_only_and_errors_apart() {
        let mut terminal = Terminal::new(Box::new(Echo), false);
        assert_eq!(terminal.greet(), Sent::default());
        let (out, err, exit) = feed(&mut terminal, b"one\nbad\nlast");
        assert_eq!((out.as_str(), err.as_str(), exit), ("one\n", "bad\n", None));
        let end = terminal.end_of_input(Duration::ZERO);
        assert_eq!(
            (end.out.as_slice(), end.exit),
            (b"last\n".as_slice(), Some(0))
        );
    }

    #[test]
    fn ctrl_c_gives_up_a_line_and_ctrl_d_leaves_with_the_last_status() {
        let mut terminal = Terminal::new(Box::new(Echo), true);
        let (out, _, exit) = feed(&mut terminal, b"xy\x03\x04");
        assert_eq!((out.as_str(), exit), ("xy^C\r\n> ", Some(130)));
    }

    #[test]
    fn one_line_is_answered_before_the_next_is_read() {
        let mut terminal = Terminal::new(Box::new(Echo), false);
        assert_eq!(terminal.take(b"one\ntwo\n", Duration::ZERO).0, 4);
    }

    #[test]
    fn one_command() {
        let sent = execute(Box::new(Echo), "bad", false, Duration::ZERO);
        assert_eq!(
            (sent.err.as_slice(), sent.exit),
            (b"bad\n".as_slice(), Some(2))
        );
        let sent = execute(Box::new(Echo), "a", true, Duration::ZERO);
        assert_eq!(sent.out, b"a\r\n");
    }
}
