//! Past appointments, which stand for past calls.

use bellwire_call::MediaKind;
use serde_json::Value;

use super::{
    account::Account,
    appointment::Meeting,
    lists::{LIST_PATH, Page, page},
    wire::{AppointmentStatus, AppointmentType, RoomRecord, UserRole},
};
use crate::{HistoryItem, HistoryPage, ReplyError, RestCall, rest, timestamp};

/// The backend has no endpoint for past calls, so past appointments stand for them, newest first.
pub(super) fn history_request(now: Option<i64>, page: u32, limit: u32) -> RestCall {
    let call = rest::fetch(LIST_PATH)
        .with("page", page.max(1))
        .with("pageSize", limit.clamp(1, 100))
        .with("sortBy", "appointmentDateTime")
        .with("sortOrder", "desc");
    match now {
        Some(now) => call.with("endDate", timestamp::text(now)).with("startDate", timestamp::text(0)),
        None => call,
    }
}

pub(super) fn history(account: &Account, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
    let Page { data, meta } = page(status, body)?;
    let starts: Vec<i64> =
        data.items.iter().filter_map(|row| account.meeting(row).and_then(|meeting| meeting.starts)).collect();
    let page = account.order.learn(&starts, &meta);
    let mut left_out = data.left_out;
    let mut items: Vec<(Option<i64>, HistoryItem)> = Vec::new();
    for row in data {
        let Some(meeting) = account.meeting(&row) else {
            left_out = left_out.saturating_add(1);
            continue;
        };
        let starts = meeting.starts;
        items.extend(past(account.role, meeting, row.video_call_room.as_deref()).map(|item| (starts, item)));
    }
    items.sort_by(|(one, _), (two, _)| two.cmp(one));
    let items = items.into_iter().map(|(_, item)| item).collect();
    Ok(HistoryPage { items, page, pages: meta.total_pages, total: meta.total_count, left_out })
}

/// `None`: it is still to come.
fn past(role: UserRole, meeting: Meeting, room: Option<&RoomRecord>) -> Option<HistoryItem> {
    let at = |time: &Option<String>| time.as_deref().and_then(timestamp::seconds);
    let started = room.and_then(|room| room.started_at.clone());
    let talked = room.and_then(|room| Some((at(&room.ended_at)?, at(&room.started_at)?)));
    let status = match meeting.status {
        AppointmentStatus::Completed => "ended",
        AppointmentStatus::NoShow => "missed",
        AppointmentStatus::Cancelled => "declined",
        AppointmentStatus::Scheduled | AppointmentStatus::Unknown if talked.is_some() => "ended",
        AppointmentStatus::Scheduled
        | AppointmentStatus::Unknown
        | AppointmentStatus::PendingPatientConfirmation => return None,
    };
    if meeting.kind == AppointmentType::Physical {
        return None;
    }
    let duration = talked.map_or(0, |(ended, started)| ended.saturating_sub(started).max(0));
    Some(HistoryItem {
        // As the calls of this account are called, where the row says it.
        call: room.map_or_else(|| meeting.id.clone(), |room| room.room_id.clone()),
        subject: Some(meeting.subject()),
        members: Vec::new(),
        outgoing: role == UserRole::Practitioner,
        status: status.to_owned(),
        started_at: started.unwrap_or(meeting.starts_at),
        duration_s: u32::try_from(duration).unwrap_or(u32::MAX),
        kind: Some(MediaKind::Video),
        peer: meeting.peer,
    })
}
