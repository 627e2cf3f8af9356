//! What people of the plant do to a session while it runs: let it in, hold its
//! input, speak to its vendor. The broker carries it out; what it asks is in
//! [`crate::ending`].

use domain::policy::Action;
use domain::request::{MAX_TEXT, plain_text};
use domain::{Account, Actor, Draft, SessionId};
use serde_json::json;

use crate::authority;
use crate::error::{Refusal, StoreError};
use crate::row::Fields;
use crate::sessions::{SessionRow, load_open};
use crate::store::Store;
use crate::tx::WriteTx;

/// A message for a session's vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number: a later one has a higher one.
    pub number: i64,
    /// The session.
    pub session: SessionId,
    /// Its text, without control characters.
    pub text: String,
}

impl Store {
    /// Lets a session in that stands in the lobby.
    ///
    /// # Errors
    /// When the actor may not, the session is unknown, over, or in already, its zone
    /// does not ask for it, or the database fails.
    pub async fn let_session_in(
        &self,
        actor: &Actor,
        id: SessionId,
        note: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let (person, session) = steered(&mut tx, actor, Action::LetIn, id).await?;
        let note = optional("the note", note)?;
        if let Some(done) = session.let_in {
            let text = format!(
                "{} has let the session in already; nothing was changed",
                done.by
            );
            return Err(Refusal::new("already_let_in", text).into());
        }
        if !session.zone_rules.let_in {
            let text = format!(
                "zone {} does not ask for it, so the session is in already; nothing was changed",
                session.zone
            );
            return Err(Refusal::new("no_lobby", text).into());
        }
        sqlx::query("UPDATE sessions SET let_in_at = $2, let_in_by = $3 WHERE id = $1")
            .bind(id.to_string())
            .bind(tx.now().as_micros())
            .bind(person.name.as_str())
            .execute(tx.conn())
            .await?;
        let draft = Draft::new("session.let_in", "session", id);
        tx.commit(actor, note.into_iter().fold(draft, Draft::reason))
            .await
    }

    /// Pauses a session's input: nothing that its vendor sends reaches the asset.
    ///
    /// # Errors
    /// When the actor may not, the session is unknown, over, or paused already, or
    /// the database fails.
    pub async fn pause_input(
        &self,
        actor: &Actor,
        id: SessionId,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let (person, session) = steered(&mut tx, actor, Action::PauseInput, id).await?;
        let reason = optional("the reason", reason)?;
        if let Some(done) = session.paused {
            let text = format!(
                "{} has paused the input already; nothing was changed",
                done.by
            );
            return Err(Refusal::new("already_paused", text).into());
        }
        sqlx::query(concat!(
            "UPDATE sessions SET paused_at = $2, paused_by = $3, paused_reason = $4",
            " WHERE id = $1",
        ))
        .bind(id.to_string())
        .bind(tx.now().as_micros())
        .bind(person.name.as_str())
        .bind(&reason)
        .execute(tx.conn())
        .await?;
        let draft = Draft::new("session.input_paused", "session", id);
        tx.commit(actor, reason.into_iter().fold(draft, Draft::reason))
            .await
    }

    /// Lets a session's input flow again.
    ///
    /// # Errors
    /// When the actor may not, the session is unknown, over, or not paused, or the
    /// database fails.
    pub async fn resume_input(
        &self,
        actor: &Actor,
        id: SessionId,
        note: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let (_, session) = steered(&mut tx, actor, Action::PauseInput, id).await?;
        let note = optional("the note", note)?;
        let Some(paused) = session.paused else {
            let text = "the input is not paused; nothing was changed";
            return Err(Refusal::new("not_paused", text).into());
        };
        sqlx::query(concat!(
            "UPDATE sessions SET paused_at = NULL, paused_by = NULL, paused_reason = NULL",
            " WHERE id = $1",
        ))
        .bind(id.to_string())
        .execute(tx.conn())
        .await?;
        let draft = Draft::new("session.input_resumed", "session", id)
            .before(json!({ "paused_at": paused.at, "paused_by": paused.by }));
        tx.commit(actor, note.into_iter().fold(draft, Draft::reason))
            .await
    }

    /// Puts a message on the vendor's screen.
    ///
    /// # Errors
    /// When the actor may not, the session is unknown or over, the text is missing,
    /// too long or not plain, or the database fails.
    pub async fn send_message(
        &self,
        actor: &Actor,
        id: SessionId,
        text: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let (person, _) = steered(&mut tx, actor, Action::SendMessage, id).await?;
        let text = plain_text("the message", text, MAX_TEXT)?;
        sqlx::query(
            "INSERT INTO session_messages (session_id, at, by, text) VALUES ($1, $2, $3, $4)",
        )
        .bind(id.to_string())
        .bind(tx.now().as_micros())
        .bind(person.name.as_str())
        .bind(&text)
        .execute(tx.conn())
        .await?;
        let draft =
            Draft::new("session.message_sent", "session", id).after(json!({ "text": text }));
        tx.commit(actor, draft).await
    }

    /// The messages for open sessions after the one of that number, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn messages(&self, after: i64) -> Result<Vec<Message>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT CAST(session_messages.id AS TEXT) AS name, session_messages.id AS number,",
            " session_id, text",
            // In this order: few sessions are open, and the messages are kept for ever.
            " FROM sessions CROSS JOIN session_messages ON session_id = sessions.id",
            " WHERE closed_at IS NULL AND session_messages.id > $1 ORDER BY session_messages.id",
        ))
        .bind(after)
        .fetch_all(&self.inner.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let fields = Fields::new(row, "session_messages", "name")?;
                Ok(Message {
                    number: fields.get("number")?,
                    session: fields.parse("session_id")?,
                    text: fields.get("text")?,
                })
            })
            .collect()
    }
}

/// The session, if it runs, and the person, if they answer for its zone.
async fn steered(
    tx: &mut WriteTx,
    actor: &Actor,
    action: Action,
    id: SessionId,
) -> Result<(Account, SessionRow), StoreError> {
    let person = authority::require_person(tx, actor, action).await?;
    let session = load_open(tx.conn(), id).await?;
    authority::require_in(tx, actor, action, &session.zone).await?;
    Ok((person, session))
}

fn optional(what: &'static str, text: Option<&str>) -> Result<Option<String>, StoreError> {
    Ok(text
        .map(|text| plain_text(what, text, MAX_TEXT))
        .transpose()?)
}
