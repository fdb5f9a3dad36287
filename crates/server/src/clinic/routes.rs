//! The REST routes of clinic, with their documentation.

use super::state::Shared;
use super::{appointments, login, video_call};
use crate::openapi::{Routes, doc};

pub(super) fn rest() -> Routes<Shared> {
    signing_in().merge(schedule()).merge(rooms())
}

fn signing_in() -> Routes<Shared> {
    Routes::new("/auth")
        .post(
            "/login",
            login::anybody,
            doc("Signs somebody in; who has to choose a new password first gets a token for that alone")
                .public()
                .errors(&[401]),
        )
        .post(
            "/login/practitioner",
            login::practitioner,
            doc("Signs a practitioner in").public().errors(&[401]),
        )
        .post(
            "/change-password",
            login::change_password,
            doc("Chooses a new password, with the token that a sign-in gave for it"),
        )
        .post("/sign-out", login::sign_out, doc("Gives the token back; it is good for nothing from then on"))
        .get("/status", login::status, doc("Who the token belongs to"))
}

fn schedule() -> Routes<Shared> {
    Routes::new("/appointments")
        .get("", appointments::list, doc("The caller's appointments").errors(&[403]))
        .get(
            "/upcoming",
            appointments::upcoming,
            doc("Those that are not over and not cancelled, soonest first").errors(&[403]),
        )
        .get(
            "/dates",
            appointments::dates,
            doc("Days (UTC) on which the caller has appointments").errors(&[403]),
        )
        .post(
            "/schedule",
            appointments::schedule,
            doc("A practitioner proposes an appointment; a remote one has its room at once")
                .errors(&[403, 404, 409]),
        )
        .get("/{id}", appointments::one, doc("One appointment of the caller").errors(&[403, 404]))
        .patch(
            "/{id}/respond",
            appointments::respond,
            doc("The patient agrees to an appointment or not").errors(&[403, 404, 409]),
        )
}

fn rooms() -> Routes<Shared> {
    Routes::new("/video-call")
        .get(
            "/room/appointment/{appointment}",
            video_call::room,
            doc("The room of an appointment and who is in it, for its two parties").errors(&[403, 404]),
        )
        .post(
            "/room/appointment/{appointment}/create",
            video_call::create,
            doc("Makes the room of a remote appointment where there is none, for its two parties")
                .errors(&[403, 404]),
        )
        .get(
            "/ice-servers",
            video_call::ice_servers,
            doc("STUN and TURN servers, with credentials for ten minutes"),
        )
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
