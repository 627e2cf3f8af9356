//! The practice shell's files: a small tree that is compiled in and can't be
//! changed.

/// A file or directory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node {
    /// Its text.
    File(&'static str),
    /// What is in it, by name.
    Dir(&'static [(&'static str, Node)]),
}

/// Where a login begins.
pub(super) const HOME: &str = "/home/service";

/// What stands at an absolute path that [`resolve`] made.
pub(super) fn find(path: &str) -> Option<Node> {
    let mut node = ROOT;
    for part in path.split('/').filter(|p| !p.is_empty()) {
        let Node::Dir(entries) = node else {
            return None;
        };
        node = entries.iter().find(|(name, _)| *name == part)?.1;
    }
    Some(node)
}

/// The absolute path, without `.` and `..`, of what is written as `path` in the
/// directory `here`.
pub(super) fn resolve(here: &str, path: &str) -> String {
    let from_home = path
        .strip_prefix('~')
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let whole = match from_home {
        Some(rest) => format!("{HOME}{rest}"),
        None if path.starts_with('/') => path.to_owned(),
        None => format!("{here}/{path}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

const ROOT: Node = Node::Dir(&[
    (
        "etc",
        Node::Dir(&[
            ("hostname", Node::File("hist-1\n")),
            (
                "os-release",
                Node::File("NAME=\"Drawbridge practice shell\"\nID=practice\nVERSION_ID=1\n"),
            ),
            (
                "historian.conf",
                Node::File("source = \"plc-7\"\nevery_s = 5\nkeep_d = 400\n"),
            ),
        ]),
    ),
    (
        "home",
        Node::Dir(&[(
            "service",
            Node::Dir(&[
                (
                    "README.txt",
                    Node::File(
                        "This is a practice shell: a few commands over a few files.\n\
                         Nothing here can be broken. Try: ls /var/log, cat /etc/historian.conf\n",
                    ),
                ),
                (
                    "handover.txt",
                    Node::File(
                        "WO-1182: compare BRG1.VIB of this week with last week's export,\n\
                         then adjust the warning limit on plc-7.\n",
                    ),
                ),
            ]),
        )]),
    ),
    (
        "var",
        Node::Dir(&[
            (
                "log",
                Node::Dir(&[
                    (
                        "historian.log",
                        Node::File(
                            "05:00:02 export of yesterday: 17280 samples, 0 gaps\n\
                             05:00:03 BRG1.VIB max 3.1 mm/s, above warning limit twice\n\
                             06:12:40 plc-7 answered after 212 ms\n",
                        ),
                    ),
                    (
                        "auth.log",
                        Node::File("06:58:11 service: accepted from broker\n"),
                    ),
                ]),
            ),
            (
                "lib",
                Node::Dir(&[(
                    "historian",
                    Node::Dir(&[(
                        "vib-week.csv",
                        Node::File(
                            "day,min,mean,max\nMon,1.8,2.2,2.7\nTue,1.8,2.3,2.8\nWed,1.9,2.3,3.1\n",
                        ),
                    )]),
                )]),
            ),
        ]),
    ),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (here, path, expected) in [
            (HOME, "a.txt", "/home/service/a.txt"),
            (HOME, "..", "/home"),
            (HOME, "../../..", "/"),
            ("/", "../..", "/"),
            (HOME, "/var//log/./", "/var/log"),
            ("/", "~", HOME),
            ("/", "~/x", "/home/service/x"),
            ("/", "~root", "/~root"),
        ] {
            assert_eq!(resolve(here, path), expected, "{here} {path}");
        }
    }

    #[test]
    fn what_is_where() {
        assert!(matches!(find("/"), Some(Node::Dir(_))));
        assert!(matches!(
            find("/etc/hostname"),
            Some(Node::File("hist-1\n"))
        ));
        assert!(matches!(find(HOME), Some(Node::Dir(_))));
        assert!(find("/etc/hostname/x").is_none());
        assert!(find("/nope").is_none());
    }
}
