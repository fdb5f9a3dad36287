//! The REST routes of hearth, with their documentation.

use super::state::Shared;
use super::{login, therapy, video_call};
use crate::openapi::{
    Routes, Schema, any, boolean, date_time, doc, integer, list, number, object, one_of, text,
};

const TYPES: [&str; 3] = ["one-to-one", "group", "therapy"];
const STATUSES: [&str; 3] = ["waiting", "active", "ended"];
const THERAPY_TYPES: [&str; 4] = ["individual", "group", "ai-guided", "self-paced"];
const THERAPY_STATUSES: [&str; 4] = ["scheduled", "in-progress", "completed", "cancelled"];
const ROLES: [&str; 3] = ["participant", "observer", "co-therapist"];

pub(super) fn rest() -> Routes<Shared> {
    signing_in().merge(calls()).merge(therapy_sessions())
}

fn signing_in() -> Routes<Shared> {
    let user = || object([("id", text()), ("firstName", text()), ("lastName", text()), ("email", text())]);
    Routes::new("/api/auth")
        .post(
            "/login",
            login::login,
            doc("Signs somebody in")
                .public()
                .body(object([("email", text().min(1).max(254)), ("password", text().min(1).max(1024))]))
                .reply(200, success([("token", text()), ("user", user())]))
                .errors(&[401]),
        )
        .get("/me", login::me, doc("Who the caller is").reply(200, success([("user", user())])))
        .post(
            "/logout",
            login::logout,
            doc("Signs the caller out; the token is good for nothing from then on")
                .reply(200, success([("message", text())])),
        )
}

fn calls() -> Routes<Shared> {
    let with = |data| success([("message", text()), ("data", data)]);
    Routes::new("/api/video-call")
        .post(
            "/initiate",
            video_call::initiate,
            doc("Makes a call session and rings everybody who is asked to come")
                .body(object([
                    ("sessionType", one_of(&TYPES)),
                    ("participants", list(text()).min(1)),
                    ("callSettings?", settings()),
                    ("metadata?", metadata()),
                    ("therapySessionId?", text().or_null()),
                ]))
                .reply(
                    201,
                    with(object([
                        ("sessionId", text()),
                        ("iceServers", ice_servers()),
                        ("callSettings", settings()),
                    ])),
                )
                .errors(&[403, 404]),
        )
        .post(
            "/join/{sessionId}",
            video_call::join,
            doc("Takes a seat in a call session one is invited to")
                .reply(
                    200,
                    with(object([
                        ("sessionId", text()),
                        ("sessionType", one_of(&TYPES)),
                        ("participants", list(participant())),
                        ("callSettings", settings()),
                        ("iceServers", ice_servers()),
                    ])),
                )
                .errors(&[403, 404]),
        )
        .get(
            "/session/{sessionId}",
            video_call::session,
            doc("A call session one is or was part of")
                .reply(200, success([("data", session())]))
                .errors(&[403, 404]),
        )
        .put(
            "/session/{sessionId}/media",
            video_call::media,
            doc("Says what one sends in a call")
                .body(object([
                    ("hasVideo?", boolean().or_null()),
                    ("hasAudio?", boolean().or_null()),
                    ("isScreenSharing?", boolean().or_null()),
                ]))
                .reply(200, success([("message", text())]))
                .errors(&[403, 404]),
        )
        .post(
            "/session/{sessionId}/end",
            video_call::end,
            doc("Ends a call session for everybody in it")
                .reply(200, with(object([("duration", number()), ("durationInMinutes", number())])))
                .errors(&[403, 404]),
        )
        .get(
            "/history",
            video_call::history,
            doc("Call sessions of the caller, newest first")
                .query("page", integer().between(1, 1_000_000))
                .query("limit", integer().between(1, 100))
                .query("status", one_of(&STATUSES))
                .reply(
                    200,
                    success([(
                        "data",
                        object([
                            ("callSessions", list(session())),
                            ("totalPages", integer()),
                            ("currentPage", text()),
                            ("total", integer()),
                        ]),
                    )]),
                ),
        )
        .post(
            "/demo-session",
            video_call::demo,
            doc("Makes a call session that anybody may enter, where the server has such")
                .body(object([("sessionId?", text().max(64).or_null())]))
                .reply(
                    201,
                    with(object([
                        ("sessionId", text()),
                        ("sessionType", one_of(&TYPES)),
                        ("callSettings", settings()),
                        ("iceServers", ice_servers()),
                    ])),
                )
                .errors(&[403, 404]),
        )
        .get(
            "/ice-servers",
            video_call::ice_servers,
            doc("STUN and TURN servers, with credentials for ten minutes")
                .reply(200, success([("iceServers", ice_servers()), ("ttl", integer())])),
        )
}

fn therapy_sessions() -> Routes<Shared> {
    let one = || success([("message?", text()), ("data", therapy_session())]);
    let body = || {
        object([
            ("title?", text().max(200).or_null()),
            ("description?", text().max(4000).or_null()),
            ("type?", one_of(&THERAPY_TYPES)),
            (
                "participants?",
                list(object([("userId", text()), ("role?", one_of(&ROLES))])).max(32).or_null(),
            ),
            ("scheduledFor?", date_time().or_null()),
            ("duration?", integer().between(1, 1440).or_null()),
        ])
    };
    let step = |summary| doc(summary).reply(200, one()).errors(&[403, 404]);
    Routes::new("/api/therapy/sessions")
        .get(
            "",
            therapy::list,
            doc("Therapy sessions of the caller, latest first")
                .reply(200, success([("data", list(therapy_session()))])),
        )
        .get("/{id}", therapy::one, step("A therapy session of the caller"))
        .post(
            "",
            therapy::create,
            doc("Makes a therapy session; with others only a therapist can")
                .body(body())
                .reply(201, one())
                .errors(&[403, 404]),
        )
        .put(
            "/{id}",
            therapy::change,
            step("Changes a therapy session; only its therapist can")
                .body(body().and([("status?", one_of(&THERAPY_STATUSES))])),
        )
        .post("/{id}/start", therapy::start, step("Starts a therapy session"))
        .post("/{id}/end", therapy::end, step("Ends a therapy session"))
        .post("/{id}/join", therapy::join, step("Joins a therapy session"))
        .post(
            "/{id}/chat",
            therapy::chat,
            doc("Says something in a therapy session")
                .body(object([("message", text().min(1).max(4000))]))
                .reply(200, success([("message", text()), ("data", any())]))
                .errors(&[403, 404]),
        )
        .post(
            "/{id}/assessment",
            therapy::assess,
            doc("Keeps the caller's assessment of a therapy session")
                .body(object([
                    ("type?", text().max(200).or_null()),
                    ("responses?", any()),
                    ("score?", number().or_null()),
                ]))
                .reply(200, success([("message", text())]))
                .errors(&[403, 404]),
        )
}

/// A success has `success: true` before anything else.
fn success<const N: usize>(fields: [(&str, Schema); N]) -> Schema {
    object([("success", boolean())]).and(fields)
}

fn settings() -> Schema {
    object([
        ("isVideoEnabled?", boolean()),
        ("isAudioEnabled?", boolean()),
        ("isRecordingEnabled?", boolean()),
        ("allowScreenShare?", boolean()),
    ])
}

fn metadata() -> Schema {
    object([
        ("title?", text().max(200).or_null()),
        ("description?", text().max(2000).or_null()),
        ("tags?", list(text().max(200)).max(20)),
    ])
}

fn participant() -> Schema {
    object([
        ("userId", any()),
        ("peerId?", text().or_null()),
        ("isActive", boolean()),
        ("hasVideo", boolean()),
        ("hasAudio", boolean()),
        ("isScreenSharing", boolean()),
    ])
}

fn session() -> Schema {
    object([
        ("sessionId", text()),
        ("sessionType", one_of(&TYPES)),
        ("initiatorId", any()),
        ("participants", list(participant())),
        ("maxParticipants", integer()),
        ("status", one_of(&STATUSES)),
        ("duration", number()),
        ("callSettings", settings()),
    ])
}

fn therapy_session() -> Schema {
    object([
        ("_id", text()),
        ("type", one_of(&THERAPY_TYPES)),
        ("status", one_of(&THERAPY_STATUSES)),
        ("participants", list(any())),
    ])
}

fn ice_servers() -> Schema {
    list(object([("urls", list(text())), ("username?", text()), ("credential?", text())]))
}

/// How many of the bodies that these routes read a value is.
#[cfg(feature = "fuzzing")]
pub(super) fn bodies(body: &serde_json::Value) -> usize {
    use bellwire_dialects::hearth::wire;

    use crate::request::reads_as;

    reads_as::<wire::LoginBody>(body)
        + reads_as::<wire::InitiateBody>(body)
        + reads_as::<wire::MediaBody>(body)
        + reads_as::<wire::DemoBody>(body)
        + reads_as::<wire::TherapyBody>(body)
        + reads_as::<wire::TherapyChatBody>(body)
        + reads_as::<wire::AssessmentBody>(body)
}
