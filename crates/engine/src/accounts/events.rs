//! Session events of an account, and what they lead to in the loop.

use bellwire_call::{Event, ReceivedSignal};
use bellwire_signaling::SessionEvent;

use crate::accounts::account::Account;
use crate::accounts::stored_session::StoredSessions;
use crate::view::LinkState;

/// What the loop does after an event.
#[derive(Debug)]
pub(crate) enum Effect {
    Nothing,
    /// The view has changed.
    Publish,
    /// The phone has to know, and the view may have changed.
    Phone(Event),
}

/// `None`: there are no more events.
pub(crate) fn on_event(
    account: &mut Account,
    stored_sessions: &StoredSessions,
    event: Option<SessionEvent>,
) -> Effect {
    let id = account.view.id;
    match event {
        None => account.set_link(LinkState::Offline),
        Some(SessionEvent::Signal { key, signal }) => {
            return Effect::Phone(Event::Signal(ReceivedSignal { account: id, call: key, signal }));
        }
        Some(SessionEvent::Link { up }) => {
            account.set_link(if up { LinkState::Online } else { LinkState::Offline });
            return Effect::Phone(Event::Signaling { account: id, up });
        }
        Some(SessionEvent::LinkProblem { problem }) => {
            account.view.link_problem = problem;
        }
        Some(SessionEvent::Paused { until }) => account.set_pause(until),
        Some(SessionEvent::Presence { person, online }) => account.set_presence(person, online),
        Some(SessionEvent::ListChanged) => {
            account.list_changed();
            return Effect::Nothing;
        }
        Some(SessionEvent::Message(message)) => account.on_message(&message),
        Some(SessionEvent::MessageLost { thread, text }) => account.chats.lost(&thread, &text),
        Some(SessionEvent::ThreadRead { thread, by_me }) => account.on_read(&thread, by_me),
        Some(SessionEvent::Typing { thread, person, on }) => account.on_typing(&thread, &person, on),
        Some(SessionEvent::Renewed(identity)) => {
            stored_sessions.renewed(id, *identity);
            return Effect::Nothing;
        }
        Some(SessionEvent::TokenExpired) => account.set_link(LinkState::SignedOut),
    }
    Effect::Publish
}
