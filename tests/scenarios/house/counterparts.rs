//! The counterparts themselves, without Drawbridge between them: a scenario that
//! fails then tells of Drawbridge.

use harness::client::{Client, Door};
use harness::sshd::{Sshd, user};

#[tokio::test]
async fn ssh_reaches_the_asset_itself() {
    let asset = Sshd::start();
    assert_eq!(asset.connections(), 0);
    let door = Door {
        at: asset.at(),
        user: user(),
        password: String::new(),
    };
    let key = asset.credential_file().as_os_str();
    let client = Client::ssh_with_key(&door, key, &[], Some("cat; echo err >&2; exit 7"));
    let outcome = client.run_with(b"in\n").await;
    assert_eq!(outcome.status, Some(7), "{outcome:?}\n{}", asset.log());
    assert_eq!(outcome.text(), "in\n");
    assert!(outcome.stderr.ends_with("err\n"), "{outcome:?}");
    assert_eq!((asset.connections(), asset.logins()), (1, 1));
}
