//! Recorder that turns successive views of the phone into changed call snapshots. Pure: views and time go in,
//! snapshots come out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use bellwire_call::{AccountId, CallId, CallState, CallView, EndReason, Person, PhoneView};
use uuid::Uuid;

use crate::outcome::{INTERRUPTED, reason_word};
use crate::timestamp::millis;
use crate::{Account, LocalCall, Outcome, members};

/// Interval between snapshots of an unchanged call, so that a crash loses no more of it.
const HEARTBEAT_MS: i64 = 10_000;
/// Ended calls remembered, so that late changes are recorded; the phone keeps fewer.
const MAX_REMEMBERED_CALLS: usize = 64;
/// Characters of a name, a label or a sentence.
const MAX_TEXT_CHARS: usize = 200;

/// Watches the phone; give it every view, and one every second while there are calls.
#[derive(Debug)]
pub struct Recorder {
    run: String,
    accounts: BTreeMap<AccountId, Arc<Account>>,
    calls: BTreeMap<CallId, LocalCall>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// A recorder for one run of the program.
    pub fn new() -> Self {
        Self { run: Uuid::new_v4().simple().to_string(), accounts: BTreeMap::new(), calls: BTreeMap::new() }
    }

    /// Whose calls those of `id` are; to be said before its first call.
    pub fn account(&mut self, id: AccountId, account: Account) {
        self.accounts.insert(id, Arc::new(account));
    }

    /// What is new in this view, for [`CallLog::write`](crate::CallLog::write).
    pub fn note(&mut self, view: &PhoneView, now: SystemTime) -> Vec<LocalCall> {
        let now = millis(now);
        let mut changed = Vec::new();
        for call in &view.calls {
            self.note_call(call, now, &mut changed);
        }
        self.close_vanished(view, now, &mut changed);
        self.forget(view);
        changed
    }

    fn note_call(&mut self, call: &CallView, now: i64, changed: &mut Vec<LocalCall>) {
        let known = self.calls.get(&call.id);
        let Some(account) = known
            .map(|known| known.account.clone())
            .or_else(|| Some(Account::clone(self.accounts.get(&call.account)?)))
        else {
            return;
        };
        let uid = format!("{}-{}", self.run, call.id.0);
        let snapshot = snapshot(uid, account, call, known, now);
        if known.is_none_or(|known| is_changed(known, &snapshot)) {
            self.calls.insert(call.id, snapshot.clone());
            changed.push(snapshot);
        }
    }

    /// A call that vanished without an end state has ended too.
    fn close_vanished(&mut self, view: &PhoneView, now: i64, changed: &mut Vec<LocalCall>) {
        for (id, call) in &mut self.calls {
            if call.is_live() && !view.calls.iter().any(|seen| seen.id == *id) {
                call.outcome = Outcome::Interrupted;
                call.reason = Some(INTERRUPTED);
                call.ended_ms = Some(now.max(call.started_ms));
                call.noted_ms = now;
                changed.push(call.clone());
            }
        }
    }

    fn forget(&mut self, view: &PhoneView) {
        while self.calls.len() > MAX_REMEMBERED_CALLS {
            let gone = |id: &CallId| !view.calls.iter().any(|seen| seen.id == *id);
            let Some(oldest) = self.calls.keys().copied().find(gone) else { return };
            self.calls.remove(&oldest);
        }
    }
}

fn snapshot(
    uid: String,
    account: Account,
    call: &CallView,
    known: Option<&LocalCall>,
    now: i64,
) -> LocalCall {
    let started_ms = known.map_or(now, |known| known.started_ms);
    let answered_before = known.and_then(|known| known.answered_ms);
    let (outcome, answered, end) = match &call.state {
        CallState::Calling { .. } | CallState::Ringing { .. } => (Outcome::Ongoing, false, None),
        CallState::Connecting | CallState::Connected | CallState::Reconnecting => {
            (Outcome::Ongoing, true, None)
        }
        CallState::Ended { reason } => (
            Outcome::of_end(reason, call.direction),
            answered_before.is_some() || call.connected_ms.is_some(),
            Some(reason),
        ),
    };
    let (reason, message) = end.map(reason_word).unzip();
    let ended_ms = end.map(|_| known.and_then(|known| known.ended_ms).unwrap_or(now).max(started_ms));
    let mut people = known.map_or_else(Vec::new, |known| known.members.clone());
    // Not `members`, who while it rings are also those who are only called to it and may never come.
    let in_it: Vec<Person> = call.people.iter().map(shortened).collect();
    members::join(&mut people, &in_it);
    let talked = call.connected_ms.map_or(0, |ms| i64::try_from(ms).unwrap_or(i64::MAX));
    LocalCall {
        uid,
        account,
        remote: call.remote_id.clone(),
        direction: call.direction,
        kind: call.kind,
        peer: shortened(&call.peer),
        members: people,
        subject: call
            .subject
            .clone()
            .map(|subject| bellwire_call::Subject { label: cut(&subject.label), ..subject }),
        outcome,
        reason,
        message: message.flatten().map(cut),
        merged: end == Some(&EndReason::Merged),
        started_ms,
        answered_ms: answered.then(|| answered_before.unwrap_or(now)),
        ended_ms,
        noted_ms: now,
        talked_ms: talked.max(known.map_or(0, |known| known.talked_ms)),
    }
}

/// Whether more than time has changed, or enough time has passed.
fn is_changed(known: &LocalCall, now: &LocalCall) -> bool {
    // A clock that was set back must not silence the heartbeat.
    let due = now.is_live() && known.noted_ms.abs_diff(now.noted_ms) >= HEARTBEAT_MS.unsigned_abs();
    let same = LocalCall {
        noted_ms: now.noted_ms,
        talked_ms: if now.is_live() { now.talked_ms } else { known.talked_ms },
        ..known.clone()
    };
    due || same != *now
}

fn shortened(person: &Person) -> Person {
    Person { name: cut(&person.name), ..person.clone() }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_TEXT_CHARS).collect()
}

#[cfg(test)]
mod tests;
