//! The REST routes of clinic, with their documentation.

use super::state::Shared;
use super::{appointments, login, video_call};
use crate::openapi::{Routes, Schema, boolean, date_time, doc, integer, list, number, object, one_of, text};

const TYPES: [&str; 2] = ["Physical", "Remote"];
const STATUSES: [&str; 5] = ["Scheduled", "Completed", "Cancelled", "NoShow", "PendingPatientConfirmation"];
const ROOM_STATES: [&str; 3] = ["Waiting", "InProgress", "Ended"];
const SORTS: [&str; 4] = ["appointmentDateTime", "createdAt", "name", "status"];

pub(super) fn rest() -> Routes<Shared> {
    signing_in().merge(schedule()).merge(rooms())
}

fn signing_in() -> Routes<Shared> {
    let credentials = || object([("email", text().min(1).max(254)), ("password", text().min(1).max(1024))]);
    let signed_in = || {
        object([
            ("code", one_of(&["LOGIN_SUCCESS", "PASSWORD_CHANGE_REQUIRED"])),
            ("message?", text()),
            ("access_token?", text()),
            ("temp_access_token?", text()),
        ])
    };
    let code = || object([("code", text())]);
    let user = object([
        ("id", text()),
        ("email", text()),
        ("role", one_of(&["Practitioner", "Patient"])),
        ("firstName", text()),
        ("lastName", text()),
    ]);
    Routes::new("/auth")
        .post(
            "/login",
            login::anybody,
            doc("Signs somebody in; who has to choose a new password first gets a token for that alone")
                .public()
                .body(credentials())
                .reply(201, signed_in())
                .errors(&[401]),
        )
        .post(
            "/login/practitioner",
            login::practitioner,
            doc("Signs a practitioner in")
                .public()
                .body(credentials())
                .reply(201, signed_in())
                .errors(&[401]),
        )
        .post(
            "/change-password",
            login::change_password,
            doc("Chooses a new password, with the token that a sign-in gave for it")
                .body(object([("newPassword", text().min(8).max(1024))]))
                .reply(201, code()),
        )
        .post(
            "/sign-out",
            login::sign_out,
            doc("Gives the token back; it is good for nothing from then on").reply(201, code()),
        )
        .get(
            "/status",
            login::status,
            doc("Who the token belongs to").reply(200, object([("code", text()), ("user", user)])),
        )
}

fn schedule() -> Routes<Shared> {
    let meta = || {
        object([
            ("totalCount", integer()),
            ("currentPage", integer()),
            ("pageSize", integer()),
            ("totalPages", integer()),
        ])
    };
    let paged = |summary| {
        doc(summary)
            .query("page", integer().between(1, 1_000_000))
            .query("pageSize", integer().between(1, 100))
            .query("patientId", text())
            .query("sortBy", one_of(&SORTS))
            .query("sortOrder", one_of(&["asc", "desc"]))
            .query("startDate", text())
            .query("endDate", text())
            .reply(200, object([("data", list(appointment())), ("meta", meta())]))
            .errors(&[403])
    };
    Routes::new("/appointments")
        .get("", appointments::list, paged("The caller's appointments"))
        .get(
            "/upcoming",
            appointments::upcoming,
            paged("Those that are not over and not cancelled, soonest first"),
        )
        .get(
            "/dates",
            appointments::dates,
            doc("Days (UTC) on which the caller has appointments")
                .query("patientId", text())
                .query("startDate", text())
                .query("endDate", text())
                .reply(200, object([("data", list(text()))]))
                .errors(&[403]),
        )
        .post(
            "/schedule",
            appointments::schedule,
            doc("A practitioner proposes an appointment; a remote one has its room at once")
                .body(object([
                    ("name", text().min(1).max(200)),
                    ("patientId", text()),
                    ("appointmentDateTime", date_time()),
                    ("durationInMinutes", integer().between(5, 480)),
                    ("type", one_of(&TYPES)),
                    ("notes?", text().max(2000).or_null()),
                ]))
                .reply(201, appointment())
                .errors(&[403, 404, 409]),
        )
        .get(
            "/{id}",
            appointments::one,
            doc("One appointment of the caller").reply(200, appointment()).errors(&[403, 404]),
        )
        .patch(
            "/{id}/respond",
            appointments::respond,
            doc("The patient agrees to an appointment or not")
                .body(object([("accepted", boolean()), ("message?", text().max(2000).or_null())]))
                .reply(200, appointment())
                .errors(&[403, 404, 409]),
        )
}

fn rooms() -> Routes<Shared> {
    Routes::new("/video-call")
        .get(
            "/room/appointment/{appointment}",
            video_call::room,
            doc("The room of an appointment and who is in it, for its two parties")
                .reply(200, room().and([("appointment", appointment())]))
                .errors(&[403, 404]),
        )
        .post(
            "/room/appointment/{appointment}/create",
            video_call::create,
            doc("Makes the room of a remote appointment where there is none, for its two parties")
                .reply(201, object([("roomId", text())]))
                .errors(&[403, 404]),
        )
        .get(
            "/ice-servers",
            video_call::ice_servers,
            doc("STUN and TURN servers, with credentials for ten minutes").reply(
                200,
                object([
                    ("success", boolean()),
                    ("iceServers", list(object([("urls", list(text()))]))),
                    ("ttl", integer()),
                ]),
            ),
        )
}

fn person() -> Schema {
    object([("id", text()), ("firstName", text()), ("lastName", text())])
}

fn appointment() -> Schema {
    object([
        ("id", text()),
        ("name", text()),
        ("patientId", text()),
        ("practitionerId", text()),
        ("appointmentDateTime", date_time()),
        ("durationInMinutes", number()),
        ("type", one_of(&TYPES)),
        ("status", one_of(&STATUSES)),
        ("notes?", text()),
        ("patient", person()),
        ("practitioner", person()),
        ("videoCallRoom?", room()),
    ])
}

fn room() -> Schema {
    object([
        ("roomId", text()),
        ("status", one_of(&ROOM_STATES)),
        ("practitionerJoined", boolean()),
        ("patientJoined", boolean()),
        ("startedAt", date_time().or_null()),
        ("endedAt", date_time().or_null()),
    ])
}

/// How many of the bodies that these routes read a value is.
#[cfg(feature = "fuzzing")]
pub(super) fn bodies(body: &serde_json::Value) -> usize {
    use bellwire_dialects::clinic::wire;

    use crate::request::reads_as;

    reads_as::<wire::LoginBody>(body)
        + reads_as::<wire::ScheduleBody>(body)
        + reads_as::<wire::RespondBody>(body)
}
