//! Row of one record, and how it merges with reports of this phone and of its backend.

use bellwire_call::{Direction, MediaKind, Person, RemoteCallId};

use super::{AccountRow, Result, Tx};
use crate::outcome::INTERRUPTED;
use crate::{BackendCall, LocalCall, Outcome, members, timestamp};

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) remote: Option<String>,
    pub(super) backend: Option<String>,
    pub(super) outgoing: bool,
    pub(super) kind: Option<String>,
    pub(super) peer_id: String,
    pub(super) peer_name: String,
    pub(super) peer_avatar: Option<String>,
    /// As [`members::written`].
    pub(super) members: String,
    pub(super) subject_id: Option<String>,
    pub(super) subject_label: Option<String>,
    pub(super) outcome: String,
    pub(super) reason: Option<String>,
    pub(super) message: Option<String>,
    pub(super) started_ms: i64,
    pub(super) answered_ms: Option<i64>,
    pub(super) ended_ms: Option<i64>,
    pub(super) backend_s: i64,
    pub(super) seen: bool,
    pub(super) hidden: bool,
}

impl Row {
    pub(super) fn of_local(account: i64, call: &LocalCall) -> Self {
        let mut row = Self {
            id: 0,
            account,
            remote: None,
            backend: None,
            outgoing: call.direction == Direction::Outgoing,
            kind: None,
            peer_id: call.peer.id.0.clone(),
            peer_name: String::new(),
            peer_avatar: None,
            members: members::NOBODY.into(),
            subject_id: None,
            subject_label: None,
            outcome: Outcome::Ongoing.as_str().into(),
            reason: None,
            message: None,
            started_ms: call.started_ms,
            answered_ms: None,
            ended_ms: None,
            backend_s: 0,
            seen: true,
            hidden: false,
        };
        row.take_local(call, false);
        row
    }

    pub(super) fn of_backend(owner: &AccountRow, call: &BackendCall) -> Self {
        let outcome = Outcome::of_backend(&call.status, call.direction, call.duration_s);
        let started_ms = timestamp::read(&call.started_at).unwrap_or(0);
        let outgoing = call.direction == Direction::Outgoing;
        let news = !outgoing && outcome == Outcome::Missed && started_ms >= owner.since_ms;
        let mut row = Self {
            id: 0,
            account: owner.id,
            remote: None,
            backend: Some(call.remote.0.clone()),
            outgoing,
            kind: call.kind.map(kind_word).map(str::to_owned),
            peer_id: call.peer.id.0.clone(),
            peer_name: call.peer.name.clone(),
            peer_avatar: call.peer.avatar.clone(),
            members: members::NOBODY.into(),
            subject_id: call.subject.as_ref().map(|subject| subject.id.clone()),
            subject_label: call.subject.as_ref().map(|subject| subject.label.clone()),
            outcome: outcome.as_str().into(),
            reason: None,
            message: None,
            started_ms,
            answered_ms: None,
            ended_ms: None,
            backend_s: call.duration_s.into(),
            seen: !news,
            hidden: false,
        };
        row.take_members(&call.members);
        row
    }

    fn is(&self, outcome: Outcome) -> bool {
        self.outcome == outcome.as_str()
    }

    fn is_interrupted(&self) -> bool {
        self.reason.as_deref() == Some(INTERRUPTED)
    }

    /// Takes in what this phone knows: it was there. `known_leg`: it has reported of this leg before.
    pub(super) fn take_local(&mut self, call: &LocalCall, known_leg: bool) {
        if let Some(remote) = &call.remote {
            self.remote = Some(base(remote).to_owned());
        }
        self.outgoing = call.direction == Direction::Outgoing;
        self.kind = Some(kind_word(call.kind).into());
        self.peer_id.clone_from(&call.peer.id.0);
        // Deleted while the last of it was still on its way: the names stay away.
        if !(self.hidden && known_leg) {
            if !call.peer.name.is_empty() {
                self.peer_name.clone_from(&call.peer.name);
            }
            self.peer_avatar = call.peer.avatar.clone().or(self.peer_avatar.take());
            self.take_members(&call.members);
            if let Some(subject) = &call.subject {
                self.subject_id = Some(subject.id.clone());
                if !subject.label.is_empty() || self.subject_label.is_none() {
                    self.subject_label = Some(subject.label.clone());
                }
            }
        }
        if self.started_ms == 0 {
            self.started_ms = call.started_ms;
        }
        let answered_earlier = self.answered_ms.is_some() && call.answered_ms.is_none();
        self.answered_ms = self.answered_ms.or(call.answered_ms);
        self.hidden = call.merged || (self.hidden && known_leg);

        let was_missed = self.is(Outcome::Missed);
        let over = !call.is_live();
        let outcome = if over && answered_earlier { Outcome::Completed } else { call.outcome };
        self.outcome = outcome.as_str().into();
        self.reason = call.reason.map(str::to_owned);
        self.message.clone_from(&call.message);
        self.ended_ms = call.ended_ms;
        let missed = outcome == Outcome::Missed && !self.outgoing && !self.hidden;
        if missed != was_missed || !missed {
            self.seen = !missed;
        }
    }

    /// Takes in what the backend remembers. `ours`: this phone was there and knows better; `live`: it still
    /// is.
    pub(super) fn take_backend(&mut self, theirs: &Self, ours: bool, live: bool) {
        self.backend.clone_from(&theirs.backend);
        if !self.hidden {
            fill(&mut self.peer_name, &theirs.peer_name, ours);
            if theirs.peer_avatar.is_some() && (!ours || self.peer_avatar.is_none()) {
                self.peer_avatar.clone_from(&theirs.peer_avatar);
            }
            self.take_members(&members::read(&theirs.members));
            if self.subject_id.is_none() {
                self.subject_id.clone_from(&theirs.subject_id);
            }
            if self.subject_id == theirs.subject_id
                && self.subject_label.as_deref().is_none_or(str::is_empty)
                && theirs.subject_label.is_some()
            {
                self.subject_label.clone_from(&theirs.subject_label);
            }
        }
        if self.kind.is_none() {
            self.kind.clone_from(&theirs.kind);
        }
        if self.started_ms == 0 {
            self.started_ms = theirs.started_ms;
        }
        self.backend_s = self.backend_s.max(theirs.backend_s);

        let final_word = !theirs.is(Outcome::Ongoing);
        let unknown_end = self.is_interrupted() && self.answered_ms.is_none();
        if final_word && !live && (!ours || unknown_end) && self.outcome != theirs.outcome {
            self.outcome.clone_from(&theirs.outcome);
            let missed = self.is(Outcome::Missed) && !self.outgoing;
            self.seen = self.hidden || !missed || theirs.seen;
        }
    }

    fn take_members(&mut self, more: &[Person]) {
        let mut all = members::read(&self.members);
        members::join(&mut all, more);
        self.members = members::written(&all, &self.peer_id);
    }

    /// What a search looks through.
    fn search(&self) -> String {
        if self.hidden {
            return String::new();
        }
        let mut text = format!("{}\n{}", self.peer_name, self.subject_label.as_deref().unwrap_or_default());
        for person in members::read(&self.members).iter().filter(|person| person.id.0 != self.peer_id) {
            text.push('\n');
            text.push_str(&person.name);
        }
        text.to_lowercase()
    }

    pub(super) async fn insert(&self, tx: &mut Tx<'_>) -> Result<i64> {
        sqlx::query_scalar(
            "INSERT INTO calls (account, remote, backend, outgoing, kind, peer_id, peer_name, peer_avatar, \
             subject_id, subject_label, outcome, reason, message, started_ms, answered_ms, ended_ms, \
             backend_s, seen, hidden, search, members) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
             $13, $14, $15, $16, $17, $18, $19, $20, $21) RETURNING id",
        )
        .bind(self.account)
        .bind(&self.remote)
        .bind(&self.backend)
        .bind(self.outgoing)
        .bind(&self.kind)
        .bind(&self.peer_id)
        .bind(&self.peer_name)
        .bind(&self.peer_avatar)
        .bind(&self.subject_id)
        .bind(&self.subject_label)
        .bind(&self.outcome)
        .bind(&self.reason)
        .bind(&self.message)
        .bind(self.started_ms)
        .bind(self.answered_ms)
        .bind(self.ended_ms)
        .bind(self.backend_s)
        .bind(self.seen)
        .bind(self.hidden)
        .bind(self.search())
        .bind(&self.members)
        .fetch_one(&mut **tx)
        .await
    }

    pub(super) async fn update(&self, tx: &mut Tx<'_>) -> Result<()> {
        sqlx::query(
            "UPDATE calls SET remote = $2, outgoing = $3, kind = $4, peer_id = $5, peer_name = $6, \
             peer_avatar = $7, subject_id = $8, subject_label = $9, outcome = $10, reason = $11, \
             message = $12, started_ms = $13, answered_ms = $14, ended_ms = $15, backend_s = $16, \
             seen = $17, hidden = $18, search = $19, backend = $20, members = $21 WHERE id = $1",
        )
        .bind(self.id)
        .bind(&self.remote)
        .bind(self.outgoing)
        .bind(&self.kind)
        .bind(&self.peer_id)
        .bind(&self.peer_name)
        .bind(&self.peer_avatar)
        .bind(&self.subject_id)
        .bind(&self.subject_label)
        .bind(&self.outcome)
        .bind(&self.reason)
        .bind(&self.message)
        .bind(self.started_ms)
        .bind(self.answered_ms)
        .bind(self.ended_ms)
        .bind(self.backend_s)
        .bind(self.seen)
        .bind(self.hidden)
        .bind(self.search())
        .bind(&self.backend)
        .bind(&self.members)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// A room or session that is entered again is told apart by what follows a `#`; it is the same call.
pub(super) fn base(remote: &RemoteCallId) -> &str {
    remote.0.split_once('#').map_or(remote.0.as_str(), |(base, _)| base)
}

fn fill(ours: &mut String, theirs: &str, keep: bool) {
    if !theirs.is_empty() && (!keep || ours.is_empty()) {
        theirs.clone_into(ours);
    }
}

fn kind_word(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Voice => "voice",
        MediaKind::Video => "video",
    }
}
