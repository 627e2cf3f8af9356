//! The API's client: what goes out and comes in, and what its failures mean to a
//! person.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use admin_api::dto::{LiveGrant, Page, Problem};
use reqwest::{Certificate, Method, RequestBuilder, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::{Failure, Kind};
use crate::output::clean_lines;

const CONNECT: Duration = Duration::from_secs(10);
/// Between two pieces of an answer.
const SILENCE: Duration = Duration::from_secs(60);
/// The most that one page of a list holds.
const PAGE: usize = 200;

/// A connection to the API.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<SecretString>,
}

impl Client {
    /// A client of the API at `base`, trusting the authorities of `ca` (PEM), or
    /// those of the system.
    pub(crate) fn new(
        base: &str,
        ca: Option<&str>,
        token: Option<SecretString>,
    ) -> Result<Self, Failure> {
        let wrong = || {
            Failure::usage(format!(
                "{base:?} is no address of the API: write it as https://HOST:PORT"
            ))
        };
        let base = Url::parse(base).map_err(|_| wrong())?;
        if base.scheme() != "https" || base.path() != "/" || base.query().is_some() {
            return Err(wrong());
        }
        let mut http = reqwest::Client::builder()
            .https_only(true)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("drawbridge/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&base) {
            // A proxy's own loopback is not ours.
            http = http.no_proxy();
        }
        if let Some(ca) = ca {
            let certificates = Certificate::from_pem_bundle(ca.as_bytes())
                .ok()
                .filter(|certificates| !certificates.is_empty())
                .ok_or_else(|| {
                    Failure::usage("the file of --ca holds no certificate in PEM".to_owned())
                })?;
            http = http.tls_certs_only(certificates);
        }
        let http = http
            .build()
            .map_err(|error| Failure::failed(chain(&error)))?;
        Ok(Self { http, base, token })
    }

    /// The address of the API.
    pub(crate) fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.get_with(path, &[(); 0]).await
    }

    pub(crate) async fn get_with<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &(impl Serialize + ?Sized),
    ) -> Result<T, Failure> {
        let answer = self
            .send(self.request(Method::GET, path)?.query(query))
            .await?;
        read(answer).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let answer = self
            .send(self.request(Method::POST, path)?.json(body))
            .await?;
        read(answer).await
    }

    /// A request without a body.
    pub(crate) async fn call<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let answer = self.send(self.request(Method::POST, path)?).await?;
        read(answer).await
    }

    /// A request whose answer says nothing but that it was done.
    pub(crate) async fn order(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<(), Failure> {
        let mut request = self.request(method, path)?;
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(request).await.map(drop)
    }

    /// Sends a text, as it is.
    pub(crate) async fn put_text<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
        media_type: &str,
        text: String,
    ) -> Result<T, Failure> {
        let request = self.request(Method::PUT, path)?.query(query);
        let request = request
            .header(reqwest::header::CONTENT_TYPE, media_type)
            .body(text);
        read(self.send(request).await?).await
    }

    /// An answer to be read piece by piece.
    pub(crate) async fn open(
        &self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<Response, Failure> {
        self.send(self.request(Method::GET, path)?.query(query))
            .await
    }

    /// A list, page by page, of `most` items or, without it, all.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
        most: Option<usize>,
    ) -> Result<Page<T>, Failure> {
        let mut items = Vec::new();
        if most == Some(0) {
            return Ok(Page { items, next: None });
        }
        let mut after: Option<String> = None;
        loop {
            let wanted = most.map_or(PAGE, |most| (most - items.len()).min(PAGE));
            let mut request = self.request(Method::GET, path)?.query(query);
            request = request.query(&[("limit", wanted.to_string())]);
            if let Some(after) = &after {
                request = request.query(&[("after", after)]);
            }
            let page: Page<T> = read(self.send(request).await?).await?;
            items.extend(page.items);
            let full = most.is_some_and(|most| items.len() >= most);
            match page.next {
                Some(next) if !full => after = Some(next),
                next => return Ok(Page { items, next }),
            }
        }
    }

    /// What stands elsewhere than the rest of the API, whole.
    pub(crate) async fn fetch(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let answer = self.send(self.request_at(Method::GET, path)?).await?;
        let bytes = answer.bytes().await.map_err(|error| {
            Failure::unavailable(format!("{path} could not be read: {}", chain(&error)))
        })?;
        Ok(bytes.into())
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        self.request_at(method, &format!("/api/v1/{path}"))
    }

    fn request_at(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let url = self
            .base
            .join(path)
            .map_err(|error| Failure::usage(error.to_string()))?;
        let request = self.http.request(method, url);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let answer = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let problem: Option<Problem> = answer.json().await.ok();
        Err(match problem {
            Some(problem) => refusal(status, problem),
            None => Failure::unavailable(format!(
                "{} answers {status}, but not as Drawbridge does. Is DRAWBRIDGE_API right?",
                self.base()
            )),
        })
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let why = chain(error);
        let hint = if why.contains("certificate") {
            "Its certificate is not one that is trusted here. Get the broker's ca.pem from the \
             plant and name it with --ca or DRAWBRIDGE_CA."
        } else {
            "Check the address (--api or DRAWBRIDGE_API), and that the broker runs."
        };
        Failure::unavailable(format!("{} can't be reached: {why}. {hint}", self.base()))
    }
}

fn is_loopback(base: &Url) -> bool {
    let host = base.host_str().unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, Failure> {
    answer.json().await.map_err(|error| {
        Failure::unavailable(format!(
            "the answer could not be read: {}. Is this program as new as the broker?",
            chain(&error)
        ))
    })
}

/// What the API says no to, as a person reads it.
fn refusal(status: StatusCode, problem: Problem) -> Failure {
    let mut text = format!("{}. {}", problem.title, problem.detail);
    // The text about one error holds it already.
    if problem.errors.len() > 1 {
        for error in &problem.errors {
            text.push_str("\n  ");
            if let Some(line) = error.line {
                text.push_str(&format!("line {line}"));
                text.push_str(if error.key.is_empty() { ": " } else { ", " });
            }
            if !error.key.is_empty() {
                text.push_str(&format!("{}: ", error.key));
            }
            text.push_str(&error.message);
        }
    }
    for grant in &problem.grants {
        let LiveGrant {
            grant,
            account,
            asset,
            end,
            why,
        } = grant;
        text.push_str(&format!(
            "\n  grant {grant} of {account} to {asset}, until {end}: {why}"
        ));
    }
    let kind = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Kind::NotPermitted,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Kind::Unavailable,
        _ => Kind::Failed,
    };
    Failure::new(kind, clean_lines(&text)).with_problem(problem)
}

/// An error and its causes, without the address that each of them repeats.
fn chain(error: &dyn Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    match causes.pop() {
        Some(root) => root,
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use admin_api::dto::FieldError;

    use super::*;

    #[test]
    fn only_https_is_spoken() {
        for bad in [
            "http://localhost:8443",
            "localhost:8443",
            "https://h/path",
            "https://h/?x",
            "",
        ] {
            assert!(
                Client::new(bad, None, None).is_err_and(|bad| bad.kind() == Kind::Usage),
                "{bad}"
            );
        }
        let client = Client::new("https://localhost:8443/", None, None).expect("a client");
        assert_eq!(client.base(), "https://localhost:8443");
    }

    #[test]
    fn a_file_without_a_certificate_is_told() {
        let failure = Client::new("https://localhost", Some("hello"), None).expect_err("none");
        assert!(failure.text().contains("no certificate"));
    }

    #[test]
    fn a_refusal_is_told_whole_and_harmless() {
        let error = |line, key: &str| FieldError {
            line: Some(line),
            key: key.to_owned(),
            message: "no\u{1b}[2J".to_owned(),
        };
        let problem = Problem {
            kind: String::new(),
            title: "Not acceptable".to_owned(),
            status: 422,
            detail: "Two errors.".to_owned(),
            code: "plant_file".to_owned(),
            errors: vec![error(3, "zone.name"), error(9, "")],
            grants: Vec::new(),
        };
        let failure = refusal(StatusCode::UNPROCESSABLE_ENTITY, problem.clone());
        assert_eq!(
            failure.text(),
            "Not acceptable. Two errors.\n  line 3, zone.name: no\\u{1b}[2J\n  line 9: no\\u{1b}[2J"
        );
        assert_eq!(failure.json()["errors"][1]["line"], 9);
    }

    #[test]
    fn exit_statuses() {
        for (status, exit) in [
            (401, 77),
            (403, 77),
            (404, 1),
            (409, 1),
            (422, 1),
            (500, 1),
            (429, 69),
            (503, 69),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            let problem = Problem {
                kind: String::new(),
                title: "No".to_owned(),
                status: status.as_u16(),
                detail: "It is not so.".to_owned(),
                code: "no".to_owned(),
                errors: Vec::new(),
                grants: Vec::new(),
            };
            let failure = refusal(status, problem);
            assert_eq!(failure.kind().exit_status(), exit, "{status}");
            assert_eq!(
                (failure.json()["code"].as_str(), failure.text()),
                (Some("no"), "No. It is not so.")
            );
        }
    }

    #[test]
    fn loopback_needs_no_proxy() {
        for (base, expected) in [
            ("https://127.0.0.3:1", true),
            ("https://[::1]:1", true),
            ("https://localhost", true),
            ("https://broker.plant", false),
            ("https://10.0.0.1", false),
        ] {
            assert_eq!(
                is_loopback(&Url::parse(base).expect("a URL")),
                expected,
                "{base}"
            );
        }
    }
}
