//! The tables of dealerdesk: accounts, rooms, messages. Only SQL is in here; calls are in `calls`.

pub(crate) mod calls;

use bellwire_dialects::dealerdesk::wire::{MessageRow, Room, RoomRow, RowId, UserType};
use sqlx::{FromRow, SqlitePool};

use super::party::Party;
use crate::clock::Millis;
use crate::store::{Pools, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// Rooms one answer has at most.
const MOST_ROOMS: i64 = 2000;

#[derive(Clone, Debug)]
pub(crate) struct Store {
    read: SqlitePool,
    write: SqlitePool,
}

/// A dealer or a technician.
#[derive(Clone, FromRow)]
pub(crate) struct Account {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) password_hash: Option<String>,
    /// May sign in by address alone.
    pub(crate) passwordless: bool,
    pub(crate) avatar: Option<String>,
}

#[derive(FromRow)]
struct Listed {
    room_id: String,
    dealer_email: String,
    technician_email: String,
    post_id: Option<String>,
    created_at: i64,
    unread: i64,
    last_message: Option<String>,
    last_time: Option<i64>,
    last_sender: Option<String>,
    other_name: String,
}

#[derive(FromRow)]
struct Message {
    id: i64,
    room_id: String,
    sender_email: String,
    sender_type: String,
    message: String,
    is_read: bool,
    created_at: i64,
}

impl From<Message> for MessageRow {
    fn from(row: Message) -> Self {
        Self {
            id: RowId::Number(row.id),
            room_id: Some(row.room_id),
            sender_email: row.sender_email,
            sender_type: UserType::parse(&row.sender_type),
            message: row.message,
            is_read: row.is_read,
            created_at: Some(Millis(row.created_at).iso()),
            sender_name: None,
            event_room_id: None,
        }
    }
}

impl Store {
    pub(crate) fn new(pools: &Pools) -> Self {
        Self { read: pools.read.clone(), write: pools.write.clone() }
    }

    pub(crate) async fn account(&self, party: &Party) -> Result<Option<Account>> {
        let query = match party.role {
            UserType::Dealer => sqlx::query_as(
                "SELECT email, name, password_hash, 0 AS passwordless, avatar FROM dealers \
                 WHERE email = $1 AND disabled = 0",
            ),
            UserType::Technician => sqlx::query_as(
                "SELECT email, name, password_hash, passwordless, avatar FROM technicians \
                 WHERE email = $1 AND disabled = 0",
            ),
        };
        Ok(query.bind(&party.email).fetch_optional(&self.read).await?)
    }

    pub(crate) async fn has_accounts(&self) -> Result<bool> {
        let found: i64 =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM dealers) OR EXISTS (SELECT 1 FROM technicians)")
                .fetch_one(&self.read)
                .await?;
        Ok(found != 0)
    }

    pub(crate) async fn add_account(&self, role: UserType, account: &Account, now: Millis) -> Result<()> {
        let query = match role {
            UserType::Dealer => sqlx::query(
                "INSERT INTO dealers (email, name, password_hash, avatar, created_at) \
                 VALUES ($1, $2, $3, $4, $5)",
            ),
            UserType::Technician => sqlx::query(
                "INSERT INTO technicians (email, name, password_hash, avatar, created_at, passwordless) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            ),
        };
        let query = query
            .bind(account.email.to_ascii_lowercase())
            .bind(&account.name)
            .bind(&account.password_hash)
            .bind(&account.avatar)
            .bind(now.0);
        match role {
            UserType::Dealer => query,
            UserType::Technician => query.bind(account.passwordless),
        }
        .execute(&self.write)
        .await?;
        Ok(())
    }

    pub(crate) async fn room_exists(&self, room: &Room) -> Result<bool> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM chat_rooms WHERE room_id = $1")
            .bind(room.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(found.is_some())
    }

    /// Makes the room, if both people exist and it does not. False: one of them does not.
    pub(crate) async fn make_room(&self, room: &Room, now: Millis) -> Result<bool> {
        sqlx::query(
            "INSERT OR IGNORE INTO chat_rooms (room_id, dealer_email, technician_email, post_id, created_at) \
             SELECT $1, d.email, t.email, $4, $5 FROM dealers d, technicians t \
             WHERE d.email = $2 AND t.email = $3",
        )
        .bind(room.to_string())
        .bind(&room.dealer)
        .bind(&room.technician)
        .bind(&room.post)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        // The pool that wrote: the row may not be visible to the others yet.
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM chat_rooms WHERE room_id = $1")
            .bind(room.to_string())
            .fetch_optional(&self.write)
            .await?;
        Ok(found.is_some())
    }

    pub(crate) async fn room_made_at(&self, room: &Room) -> Result<Option<Millis>> {
        let at: Option<i64> = sqlx::query_scalar("SELECT created_at FROM chat_rooms WHERE room_id = $1")
            .bind(room.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(at.map(Millis))
    }

    /// The rooms of a user, the one with the newest message first.
    pub(crate) async fn rooms(&self, me: &Party) -> Result<Vec<RoomRow>> {
        let query = match me.role {
            UserType::Dealer => concat!(
                "SELECT r.*, t.name AS other_name, m.message AS last_message, m.created_at AS last_time, \
                 m.sender_email AS last_sender, (SELECT COUNT(*) FROM chat_messages u WHERE u.room_id = \
                 r.room_id AND u.is_read = 0 AND u.sender_type = 'TECHNICIAN') AS unread \
                 FROM chat_rooms r JOIN technicians t ON t.email = r.technician_email ",
                "LEFT JOIN chat_messages m ON m.id = (SELECT MAX(id) FROM chat_messages n WHERE n.room_id = \
                 r.room_id) WHERE r.dealer_email = $1 \
                 ORDER BY COALESCE(m.created_at, r.created_at) DESC, r.room_id LIMIT $2"
            ),
            UserType::Technician => concat!(
                "SELECT r.*, d.name AS other_name, m.message AS last_message, m.created_at AS last_time, \
                 m.sender_email AS last_sender, (SELECT COUNT(*) FROM chat_messages u WHERE u.room_id = \
                 r.room_id AND u.is_read = 0 AND u.sender_type = 'DEALER') AS unread \
                 FROM chat_rooms r JOIN dealers d ON d.email = r.dealer_email ",
                "LEFT JOIN chat_messages m ON m.id = (SELECT MAX(id) FROM chat_messages n WHERE n.room_id = \
                 r.room_id) WHERE r.technician_email = $1 \
                 ORDER BY COALESCE(m.created_at, r.created_at) DESC, r.room_id LIMIT $2"
            ),
        };
        let rows: Vec<Listed> =
            sqlx::query_as(query).bind(&me.email).bind(MOST_ROOMS).fetch_all(&self.read).await?;
        Ok(rows.into_iter().map(listed).collect())
    }

    /// The users that this one shares a room with.
    pub(crate) async fn related(&self, me: &Party) -> Result<Vec<Party>> {
        let query = match me.role {
            UserType::Dealer => sqlx::query_scalar(
                "SELECT DISTINCT technician_email FROM chat_rooms WHERE dealer_email = $1 LIMIT $2",
            ),
            UserType::Technician => sqlx::query_scalar(
                "SELECT DISTINCT dealer_email FROM chat_rooms WHERE technician_email = $1 LIMIT $2",
            ),
        };
        let emails: Vec<String> = query.bind(&me.email).bind(MOST_ROOMS).fetch_all(&self.read).await?;
        Ok(emails.into_iter().map(|email| Party { role: me.role.other(), email }).collect())
    }

    /// Unread messages for a user.
    pub(crate) async fn unread(&self, me: &Party) -> Result<u32> {
        let query = match me.role {
            UserType::Dealer => sqlx::query_scalar(
                "SELECT COUNT(*) FROM chat_messages m JOIN chat_rooms r ON r.room_id = m.room_id \
                 WHERE r.dealer_email = $1 AND m.is_read = 0 AND m.sender_type = 'TECHNICIAN'",
            ),
            UserType::Technician => sqlx::query_scalar(
                "SELECT COUNT(*) FROM chat_messages m JOIN chat_rooms r ON r.room_id = m.room_id \
                 WHERE r.technician_email = $1 AND m.is_read = 0 AND m.sender_type = 'DEALER'",
            ),
        };
        let count: i64 = query.bind(&me.email).fetch_one(&self.read).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    pub(crate) async fn add_message(
        &self,
        room: &Room,
        from: &Party,
        text: &str,
        now: Millis,
    ) -> Result<MessageRow> {
        // Not RETURNING: its row comes before the commit, whose failure would then go unnoticed.
        let done = sqlx::query(
            "INSERT INTO chat_messages (room_id, sender_email, sender_type, message, created_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(room.to_string())
        .bind(&from.email)
        .bind(from.role.as_str())
        .bind(text)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        let row = Message {
            id: done.last_insert_rowid(),
            room_id: room.to_string(),
            sender_email: from.email.clone(),
            sender_type: from.role.as_str().to_owned(),
            message: text.to_owned(),
            is_read: false,
            created_at: now.0,
        };
        Ok(row.into())
    }

    /// A page of messages counted from the newest, oldest first.
    pub(crate) async fn messages(&self, room: &Room, limit: u32, offset: u32) -> Result<Vec<MessageRow>> {
        let mut rows: Vec<Message> = sqlx::query_as(
            "SELECT * FROM chat_messages WHERE id IN (SELECT id FROM chat_messages WHERE room_id = $1 \
             ORDER BY id DESC LIMIT $2 OFFSET $3) ORDER BY id DESC",
        )
        .bind(room.to_string())
        .bind(limit)
        .bind(offset)
        .fetch_all(&self.read)
        .await?;
        rows.reverse();
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// The room of a message and who wrote it.
    pub(crate) async fn message_place(&self, id: i64) -> Result<Option<(String, UserType)>> {
        let found: Option<(String, String)> =
            sqlx::query_as("SELECT room_id, sender_type FROM chat_messages WHERE id = $1")
                .bind(id)
                .fetch_optional(&self.read)
                .await?;
        Ok(found.and_then(|(room, role)| Some((room, UserType::parse(&role)?))))
    }

    /// True if it was not read before.
    pub(crate) async fn mark_read(&self, id: i64) -> Result<bool> {
        let done = sqlx::query("UPDATE chat_messages SET is_read = 1 WHERE id = $1 AND is_read = 0")
            .bind(id)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Marks what the other one wrote in a room.
    pub(crate) async fn mark_room_read(&self, room: &Room, reader: UserType) -> Result<()> {
        sqlx::query(
            "UPDATE chat_messages SET is_read = 1 WHERE room_id = $1 AND sender_type = $2 AND is_read = 0",
        )
        .bind(room.to_string())
        .bind(reader.other().as_str())
        .execute(&self.write)
        .await?;
        Ok(())
    }
}

fn listed(row: Listed) -> RoomRow {
    RoomRow {
        room_id: row.room_id,
        dealer_email: row.dealer_email,
        technician_email: row.technician_email,
        post_id: row.post_id,
        created_at: Some(Millis(row.created_at).iso()),
        unread_count: u32::try_from(row.unread).unwrap_or(u32::MAX),
        last_message: row.last_message,
        last_message_time: row.last_time.map(|at| Millis(at).iso()),
        last_message_sender: row.last_sender,
        other_name: Some(row.other_name),
        other_online: None,
    }
}
