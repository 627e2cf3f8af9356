//! Whether people can be told that they must act.

use std::path::Path;

use super::super::failure::Failure;
use super::Finding;
use crate::config::{self, MailTls};
use crate::server::{try_mail, try_webhook};

const MAIL: &str = "mail";
const WEBHOOK: &str = "webhook";

/// Calls whoever the configuration names. What is wrong with the configuration itself
/// is found elsewhere.
pub(super) async fn look(path: &Path) -> Vec<Finding> {
    let Ok(config) = config::load(path) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    if config.mail.is_none() && config.webhooks.is_empty() {
        let text = "nobody is told when they must act: the configuration has no [mail] and no \
                    [[webhook]]";
        return vec![Finding::ok(MAIL, text)];
    }
    if let Some(mail) = &config.mail {
        let server = format!("{}:{}", mail.server, mail.port);
        let name = config.api.names.first().map_or("localhost", String::as_str);
        findings.push(match try_mail(mail, name).await {
            Ok(()) if mail.tls == MailTls::None => Finding::ok(
                MAIL,
                format!("{server} takes mail, in the clear as configured"),
            ),
            Ok(()) => Finding::ok(MAIL, format!("{server} takes mail, over TLS")),
            Err(error) => Finding::failed(
                MAIL,
                &Failure::unavailable(format!(
                    "{server} does not take mail: {error:#}. Look at [mail] and at the server; \
                     then try `drawbridge notice test NAME`."
                )),
            ),
        });
    }
    for webhook in &config.webhooks {
        let name = &webhook.name;
        findings.push(match try_webhook(webhook).await {
            Ok(()) => Finding::ok(WEBHOOK, format!("{name} answers")),
            Err(error) => Finding::failed(
                WEBHOOK,
                &Failure::unavailable(format!(
                    "{name} can't be called: {error:#}. Look at its [[webhook]] and at the \
                     program there; then try `drawbridge notice test NAME`."
                )),
            ),
        });
    }
    findings
}
