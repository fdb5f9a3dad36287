//! The REST routes of marketplace, with their documentation.

use super::state::Shared;
use super::{communication as calls, login, messages};
use crate::openapi::{Routes, doc};

pub(super) fn rest() -> Routes<Shared> {
    signing_in().merge(communication()).merge(conversations()).merge(people())
}

fn signing_in() -> Routes<Shared> {
    Routes::new("/api/auth")
        .post(
            "/login",
            login::login,
            doc("Signs in; five failures in 15 minutes close the door to a network address")
                .public()
                .errors(&[401]),
        )
        .post(
            "/refresh-token",
            login::refresh,
            doc("A new session and refresh token; the one before is good for a minute more")
                .public()
                .errors(&[401]),
        )
        .post("/logout", login::logout, doc("Ends the session: its tokens, and the sockets they opened"))
        .get("/me", login::me, doc("Who one is"))
}

fn communication() -> Routes<Shared> {
    let initiate = |summary| doc(summary).errors(&[400, 404]);
    let join = |summary| doc(summary).errors(&[403, 404, 409]);
    let end = |summary| doc(summary).errors(&[400, 403, 404]);
    Routes::new("/api/communication")
        .post("/video-call/initiate", calls::initiate_video, initiate("Makes the record of a video call"))
        .post("/voice-call/initiate", calls::initiate_voice, initiate("Makes the record of a voice call"))
        .post(
            "/screen-share/initiate",
            calls::initiate_screen,
            initiate("Makes the record of a shared screen"),
        )
        .put("/video-call/{message}/join", calls::join_video, join("The callee answers a video call"))
        .put("/voice-call/{message}/join", calls::join_voice, join("The callee answers a voice call"))
        .put(
            "/video-call/{message}/end",
            calls::end_video,
            end("Leaves a video call, which ends when both have; the body may be left out"),
        )
        .put(
            "/voice-call/{message}/end",
            calls::end_voice,
            end("Leaves a voice call, which ends when both have; the body may be left out"),
        )
        .put(
            "/screen-share/{message}/end",
            calls::end_screen,
            end("Ends a shared screen; the body may be left out"),
        )
        .put(
            "/call/{message}/decline",
            calls::decline,
            doc("The callee declines; the body, with a reason, may be left out").errors(&[403, 404, 409]),
        )
        .get("/call-history", calls::history, doc("The caller's own calls and shared screens, newest first"))
        .get(
            "/ice-servers",
            calls::ice_servers,
            doc("STUN and TURN servers, with credentials for ten minutes"),
        )
}

fn conversations() -> Routes<Shared> {
    Routes::new("/api/messages")
        .get(
            "/conversations",
            messages::conversations,
            doc("Whom one has written with or called, the latest first"),
        )
        .get(
            "/conversation/{user}",
            messages::conversation,
            doc("Messages with somebody, oldest first; the newest are on page 1").errors(&[404]),
        )
        .post("/send", messages::send, doc("Writes to somebody, who is told on all devices").errors(&[404]))
        .put(
            "/read/{conversation}",
            messages::read,
            doc("Everything written to the caller was seen").errors(&[403]),
        )
        .get("/unread", messages::unread, doc("Messages not seen yet"))
}

fn people() -> Routes<Shared> {
    Routes::new("/api/messages/status")
        .put("/online", messages::show_online, doc("What others are shown; calls arrive all the same"))
        .put(
            "/typing",
            messages::typing,
            doc("Tells somebody one has a conversation with that a message is being written"),
        )
        .get(
            "/{user}",
            messages::status,
            doc("Whether somebody one has a conversation with is there").errors(&[404]),
        )
}

/// How many of the bodies that these routes read a value is.
#[cfg(feature = "fuzzing")]
pub(super) fn bodies(body: &serde_json::Value) -> usize {
    use bellwire_dialects::marketplace::wire;

    use crate::request::reads_as;

    reads_as::<wire::LoginBody>(body)
        + reads_as::<wire::RefreshBody>(body)
        + reads_as::<wire::InitiateBody>(body)
        + reads_as::<wire::EndBody>(body)
        + reads_as::<wire::DeclineBody>(body)
        + reads_as::<wire::SendBody>(body)
        + reads_as::<wire::StatusBody>(body)
        + reads_as::<wire::TypingBody>(body)
}
