use std::path::{Path, PathBuf};

use super::super::{MailLogin, MailTls, parse};

const GOOD: &str = r#"data = "data"
[api]
listen = "127.0.0.1:8443"
names = ["localhost"]
public_url = "https://access.example.com:8443/"
[ssh]
listen = "127.0.0.1:0"
[mail]
server = "mail.example.com"
user = "drawbridge"
password_file = "mail-password"
from = "drawbridge@example.com"
[[webhook]]
url = "https://hooks.example.com/told?key=1"
secret_file = "/etc/drawbridge/hook"
[[webhook]]
url = "https://hooks.example.com/also"
secret_file = "/etc/drawbridge/also"
"#;

#[test]
fn what_is_written_of_reminders_is_meant() {
    let config = parse(GOOD, Path::new("/etc/drawbridge")).expect("good");
    let public = config.api.public_url.as_deref();
    assert_eq!(public, Some("https://access.example.com:8443"));
    let mail = config.mail.expect("there");
    assert_eq!((mail.tls, mail.port), (MailTls::StartTls, 587));
    let password_file = PathBuf::from("/etc/drawbridge/mail-password");
    let user = "drawbridge".to_owned();
    assert_eq!(
        mail.login,
        Some(MailLogin {
            user,
            password_file
        })
    );
    let names: Vec<_> = config
        .webhooks
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let expected = ["hooks.example.com:443", "hooks.example.com:443 #2"];
    assert_eq!(names, expected, "without what may be a secret");
}

#[test]
fn mail_goes_in_the_clear_on_this_machine_or_where_it_is_written() {
    for (server, tls, meant) in [
        ("mail.example.com", "", MailTls::StartTls),
        ("127.0.0.1", "", MailTls::None),
        ("localhost", "", MailTls::None),
        ("localhost", "tls = \"starttls\"", MailTls::StartTls),
        ("mail.example.com", "tls = \"tls\"", MailTls::Tls),
        ("mail.example.com", "tls = \"none\"", MailTls::None),
    ] {
        let text = GOOD
            .replace(
                "user = \"drawbridge\"\npassword_file = \"mail-password\"\n",
                tls,
            )
            .replace("from = ", "\nfrom = ")
            .replace("mail.example.com", server);
        let config = parse(&text, Path::new("/")).expect("good");
        assert_eq!(config.mail.expect("there").tls, meant, "{server} {tls}");
    }
}

#[test]
fn each_mistake_in_reminders_is_told_with_its_line() {
    for (from, to, expected) in [
        (
            "https://access.example.com:8443/",
            "http://access.example.com",
            "line 5, api.public_url: write the address that people open",
        ),
        (
            "https://access.example.com:8443/",
            "https://access.example.com/drawbridge",
            "line 5, api.public_url: write the address that people open",
        ),
        (
            "\"mail.example.com\"",
            "\"mail.example.com:25\"",
            "line 9, mail.server: write a host name",
        ),
        (
            "user = \"drawbridge\"\n",
            "tls = \"none\"\nuser = \"drawbridge\"\n",
            "line 11, mail.user: a password does not go over the network in the clear",
        ),
        (
            "user = \"drawbridge\"\n",
            "tls = \"perhaps\"\nuser = \"drawbridge\"\n",
            "line 10, mail.tls: write \"starttls\", \"tls\" or \"none\"",
        ),
        (
            "user = \"drawbridge\"\n",
            "\n",
            "line 11, mail.password_file: name its user too",
        ),
        (
            "password_file = \"mail-password\"\n",
            "\n",
            "line 10, mail.user: name the file with its password too",
        ),
        (
            "user = \"drawbridge\"\n",
            "password = \"x\"\n",
            "line 10, mail.password: unknown field `password`",
        ),
        (
            "drawbridge@example.com",
            "Drawbridge <a@example.com>",
            "line 12, mail.from: not an e-mail address",
        ),
        (
            "https://hooks.example.com/told?key=1",
            "http://hooks.example.com/",
            "line 14, webhook.url: write an address that begins with https://",
        ),
        (
            "secret_file = \"/etc/drawbridge/hook\"",
            "secret_file = \"\"",
            "line 15, webhook.secret_file: write a path",
        ),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let errors = parse(&GOOD.replacen(from, to, 1), Path::new("/")).expect_err(to);
        let errors = errors.to_string();
        assert!(
            errors.starts_with(expected),
            "{to}:\n{errors}\ninstead of\n{expected}"
        );
    }
}
