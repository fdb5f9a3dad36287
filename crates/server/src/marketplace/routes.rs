//! The REST routes of marketplace, with their documentation.

use super::state::Shared;
use super::{chat, communication as calls, login, messages};
use crate::openapi::{
    Routes, Schema, any, boolean, date_time, doc, integer, list, number, object, one_of, text,
};

const STATUSES: [&str; 7] = ["initiated", "ringing", "answered", "missed", "declined", "ended", "failed"];
const TYPES: [&str; 6] = ["text", "image", "file", "video_call", "voice_call", "screen_share"];
/// The longest id, name or address.
const NAME: u32 = 254;

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
                .body(object([("email", text().min(1).max(NAME)), ("password", text().min(1).max(1024))]))
                .reply(200, said([("user", person()), ("token", text()), ("refreshToken", text())]))
                .errors(&[401]),
        )
        .post(
            "/refresh-token",
            login::refresh,
            doc("A new session and refresh token; the one before is good for a minute more")
                .public()
                .body(object([("refreshToken", text())]))
                .reply(200, said([("token", text()), ("refreshToken", text())]))
                .errors(&[401]),
        )
        .post(
            "/logout",
            login::logout,
            doc("Ends the session: its tokens, and the sockets they opened")
                .reply(200, object([("success", boolean()), ("message", text())])),
        )
        .get("/me", login::me, doc("Who one is").reply(200, data(object([("user", person())]))))
}

fn communication() -> Routes<Shared> {
    let receiver = || object([("receiverId", text().min(1).max(NAME))]);
    let initiated = || said([("messageId", text()), ("roomId", text()), ("callData", call_data())]);
    let initiate = |summary| doc(summary).body(receiver()).reply(200, initiated()).errors(&[400, 404]);
    let join = |summary| {
        doc(summary)
            .reply(200, said([("roomId", text()), ("callData", call_data())]))
            .errors(&[403, 404, 409])
    };
    let end = |summary| doc(summary).reply(200, whole(call_data())).errors(&[400, 403, 404]);
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
            doc("The callee declines; the body, with a reason, may be left out")
                .reply(200, whole(call_data()))
                .errors(&[403, 404, 409]),
        )
        .get(
            "/call-history",
            calls::history,
            doc("The caller's own calls and shared screens, newest first")
                .query("type", one_of(&["all", "video", "voice", "video_call", "voice_call", "screen_share"]))
                .query("page", integer().between(1, 1_000_000))
                .query("limit", integer().between(1, 100))
                .reply(200, page("totalCalls")),
        )
        .get(
            "/ice-servers",
            calls::ice_servers,
            doc("STUN and TURN servers, with credentials for ten minutes").reply(
                200,
                object([("success", boolean()), ("iceServers", ice_servers()), ("ttl", integer())]),
            ),
        )
}

fn conversations() -> Routes<Shared> {
    let row = || {
        object([
            ("conversationId", text()),
            ("user", person().and([("isOnline", boolean()), ("status", text())])),
            ("lastMessage", message()),
            ("unreadCount", integer()),
        ])
    };
    let longest = u32::try_from(chat::LONGEST_MESSAGE).unwrap_or(u32::MAX);
    Routes::new("/api/messages")
        .get(
            "/conversations",
            messages::conversations,
            doc("Whom one has written with or called, the latest first").reply(200, data(list(row()))),
        )
        .get(
            "/conversation/{user}",
            messages::conversation,
            doc("Messages with somebody, oldest first; the newest are on page 1")
                .query("page", integer().between(1, 1_000_000))
                .query("limit", integer().between(1, 100))
                .reply(200, page("totalMessages"))
                .errors(&[404]),
        )
        .post(
            "/send",
            messages::send,
            doc("Writes to somebody, who is told on all devices")
                .body(object([
                    ("receiverId", text().min(1).max(NAME)),
                    ("content", text().min(1).max(longest)),
                    ("type?", one_of(&["text"])),
                ]))
                .reply(201, whole(message()))
                .errors(&[404]),
        )
        .put(
            "/read/{conversation}",
            messages::read,
            doc("Everything written to the caller was seen")
                .reply(200, said([("modifiedCount", integer())]))
                .errors(&[403]),
        )
        .get(
            "/unread",
            messages::unread,
            doc("Messages not seen yet").reply(200, data(object([("unreadCount", integer())]))),
        )
}

fn people() -> Routes<Shared> {
    let done = || object([("success", boolean()), ("message", text())]);
    Routes::new("/api/messages/status")
        .put(
            "/online",
            messages::show_online,
            doc("What others are shown; calls arrive all the same")
                .body(object([("isOnline", boolean())]))
                .reply(200, done()),
        )
        .put(
            "/typing",
            messages::typing,
            doc("Tells somebody one has a conversation with that a message is being written")
                .body(object([("receiverId", text()), ("isTyping?", boolean())]))
                .reply(200, done()),
        )
        .get(
            "/{user}",
            messages::status,
            doc("Whether somebody one has a conversation with is there")
                .reply(
                    200,
                    data(object([
                        ("userId", text()),
                        ("isOnline", boolean()),
                        ("status", text()),
                        ("lastSeen", date_time().or_null()),
                    ])),
                )
                .errors(&[404]),
        )
}

/// `{success, data}`
fn data(schema: Schema) -> Schema {
    object([("success", boolean()), ("data", schema)])
}

/// `{success, message, data}`
fn whole(schema: Schema) -> Schema {
    data(schema).and([("message", text())])
}

fn said<const N: usize>(fields: [(&str, Schema); N]) -> Schema {
    whole(object(fields))
}

fn page(total: &str) -> Schema {
    let pagination = object([("currentPage", integer()), ("totalPages", integer()), (total, integer())]);
    object([("success", boolean()), ("data", list(message())), ("pagination", pagination)])
}

fn person() -> Schema {
    object([
        ("id", text()),
        ("fullName", text()),
        ("email?", text()),
        ("role?", one_of(&["provider", "client", "admin"])),
        ("avatar?", text()),
    ])
}

fn message() -> Schema {
    object([
        ("_id", text()),
        ("conversation", text()),
        ("sender", any()),
        ("receiver", any()),
        ("content", text()),
        ("type", one_of(&TYPES)),
        ("callData?", call_data()),
        ("isRead", boolean()),
        ("readAt", date_time().or_null()),
        ("createdAt", date_time()),
    ])
}

fn call_data() -> Schema {
    object([
        ("status", one_of(&STATUSES)),
        ("duration", number()),
        ("startedAt", date_time().or_null()),
        ("endedAt", date_time().or_null()),
        ("roomId", text().or_null()),
        ("participants", list(any())),
    ])
}

fn ice_servers() -> Schema {
    list(object([("urls", list(text())), ("username?", text()), ("credential?", text())]))
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
