//! People at the REST API.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use admin_api::dto::{
    Approve, AuditEvent, Grant, LoggedIn, Login, NewRequest, Page, Problem, Reason, Recording,
    Request, Secret, Session, SetCredential, SetPassword, Ticket,
};
use domain::Timestamp;
use reqwest::{Certificate, Client, Method, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Door;

/// The password of every account in the scenarios.
pub const PASSWORD: &str = "correct horse battery";

/// The API of one Drawbridge.
#[derive(Clone)]
pub struct Api {
    base: String,
    http: Client,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Person {
    /// Their account.
    pub name: String,
    /// Their bearer token.
    pub token: String,
    api: Api,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({})", self.name)
    }
}

/// What was refused, and how.
pub type Answer<T> = Result<T, Problem>;

impl Api {
    /// The API there, trusted by that authority alone.
    ///
    /// # Panics
    /// If the file holds no certificate.
    #[must_use]
    pub fn new(at: SocketAddr, authority: &Path) -> Self {
        let pem = std::fs::read(authority).expect("the authority's certificate");
        let certificate = Certificate::from_pem(&pem).expect("a certificate");
        let http = Client::builder()
            .tls_certs_only([certificate])
            .timeout(Duration::from_secs(60))
            .build()
            .expect("a client");
        Self {
            base: format!("https://localhost:{}", at.port()),
            http,
        }
    }

    /// Signs in.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn login(&self, name: &str, password: &str) -> Answer<Person> {
        let body = Login {
            name: name.to_owned(),
            password: Secret::new(password),
            label: None,
        };
        let answer = self.call(Method::POST, "login", None, Some(&body)).await;
        let login: LoggedIn = read(answer).await?;
        let token = login.token.expose().to_owned();
        Ok(Person {
            name: name.to_owned(),
            token,
            api: self.clone(),
        })
    }

    /// Signs in with the usual password.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn person(&self, name: &str) -> Person {
        self.login(name, PASSWORD)
            .await
            .unwrap_or_else(|problem| panic!("{name}: {problem:?}"))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&impl Serialize>,
    ) -> Response {
        let mut request = self
            .http
            .request(method, format!("{}/api/v1/{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.expect("the API answers")
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Answer<T> {
    let status = response.status();
    let text = response.text().await.expect("a body");
    if status.is_success() {
        let text = if text.is_empty() { "null" } else { &text };
        Ok(serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in: {text}")))
    } else {
        Err(serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{status}, and {error} in: {text}")))
    }
}

impl Person {
    /// The same person at the API of a server that was started again: tokens outlive
    /// it.
    #[must_use]
    pub fn at(&self, api: &Api) -> Self {
        Self {
            api: api.clone(),
            ..self.clone()
        }
    }

    /// `GET path`, whatever it is, with its status.
    ///
    /// # Panics
    /// If nobody answers.
    pub async fn read(&self, path: &str) -> (u16, String) {
        let url = format!("{}/{path}", self.api.base);
        let request = self.api.http.get(url).bearer_auth(&self.token);
        let answer = request.send().await.expect("the API answers");
        let status = answer.status().as_u16();
        (status, answer.text().await.expect("text"))
    }

    /// `GET path`.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Answer<T> {
        read(
            self.api
                .call(Method::GET, path, Some(&self.token), None::<&()>)
                .await,
        )
        .await
    }

    /// `POST path`.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Answer<T> {
        read(
            self.api
                .call(Method::POST, path, Some(&self.token), Some(body))
                .await,
        )
        .await
    }

    /// `PUT path`.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Answer<T> {
        read(
            self.api
                .call(Method::PUT, path, Some(&self.token), Some(body))
                .await,
        )
        .await
    }

    /// Applies a plant file.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn apply_plant(&self, text: &str) -> Answer<()> {
        let url = format!("{}/api/v1/plant", self.api.base);
        let request = self.api.http.put(url).bearer_auth(&self.token);
        let request = request
            .header("content-type", "application/toml")
            .body(text.to_owned());
        let _: serde_json::Value = read(request.send().await.expect("the API answers")).await?;
        Ok(())
    }

    /// Gives an account the usual password.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn give_password(&self, account: &str) {
        let body = SetPassword {
            password: Secret::new(PASSWORD),
        };
        let _: () = self
            .post(&format!("accounts/{account}/password"), &body)
            .await
            .expect("set");
    }

    /// Stores the private key that opens an asset.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn store_key(&self, name: &str, key: &str) {
        let body = SetCredential {
            kind: "private_key".to_owned(),
            secret: Secret::new(key),
        };
        let _: () = self
            .put(&format!("credentials/{name}"), &body)
            .await
            .expect("stored");
    }

    /// Asks for a session.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn ask(
        &self,
        asset: &str,
        not_before: Option<Timestamp>,
        not_after: Timestamp,
    ) -> Answer<Request> {
        let body = NewRequest {
            asset: asset.to_owned(),
            protocol: "ssh".to_owned(),
            purpose: "change the firmware".to_owned(),
            work_order: Some("WO-1".to_owned()),
            not_before,
            not_after,
        };
        self.post("requests", &body).await
    }

    /// Approves as it was asked.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn approve(&self, request: &str) -> Answer<Request> {
        self.post(&format!("requests/{request}/approve"), &Approve::default())
            .await
    }

    /// Takes a ticket.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn ticket(&self, grant: &str) -> Answer<Ticket> {
        self.post(&format!("grants/{grant}/tickets"), &()).await
    }

    /// Takes a ticket, and with it the way in.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn door(&self, grant: &str) -> Door {
        let ticket = self.ticket(grant).await.expect("a ticket");
        Door {
            at: SocketAddr::new([127, 0, 0, 1].into(), ticket.ssh.port),
            user: ticket.ssh.username,
            password: ticket.ticket.expose().to_owned(),
        }
    }

    /// Does `deed` to something, for a reason.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn act(&self, path: &str) {
        let body = Reason {
            reason: "as the scenario wants it".to_owned(),
        };
        let _: serde_json::Value = self.post(path, &body).await.expect(path);
    }

    /// What they see of a grant.
    ///
    /// # Panics
    /// If they don't.
    pub async fn grant(&self, id: &str) -> Grant {
        self.get(&format!("grants/{id}")).await.expect("a grant")
    }

    /// The sessions that they see, newest first.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn sessions(&self) -> Vec<Session> {
        let page: Page<Session> = self.get("sessions?limit=200").await.expect("sessions");
        page.items
    }

    /// The newest session that they see.
    ///
    /// # Panics
    /// If there is none.
    pub async fn last_session(&self) -> Session {
        self.sessions().await.into_iter().next().expect("a session")
    }

    /// The recordings of a session.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn recordings(&self, session: &str) -> Vec<Recording> {
        let path = format!("recordings?session={session}&limit=200");
        let page: Page<Recording> = self.get(&path).await.expect("recordings");
        page.items
    }

    /// The text of a recording; `query` chooses the channel and what is in it.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn cast(&self, session: &str, query: &str) -> Answer<String> {
        let path = format!("sessions/{session}/recording.cast{query}");
        let response = self
            .api
            .call(Method::GET, &path, Some(&self.token), None::<&()>)
            .await;
        if response.status().is_success() {
            Ok(response.text().await.expect("a recording"))
        } else {
            read(response).await
        }
    }

    /// A recording as a bundle; `query` chooses the channel and what is in it.
    ///
    /// # Errors
    /// What the API answers.
    ///
    /// # Panics
    /// If it is not sent whole.
    pub async fn bundle(&self, session: &str, query: &str) -> Answer<Vec<u8>> {
        let path = format!("sessions/{session}/bundle.tar{query}");
        let response = self
            .api
            .call(Method::GET, &path, Some(&self.token), None::<&()>)
            .await;
        if response.status().is_success() {
            Ok(response.bytes().await.expect("a bundle").to_vec())
        } else {
            read(response).await
        }
    }

    /// The audit log from its first event on, or what `query` leaves of it.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn audit(&self, query: &str) -> Vec<AuditEvent> {
        let mut events = Vec::new();
        let mut path = format!("audit?oldest_first=true&limit=200{query}");
        loop {
            let page: Page<AuditEvent> = self.get(&path).await.expect("the audit log");
            events.extend(page.items);
            let Some(next) = page.next else { return events };
            path = format!("audit?oldest_first=true&limit=200{query}&after={next}");
        }
    }
}
