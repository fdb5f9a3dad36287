//! Watching the day's rooms: what to ask when, and what the answers announce.
//!
//! As deployed nobody is told that somebody waits, so the rooms near their time are asked about
//! every ten seconds, others of the day every minute. A server that tells by itself (`room-status`)
//! is asked about all of them every minute only. What the backend limits is left alone for as long as
//! it says.

use bellwire_call::{MediaKind, Ring, Signal};

use super::{
    Clinic, Waiting, records,
    rooms::{Current, Room, Seen, Stage, Visit, key},
    wire::{RoomRecord, RoomState, UserRole},
};
use crate::{Outbound, Reaction, SideEvent, instant, limits, rest};

/// How often the transport lets us ask.
pub(super) const EVERY_MS: u64 = 10_000;
pub(super) const FIRST_MS: u64 = 1_000;
/// Seconds; a little less than the step, which never comes exactly.
const NEAR_EVERY: i64 = 8;
const FAR_EVERY: i64 = 55;
const LIST_EVERY: i64 = 115;
/// Rooms asked about at once.
const AT_ONCE: usize = 8;
/// Pages of the day's list.
const PAGES: u32 = 10;
/// How long before and after its time an appointment is near.
const NEAR: i64 = 30 * 60;
const FAR: i64 = 4 * 3600;
/// How far back the day reaches: a dialect does not know where midnight is.
pub(super) const BACK: i64 = 12 * 3600;
const AHEAD: i64 = 36 * 3600;
/// From one alert to the next while they still wait.
const ALERT_AGAIN: i64 = 120;
const ALERTS: u8 = 30;
/// Seconds of silence after a failure, and after a refusal that does not say how long.
const QUIET: i64 = 30;
const QUIET_REFUSED: i64 = 60;
const QUIET_MOST: i64 = 900;
/// A room that was written to this much after its end was entered again.
const AFTER_END: i64 = 2;

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
        let Some(now) = instant::seconds(now) else { return Vec::new() };
        self.now = now;
        // A word may be lost on its way; this one everything depends on.
        let mut out = self.knock_again();
        if now < self.pace.quiet_until || self.waiting.len() >= limits::REQUESTS / 2 {
            return out;
        }
        if self.pace.list_asked_at.is_none_or(|at| now - at >= LIST_EVERY || now < at) {
            self.pace.list_asked_at = Some(now);
            out.push(self.request(records::day_request(now, 1), Waiting::List { page: 1 }));
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
        for (_, appointment) in due.into_iter().take(AT_ONCE) {
            if let Some(room) = self.rooms.find_mut(&appointment) {
                room.asked_at = now;
            }
            out.push(self.request(records::room_request(&appointment), Waiting::Room { appointment }));
        }
        out
    }

    /// One page of the day's appointments.
    pub(super) fn day(&mut self, page: u32, status: u16, body: &serde_json::Value) -> Reaction {
        let Ok(list) = records::page(status, body) else {
            self.refused(status, body);
            return Reaction::none();
        };
        let first_time = self.rooms.all().next().is_none();
        let (mut reaction, mut changed) = (Reaction::none(), false);
        for row in list.data {
            let Some(meeting) = self.meeting(&row) else { continue };
            let today = meeting.starts.is_none_or(|at| (self.now - BACK..self.now + AHEAD).contains(&at));
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
        let pages = list.meta.total_pages.min(PAGES);
        if page < pages {
            let next = records::day_request(self.now, page + 1);
            reaction.outbound.push(self.request(next, Waiting::List { page: page + 1 }));
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
                if let Some(meeting) = record.appointment.as_deref().and_then(|row| self.meeting(row))
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
                RoomState::Ended if !joined(record, self.role).1 => {
                    room.vacated = Some(record.ended_at.clone().unwrap_or_default());
                }
                RoomState::Ended => {}
                RoomState::Waiting | RoomState::InProgress | RoomState::Unknown => room.vacated = None,
            }
        }
        let seen = self.seen(appointment, record);
        self.observe(appointment, seen, false)
    }

    /// Who the record says is there. Its flags may outlive the call: after the end they count only if the
    /// record was written to again, or was seen without them since.
    pub(super) fn seen(&self, appointment: &str, record: &RoomRecord) -> Seen {
        let (we, they) = joined(record, self.role);
        let at = |time: &Option<String>| time.as_deref().and_then(instant::seconds);
        let written_again = match (at(&record.ended_at), at(&record.updated_at)) {
            (Some(ended), Some(updated)) => updated > ended + AFTER_END,
            (None | Some(_), _) => false,
        };
        let end = record.ended_at.as_deref().unwrap_or_default();
        let vacated = self.rooms.find(appointment).and_then(|room| room.vacated.as_deref()) == Some(end);
        let (we, they) = match record.status {
            RoomState::Waiting | RoomState::InProgress | RoomState::Unknown => (we, they),
            // By whom it was written to it does not say; better an alert too many.
            RoomState::Ended => (false, they && (written_again || vacated)),
        };
        Seen { they, we, state: record.status }
    }

    fn refused(&mut self, status: u16, body: &serde_json::Value) {
        let quiet = match status {
            429 => {
                let said = ["retryAfter", "retry_after"].iter().find_map(|field| body[*field].as_i64());
                said.unwrap_or(QUIET_REFUSED).clamp(1, QUIET_MOST)
            }
            0 | 500.. => QUIET,
            _ => return,
        };
        self.pace.quiet_until = self.now + quiet;
    }

    /// Somebody was seen in a room, or no longer. `told`: the server said it as it happened, so a seat
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
                reaction.heard.push((key, Signal::Cancel));
                return reaction;
            } else if room.visit.elsewhere {
                room.current = None;
                room.visit.spent = true;
                reaction.heard.push((key, Signal::AnsweredElsewhere));
                return reaction;
            }
        }
        // Whom we are on our way to does not ring.
        if self.waiting.values().any(|waiting| waiting.is_about(appointment)) {
            return reaction;
        }
        let again = room.visit.alerts == 0 || now - room.visit.alerted_at >= ALERT_AGAIN;
        let quiet = room.visit.spent || room.visit.elsewhere || room.visit.alerts >= ALERTS;
        if seen.they && again && !quiet && room.meeting.is_open() {
            reaction.heard.extend(self.alert(appointment));
        }
        reaction
    }

    /// A ring: they are in the room and we are not.
    fn alert(&mut self, appointment: &str) -> Option<(bellwire_call::CallKey, Signal)> {
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
        Some((key(&fresh), Signal::Ring(ring)))
    }
}

/// The flags of a record: ours, theirs.
fn joined(record: &RoomRecord, role: UserRole) -> (bool, bool) {
    match role {
        UserRole::Practitioner => (record.practitioner_joined, record.patient_joined),
        UserRole::Patient => (record.patient_joined, record.practitioner_joined),
    }
}

/// How often to ask about a room, in seconds; `None`: not at all.
fn interval(room: &Room, now: i64, told: bool) -> Option<i64> {
    if room.is_inside() || !room.meeting.is_open() {
        return None;
    }
    let (Some(starts), Some(ends)) = (room.meeting.starts, room.meeting.ends()) else {
        return Some(FAR_EVERY);
    };
    let waits = room.seen.is_some_and(|seen| seen.they);
    if !(starts - FAR..ends + FAR).contains(&now) && !waits {
        return None;
    }
    let near = waits || (starts - NEAR..ends + NEAR).contains(&now);
    Some(if near && !told { NEAR_EVERY } else { FAR_EVERY })
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
