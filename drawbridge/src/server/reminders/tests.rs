mod tls;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use domain::{Actor, Draft, Plant};
use store::{Apply, NoticeRow, Page};
use tokio::time::timeout;

use super::*;
use crate::clock::SystemClock;
use crate::config;
use crate::server::{Parts, open_state};

const PLANT: &str = "[site]\nname = \"north-ridge\"\ntime_zone = \"Europe/Oslo\"\n\
    [[account]]\nname = \"adam\"\nrole = \"admin\"\nemail = \"adam@example.com\"\n";
const HOOK: &str = "hooks.example.com:443";

fn config(dir: &Path, more: &str) -> Config {
    let text = format!(
        "data = \"data\"\n[api]\nlisten = \"127.0.0.1:0\"\nnames = [\"localhost\"]\n\
         [ssh]\nlisten = \"127.0.0.1:0\"\n{more}"
    );
    config::parse(&text, dir).expect("a configuration")
}

async fn store(dir: &Path) -> Store {
    let store = open_state(&config(dir, ""), &Parts::real())
        .await
        .expect("opens");
    let plant: Plant = PLANT.parse().expect("a plant");
    let host = Actor::host();
    let applied = store.apply_plant(&host, &plant, Apply::default());
    applied.await.expect("applied");
    store
}

/// Takes them, or answers nothing at all.
#[derive(Default)]
struct Double {
    hangs: bool,
    answers: Mutex<Vec<NotSent>>,
    taken: Mutex<Vec<DueNotice>>,
}

impl Messenger for Double {
    fn send<'a>(&'a self, notice: &'a DueNotice, _: Timestamp) -> Sending<'a> {
        Box::pin(async move {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            if let Some(answer) = self.answers.lock().expect("whole").pop() {
                return Err(answer);
            }
            self.taken.lock().expect("whole").push(notice.clone());
            Ok(())
        })
    }
}

fn reminders(mail: &Arc<Double>, hook: &Arc<Double>) -> Reminders {
    Reminders {
        ways: NoticeWays {
            mail: true,
            webhooks: vec![HOOK.to_owned()],
        },
        messengers: vec![
            (NoticeChannel::Email, Arc::clone(mail) as _),
            (
                NoticeChannel::Webhook(HOOK.to_owned()),
                Arc::clone(hook) as _,
            ),
        ],
    }
}

async fn all(store: &Store) -> Vec<NoticeRow> {
    store.notices(&Page::default()).await.expect("read").items
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..800 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not within 20 s: {what}");
}

/// Whoever looks first begins at the end of the log.
async fn news_from_now(store: &Store) {
    let opened = Lookout::open(store, NoticeWays::default());
    opened.await.expect("opened");
}

async fn test_adam(store: &Store) {
    let draft = Draft::new("notice.tested", "account", "adam");
    store.alarm(&Actor::host(), draft).await.expect("written");
}

#[tokio::test]
async fn a_way_that_hangs_holds_up_neither_the_others_nor_the_stop() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = store(dir.path()).await;
    let mail = Arc::new(Double {
        hangs: true,
        ..Double::default()
    });
    let hook = Arc::new(Double::default());
    news_from_now(&store).await;
    test_adam(&store).await;
    let stop = CancellationToken::new();
    let running =
        reminders(&mail, &hook).run(store.clone(), Arc::new(SystemClock::new()), stop.clone());
    let running = tokio::spawn(running);
    until("the webhook is called", async || {
        !hook.taken.lock().expect("whole").is_empty()
    })
    .await;
    stop.cancel();
    let stopped = timeout(Duration::from_secs(6), running).await;
    stopped
        .expect("at once")
        .expect("no panic")
        .expect("in order");
    let waiting = all(&store).await.into_iter();
    let mut waiting = waiting.filter(|one| one.channel == NoticeChannel::Email);
    assert!(waiting.all(|one| one.state.as_str() == "waiting" && one.tries == 0));
}

#[tokio::test]
async fn what_is_refused_for_good_is_given_up_and_what_is_not_yet_taken_waits() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = store(dir.path()).await;
    let refused = |answer: NotSent| {
        Arc::new(Double {
            answers: Mutex::new(vec![answer]),
            ..Double::default()
        })
    };
    let hostile = "421 come\r\nback \u{202e}later".repeat(100);
    let (mail, hook) = (
        refused(NotSent::Ever("550 nobody here".to_owned())),
        refused(NotSent::Yet(hostile)),
    );
    news_from_now(&store).await;
    test_adam(&store).await;
    let stop = CancellationToken::new();
    let clock = Arc::new(SystemClock::new());
    let running = tokio::spawn(reminders(&mail, &hook).run(store.clone(), clock, stop.clone()));
    until("both are tried", async || {
        let all = all(&store).await;
        all.len() == 2 && all.iter().all(|one| one.tries == 1)
    })
    .await;
    stop.cancel();
    running.await.expect("no panic").expect("in order");
    for one in all(&store).await {
        let why = one.last_error.expect("told");
        match one.channel {
            NoticeChannel::Email => {
                assert_eq!(
                    (one.state.as_str(), why.as_str()),
                    ("failed", "550 nobody here")
                );
            }
            NoticeChannel::Webhook(_) => {
                assert_eq!(one.state.as_str(), "waiting");
                assert!(why.chars().count() <= 300 && !why.contains(['\r', '\n', '\u{202e}']));
            }
        }
    }
}

fn written(dir: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
    path
}

#[test]
fn a_secret_that_others_may_read_or_that_is_none_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let why = |text: &str, mode| {
        let path = written(dir.path(), "secret", text, mode);
        secret::signing_key(&path)
            .err()
            .map(|error| format!("{error:#}"))
    };
    assert_eq!(why(&format!("{good}\n"), 0o600), None);
    for (text, mode, expected) in [
        (good, 0o644, "others may read"),
        (good, 0o640, "others may read"),
        ("", 0o600, "is empty"),
        (
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            0o600,
            "holds no secret of a webhook",
        ),
        ("whsec_c2hvcnQ=", 0o600, "holds no secret of a webhook"),
        ("whsec_not base64", 0o600, "holds no secret of a webhook"),
    ] {
        let found = why(text, mode).expect(expected);
        assert!(found.contains(expected), "{found}");
        assert!(!found.contains("MfKQ9r8"), "tells the secret: {found}");
    }
    let section = "[[webhook]]\nurl = \"https://hooks.example.com\"\nsecret_file = \"secret\"\n";
    let refused = Reminders::open(&config(dir.path(), section), String::new());
    let refused = refused.err().expect("refused");
    assert!(
        format!("{refused:#}").contains("webhook hooks.example.com:443"),
        "{refused:#}"
    );
}
