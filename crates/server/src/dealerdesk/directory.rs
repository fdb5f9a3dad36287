//! What an administrator keeps of dealerdesk: dealers, technicians, and the rooms they meet in.

use bellwire_dialects::dealerdesk::wire::Room;
use sqlx::SqliteConnection;

use super::party::room_of;
use crate::admin::{Change, Row, RowError, put};
use crate::clock::Millis;
use crate::directory::{AccountId, AccountKind, Directory, NameColumns, RecordKind};

const DEALER: AccountKind = AccountKind {
    role: "dealer",
    table: "dealers",
    id: AccountId::Email,
    column_role: None,
    name: NameColumns::One("name"),
    texts: &[("avatar", "avatar")],
    flags: &[],
    passwordless: None,
    erase: &[
        "UPDATE chat_messages SET message = '(removed)' WHERE sender_type = 'DEALER' AND sender_email = $1",
    ],
    // A room's name has the addresses of both.
    readdress: &[
        "UPDATE chat_messages SET room_id = $2 || substr(room_id, length($1) + 1), \
         sender_email = CASE sender_type WHEN 'DEALER' THEN $2 ELSE sender_email END \
         WHERE room_id IN (SELECT room_id FROM chat_rooms WHERE dealer_email = $1)",
        "UPDATE call_logs SET room_id = $2 || substr(room_id, length($1) + 1), \
         caller_email = CASE caller_type WHEN 'DEALER' THEN $2 ELSE caller_email END \
         WHERE room_id IN (SELECT room_id FROM chat_rooms WHERE dealer_email = $1)",
        "UPDATE chat_rooms SET room_id = $2 || substr(room_id, length($1) + 1), dealer_email = $2 \
         WHERE dealer_email = $1",
        "UPDATE dealers SET email = $2 WHERE email = $1",
    ],
};

const TECHNICIAN: AccountKind = AccountKind {
    role: "technician",
    table: "technicians",
    flags: &[("passwordless", "passwordless")],
    passwordless: Some("passwordless"),
    erase: &[
        "UPDATE chat_messages SET message = '(removed)' WHERE sender_type = 'TECHNICIAN' AND sender_email = $1",
    ],
    readdress: &[
        "UPDATE chat_messages SET sender_email = CASE sender_type WHEN 'TECHNICIAN' THEN $2 ELSE sender_email END, \
         room_id = (SELECT r.dealer_email || ':' || $2 || substr(r.room_id, length(r.dealer_email) + length($1) + 2) \
                    FROM chat_rooms r WHERE r.room_id = chat_messages.room_id) \
         WHERE room_id IN (SELECT room_id FROM chat_rooms WHERE technician_email = $1)",
        "UPDATE call_logs SET caller_email = CASE caller_type WHEN 'TECHNICIAN' THEN $2 ELSE caller_email END, \
         room_id = (SELECT r.dealer_email || ':' || $2 || substr(r.room_id, length(r.dealer_email) + length($1) + 2) \
                    FROM chat_rooms r WHERE r.room_id = call_logs.room_id) \
         WHERE room_id IN (SELECT room_id FROM chat_rooms WHERE technician_email = $1)",
        "UPDATE chat_rooms SET technician_email = $2, \
         room_id = dealer_email || ':' || $2 || substr(room_id, length(dealer_email) + length($1) + 2) \
         WHERE technician_email = $1",
        "UPDATE technicians SET email = $2, passwordless = 0 WHERE email = $1",
    ],
    ..DEALER
};

static DEALERS: AccountKind = DEALER;
static TECHNICIANS: AccountKind = TECHNICIAN;

pub(super) static DIRECTORY: Directory = Directory {
    accounts: &[DEALER, TECHNICIAN],
    records: &[RecordKind { name: "rooms", put: |all, row, now| Box::pin(room(all, row, now)) }],
    forget: &[
        "DELETE FROM chat_messages WHERE id IN \
         (SELECT id FROM chat_messages WHERE created_at < $1 LIMIT $2)",
        "DELETE FROM call_logs WHERE id IN (SELECT id FROM call_logs \
         WHERE call_status NOT IN ('INITIATED', 'ANSWERED') AND started_at < $1 LIMIT $2)",
    ],
    usage: None,
};

async fn room(all: &mut SqliteConnection, row: &mut Row, now: Millis) -> Result<Change, RowError> {
    let dealer = row.account(all, "dealer", &DEALERS).await?;
    let technician = row.account(all, "technician", &TECHNICIANS).await?;
    let post = row.optional("post", 64)?;
    let room: Room = room_of(&dealer, &technician, post.as_deref())
        .ok_or_else(|| "these cannot have a room".to_owned())?;
    let fields = [
        ("dealer_email", dealer.into()),
        ("technician_email", technician.into()),
        ("post_id", room.post.clone().into()),
    ];
    let key = [("room_id", room.to_string().into())];
    Ok(put(all, "chat_rooms", &key, &fields, &[("created_at", now.0.into())]).await?)
}
