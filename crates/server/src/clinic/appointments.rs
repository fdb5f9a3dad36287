//! REST: appointments, made by practitioners and agreed to by patients.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use bellwire_dialects::clinic::wire::{
    Appointment as Shown, AppointmentPage, AppointmentStatus, AppointmentType, MAX_MINUTES, MAX_NAME_BYTES,
    MAX_NOTE_BYTES, MIN_MINUTES, Meta, RespondBody, ScheduleBody, UserRole,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::current_user::CurrentUser;
use super::hub::News;
use super::party::Party;
use super::state::{Shared, State as Clinic};
use super::store::{Appointment, NewAppointment, Query, SortBy};
use super::{records, response};
use crate::clock::Millis;
use crate::error::ApiError;
use crate::reply::Created;
use crate::request::{self, Body, Number, Text};

const FURTHEST: Duration = Duration::from_secs(2 * 366 * 24 * 3600);
const LAST_PAGE: u32 = 1_000_000;
const LONGEST_PAGE: u32 = 100;
/// Days of one reply.
const MOST_DAYS: u32 = 366;

/// Which appointments, in which order.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Selection {
    patient_id: Text,
    #[schemars(extend("enum" = ["appointmentDateTime", "createdAt", "name", "status"]))]
    sort_by: Text,
    #[schemars(extend("enum" = ["asc", "desc"]))]
    sort_order: Text,
    start_date: Text,
    end_date: Text,
}

/// A page of them.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListQuery {
    #[serde(flatten)]
    selection: Selection,
    #[schemars(range(min = 1, max = LAST_PAGE))]
    page: Number,
    #[schemars(range(min = 1, max = LONGEST_PAGE))]
    page_size: Number,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Days {
    /// `YYYY-MM-DD`
    data: Vec<String>,
}

pub(super) async fn list(
    State(state): State<Shared>,
    caller: CurrentUser,
    request::Query(asked): request::Query<ListQuery>,
) -> Result<Json<AppointmentPage>, ApiError> {
    let query = query(caller.party(), &asked.selection)?;
    page(&state, &asked, query).await
}

pub(super) async fn upcoming(
    State(state): State<Shared>,
    caller: CurrentUser,
    request::Query(asked): request::Query<ListQuery>,
) -> Result<Json<AppointmentPage>, ApiError> {
    let query = Query { upcoming_at: Some(Millis::now()), ..query(caller.party(), &asked.selection)? };
    page(&state, &asked, query).await
}

/// Days (UTC) on which there are appointments.
pub(super) async fn dates(
    State(state): State<Shared>,
    caller: CurrentUser,
    request::Query(selection): request::Query<Selection>,
) -> Result<Json<Days>, ApiError> {
    let query = Query { limit: MOST_DAYS * 10, ..query(caller.party(), &selection)? };
    let (rows, _) = state.store.appointments(&query).await?;
    let days: BTreeSet<String> =
        rows.iter().map(|row| Millis(row.starts_at).iso().chars().take(10).collect()).collect();
    Ok(Json(Days { data: days.into_iter().take(MOST_DAYS as usize).collect() }))
}

async fn page(state: &Clinic, asked: &ListQuery, query: Query) -> Result<Json<AppointmentPage>, ApiError> {
    let page = asked.page.or(1, "page")?.clamp(1, LAST_PAGE);
    let size = asked.page_size.or(10, "pageSize")?.clamp(1, LONGEST_PAGE);
    let query = Query { limit: size, offset: (page - 1) * size, ..query };
    let (rows, total) = state.store.appointments(&query).await?;
    let meta =
        Meta { total_count: total, current_page: page, page_size: size, total_pages: total.div_ceil(size) };
    Ok(Json(AppointmentPage { data: rows.iter().map(response::appointment).collect(), meta }))
}

fn query(party: Party, asked: &Selection) -> Result<Query, ApiError> {
    let patient = asked.patient_id.get().map(str::to_owned);
    if party.role == UserRole::Patient && patient.as_ref().is_some_and(|patient| *patient != party.id) {
        return Err(ApiError::forbidden("You can only see your own appointments"));
    }
    let sort_by = match asked.sort_by.get() {
        None | Some("appointmentDateTime") => SortBy::Starts,
        Some("createdAt") => SortBy::Created,
        Some("name") => SortBy::Name,
        Some("status") => SortBy::Status,
        Some(_) => {
            let message = "sortBy must be appointmentDateTime, createdAt, name or status";
            return Err(ApiError::bad_request(message));
        }
    };
    let descending = match asked.sort_order.get() {
        None | Some("asc" | "ASC") => false,
        Some("desc" | "DESC") => true,
        Some(_) => return Err(ApiError::bad_request("sortOrder must be asc or desc")),
    };
    let date = |name: &str, text: &Text, end_of_day| match text.get() {
        None => Ok(None),
        Some(text) => Millis::parse(text, end_of_day)
            .map(Some)
            .ok_or_else(|| ApiError::bad_request(format!("{name} must be a valid ISO 8601 date string"))),
    };
    Ok(Query {
        party,
        patient,
        from: date("startDate", &asked.start_date, false)?,
        to: date("endDate", &asked.end_date, true)?,
        upcoming_at: None,
        sort_by,
        descending,
        limit: LONGEST_PAGE,
        offset: 0,
    })
}

pub(super) async fn one(
    State(state): State<Shared>,
    caller: CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Shown>, ApiError> {
    Ok(Json(response::appointment(&own(&state, &caller.party(), &id).await?)))
}

/// The appointment, if it is the caller's.
pub(super) async fn own(state: &Clinic, me: &Party, id: &str) -> Result<Appointment, ApiError> {
    let row = state.store.appointment(id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("Appointment not found"))?;
    if row.is_of(me) { Ok(row) } else { Err(ApiError::forbidden("This is not your appointment")) }
}

pub(super) async fn schedule(
    State(state): State<Shared>,
    caller: CurrentUser,
    Body(body): Body<ScheduleBody>,
) -> Result<Created<Json<Shown>>, ApiError> {
    let me = caller.only(UserRole::Practitioner)?;
    let now = Millis::now();
    let name = body.name.trim().to_owned();
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(ApiError::bad_request("name must have 1 to 200 characters"));
    }
    if body.notes.as_ref().is_some_and(|notes| notes.len() > MAX_NOTE_BYTES) {
        return Err(ApiError::bad_request("notes is too long"));
    }
    if !(MIN_MINUTES..=MAX_MINUTES).contains(&body.duration_in_minutes) {
        return Err(ApiError::bad_request("durationInMinutes must be between 5 and 480"));
    }
    if body.kind == AppointmentType::Unknown {
        return Err(ApiError::bad_request("type must be Physical or Remote"));
    }
    let starts_at = Millis::parse(&body.appointment_date_time, false)
        .ok_or_else(|| ApiError::bad_request("appointmentDateTime must be a valid ISO 8601 date string"))?;
    if starts_at <= now || starts_at > now.plus(FURTHEST) {
        return Err(ApiError::bad_request("appointmentDateTime must be in the next two years"));
    }
    state
        .schedules
        .check(&me.id)
        .map_err(|wait| ApiError::too_many("ThrottlerException: Too Many Requests", wait))?;
    let patient = state.store.user(&body.patient_id).await?;
    let patient = patient.filter(|user| UserRole::parse(&user.role) == Some(UserRole::Patient));
    let patient = patient.ok_or_else(|| ApiError::not_found("Patient not found"))?;
    let new = NewAppointment {
        id: uuid::Uuid::new_v4().to_string(),
        name,
        patient: patient.id,
        practitioner: me.id,
        starts_at: starts_at.0,
        minutes: i64::from(body.duration_in_minutes),
        kind: body.kind,
        status: AppointmentStatus::PendingPatientConfirmation,
        notes: body.notes,
    };
    let room = (new.kind == AppointmentType::Remote).then(|| records::new_room_id(now));
    if !state.store.schedule(&new, room.as_deref(), now).await? {
        return Err(ApiError::conflict("This time slot is already taken"));
    }
    info!(appointment = new.id, "Appointment scheduled");
    Ok(Created(Json(tell(&state, &new.id).await?)))
}

pub(super) async fn respond(
    State(state): State<Shared>,
    caller: CurrentUser,
    Path(id): Path<String>,
    Body(body): Body<RespondBody>,
) -> Result<Json<Shown>, ApiError> {
    let me = caller.only(UserRole::Patient)?;
    if body.message.as_ref().is_some_and(|message| message.len() > MAX_NOTE_BYTES) {
        return Err(ApiError::bad_request("message is too long"));
    }
    own(&state, &me, &id).await?;
    let status = if body.accepted { AppointmentStatus::Scheduled } else { AppointmentStatus::Cancelled };
    if !state.store.respond(&id, status, body.message.as_deref(), Millis::now()).await? {
        return Err(ApiError::conflict("This appointment does not wait for an answer"));
    }
    info!(appointment = id, accepted = body.accepted, "Appointment answered");
    Ok(Json(tell(&state, &id).await?))
}

/// Tells both sides that an appointment is not as it was, and shows it.
async fn tell(state: &Clinic, id: &str) -> Result<Shown, ApiError> {
    let row = state.store.appointment(id).await?.ok_or_else(ApiError::internal)?;
    if let Some(facts) = response::facts(&row) {
        state.hub.tell(News::Changed(facts)).await;
    }
    Ok(response::appointment(&row))
}
