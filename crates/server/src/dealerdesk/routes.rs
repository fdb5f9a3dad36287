//! The REST routes of dealerdesk, with their documentation.

use bellwire_dialects::LoginBody;

use super::state::Shared;
use super::{chat, login};
use crate::openapi::{Routes, doc};

pub(super) fn rest() -> Routes<Shared> {
    signing_in().merge(chatting()).merge(calling())
}

fn signing_in() -> Routes<Shared> {
    Routes::new("/api")
        .post(
            "/dealers/login",
            login::dealer,
            // Read like a technician's; without a password it is refused.
            doc("Signs a dealer in").public().body::<LoginBody>().errors(&[401]),
        )
        .post(
            "/technicians/login",
            login::technician,
            doc("Signs a technician in; without a password only accounts flagged for it get a token")
                .public()
                .errors(&[401]),
        )
        .post("/auth/logout", login::logout, doc("Ends the session: its token, and the sockets it opened"))
}

fn chatting() -> Routes<Shared> {
    Routes::new("/api/chat")
        .get(
            "/room/{dealerEmail}/{technicianEmail}",
            chat::room_of_two,
            doc("The room of these two, made if there is none").errors(&[400, 403, 404]),
        )
        .get(
            "/room/{roomId}/messages",
            chat::room_messages,
            doc("The newest messages of a room, oldest first").errors(&[400, 403]),
        )
        .get(
            "/messages",
            chat::messages,
            doc("The newest messages of the room of these two, oldest first").errors(&[400, 403]),
        )
        .get(
            "/unread-count/{userEmail}",
            chat::unread_count,
            doc("How many messages nobody has read").errors(&[403, 404]),
        )
        .get(
            "/rooms/{userEmail}",
            chat::rooms,
            doc("The rooms of somebody, the one with the newest message first").errors(&[403, 404]),
        )
}

fn calling() -> Routes<Shared> {
    Routes::new("")
        .get(
            "/api/chat/calls",
            chat::calls,
            doc("Calls of somebody or of a room, newest first; by page with their number, by offset bare")
                .errors(&[400, 403, 404]),
        )
        .get(
            "/api/chat/ice-servers",
            chat::ice_servers,
            doc("STUN and TURN servers, with credentials for ten minutes"),
        )
        .get("/health", chat::health, doc("Whether the service and its database answer").public())
}

/// How many of the bodies that these routes read a value is.
#[cfg(feature = "fuzzing")]
pub(super) fn bodies(body: &serde_json::Value) -> usize {
    use bellwire_dialects::dealerdesk::wire;

    use crate::request::reads_as;

    reads_as::<wire::LoginBody>(body)
}
