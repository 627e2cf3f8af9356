//! `drawbridge init`: the first admin, made on the broker's own machine.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use domain::{AccountName, Actor};
use secrecy::{ExposeSecret, SecretString};

use crate::config::{self, Tls, USUAL_PATH};
use crate::output;
use crate::server::{self, Parts};

/// A password's length is bounded by its hash; a file's by this.
const LONGEST: u64 = 4096;

/// The first admin.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
It is refused while there is an active admin: they add others with the plant file.
Whoever has this machine in their hands may use it again, under a new name, when no
active admin is left, for example when the only one was disabled for idleness. The
audit log says so, with `host` as the actor.

Run it as the user that the server runs as, before or beside the server:
  sudo -u drawbridge drawbridge init --name adam --full-name 'Adam Admin'")]
pub struct Args {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = USUAL_PATH)]
    config: PathBuf,
    /// The admin's account
    #[arg(long, value_parser = AccountName::parse)]
    name: AccountName,
    /// The admin's name
    #[arg(long, value_name = "NAME")]
    full_name: String,
    /// A file that holds the password alone; usually it is typed, or read from
    /// standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Makes the first admin.
///
/// # Errors
/// While there is an active admin, when the name or the password is not
/// acceptable, or when the data directory can't be used.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let next = first_admin(args).await?;
    Ok(output::line(&next)?)
}

/// Makes the admin, and gives back what is to be done next.
async fn first_admin(args: Args) -> anyhow::Result<String> {
    let Args {
        config,
        name,
        full_name,
        password_file,
    } = args;
    let config = config::load(&config)?;
    let store = server::open_state(&config, &Parts::real()).await?;
    let password = read_password(password_file.as_deref(), &name)?;
    let phc = hashed(password).await?;
    store
        .create_admin(&Actor::host(), &name, &full_name, &phc)
        .await?;
    store.close().await;
    let api = config.api.names.first().map_or("localhost", String::as_str);
    let port = config.api.listen.port();
    let ca = match &config.api.tls {
        Tls::SelfMade => format!(" --ca {}", config.data.join("tls/ca.pem").display()),
        Tls::Files { .. } => String::new(),
    };
    Ok(format!(
        "{name} is admin. Next, with the server running:\n  \
         drawbridge login {name} --api https://{api}:{port}{ca}\n  \
         drawbridge plant apply plant.toml"
    ))
}

/// Hashes a password, which is slow on purpose.
pub(crate) async fn hashed(password: SecretString) -> anyhow::Result<String> {
    let hash = move || admin_api::password::hash(&password);
    Ok(tokio::task::spawn_blocking(hash).await??)
}

fn read_password(file: Option<&Path>, name: &AccountName) -> anyhow::Result<SecretString> {
    if let Some(path) = file {
        let read = || -> io::Result<String> {
            let mut text = String::new();
            std::fs::File::open(path)?
                .take(LONGEST)
                .read_to_string(&mut text)?;
            Ok(text)
        };
        return one_line(&read().with_context(|| format!("{} could not be read", path.display()))?);
    }
    if !io::stdin().is_terminal() {
        let mut text = String::new();
        io::stdin().take(LONGEST).read_to_string(&mut text)?;
        return one_line(&text);
    }
    let first = SecretString::from(rpassword::prompt_password(format!(
        "Password for {name}: "
    ))?);
    let second = SecretString::from(rpassword::prompt_password("The same again: ")?);
    if first.expose_secret() != second.expose_secret() {
        bail!("the two passwords differ, so nothing was made; try again");
    }
    Ok(first)
}

fn one_line(text: &str) -> anyhow::Result<SecretString> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let right = !line.is_empty() && !line.contains(['\n', '\r']);
    ensure!(right, "the password must be one line, and not an empty one");
    Ok(SecretString::from(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(dir: &Path) -> PathBuf {
        let text = "data = \"data\"\n[api]\nlisten = \"127.0.0.1:8443\"\nnames = [\"localhost\"]\n\
                    [ssh]\nlisten = \"127.0.0.1:2222\"\n";
        let path = dir.join("drawbridge.toml");
        std::fs::write(&path, text).expect("written");
        path
    }

    fn args(dir: &Path, name: &str, password: &str) -> Args {
        let password_file = dir.join("password");
        std::fs::write(&password_file, password).expect("written");
        Args {
            config: config(dir),
            name: AccountName::parse(name).expect("a name"),
            full_name: "Adam Admin".to_owned(),
            password_file: Some(password_file),
        }
    }

    #[tokio::test]
    async fn there_is_one_first_admin_until_none_is_left() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        first_admin(args(dir, "adam", "correct horse battery\n"))
            .await
            .expect("the first");
        let again = first_admin(args(dir, "eva", "correct horse battery\n")).await;
        let error = again.expect_err("refused").to_string();
        assert!(error.contains("there is an active admin, adam"), "{error}");

        let config = config::load(&config(dir)).expect("a configuration");
        let store = server::open_state(&config, &Parts::real())
            .await
            .expect("the state");
        let adam = AccountName::parse("adam").expect("a name");
        store
            .disable_account(&Actor::host(), &adam, "left")
            .await
            .expect("disabled");
        store.close().await;
        first_admin(args(dir, "eva", "correct horse battery\n"))
            .await
            .expect("the way back in");
    }

    #[tokio::test]
    async fn a_bad_password_makes_no_admin() {
        let dir = tempfile::tempdir().expect("a directory");
        for (password, error) in [
            ("short\n", "fewer than 12 characters"),
            ("two lines of\npassword\n", "must be one line"),
            ("", "must be one line"),
        ] {
            let found = first_admin(args(dir.path(), "adam", password))
                .await
                .expect_err("refused");
            assert!(found.to_string().contains(error), "{found}");
        }
        first_admin(args(dir.path(), "adam", "correct horse battery"))
            .await
            .expect("none was there");
    }
}
