//! What every command over the API has at hand: the client, who is logged in,
//! how results are shown.

use std::path::{Path, PathBuf};

use admin_api::dto::{Me, Page};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use domain::{PlantTime, Timestamp};
use secrecy::SecretString;
use serde::Serialize;
use tokio::sync::OnceCell;

use super::client::Client;
use super::failure::Failure;
use super::profile::{self, Profile, same_api};
use super::table::{Details, Table};
use super::times::Times;
use crate::output;

/// Where the broker's API is and how results are shown.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// The API, as https://HOST:PORT; usually that of your login
    #[arg(long, global = true, env = "DRAWBRIDGE_API", value_name = "URL")]
    pub api: Option<String>,
    /// Certificate authorities that the API is trusted by, in PEM; usually those
    /// of your login, or else the system's
    #[arg(long, global = true, env = "DRAWBRIDGE_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// How results are shown
    #[arg(
        long,
        short,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORM"
    )]
    pub output: Form,
}

/// How results are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people
    #[default]
    Table,
    /// For programs: what the API says
    Json,
    /// For scripts: the id or name alone, one a line
    Id,
}

/// What every command over the API has at hand.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) client: Client,
    form: Form,
    from_environment: bool,
    me: OnceCell<Me>,
}

impl Context {
    /// From the command line, the environment, and the saved login.
    pub(crate) fn new(global: &Global) -> Result<Self, Failure> {
        let saved = Profile::load(&profile::path()?)?;
        let token = std::env::var("DRAWBRIDGE_TOKEN")
            .ok()
            .filter(|token| !token.is_empty());
        let from_environment = token.is_some();
        let chosen = choose(global.api.clone(), token, saved)?;
        let ca = match &global.ca {
            Some(path) => Some(read_ca(path)?),
            None => chosen.ca,
        };
        let client = Client::new(&chosen.api, ca.as_deref(), Some(chosen.token))?;
        Ok(Self {
            client,
            form: global.output,
            from_environment,
            me: OnceCell::new(),
        })
    }

    /// Who is logged in.
    pub(crate) async fn me(&self) -> Result<&Me, Failure> {
        self.me.get_or_try_init(|| self.client.get("me")).await
    }

    /// How times are shown and read.
    pub(crate) async fn times(&self) -> Result<Times, Failure> {
        let site = self.me().await?.site.as_ref();
        let zone = site.and_then(|site| PlantTime::parse(&site.time_zone).ok());
        Ok(Times::new(zone)?)
    }

    /// The broker's clock, by which windows are decided.
    pub(crate) async fn now(&self) -> Result<Timestamp, Failure> {
        Ok(self
            .client
            .get::<admin_api::dto::Health>("health")
            .await?
            .now)
    }

    /// Whether it is not the saved login that is used.
    pub(crate) const fn token_is_from_environment(&self) -> bool {
        self.from_environment
    }

    /// How results are shown.
    pub(crate) const fn form(&self) -> Form {
        self.form
    }

    /// A remark for a person; programs and scripts are spared it.
    pub(crate) fn remark(&self, text: &str) {
        if self.form == Form::Table {
            output::remark(text);
        }
    }

    /// Shows a list. `empty` says what to do when there is nothing in it.
    pub(crate) fn show_list<T: Serialize>(
        &self,
        page: &Page<T>,
        id: impl Fn(&T) -> String,
        table: impl FnOnce(&[T]) -> Table,
        empty: &str,
    ) -> Result<(), Failure> {
        let Page { items, next } = page;
        match self.form {
            Form::Json => show_json(page)?,
            Form::Id => {
                for item in items {
                    output::line(&output::clean(&id(item)))?;
                }
            }
            Form::Table if items.is_empty() => output::remark(empty),
            Form::Table => output::line(&table(items).render(width()))?,
        }
        if next.is_some() {
            self.remark("There are more. Add --all, or a larger --limit.");
        }
        Ok(())
    }

    /// Shows one thing.
    pub(crate) fn show<T: Serialize>(
        &self,
        thing: &T,
        id: &str,
        details: impl FnOnce() -> Details,
    ) -> Result<(), Failure> {
        match self.form {
            Form::Json => show_json(thing),
            Form::Id => Ok(output::line(&output::clean(id))?),
            Form::Table => Ok(output::line(&details().render(width()))?),
        }
    }

    /// Says that something was done.
    pub(crate) fn done<T: Serialize>(
        &self,
        thing: &T,
        id: &str,
        text: &str,
    ) -> Result<(), Failure> {
        match self.form {
            Form::Json => show_json(thing),
            Form::Id => Ok(output::line(&output::clean(id))?),
            Form::Table => Ok(output::line(&output::clean_lines(text))?),
        }
    }
}

pub(crate) fn show_json(thing: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(thing).map_err(anyhow::Error::from)?;
    Ok(output::line(&output::clean_json(&text))?)
}

/// The width to fit into, when a person reads.
pub(crate) fn width() -> Option<u16> {
    output::is_terminal()
        .then(|| comfy_table::Table::new().width())
        .flatten()
}

/// Certificates to trust, from a file.
pub(crate) fn read_ca(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path);
    Ok(text.with_context(|| {
        format!(
            "the certificate authorities could not be read from {}",
            path.display()
        )
    })?)
}

struct Chosen {
    api: String,
    token: SecretString,
    ca: Option<String>,
}

/// A saved token goes to the API that it was given by, and to no other.
fn choose(
    api: Option<String>,
    token: Option<String>,
    saved: Option<Profile>,
) -> Result<Chosen, Failure> {
    let not_logged_in = |what: String| {
        Failure::not_permitted(format!(
            "{what} Log in with `drawbridge login`, or set DRAWBRIDGE_API and DRAWBRIDGE_TOKEN."
        ))
    };
    match (api, token, saved) {
        (Some(api), Some(token), saved) => {
            let ca = saved
                .filter(|saved| same_api(&saved.api, &api))
                .and_then(|saved| saved.ca);
            Ok(Chosen {
                api,
                token: token.into(),
                ca,
            })
        }
        (None, Some(_), None) => Err(Failure::usage(
            "DRAWBRIDGE_TOKEN is set, but not where it is for: set DRAWBRIDGE_API too",
        )),
        (None, Some(token), Some(saved)) => Ok(Chosen {
            api: saved.api,
            token: token.into(),
            ca: saved.ca,
        }),
        (Some(api), None, Some(saved)) if same_api(&saved.api, &api) => Ok(Chosen {
            api,
            token: saved.token.into_inner(),
            ca: saved.ca,
        }),
        (Some(api), None, Some(saved)) => Err(not_logged_in(format!(
            "You are logged in to {}, not to {api}.",
            saved.api
        ))),
        (None, None, Some(saved)) => Ok(Chosen {
            api: saved.api,
            token: saved.token.into_inner(),
            ca: saved.ca,
        }),
        (_, None, None) => Err(not_logged_in("You are not logged in.".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use admin_api::dto::Secret;
    use secrecy::ExposeSecret;

    use super::*;

    fn saved() -> Option<Profile> {
        Some(Profile {
            api: "https://one:1".to_owned(),
            account: "vera".to_owned(),
            token: Secret::new("saved"),
            expires_at: Timestamp::from_micros(0),
            ca: Some("PEM".to_owned()),
        })
    }

    #[test]
    fn a_saved_token_goes_to_its_own_api_alone() {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        for (api, token, saved, expected) in [
            ("", "", saved(), Some(("https://one:1", "saved", true))),
            (
                "https://one:1/",
                "",
                saved(),
                Some(("https://one:1/", "saved", true)),
            ),
            ("https://two:2", "", saved(), None),
            (
                "https://two:2",
                "env",
                saved(),
                Some(("https://two:2", "env", false)),
            ),
            ("", "env", saved(), Some(("https://one:1", "env", true))),
            (
                "https://two:2",
                "env",
                None,
                Some(("https://two:2", "env", false)),
            ),
            ("", "env", None, None),
            ("https://two:2", "", None, None),
            ("", "", None, None),
        ] {
            let found = choose(some(api), some(token), saved).ok();
            let found = found.as_ref().map(|chosen| {
                (
                    chosen.api.as_str(),
                    chosen.token.expose_secret(),
                    chosen.ca.is_some(),
                )
            });
            assert_eq!(found, expected, "{api:?} {token:?}");
        }
    }
}
