//! Chat messages: permissions to write and read in a room. Calls are not here.

use bellwire_dialects::dealerdesk::wire::{ErrorEvent, Room};

use super::calls::Speaker;
use super::hub::{Hub, Request, refusal};
use super::party::{Party, room};
use super::store::Store;
use crate::clock::Millis;
use crate::config::Limits;
use crate::hub_actor::HubHandle;
use crate::limits::Rate;
use crate::store::StoreError;

/// Characters of one message.
const LONGEST: usize = 4000;

#[derive(Debug)]
pub(crate) struct Messages {
    store: Store,
    hub: HubHandle<Hub>,
    sent: Rate<Party>,
    /// Rooms made: each is a row for ever.
    made: Rate<Party>,
}

impl Messages {
    pub(crate) fn new(limits: &Limits, store: Store, hub: HubHandle<Hub>) -> Self {
        // A chat is quicker than a mailbox.
        let sent = Rate::per_minute(limits.messages_per_minute.saturating_mul(4));
        let made = Rate::per_minute(limits.messages_per_minute);
        Self { store, hub, sent, made }
    }

    /// Forgets rate limits of people who have been quiet.
    pub(crate) fn sweep(&self) {
        self.sent.sweep();
        self.made.sweep();
    }

    /// The room, made if there is none.
    ///
    /// # Errors
    /// A refusal: not their room, no such room, or too many messages.
    pub(crate) async fn open(&self, me: &Party, room: &Room) -> Result<Result<(), ErrorEvent>, StoreError> {
        if me.other(room).is_none() {
            return Ok(Err(refusal("You are not part of this room", "FORBIDDEN")));
        }
        if self.store.room_exists(room).await? {
            return Ok(Ok(()));
        }
        if self.made.check(me).is_err() {
            return Ok(Err(refusal("Too many new rooms, please wait a moment", "RATE_LIMITED")));
        }
        Ok(if self.store.make_room(room, Millis::now()).await? {
            Ok(())
        } else {
            Err(refusal("There is no such dealer or technician", "NOT_FOUND"))
        })
    }

    pub(crate) async fn join(&self, me: Speaker<'_>, room: Room) -> Result<(), StoreError> {
        let request = match self.open(me.party, &room).await? {
            Ok(()) => Request::Join(room),
            Err(error) => Request::Refuse(error),
        };
        self.hub.ask(me.socket, request).await;
        Ok(())
    }

    pub(crate) async fn send(&self, me: Speaker<'_>, place: &Room, text: &str) -> Result<(), StoreError> {
        let request = match self.keep(me, place, text).await? {
            Ok(request) => request,
            Err(error) => Request::Refuse(error),
        };
        self.hub.ask(me.socket, request).await;
        Ok(())
    }

    async fn keep(
        &self,
        me: Speaker<'_>,
        place: &Room,
        text: &str,
    ) -> Result<Result<Request, ErrorEvent>, StoreError> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > LONGEST {
            return Ok(Err(refusal("A message has 1 to 4000 characters", "BAD_REQUEST")));
        }
        if let Err(error) = self.open(me.party, place).await? {
            return Ok(Err(error));
        }
        if self.sent.check(me.party).is_err() {
            return Ok(Err(refusal("Too many messages, please wait a moment", "RATE_LIMITED")));
        }
        let mut row = self.store.add_message(place, me.party, text, Millis::now()).await?;
        row.sender_name = Some(me.name.to_owned());
        row.event_room_id = Some(place.to_string());
        Ok(Ok(Request::Message { room: place.clone(), row: Box::new(row) }))
    }

    /// One message was read by its receiver; from any other user it is ignored.
    pub(crate) async fn mark_read(&self, me: Speaker<'_>, id: i64) -> Result<(), StoreError> {
        let Some((place, sender)) = self.store.message_place(id).await? else { return Ok(()) };
        let Some(place) = room(&place).filter(|place| me.party.other(place).is_some()) else {
            return Ok(());
        };
        if sender != me.party.role && self.store.mark_read(id).await? {
            self.hub.ask(me.socket, Request::Read { room: place, message: Some(id) }).await;
        }
        Ok(())
    }

    pub(crate) async fn mark_room_read(&self, me: Speaker<'_>, place: Room) -> Result<(), StoreError> {
        if me.party.other(&place).is_some() {
            self.store.mark_room_read(&place, me.party.role).await?;
        }
        // The hub says no where that is due.
        self.hub.ask(me.socket, Request::Read { room: place, message: None }).await;
        Ok(())
    }
}
