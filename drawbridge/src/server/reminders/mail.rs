//! E-mail, over SMTP.

use std::time::{Duration, SystemTime};

use anyhow::{Context, anyhow, bail};
use domain::{EmailAddress, Timestamp};
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;
use store::DueNotice;

use super::{Messenger, NotSent, Sending, secret};
use crate::config::{self, MailTls};

/// How long one command may take.
const COMMAND: Duration = Duration::from_secs(10);

/// A mail server.
pub(super) struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    host: String,
    public_url: String,
}

impl Mail {
    /// # Errors
    /// When its password or its authorities can't be used.
    pub(super) fn open(
        mail: &config::Mail,
        name: &str,
        public_url: String,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            transport: sender(mail, name)?,
            from: Mailbox::new(Some("Drawbridge".to_owned()), address(&mail.from)?),
            host: name.to_owned(),
            public_url,
        })
    }

    fn message(&self, notice: &DueNotice, to: &EmailAddress) -> anyhow::Result<Message> {
        let text = format!("{}\n  {}{}\n", notice.body, self.public_url, notice.path);
        // The same id at each try, so that who gets it twice sees one.
        let id = format!("<{}@{}>", notice.id, self.host);
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address(to)?))
            .subject(&notice.subject)
            .message_id(Some(id))
            .date(system_time(notice.created_at))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(text)?;
        Ok(message)
    }

    async fn post(&self, notice: &DueNotice) -> Result<(), NotSent> {
        let Some(to) = &notice.email else {
            let why = "the account has no e-mail address any more";
            return Err(NotSent::Ever(why.to_owned()));
        };
        let message = self.message(notice, to);
        let message = message.map_err(|error| NotSent::Ever(format!("{error:#}")))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let code = error.status().map(u16::from);
                let why = format!("{:#}", anyhow!(error).context("the mail server"));
                Err(if code.is_some_and(|code| is_about_address(code, &why)) {
                    NotSent::Ever(why)
                } else {
                    NotSent::Yet(why)
                })
            }
        }
    }
}

impl Messenger for Mail {
    fn send<'a>(&'a self, notice: &'a DueNotice, _: Timestamp) -> Sending<'a> {
        Box::pin(self.post(notice))
    }
}

/// Whether an answer says that there is no such address (RFC 3463, 3.2 and 3.3). All
/// other refusals are about the broker, its login or the message, or of a server out
/// of order, which an admin can mend while it is tried again; one that says no more
/// than "550" may be any of them.
fn is_about_address(code: u16, answer: &str) -> bool {
    const GONE: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];
    let mut words = answer.split_whitespace();
    matches!(code, 550 | 551 | 553)
        && words.any(|word| GONE.contains(&word.trim_start_matches('#')))
}

/// What speaks to the mail server. `name` is how the broker calls itself.
///
/// # Errors
/// When its password or its authorities can't be used.
fn sender(mail: &config::Mail, name: &str) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let tls = match mail.tls {
        MailTls::None => Tls::None,
        MailTls::StartTls => Tls::Required(trust(mail)?),
        MailTls::Tls => Tls::Wrapper(trust(mail)?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.server)
        .port(mail.port)
        .tls(tls)
        .timeout(Some(COMMAND))
        .hello_name(ClientId::Domain(name.to_owned()));
    if let Some(login) = &mail.login {
        let password = secret::read(&login.password_file)?;
        let password = password.expose_secret().to_owned();
        builder = builder.credentials(Credentials::new(login.user.clone(), password));
    }
    Ok(builder.build())
}

/// Whether it would take mail from the broker, without sending any.
///
/// # Errors
/// When it would not, or its password or its authorities can't be used.
pub(crate) async fn try_mail(mail: &config::Mail, name: &str) -> anyhow::Result<()> {
    if sender(mail, name)?.test_connection().await? {
        Ok(())
    } else {
        bail!("it hung up")
    }
}

fn trust(mail: &config::Mail) -> anyhow::Result<TlsParameters> {
    let mut trust = TlsParameters::builder(mail.server.clone());
    if let Some(path) = &mail.ca {
        let shown = path.display();
        let pem = std::fs::read(path).with_context(|| format!("{shown} could not be read"))?;
        let ca =
            Certificate::from_pem(&pem).with_context(|| format!("{shown} is no certificate"))?;
        trust = trust
            .certificate_store(CertificateStore::None)
            .add_root_certificate(ca);
    }
    Ok(trust.build_rustls()?)
}

fn address(email: &EmailAddress) -> anyhow::Result<Address> {
    Ok(email.as_str().parse()?)
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(at.as_millis())
}

/// That no person wrote it, so that no out-of-office note answers (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_is_not_there_is_given_up_at_once() {
        for (code, answer, ever) in [
            (550, "permanent error (550): 5.1.1 no such user here", true),
            (550, "permanent error (550): nobody here", false),
            (550, "permanent error (550): sender verify failed", false),
            (553, "permanent error (553): 5.1.8 sender's domain", false),
            (550, "permanent error (550): #5.1.1 unknown", true),
            (551, "permanent error (551): 5.1.6 user has moved", true),
            (553, "permanent error (553): 5.1.3 bad address", true),
            (550, "permanent error (550): 5.7.1 relaying denied", false),
            (552, "permanent error (552): 5.2.2 mailbox full", false),
            (554, "permanent error (554): no SMTP service here", false),
            (530, "permanent error (530): 5.7.0 log in first", false),
            (535, "permanent error (535): wrong password", false),
            (451, "transient error (451): 4.3.0 try again", false),
        ] {
            assert_eq!(is_about_address(code, answer), ever, "{answer}");
        }
    }
}
