//! New call sessions: validation of the request, permission to invite, and the record.

use bellwire_dialects::hearth::wire::{
    CallSettings, FieldError, InitiateBody, MAX_METADATA_CHARS, MAX_SESSION_ID_BYTES, MAX_TAGS,
    MAX_TITLE_CHARS, Metadata, SessionType,
};
use serde_json::{Value, json};
use tracing::info;

use super::Sessions;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::hearth::hub::News;
use crate::hearth::store::{Account, FullSession, Sends, SessionRow};
use crate::metrics::Outcome;
use crate::store::new_id;

/// When to try again while the engine of calls of several is away, in seconds.
const ENGINE_RETRY_S: u64 = 5;

/// What was found wrong with a body, in the words of the deployed validation.
pub(crate) fn invalid(errors: &[FieldError]) -> ApiError {
    let errors = serde_json::to_value(errors).unwrap_or_default();
    ApiError::bad_request("Validation failed").with("errors", errors)
}

pub(super) fn wrong(path: &str, msg: &str) -> FieldError {
    FieldError { msg: msg.to_owned(), path: path.to_owned(), location: "body".to_owned() }
}

/// The body of an initiation, if it is one.
fn read(body: Value) -> Result<InitiateBody, ApiError> {
    let mut errors = Vec::new();
    let kind = body.get("sessionType").and_then(Value::as_str).map(SessionType::parse);
    if kind.is_none_or(|kind| kind == SessionType::Unknown) {
        errors.push(wrong("sessionType", "Invalid session type"));
    }
    match body.get("participants").and_then(Value::as_array) {
        Some(list) if list.is_empty() => {
            errors.push(wrong("participants", "At least one participant is required"));
        }
        Some(list) if !list.iter().all(Value::is_string) => {
            errors.push(wrong("participants", "Participants must be user ids"));
        }
        Some(_) => {}
        None => errors.push(wrong("participants", "Participants must be an array")),
    }
    if !errors.is_empty() {
        return Err(invalid(&errors));
    }
    let body: InitiateBody =
        serde_json::from_value(body).map_err(|error| invalid(&[wrong("", &error.to_string())]))?;
    let metadata = body.metadata.as_ref();
    let long = |text: Option<&String>, most| text.is_some_and(|text| text.chars().count() > most);
    if long(metadata.and_then(|metadata| metadata.title.as_ref()), MAX_TITLE_CHARS) {
        errors.push(wrong("metadata.title", "The title is too long"));
    }
    if long(metadata.and_then(|metadata| metadata.description.as_ref()), MAX_METADATA_CHARS) {
        errors.push(wrong("metadata.description", "The description is too long"));
    }
    if metadata
        .is_some_and(|m| m.tags.len() > MAX_TAGS || m.tags.iter().any(|tag| long(Some(tag), MAX_TITLE_CHARS)))
    {
        errors.push(wrong("metadata.tags", "Too many tags, or too long ones"));
    }
    if errors.is_empty() { Ok(body) } else { Err(invalid(&errors)) }
}

/// `call_<ms>_<9 base36>`, as documented.
fn new_session_id(now: Millis) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let digit = || char::from(DIGITS[usize::from(rand::random::<u8>()) % DIGITS.len()]);
    let tail: String = std::iter::repeat_with(digit).take(9).collect();
    format!("call_{}_{tail}", now.0)
}

impl Sessions {
    /// Makes a session and rings every invited user.
    pub(crate) async fn initiate(&self, me: &Account, body: Value) -> Result<FullSession, ApiError> {
        let body = read(body)?;
        let mut invited: Vec<String> = Vec::new();
        for id in body.participants {
            if id != me.id && !invited.contains(&id) {
                invited.push(id);
            }
        }
        if invited.is_empty() {
            return Err(invalid(&[wrong("participants", "You cannot call yourself")]));
        }
        let most = match body.session_type {
            SessionType::OneToOne => 2,
            SessionType::Group | SessionType::Therapy | SessionType::Unknown => self.max_participants,
        };
        if invited.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            let message = format!("At most {most} people can take part");
            return Err(invalid(&[wrong("participants", &message)]));
        }
        self.initiates
            .check(&me.id)
            .map_err(|wait| ApiError::too_many("Too many calls, please wait a moment", wait))?;
        for id in &invited {
            if self.store.account(id).await?.is_none() {
                return Err(ApiError::not_found("Participant not found"));
            }
        }
        if most > 2 && self.engine.as_ref().is_some_and(|engine| !engine.is_up()) {
            return Err(ApiError::unavailable("Calls of several are not possible right now", ENGINE_RETRY_S));
        }
        if let Some(id) = &body.therapy_session_id {
            self.may_call_in(me, id, &invited).await?;
        }
        let settings = body.call_settings.unwrap_or_default();
        let now = Millis::now();
        let row = SessionRow {
            therapy: body.therapy_session_id,
            ..self.row(me, body.session_type, most, settings, &body.metadata.unwrap_or_default(), now)
        };
        self.begin(me, row, &invited, settings).await
    }

    /// A session that any user may enter, under a name of the caller's choice; one that is open already
    /// is given as it is.
    pub(crate) async fn demo(&self, me: &Account, name: Option<String>) -> Result<FullSession, ApiError> {
        if !self.has_demo_sessions() {
            return Err(ApiError::forbidden("Demo sessions are switched off"));
        }
        let good = |name: &str| {
            !name.is_empty()
                && name.len() <= MAX_SESSION_ID_BYTES
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        };
        if name.as_deref().is_some_and(|name| !good(name)) {
            return Err(invalid(&[wrong("sessionId", "Invalid session id")]));
        }
        if let Some(name) = &name
            && let Some(full) = self.store.session(name).await?
        {
            return match (full.session.open, full.is_over()) {
                (true, false) => Ok(full),
                (true, true) => Err(ApiError::not_found(super::NOT_FOUND)),
                (false, _) => Err(ApiError::forbidden("You are not invited to this call session")),
            };
        }
        self.initiates
            .check(&me.id)
            .map_err(|wait| ApiError::too_many("Too many calls, please wait a moment", wait))?;
        let (settings, now) = (CallSettings::default(), Millis::now());
        let metadata = Metadata { title: Some("Demo call".to_owned()), ..Metadata::default() };
        let row = self.row(me, SessionType::Group, self.max_participants, settings, &metadata, now);
        let row = SessionRow { session_id: name.unwrap_or(row.session_id), open: true, ..row };
        self.begin(me, row, &[], settings).await
    }

    async fn begin(
        &self,
        me: &Account,
        row: SessionRow,
        invited: &[String],
        settings: CallSettings,
    ) -> Result<FullSession, ApiError> {
        let sends = Sends {
            video: Some(settings.is_video_enabled),
            audio: Some(settings.is_audio_enabled),
            sharing: None,
        };
        self.store.add_session(&row, invited, Some(sends)).await?;
        let full = self.found(&row.session_id).await?;
        debug_assert_eq!(full.session.initiator, me.id);
        self.hub.tell(News::Started(Box::new(self.facts(&full)))).await;
        self.count(Outcome::Started);
        info!(session = row.session_id, kind = row.kind, "Call session initiated");
        Ok(full)
    }

    fn row(
        &self,
        me: &Account,
        kind: SessionType,
        most: u32,
        settings: CallSettings,
        metadata: &Metadata,
        now: Millis,
    ) -> SessionRow {
        let settings = CallSettings { through_engine: most > 2 && self.engine.is_some(), ..settings };
        SessionRow {
            id: new_id(now),
            session_id: new_session_id(now),
            kind: kind.as_str().to_owned(),
            initiator: me.id.clone(),
            most: i64::from(most),
            status: "waiting".to_owned(),
            open: false,
            start_time: None,
            end_time: None,
            duration: 0,
            end_reason: None,
            settings: json!(settings).to_string(),
            metadata: json!(metadata).to_string(),
            therapy: None,
            ring_until: now.plus(self.ring_timeout).0,
            created_at: now.0,
            updated_at: now.0,
        }
    }

    /// A call in a therapy session is among its people.
    pub(super) async fn may_call_in(
        &self,
        me: &Account,
        id: &str,
        invited: &[String],
    ) -> Result<(), ApiError> {
        let found = self.store.therapy(id).await?;
        let therapy = found.ok_or_else(|| ApiError::not_found("Therapy session not found"))?;
        if !therapy.is_member(&me.id) {
            return Err(ApiError::forbidden("You are not part of this therapy session"));
        }
        if !invited.iter().all(|user| therapy.is_member(user)) {
            return Err(ApiError::forbidden("Somebody is not part of this therapy session"));
        }
        if matches!(therapy.session.status.as_str(), "completed" | "cancelled") {
            return Err(ApiError::bad_request("This therapy session is over"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_body_is_said_field_by_field() {
        assert!(read(json!({ "sessionType": "one-to-one", "participants": ["a"] })).is_ok());
        for (body, path) in [
            (json!({ "sessionType": "seance", "participants": ["a"] }), "sessionType"),
            (json!({ "participants": ["a"] }), "sessionType"),
            (json!({ "sessionType": "group" }), "participants"),
            (json!({ "sessionType": "group", "participants": [] }), "participants"),
            (json!({ "sessionType": "group", "participants": [7] }), "participants"),
            (
                json!({ "sessionType": "group", "participants": ["a"], "metadata": { "title": "x".repeat(201) } }),
                "metadata.title",
            ),
            (json!({ "sessionType": "group", "participants": ["a"], "callSettings": 7 }), ""),
        ] {
            let error = read(body.clone()).expect_err("refused");
            let text = format!("{error:?}");
            assert!(text.contains(&format!("\"path\": String(\"{path}\")")), "{body}: {text}");
        }
    }

    #[test]
    fn session_ids_are_the_documented_ones_and_differ() {
        let (one, two) = (new_session_id(Millis(17)), new_session_id(Millis(17)));
        assert!(one.starts_with("call_17_") && one.len() == "call_17_".len() + 9, "{one}");
        assert_ne!(one, two);
    }
}
