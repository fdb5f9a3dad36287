//! SQL about messages and conversations.

use std::collections::HashMap;

use super::{Conversation, FullMessage, Message, Result, Store, User, at, count, full_message};
use crate::clock::Millis;

/// Conversations listed at most, the newest first.
const CONVERSATIONS: u32 = 500;

impl Store {
    pub(crate) async fn add_message(&self, message: &Message) -> Result<()> {
        sqlx::query(
            "INSERT INTO marketplace_messages (id, conversation, sender, receiver, content, type, is_read, \
             read_at, created_at, updated_at, call_id, room_id, status, ring_until, answered_at, ended_at, \
             duration, sender_left, receiver_left, recording_url, quality) VALUES ($1, $2, $3, $4, $5, $6, \
             $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        )
        .bind(&message.id)
        .bind(&message.conversation)
        .bind(&message.sender)
        .bind(&message.receiver)
        .bind(&message.content)
        .bind(&message.kind)
        .bind(message.is_read)
        .bind(message.read_at)
        .bind(message.created_at)
        .bind(message.updated_at)
        .bind(&message.call_id)
        .bind(&message.room_id)
        .bind(&message.status)
        .bind(message.ring_until)
        .bind(message.answered_at)
        .bind(message.ended_at)
        .bind(message.duration)
        .bind(message.sender_left)
        .bind(message.receiver_left)
        .bind(&message.recording_url)
        .bind(&message.quality)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    pub(crate) async fn message(&self, id: &str) -> Result<Option<FullMessage>> {
        Ok(sqlx::query_as(full_message!("WHERE m.id = $1")).bind(id).fetch_optional(&self.read).await?)
    }

    /// One page of a conversation (the newest are on page 1), oldest first, and how many there are.
    pub(crate) async fn conversation(
        &self,
        id: &str,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<FullMessage>, u32)> {
        let newest = full_message!(
            "WHERE m.id IN (SELECT id FROM marketplace_messages WHERE conversation = $1 \
             ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3) ORDER BY m.created_at DESC, m.id DESC"
        );
        let mut page: Vec<FullMessage> =
            sqlx::query_as(newest).bind(id).bind(limit).bind(offset).fetch_all(&self.read).await?;
        page.reverse();
        let total: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM marketplace_messages WHERE conversation = $1")
                .bind(id)
                .fetch_one(&self.read)
                .await?;
        Ok((page, count(total)))
    }

    /// The conversations of a user, the newest first.
    pub(crate) async fn conversations(&self, me: &str) -> Result<Vec<Conversation>> {
        let last: Vec<FullMessage> = sqlx::query_as(full_message!(
            "WHERE m.id IN (SELECT (SELECT l.id FROM marketplace_messages l WHERE l.conversation = \
             mine.conversation ORDER BY l.created_at DESC, l.id DESC LIMIT 1) FROM \
             (SELECT conversation FROM marketplace_messages WHERE sender = $1 UNION \
             SELECT conversation FROM marketplace_messages WHERE receiver = $1) mine) \
             ORDER BY m.created_at DESC, m.id DESC LIMIT $2"
        ))
        .bind(me)
        .bind(CONVERSATIONS)
        .fetch_all(&self.read)
        .await?;
        let others: Vec<User> = sqlx::query_as(
            "SELECT * FROM marketplace_users WHERE id IN (SELECT receiver FROM marketplace_messages \
             WHERE sender = $1 UNION SELECT sender FROM marketplace_messages WHERE receiver = $1)",
        )
        .bind(me)
        .fetch_all(&self.read)
        .await?;
        let unread: Vec<(String, i64)> = sqlx::query_as(
            "SELECT conversation, COUNT(*) FROM marketplace_messages WHERE receiver = $1 AND is_read = 0 \
             GROUP BY conversation",
        )
        .bind(me)
        .fetch_all(&self.read)
        .await?;
        let others: HashMap<&str, &User> = others.iter().map(|user| (user.id.as_str(), user)).collect();
        let unread: HashMap<&str, u32> =
            unread.iter().map(|(conversation, number)| (conversation.as_str(), count(*number))).collect();
        let line = |last: FullMessage| {
            let other = (*others.get(last.message.other(me))?).clone();
            let id = last.message.conversation.clone();
            let unread = unread.get(id.as_str()).copied().unwrap_or_default();
            Some(Conversation { id, other, last, unread })
        };
        Ok(last.into_iter().filter_map(line).collect())
    }

    /// Marks what was written to `me` as read; how many messages that were.
    pub(crate) async fn mark_read(&self, conversation: &str, me: &str, now: Millis) -> Result<u32> {
        let done = sqlx::query(
            "UPDATE marketplace_messages SET is_read = 1, read_at = $3, updated_at = $3 \
             WHERE conversation = $1 AND receiver = $2 AND is_read = 0",
        )
        .bind(conversation)
        .bind(me)
        .bind(at(now))
        .execute(&self.write)
        .await?;
        Ok(u32::try_from(done.rows_affected()).unwrap_or(u32::MAX))
    }

    pub(crate) async fn unread(&self, me: &str) -> Result<u32> {
        let number: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM marketplace_messages WHERE receiver = $1 AND is_read = 0",
        )
        .bind(me)
        .fetch_one(&self.read)
        .await?;
        Ok(count(number))
    }
}
