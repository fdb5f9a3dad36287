//! Chat messages: permissions, rate limits, and the events to both sides. REST and sockets both come
//! through here.

use bellwire_dialects::marketplace::wire::{MAX_MESSAGE_CHARS, MessageType, PersonBody, conversation_of};

use super::hub::{Hub, News};
use super::response;
use super::store::{FullMessage, Message, Store, User};
use crate::clock::Millis;
use crate::error::ApiError;
use crate::hub_actor::HubHandle;
use crate::limits::Rate;
use crate::store::new_id;

#[derive(Debug)]
pub(crate) struct Chat {
    store: Store,
    hub: HubHandle<Hub>,
    sends: Rate<String>,
}

impl Chat {
    pub(crate) fn new(store: Store, hub: HubHandle<Hub>, per_minute: u32) -> Self {
        Self { store, hub, sends: Rate::per_minute(per_minute) }
    }

    /// Forgets rate limits of people who have been quiet.
    pub(crate) fn sweep(&self) {
        self.sends.sweep();
    }

    pub(crate) async fn send(
        &self,
        me: &User,
        receiver: &str,
        content: &str,
    ) -> Result<FullMessage, ApiError> {
        let content = content.trim();
        if receiver.is_empty() || content.is_empty() {
            return Err(ApiError::bad_request("Receiver ID and content are required"));
        }
        if content.chars().count() > MAX_MESSAGE_CHARS {
            return Err(ApiError::bad_request("The message is too long"));
        }
        if receiver == me.id {
            return Err(ApiError::bad_request("You cannot write to yourself"));
        }
        self.sends
            .check(&me.id)
            .map_err(|wait| ApiError::too_many("Too many messages, please wait a moment", wait))?;
        if self.store.user(receiver).await?.is_none() {
            return Err(ApiError::not_found("Receiver not found"));
        }
        let now = Millis::now();
        let message = Message {
            id: new_id(now),
            conversation: conversation_of(&me.id, receiver),
            sender: me.id.clone(),
            receiver: receiver.to_owned(),
            content: content.to_owned(),
            kind: MessageType::Text.as_str().to_owned(),
            is_read: false,
            read_at: None,
            created_at: now.0,
            updated_at: now.0,
            call_id: None,
            room_id: None,
            status: None,
            ring_until: None,
            answered_at: None,
            ended_at: None,
            duration: None,
            sender_left: None,
            receiver_left: None,
            recording_url: None,
            quality: None,
        };
        self.store.add_message(&message).await?;
        let kept = self.store.message(&message.id).await?.ok_or_else(ApiError::internal)?;
        self.hub.tell(News::Said(Box::new(response::message(&kept)))).await;
        Ok(kept)
    }

    /// Whether that message is one of this user's that both sides have received already.
    pub(crate) async fn was_told(&self, me: &str, id: &str) -> Result<bool, ApiError> {
        Ok(self.store.message(id).await?.is_some_and(|known| known.message.sender == me))
    }

    /// Everything written to `me` in a conversation was seen; how much of it was news.
    pub(crate) async fn read(&self, me: &str, conversation: &str) -> Result<u32, ApiError> {
        let other = other_of(conversation, me)
            .ok_or_else(|| ApiError::forbidden("Not authorized to access this conversation"))?;
        let news = self.store.mark_read(conversation, me, Millis::now()).await?;
        if news > 0 {
            let (conversation, reader, other) = (conversation.to_owned(), me.to_owned(), other.to_owned());
            self.hub.tell(News::Read { conversation, reader, other }).await;
        }
        Ok(news)
    }

    pub(crate) async fn typing(&self, me: &User, to: &str, on: bool) {
        let from =
            PersonBody { id: me.id.clone(), name: Some(me.full_name.clone()), avatar: me.avatar.clone() };
        self.hub.tell(News::Typing { from, to: to.to_owned(), on }).await;
    }
}

/// The other of the two whose conversation it is; `None` if `me` is not one of them.
fn other_of<'id>(conversation: &'id str, me: &str) -> Option<&'id str> {
    let (one, other) = conversation.split_once('_')?;
    if one == me {
        Some(other)
    } else if other == me {
        Some(one)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::other_of;

    #[test]
    fn a_conversation_is_of_two() {
        assert_eq!(other_of("a_b", "a"), Some("b"));
        assert_eq!(other_of("a_b", "b"), Some("a"));
        assert_eq!(other_of("a_b", "c"), None);
        assert_eq!(other_of("ab", "a"), None);
    }
}
