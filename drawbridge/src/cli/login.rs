//! `drawbridge login`, `logout` and `whoami`.

use admin_api::dto::{Account, LoggedIn, Login as Credentials, Me, Site};
use clap::Args;
use domain::{AccountName, PlantTime};
use reqwest::Method;
use serde::Serialize;

use super::account;
use super::client::Client;
use super::context::{Context, Form, Global, read_ca, show_json};
use super::failure::{Failure, Kind};
use super::profile::{self, Profile};
use super::secrets;
use super::times::Times;
use crate::output;

/// Who, and how the password comes.
#[derive(Args, Debug)]
#[command(
    after_help = "The login is saved in $XDG_CONFIG_HOME/drawbridge/login.json, for you alone. Examples:
  drawbridge login vera --api https://broker.plant:8443 --ca ca.pem
  drawbridge login vera                              # again, where you were last
  drawbridge login vera --password-stdin < password"
)]
pub struct Login {
    /// Your account
    account: AccountName,
    /// Read the password from standard input instead of asking for it
    #[arg(long)]
    password_stdin: bool,
}

pub(crate) async fn log_in(args: Login, global: &Global) -> Result<(), Failure> {
    let Login {
        account,
        password_stdin,
    } = args;
    let path = profile::path()?;
    // A file that can't be used is replaced by this very command.
    let saved = Profile::load(&path).ok().flatten();
    let api = match (&global.api, &saved) {
        (Some(api), _) => api.clone(),
        (None, Some(saved)) => saved.api.clone(),
        (None, None) => {
            return Err(Failure::usage(
                "Where is the broker? Add --api https://HOST:PORT, or set DRAWBRIDGE_API.",
            ));
        }
    };
    let ca = match &global.ca {
        Some(path) => Some(read_ca(path)?),
        None => saved
            .filter(|saved| profile::same_api(&saved.api, &api))
            .and_then(|saved| saved.ca),
    };
    let client = Client::new(&api, ca.as_deref(), None)?;
    let from = secrets::From::flag(password_stdin);
    let credentials = Credentials {
        name: account.to_string(),
        password: from.current(&format!("Password of {account}: "))?,
        label: Some("drawbridge login".to_owned()),
    };
    let LoggedIn {
        token,
        expires_at,
        account,
        site,
    } = client.post("login", &credentials).await?;
    let profile = Profile {
        api: client.base().to_owned(),
        account: account.name.clone(),
        token,
        expires_at,
        ca,
    };
    profile.save(&path)?;
    if std::env::var_os("DRAWBRIDGE_TOKEN").is_some_and(|token| !token.is_empty()) {
        output::remark("DRAWBRIDGE_TOKEN is set, and goes before this login. Unset it.");
    }
    let entered = Entered { account, site };
    match global.output {
        Form::Json => show_json(&entered),
        Form::Id => Ok(output::line(&output::clean(&entered.account.name))?),
        Form::Table => {
            let zone = entered
                .site
                .as_ref()
                .map(|site| PlantTime::parse(&site.time_zone));
            let until = Times::new(zone.and_then(Result::ok))?.both(expires_at);
            let Entered { account, site } = entered;
            let (name, role) = (account.name, account.role);
            let site = site
                .map(|site| format!(" at {}", site.title))
                .unwrap_or_default();
            let text = format!("Logged in as {name} ({role}){site} until {until}.");
            Ok(output::line(&output::clean(&text))?)
        }
    }
}

/// Who has logged in, and where. The token is nobody's to see.
#[derive(Serialize)]
struct Entered {
    account: Account,
    site: Option<Site>,
}

pub(crate) async fn log_out(global: &Global) -> Result<(), Failure> {
    let path = profile::path()?;
    let context = match Context::new(global) {
        Ok(context) => context,
        Err(failure) => {
            // A login that others could read, or that is damaged, goes all the same.
            if Profile::load(&path).is_err() {
                profile::forget(&path)?;
            }
            return Err(failure);
        }
    };
    let revoked = context
        .client
        .order(Method::POST, "logout", None::<&()>)
        .await;
    // Whether it is revoked or not: what is wanted is to be logged out here.
    if !context.token_is_from_environment() {
        profile::forget(&path)?;
    }
    match revoked {
        Ok(()) => {}
        // The token was over already.
        Err(failure) if failure.kind() == Kind::NotPermitted => {}
        Err(failure) => {
            output::remark(
                "The login is forgotten here, but its token holds until it ends by itself:",
            );
            return Err(failure);
        }
    }
    context.remark("Logged out.");
    Ok(())
}

pub(crate) async fn who_am_i(context: &Context) -> Result<(), Failure> {
    let me = context.me().await?;
    let times = context.times().await?;
    let Me { account, site, .. } = me;
    context.show(me, &account.name, || {
        let site = site.as_ref().map_or_else(
            || "no plant file was applied yet".to_owned(),
            |site| format!("{} ({}), {}", site.title, site.name, site.time_zone),
        );
        account::details(account, &times)
            .with("site", site)
            .with("api", context.client.base())
    })
}
