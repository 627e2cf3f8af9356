//! A practice shell that looks like Linux: a few commands over a tree that can't
//! be changed.

use std::fmt::Write;
use std::time::Duration;

use super::console::{Console, Reply};
use super::tree::{HOME, Node, find, resolve};

const HELP: &str = "\
A practice shell. It knows:
cat FILE...   cd [DIR]   echo TEXT   exit [STATUS]   help   hostname
ls [-l] [PATH...]   ps   pwd   uname [-a]   uptime   whoami
";
const GREETING: &str =
    "Drawbridge practice shell: a few commands, and nothing to break. Type 'help'.\n";
const PS: &str = "  PID TTY          TIME CMD
    1 ?        00:00:04 init
  212 ?        00:03:51 historian
  240 ?        00:00:00 sshd
  312 pts/0    00:00:00 sh
  313 pts/0    00:00:00 ps
";
/// As a shell says it: no such command.
const NOT_FOUND: u8 = 127;

/// A Linux-like shell.
pub(super) struct Shell {
    here: String,
    status: u8,
}

impl Shell {
    pub(super) fn new() -> Self {
        Self {
            here: HOME.to_owned(),
            status: 0,
        }
    }

    fn execute(&mut self, words: &[String], uptime: Duration) -> Reply {
        let Some((command, arguments)) = words.split_first() else {
            return Reply {
                status: self.status,
                ..Reply::default()
            };
        };
        match command.as_str() {
            "cat" => self.cat(arguments),
            "cd" => self.cd(arguments.first().map_or("~", String::as_str)),
            "echo" => Reply::out(arguments.join(" ") + "\n"),
            "exit" | "logout" => self.exit(arguments.first()),
            "help" => Reply::out(HELP),
            "hostname" => Reply::out("hist-1\n"),
            "ls" => self.ls(arguments),
            "ps" => Reply::out(PS),
            "pwd" => Reply::out(format!("{}\n", self.here)),
            "true" => Reply::default(),
            "false" => Reply::failed(1, ""),
            "uname" => Reply::out(match arguments.first() {
                None => "Linux\n",
                Some(_) => "Linux hist-1 6.12.0-practice #1 SMP x86_64 GNU/Linux\n",
            }),
            "uptime" => Reply::out(format!(
                " up {} min,  1 user,  load average: 0.04, 0.03, 0.00\n",
                uptime.as_secs() / 60
            )),
            "whoami" => Reply::out("service\n"),
            other => Reply::failed(NOT_FOUND, format!("sh: {}: not found\n", clean(other))),
        }
    }

    fn cat(&self, files: &[String]) -> Reply {
        if files.is_empty() {
            return Reply::failed(2, "cat: name a file; this practice shell reads no input\n");
        }
        let mut reply = Reply::default();
        for file in files {
            match find(&resolve(&self.here, file)) {
                Some(Node::File(text)) => reply.out.push_str(text),
                Some(Node::Dir(_)) => complain(&mut reply, "cat", file, "Is a directory"),
                None => complain(&mut reply, "cat", file, "No such file or directory"),
            }
        }
        reply
    }

    fn cd(&mut self, path: &str) -> Reply {
        let there = resolve(&self.here, path);
        match find(&there) {
            Some(Node::Dir(_)) => {
                self.here = there;
                Reply::default()
            }
            Some(Node::File(_)) => {
                Reply::failed(1, format!("cd: {}: Not a directory\n", clean(path)))
            }
            None => Reply::failed(
                1,
                format!("cd: {}: No such file or directory\n", clean(path)),
            ),
        }
    }

    fn exit(&self, status: Option<&String>) -> Reply {
        match status.map(|s| s.parse::<u8>()) {
            None => Reply::end(self.status),
            Some(Ok(status)) => Reply::end(status),
            Some(Err(_)) => Reply {
                err: "exit: write 0 to 255\n".to_owned(),
                ..Reply::end(2)
            },
        }
    }

    fn ls(&self, arguments: &[String]) -> Reply {
        let (options, mut paths): (Vec<_>, Vec<_>) = arguments
            .iter()
            .map(String::as_str)
            .partition(|a| a.starts_with('-'));
        let long = options.iter().any(|o| o.contains('l'));
        if paths.is_empty() {
            paths.push(".");
        }
        let several = paths.len() > 1;
        let mut reply = Reply::default();
        for path in paths {
            match find(&resolve(&self.here, path)) {
                Some(Node::Dir(entries)) => {
                    if several {
                        let _ = writeln!(reply.out, "{}:", clean(path));
                    }
                    for (name, node) in entries {
                        entry(&mut reply.out, name, *node, long);
                    }
                }
                Some(file) => entry(&mut reply.out, &clean(path), file, long),
                None => complain(&mut reply, "ls", path, "No such file or directory"),
            }
        }
        reply
    }
}

impl Console for Shell {
    fn greeting(&self) -> String {
        GREETING.to_owned()
    }

    fn prompt(&self) -> String {
        let here = self
            .here
            .strip_prefix(HOME)
            .map_or_else(|| self.here.clone(), |r| format!("~{r}"));
        format!("service@hist-1:{here}$ ")
    }

    fn run(&mut self, line: &str, uptime: Duration) -> Reply {
        let reply = match words(line) {
            Some(words) => self.execute(&words, uptime),
            None => Reply::failed(2, "sh: a quotation mark is missing\n"),
        };
        self.status = reply.status;
        reply
    }
}

/// The words of a line; quotation marks hold spaces together. `None` when one is
/// not closed.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            Some(_) | None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

fn complain(reply: &mut Reply, command: &str, path: &str, what: &str) {
    let _ = writeln!(reply.err, "{command}: {}: {what}", clean(path));
    reply.status = 1;
}

/// Control characters are not sent back to where they would act.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn entry(out: &mut String, name: &str, node: Node, long: bool) {
    let _ = match (long, node) {
        (false, _) => writeln!(out, "{name}"),
        (true, Node::Dir(_)) => writeln!(out, "dr-xr-xr-x  root root  {:>5} {name}", 0),
        (true, Node::File(text)) => {
            writeln!(out, "-r--r--r--  root root  {:>5} {name}", text.len())
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> Reply {
        Shell::new().run(line, Duration::from_secs(130))
    }

    #[test]
    fn commands() {
        for (line, out) in [
            ("", ""),
            ("pwd", "/home/service\n"),
            ("whoami", "service\n"),
            ("echo  a   'b  c' \"d\"", "a b  c d\n"),
            ("echo ''", "\n"),
            ("uname", "Linux\n"),
            ("ls", "README.txt\nhandover.txt\n"),
            ("ls /etc/hostname", "/etc/hostname\n"),
            (
                "ls -l /var",
                "dr-xr-xr-x  root root      0 log\ndr-xr-xr-x  root root      0 lib\n",
            ),
            ("cat ../../etc/hostname", "hist-1\n"),
            (
                "uptime",
                " up 2 min,  1 user,  load average: 0.04, 0.03, 0.00\n",
            ),
        ] {
            assert_eq!(run(line), Reply::out(out), "{line}");
        }
        assert!(run("ps").out.contains("historian"));
        assert!(run("uname -a").out.starts_with("Linux hist-1 "));
    }

    #[test]
    fn mistakes() {
        for (line, status, err) in [
            ("reboot", 127, "sh: reboot: not found\n"),
            ("cat /nope", 1, "cat: /nope: No such file or directory\n"),
            ("cat /etc", 1, "cat: /etc: Is a directory\n"),
            (
                "ls /no\u{1b}pe",
                1,
                "ls: /nope: No such file or directory\n",
            ),
            (
                "cd /etc/hostname",
                1,
                "cd: /etc/hostname: Not a directory\n",
            ),
            ("echo 'a", 2, "sh: a quotation mark is missing\n"),
        ] {
            assert_eq!(run(line), Reply::failed(status, err), "{line}");
        }
    }

    #[test]
    fn what_is_there_is_shown_beside_what_is_not() {
        let reply = run("cat /nope /etc/hostname");
        assert_eq!((reply.out.as_str(), reply.status), ("hist-1\n", 1));
    }

    #[test]
    fn exit_takes_a_status_or_the_last_one() {
        assert_eq!(run("exit 7"), Reply::end(7));
        assert_eq!(run("exit 256").status, 2);
        let mut shell = Shell::new();
        shell.run("nope", Duration::ZERO);
        shell.run("", Duration::ZERO);
        assert_eq!(shell.run("exit", Duration::ZERO), Reply::end(127));
    }

    #[test]
    fn the_prompt_says_where_one_is() {
        let mut shell = Shell::new();
        assert_eq!(shell.prompt(), "service@hist-1:~$ ");
        shell.run("cd /var/log", Duration::ZERO);
        assert_eq!(shell.prompt(), "service@hist-1:/var/log$ ");
        assert_eq!(
            shell.run("ls", Duration::ZERO).out,
            "historian.log\nauth.log\n"
        );
    }
}
