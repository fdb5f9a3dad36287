//! Response bodies made of records.

use std::collections::BTreeMap;

use bellwire_dialects::hearth::wire::{
    AlsoCalled, CallInvitation, CallSession, CallSettings, IceServerRow, MediaBody, Metadata, Populated, Ref,
    SessionParticipant, SessionStatus, SessionType, TherapyPerson, TherapyRole, TherapySession,
    TherapyStatus, TherapyType, User,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::hub::{Facts, Seat};
use super::store::{Account, FullSession, FullTherapy, InviteeRow, SeatRow, SessionRow};
use crate::clock::Millis;
use crate::relay::IceServer;

/// A user as others see them.
pub(super) fn user(account: &Account) -> User {
    User {
        id: account.id.clone(),
        first_name: Some(account.first_name.clone()),
        last_name: Some(account.last_name.clone()),
        email: None,
        profile_picture: account.profile_picture.clone(),
    }
}

/// A user as they see themselves.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Own {
    id: String,
    first_name: String,
    last_name: String,
    email: String,
    role: String,
    profile_picture: Option<String>,
}

pub(super) fn own(account: Account) -> Own {
    Own {
        id: account.id,
        first_name: account.first_name,
        last_name: account.last_name,
        email: account.email,
        role: account.role,
        profile_picture: account.profile_picture,
    }
}

fn populated(account: &Account) -> Ref {
    let User { id, first_name, last_name, email, profile_picture } = user(account);
    Ref::Full(Populated { id, first_name, last_name, email, profile_picture })
}

pub(super) fn ice(servers: Vec<IceServer>) -> Vec<IceServerRow> {
    let row = |server: IceServer| IceServerRow {
        urls: server.urls,
        username: server.username,
        credential: server.credential,
    };
    servers.into_iter().map(row).collect()
}

pub(super) fn settings(session: &SessionRow) -> CallSettings {
    serde_json::from_str(&session.settings).unwrap_or_default()
}

fn metadata(session: &SessionRow) -> Metadata {
    serde_json::from_str(&session.metadata).unwrap_or_default()
}

fn time(at: Option<i64>) -> Option<String> {
    at.map(|at| Millis(at).iso())
}

/// What is known of a session where its room is; `ice` are servers that need no credentials.
pub(super) fn facts(full: &FullSession, ice: Vec<IceServer>) -> Facts {
    let session = &full.session;
    let pending = full.invitees.iter().filter(|invitee| invitee.state == "pending");
    let seated = full.seats.iter().filter(|seat| seat.is_active);
    Facts {
        session_id: session.session_id.clone(),
        initiator: user(&full.initiator),
        status: SessionStatus::parse(&session.status),
        ring_until: Millis(session.ring_until),
        invitation: CallInvitation {
            session_id: session.session_id.clone(),
            session_type: SessionType::parse(&session.kind),
            initiator: user(&full.initiator),
            call_settings: settings(session),
            metadata: Some(metadata(session)),
            ice_servers: self::ice(ice),
            therapy_session_id: session.therapy.clone(),
            max_participants: seats(session),
            others: (seats(session) > 2).then(|| full.invitees.iter().map(called).collect()),
        },
        pending: pending.map(|invitee| invitee.account.id.clone()).collect(),
        seated: seated.clone().map(|seat| user(&seat.account)).collect(),
        media: seated.map(|seat| (seat.account.id.clone(), recorded(seat))).collect(),
    }
}

fn called(invitee: &InviteeRow) -> AlsoCalled {
    AlsoCalled { user: user(&invitee.account), in_call: false }
}

/// What somebody sends, as their record says.
fn recorded(seat: &SeatRow) -> MediaBody {
    MediaBody {
        has_video: Some(seat.has_video),
        has_audio: Some(seat.has_audio),
        is_screen_sharing: Some(seat.is_sharing),
    }
}

/// How many people a session has room for.
pub(super) fn seats(session: &SessionRow) -> u32 {
    u32::try_from(session.most).unwrap_or(0)
}

/// A seat, with what its room knows better than its record.
fn seat(row: &SeatRow, live: Option<&Seat>) -> SessionParticipant {
    let media = live.map(|seat| seat.media).unwrap_or_default();
    SessionParticipant {
        user_id: populated(&row.account),
        socket_id: live.and_then(Seat::socket_name),
        peer_id: row.peer_id.clone(),
        joined_at: Some(Millis(row.joined_at).iso()),
        left_at: time(row.left_at),
        is_active: row.is_active,
        has_video: media.has_video.unwrap_or(row.has_video),
        has_audio: media.has_audio.unwrap_or(row.has_audio),
        is_screen_sharing: media.is_screen_sharing.unwrap_or(row.is_sharing),
    }
}

/// Those who are in the call.
pub(super) fn present(full: &FullSession, live: &BTreeMap<String, Seat>) -> Vec<SessionParticipant> {
    let active = full.seats.iter().filter(|row| row.is_active);
    active.map(|row| seat(row, live.get(&row.account.id))).collect()
}

pub(super) fn session(full: &FullSession, live: &BTreeMap<String, Seat>) -> CallSession {
    let row = &full.session;
    #[expect(clippy::cast_precision_loss, reason = "seconds of a call are far below 2^53")]
    let duration = row.duration as f64;
    CallSession {
        id: Some(row.id.clone()),
        session_id: row.session_id.clone(),
        session_type: SessionType::parse(&row.kind),
        initiator_id: populated(&full.initiator),
        participants: full.seats.iter().map(|row| seat(row, live.get(&row.account.id))).collect(),
        max_participants: seats(row),
        status: SessionStatus::parse(&row.status),
        start_time: time(row.start_time),
        end_time: time(row.end_time),
        duration,
        call_settings: settings(row),
        therapy_session_id: row.therapy.clone(),
        metadata: Some(metadata(row)),
        created_at: time(Some(row.created_at)),
        updated_at: time(Some(row.updated_at)),
        invitees: full.invitees.iter().map(|invitee| populated(&invitee.account)).collect(),
        end_reason: row.end_reason.clone(),
    }
}

pub(super) fn therapy(full: &FullTherapy) -> TherapySession {
    let row = &full.session;
    let people = full.people.iter().map(|person| TherapyPerson {
        user_id: populated(&person.account),
        role: TherapyRole::parse(&person.part),
        joined_at: time(person.joined_at),
    });
    #[expect(clippy::cast_precision_loss, reason = "minutes of a session are far below 2^53")]
    let duration = row.duration as f64;
    TherapySession {
        id: row.id.clone(),
        title: Some(row.title.clone()),
        description: row.description.clone(),
        kind: TherapyType::parse(&row.kind),
        status: TherapyStatus::parse(&row.status),
        therapist_id: full.therapist.as_ref().map(populated),
        participants: people.collect(),
        scheduled_for: time(row.scheduled_for),
        duration,
        started_at: time(row.started_at),
        ended_at: time(row.ended_at),
        call_session_id: full.call.clone(),
        created_at: time(Some(row.created_at)),
        updated_at: time(Some(row.updated_at)),
    }
}
