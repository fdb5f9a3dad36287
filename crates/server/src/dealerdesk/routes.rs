//! The REST routes of dealerdesk, with their documentation.

use super::state::Shared;
use super::{chat, login};
use crate::openapi::{Routes, Schema, boolean, date_time, doc, integer, list, object, one_of, text};

const ROLES: [&str; 2] = ["DEALER", "TECHNICIAN"];
const STATUSES: [&str; 5] = ["INITIATED", "ANSWERED", "REJECTED", "ENDED", "MISSED"];

pub(super) fn rest() -> Routes<Shared> {
    signing_in().merge(chatting()).merge(calling())
}

fn signing_in() -> Routes<Shared> {
    let email = || text().min(1).max(254);
    let account = || object([("email", text()), ("name", text()), ("avatar?", text())]);
    let reply = || object([("success", boolean()), ("message", text()), ("token?", text())]);
    Routes::new("/api")
        .post(
            "/dealers/login",
            login::dealer,
            doc("Signs a dealer in")
                .public()
                .body(object([("email", email()), ("password", text().min(1).max(1024))]))
                .reply(200, reply().and([("dealer", account())]))
                .errors(&[401]),
        )
        .post(
            "/technicians/login",
            login::technician,
            doc("Signs a technician in; without a password only accounts flagged for it get a token")
                .public()
                .body(object([("email", email()), ("password?", text().max(1024))]))
                .reply(200, reply().and([("technician", account())]))
                .errors(&[401]),
        )
        .post(
            "/auth/logout",
            login::logout,
            doc("Ends the session: its token, and the sockets it opened")
                .reply(200, object([("success", boolean()), ("message", text())])),
        )
}

fn chatting() -> Routes<Shared> {
    let room = || {
        object([
            ("room_id", text()),
            ("dealer_email", text()),
            ("technician_email", text()),
            ("post_id", text().or_null()),
            ("created_at?", date_time()),
            ("unread_count", integer()),
            ("last_message", text().or_null()),
            ("last_message_time", date_time().or_null()),
            ("last_message_sender", text().or_null()),
            ("other_name?", text()),
            ("other_online?", boolean()),
        ])
    };
    let message = || {
        object([
            ("id", integer()),
            ("room_id", text()),
            ("sender_email", text()),
            ("sender_type", one_of(&ROLES)),
            ("message", text()),
            ("is_read", boolean()),
            ("created_at", date_time()),
        ])
    };
    let window = |summary| {
        doc(summary)
            .query("limit", integer().between(1, 200))
            .query("offset", integer().between(0, 10_000_000))
            .errors(&[400, 403])
    };
    Routes::new("/api/chat")
        .get(
            "/room/{dealerEmail}/{technicianEmail}",
            chat::room_of_two,
            doc("The room of these two, made if there is none")
                .query("postId", text().max(64))
                .reply(200, room())
                .errors(&[400, 403, 404]),
        )
        .get(
            "/room/{roomId}/messages",
            chat::room_messages,
            window("The newest messages of a room, oldest first").reply(200, list(message())),
        )
        .get(
            "/messages",
            chat::messages,
            window("The newest messages of the room of these two, oldest first")
                .query("dealerEmail", text())
                .query("technicianEmail", text())
                .query("postId", text().max(64))
                .reply(200, list(message())),
        )
        .get(
            "/unread-count/{userEmail}",
            chat::unread_count,
            doc("How many messages nobody has read")
                .reply(200, object([("unreadCount", integer())]))
                .errors(&[403, 404]),
        )
        .get(
            "/rooms/{userEmail}",
            chat::rooms,
            doc("The rooms of somebody, the one with the newest message first")
                .reply(200, list(room()))
                .errors(&[403, 404]),
        )
}

fn calling() -> Routes<Shared> {
    let call = || {
        object([
            ("id", integer()),
            ("room_id", text()),
            ("caller_email", text()),
            ("caller_type", one_of(&ROLES)),
            ("call_type", one_of(&["AUDIO", "VIDEO"])),
            ("call_status", one_of(&STATUSES)),
            ("started_at", date_time()),
            ("ended_at", date_time().or_null()),
            ("duration_seconds", integer()),
            ("talk_seconds?", integer()),
            ("other_name?", text()),
        ])
    };
    let pagination = object([
        ("currentPage", integer()),
        ("totalPages", integer()),
        ("totalItems", integer()),
        ("itemsPerPage", integer()),
    ]);
    let paged = object([("calls", list(call())), ("pagination", pagination)]);
    Routes::new("")
        .get(
            "/api/chat/calls",
            chat::calls,
            doc("Calls of somebody or of a room, newest first; by page with their number, by offset bare")
                .query("roomId", text())
                .query("userEmail", text())
                .query("limit", integer().between(1, 200))
                .query("offset", integer().between(0, 10_000_000))
                .query("page", integer().between(1, 1_000_000))
                .reply(200, list(call()).or(paged))
                .errors(&[400, 403, 404]),
        )
        .get(
            "/api/chat/ice-servers",
            chat::ice_servers,
            doc("STUN and TURN servers, with credentials for ten minutes").reply(
                200,
                object([("success", boolean()), ("iceServers", list(ice_server())), ("ttl", integer())]),
            ),
        )
        .get(
            "/health",
            chat::health,
            doc("Whether the service and its database answer")
                .public()
                .reply(200, object([("status", text()), ("service", text()), ("timestamp", date_time())])),
        )
}

fn ice_server() -> Schema {
    object([("urls", list(text())), ("username?", text()), ("credential?", text())])
}

/// How many of the bodies that these routes read a value is.
#[cfg(feature = "fuzzing")]
pub(super) fn bodies(body: &serde_json::Value) -> usize {
    use bellwire_dialects::dealerdesk::wire;

    use crate::request::reads_as;

    reads_as::<wire::LoginBody>(body)
}
