//! Polling of the day's rooms: what to ask when, and which alerts the replies cause.
//!
//! As deployed the server does not announce that the other party waits, so the rooms near their time are
//! asked about every ten seconds, others of the day every minute. A server that announces it
//! (`room-status`) is asked about all of them every minute only. After a refusal the backend is left alone
//! for as long as it says.

use bellwire_call::{IncomingSignal, MediaKind, Ring};

use super::{
    Clinic, PendingRequest,
    lists::{self, LOOK_BACK_S},
    rooms::{Current, Room, Seen, Stage, Visit, joined, seen},
    wire::{RoomRecord, RoomState},
};
use crate::{Outbound, Reaction, SideEvent, call_table::key, limits, rest, timestamp};

/// How often the transport lets us ask.
pub(super) const POLL_EVERY_MS: u64 = 10_000;
pub(super) const FIRST_POLL_MS: u64 = 1_000;
/// Seconds; a little less than the step, which never comes exactly.
const NEAR_EVERY_S: i64 = 8;
const FAR_EVERY_S: i64 = 55;
const LIST_EVERY_S: i64 = 115;
/// Rooms asked about at once.
const MAX_ROOMS_AT_ONCE: usize = 8;
/// Pages of the day's list.
const MAX_PAGES: u32 = 10;
/// How long before and after its time an appointment is near.
const NEAR_S: i64 = 30 * 60;
const FAR_S: i64 = 4 * 3600;
const LOOK_AHEAD_S: i64 = 36 * 3600;
/// From one alert to the next while they still wait.
const ALERT_AGAIN_S: i64 = 120;
const MAX_ALERTS: u8 = 30;
/// Seconds of silence after a failure, and after a refusal that does not say how long.
const PAUSE_AFTER_FAILURE_S: i64 = 30;
const PAUSE_AFTER_REFUSAL_S: i64 = 60;
const MAX_PAUSE_S: i64 = 900;

/// When what was asked last.
#[derive(Debug, Default)]
pub(super) struct Pace {
    list_asked_at: Option<i64>,
    quiet_until: i64,
    /// The server tells by itself.
    pub(super) told: bool,
}

impl Pace {
    /// Something is not as the list said.
    pub(super) fn ask_list_again(&mut self) {
        self.list_asked_at = None;
    }
}

impl Clinic {
    pub(super) fn ask(&mut self, now: &str) -> Vec<Outbound> {
        let Some(now) = timestamp::seconds(now) else { return Vec::new() };
        self.now = now;
        // A word may be lost on its way; this one everything depends on.
        let mut out = self.knock_again();
        if now < self.pace.quiet_until || self.pending.len() >= limits::MAX_REQUESTS / 2 {
            return out;
        }
        if self.pace.list_asked_at.is_none_or(|at| now - at >= LIST_EVERY_S || now < at) {
            self.pace.list_asked_at = Some(now);
            out.push(self.pending.send(lists::day_request(now, 1), PendingRequest::List { page: 1 }));
        }
        out.extend(self.ask_rooms());
        out
    }

    fn ask_rooms(&mut self) -> Vec<Outbound> {
        let now = self.now;
        let told = self.pace.told;
        let mut due: Vec<_> = self
            .rooms
            .all()
            .filter(|room| {
                interval(room, now, told).is_some_and(|every| (now - room.asked_at).abs() >= every)
            })
            .map(|room| (room.asked_at, room.meeting.id.clone()))
            .collect();
        due.sort();
        let mut out = Vec::new();
        for (_, appointment) in due.into_iter().take(MAX_ROOMS_AT_ONCE) {
            if let Some(room) = self.rooms.find_mut(&appointment) {
                room.asked_at = now;
            }
            out.push(
                self.pending.send(lists::room_request(&appointment), PendingRequest::Room { appointment }),
            );
        }
        out
    }

    /// One page of the day's appointments.
    pub(super) fn day(&mut self, page: u32, status: u16, body: &serde_json::Value) -> Reaction {
        let Ok(list) = lists::page(status, body) else {
            self.refused(status, body);
            return Reaction::none();
        };
        let first_time = self.rooms.all().next().is_none();
        let (mut reaction, mut changed) = (Reaction::none(), false);
        for row in list.data {
            let Some(meeting) = self.account.meeting(&row) else { continue };
            let today = meeting
                .starts
                .is_none_or(|at| (self.now - LOOK_BACK_S..self.now + LOOK_AHEAD_S).contains(&at));
            if !today || meeting.kind == super::wire::AppointmentType::Physical {
                continue;
            }
            let appointment = meeting.id.clone();
            let Ok((_, new)) = self.rooms.learn(meeting) else { break };
            changed |= new;
            if let Some(record) = row.video_call_room {
                if let Some(room) = self.rooms.find_mut(&appointment) {
                    room.asked_at = self.now;
                }
                merge(&mut reaction, self.recorded(&appointment, &record));
            }
        }
        if changed && !first_time && !reaction.side.contains(&SideEvent::ListChanged) {
            reaction.side.push(SideEvent::ListChanged);
        }
        let pages = list.meta.total_pages.min(MAX_PAGES);
        if page < pages {
            let next = lists::day_request(self.now, page + 1);
            reaction.outbound.push(self.pending.send(next, PendingRequest::List { page: page + 1 }));
        } else {
            let rooms = self.ask_rooms();
            reaction.outbound.extend(rooms);
        }
        reaction
    }

    /// What the backend says of one room.
    pub(super) fn room(&mut self, appointment: &str, status: u16, body: &serde_json::Value) -> Reaction {
        match rest::read::<RoomRecord>(status, body) {
            Ok(record) => {
                if let Some(meeting) = record.appointment.as_deref().and_then(|row| self.account.meeting(row))
                    && meeting.id == appointment
                {
                    // Full only if we are in hundreds of rooms.
                    let _ = self.rooms.learn(meeting);
                }
                self.recorded(appointment, &record)
            }
            // There is no room yet.
            Err(_) if status == 404 => self.observe(appointment, Seen::default(), false),
            Err(_) => {
                self.refused(status, body);
                Reaction::none()
            }
        }
    }

    fn recorded(&mut self, appointment: &str, record: &RoomRecord) -> Reaction {
        let Ok(id) = limits::id(record.room_id.clone()) else { return Reaction::none() };
        if let Some(room) = self.rooms.find_mut(appointment) {
            room.id = Some(id);
        }
        if let Some(room) = self.rooms.find_mut(appointment) {
            match record.status {
                RoomState::Ended if !joined(record, self.account.role).1 => {
                    room.vacated = Some(record.ended_at.clone().unwrap_or_default());
                }
                RoomState::Ended => {}
                RoomState::Waiting | RoomState::InProgress | RoomState::Unknown => room.vacated = None,
            }
        }
        let vacated = self.rooms.find(appointment).and_then(|room| room.vacated.as_deref());
        let seen = seen(record, self.account.role, vacated);
        self.observe(appointment, seen, false)
    }

    fn refused(&mut self, status: u16, body: &serde_json::Value) {
        let quiet = match status {
            429 => {
                let said = ["retryAfter", "retry_after"].iter().find_map(|field| body[*field].as_i64());
                said.unwrap_or(PAUSE_AFTER_REFUSAL_S).clamp(1, MAX_PAUSE_S)
            }
            0 | 500.. => PAUSE_AFTER_FAILURE_S,
            _ => return,
        };
        self.pace.quiet_until = self.now + quiet;
    }

    /// A party was seen in a room, or no longer. `told`: the server said it as it happened, so a seat
    /// of ours is really taken; what is kept over REST may be left behind by a socket that was lost.
    pub(super) fn observe(&mut self, appointment: &str, seen: Seen, told: bool) -> Reaction {
        let now = self.now;
        let Some(room) = self.rooms.find_mut(appointment) else { return Reaction::none() };
        let before = room.seen.replace(seen);
        let mut reaction = Reaction::none();
        if before.unwrap_or_default() != seen {
            reaction.side.push(SideEvent::ListChanged);
        }
        if room.is_inside() {
            return reaction;
        }
        let came = seen.we && before.is_some_and(|before| !before.we);
        room.visit.elsewhere = seen.we && (told || came || room.visit.elsewhere);
        if !seen.they {
            room.visit = Visit { elsewhere: room.visit.elsewhere, ..Visit::default() };
        }
        if let Some(current) = &room.current {
            let key = key(&current.key);
            if !seen.they {
                room.current = None;
                reaction.heard.push((key, IncomingSignal::Cancel));
                return reaction;
            } else if room.visit.elsewhere {
                room.current = None;
                room.visit.spent = true;
                reaction.heard.push((key, IncomingSignal::AnsweredElsewhere));
                return reaction;
            }
        }
        // Whom we are on our way to does not ring.
        if self.pending.iter().any(|request| !request.withdrawn && request.purpose.is_about(appointment)) {
            return reaction;
        }
        let again = room.visit.alerts == 0 || now - room.visit.alerted_at >= ALERT_AGAIN_S;
        let quiet = room.visit.spent || room.visit.elsewhere || room.visit.alerts >= MAX_ALERTS;
        if seen.they && again && !quiet && room.meeting.is_open() {
            reaction.heard.extend(self.alert(appointment));
        }
        reaction
    }

    /// A ring: they are in the room and we are not.
    fn alert(&mut self, appointment: &str) -> Option<(bellwire_call::CallKey, IncomingSignal)> {
        let id = self.rooms.find(appointment)?.id.clone()?;
        let fresh = self.rooms.fresh_key(&id, self.now);
        let now = self.now;
        let room = self.rooms.find_mut(appointment)?;
        room.visit.alerts = room.visit.alerts.saturating_add(1);
        room.visit.alerted_at = now;
        room.current = Some(Current::new(fresh.clone(), Stage::Alerted));
        let ring = Ring {
            from: room.meeting.peer.clone(),
            kind: MediaKind::Video,
            subject: Some(room.meeting.subject()),
        };
        Some((key(&fresh), IncomingSignal::Ring(ring)))
    }
}

/// How often to ask about a room, in seconds; `None`: not at all.
fn interval(room: &Room, now: i64, told: bool) -> Option<i64> {
    if room.is_inside() || !room.meeting.is_open() {
        return None;
    }
    let (Some(starts), Some(ends)) = (room.meeting.starts, room.meeting.ends()) else {
        return Some(FAR_EVERY_S);
    };
    let waits = room.seen.is_some_and(|seen| seen.they);
    if !(starts - FAR_S..ends + FAR_S).contains(&now) && !waits {
        return None;
    }
    let near = waits || (starts - NEAR_S..ends + NEAR_S).contains(&now);
    Some(if near && !told { NEAR_EVERY_S } else { FAR_EVERY_S })
}

fn merge(into: &mut Reaction, more: Reaction) {
    into.heard.extend(more.heard);
    into.outbound.extend(more.outbound);
    for side in more.side {
        if !into.side.contains(&side) {
            into.side.push(side);
        }
    }
}
