//! The REST routes of hearth, with their documentation.

use bellwire_dialects::hearth::wire::InitiateBody;

use super::state::Shared;
use super::{login, therapy, video_call};
use crate::openapi::{Routes, doc};

pub(super) fn rest() -> Routes<Shared> {
    signing_in().merge(calls()).merge(therapy_sessions())
}

fn signing_in() -> Routes<Shared> {
    Routes::new("/api/auth")
        .post("/login", login::login, doc("Signs somebody in").public().errors(&[401]))
        .get("/me", login::me, doc("Who the caller is"))
        .post(
            "/logout",
            login::logout,
            doc("Signs the caller out; the token is good for nothing from then on"),
        )
}

fn calls() -> Routes<Shared> {
    Routes::new("/api/video-call")
        .post(
            "/initiate",
            video_call::initiate,
            // Read as any JSON, so that every field that is wrong can be named.
            doc("Makes a call session and rings everybody who is asked to come")
                .body::<InitiateBody>()
                .errors(&[403, 404]),
        )
        .post(
            "/join/{sessionId}",
            video_call::join,
            doc("Takes a seat in a call session one is invited to").errors(&[403, 404]),
        )
        .get(
            "/session/{sessionId}",
            video_call::session,
            doc("A call session one is or was part of").errors(&[403, 404]),
        )
        .put(
            "/session/{sessionId}/media",
            video_call::media,
            doc("Says what one sends in a call").errors(&[403, 404]),
        )
        .post(
            "/session/{sessionId}/invite",
            video_call::invite,
            doc("Asks more people to come to a call session one is in").errors(&[403, 404]),
        )
        .post(
            "/session/{sessionId}/end",
            video_call::end,
            doc("Ends a call session for everybody in it").errors(&[403, 404]),
        )
        .get("/history", video_call::history, doc("Call sessions of the caller, newest first"))
        .post(
            "/demo-session",
            video_call::demo,
            doc("Makes a call session that anybody may enter, where the server has such").errors(&[403, 404]),
        )
        .get(
            "/ice-servers",
            video_call::ice_servers,
            doc("STUN and TURN servers, with credentials for ten minutes"),
        )
}

fn therapy_sessions() -> Routes<Shared> {
    let step = |summary| doc(summary).errors(&[403, 404]);
    Routes::new("/api/therapy/sessions")
        .get("", therapy::list, doc("Therapy sessions of the caller, latest first"))
        .get("/{id}", therapy::one, step("A therapy session of the caller"))
        .post("", therapy::create, step("Makes a therapy session; with others only a therapist can"))
        .put("/{id}", therapy::change, step("Changes a therapy session; only its therapist can"))
        .post("/{id}/start", therapy::start, step("Starts a therapy session"))
        .post("/{id}/end", therapy::end, step("Ends a therapy session"))
        .post("/{id}/join", therapy::join, step("Joins a therapy session"))
        .post("/{id}/chat", therapy::chat, step("Says something in a therapy session"))
        .post("/{id}/assessment", therapy::assess, step("Keeps the caller's assessment of a therapy session"))
}

/// How many of the bodies that these routes read a value is.
#[cfg(feature = "fuzzing")]
pub(super) fn bodies(body: &serde_json::Value) -> usize {
    use bellwire_dialects::hearth::wire;

    use crate::request::reads_as;

    reads_as::<wire::LoginBody>(body)
        + reads_as::<wire::InitiateBody>(body)
        + reads_as::<wire::MediaBody>(body)
        + reads_as::<wire::InviteBody>(body)
        + reads_as::<wire::DemoBody>(body)
        + reads_as::<wire::TherapyBody>(body)
        + reads_as::<wire::TherapyChatBody>(body)
        + reads_as::<wire::AssessmentBody>(body)
}
