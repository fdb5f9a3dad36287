//! Decoder: events of storefront to signals. Every field is checked here or not used.

use bellwire_call::{
    DeclineReason, IncomingSignal, MediaKind, MediaState, Person, PersonId, Ring, SdpKind, Subject,
};
use serde_json::Value;

use super::{
    Storefront,
    calls::CallEntry,
    encode,
    wire::{
        CallEnded, CallError, CallPartyEvent, CallStatus, CallStatusUpdate, CallTargetOffline,
        IceCandidateEvent, IncomingVideoCall, OnlineStatusChanged, OnlineUser, SdpAnswer, SdpOffer,
        ToggleAudio, ToggleVideo, UserJoinedCall, UserLeftCall, UserType, name,
    },
};
use crate::{
    DecodeError, IceCandidateInit, Outbound, Reaction, Rows, SideEvent, call_table::key, events::read, limits,
};

/// How often we say again that we are here before the backend lists us.
const MAX_REGISTRATIONS: u8 = 8;

/// Who an event says it is from.
enum From {
    Us,
    Peer,
}

impl Storefront {
    pub(super) fn event(&mut self, event: &str, args: Vec<Value>) -> Result<Reaction, DecodeError> {
        limits::event(event == name::GET_USERS, &args)?;
        match event {
            name::INCOMING_VIDEO_CALL => self.incoming(read(event, args)?),
            name::OFFER => self.offer(read(event, args)?),
            name::ANSWER => self.answer(read(event, args)?),
            name::ICE_CANDIDATE => self.remote_candidate(read(event, args)?),
            name::USER_JOINED_CALL => self.joined(&read(event, args)?),
            name::USER_LEFT_CALL => self.left(&read(event, args)?),
            name::CALL_STATUS_UPDATE => self.status_update(&read(event, args)?),
            name::CALL_ENDED => Ok(self.ended(&read(event, args)?)),
            name::CALL_TARGET_OFFLINE => Ok(self.target_offline(&read(event, args)?)),
            name::CALL_ERROR => Ok(self.call_error(&read(event, args)?)),
            name::PARTICIPANT_AUDIO_TOGGLE | name::TOGGLE_AUDIO => {
                let ToggleAudio { call_id, user_id, is_audio_enabled } = read(event, args)?;
                let state = MediaState { audio: Some(is_audio_enabled), ..MediaState::default() };
                self.remote_media("participantAudioToggle", &call_id, &user_id, state)
            }
            name::PARTICIPANT_VIDEO_TOGGLE | name::TOGGLE_VIDEO => {
                let ToggleVideo { call_id, user_id, is_video_enabled } = read(event, args)?;
                let state = MediaState { video: Some(is_video_enabled), ..MediaState::default() };
                self.remote_media("participantVideoToggle", &call_id, &user_id, state)
            }
            name::SCREEN_SHARE_STARTED => self.sharing(name::SCREEN_SHARE_STARTED, &read(event, args)?, true),
            name::SCREEN_SHARE_STOPPED => {
                self.sharing(name::SCREEN_SHARE_STOPPED, &read(event, args)?, false)
            }
            name::GET_USERS => Ok(self.everybody_online(&read::<Vec<Value>>(event, args)?)),
            name::USER_ONLINE_STATUS_CHANGED => self.online_changed(read(event, args)?),
            _ => Err(DecodeError::UnknownEvent),
        }
    }

    fn incoming(&mut self, ring: IncomingVideoCall) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::INCOMING_VIDEO_CALL;
        let call = limits::id(ring.call_id)?;
        let (ours, theirs, names) = match self.account.role {
            UserType::Seller => (ring.seller_id, ring.customer_id, [ring.customer_name, None]),
            UserType::Customer => (ring.customer_id, ring.seller_id, [ring.shop_name, ring.seller_name]),
        };
        if ours != self.account.me {
            return Err(DecodeError::ForeignCall { what: WHAT });
        }
        // Our own ring comes back from a deployment that broadcasts it; a repeated one adds nothing.
        if ring.initiated_by == Some(self.account.role) || self.calls.find(&call).is_some() {
            return Ok(Reaction::none());
        }
        let peer = limits::id(theirs)?;
        if peer == self.account.me {
            return Err(DecodeError::ForeignSender { what: WHAT });
        }
        let added = self.calls.add(&call, |_| CallEntry::new(peer.clone(), false));
        added.map_err(|_full| DecodeError::TooManyCalls)?;
        let name = names.into_iter().flatten().map(|name| limits::shown(&name)).find(|name| !name.is_empty());
        let from = Person { id: PersonId(peer), name: name.unwrap_or_default(), avatar: None };
        let order =
            ring.order_number.map(|number| limits::shown(&number)).filter(|number| !number.is_empty());
        let subject = match (order, ring.product_name) {
            (Some(number), _) => Some(Subject {
                id: ring.order_id.unwrap_or_else(|| number.clone()),
                label: super::lists::order_label(&number),
            }),
            (None, Some(product)) => {
                Some(Subject { id: ring.product_id.unwrap_or_default(), label: limits::shown(&product) })
            }
            (None, None) => None,
        };
        Ok(Reaction::hear(key(&call), IncomingSignal::Ring(Ring { from, kind: MediaKind::Video, subject })))
    }

    fn offer(&mut self, offer: SdpOffer) -> Result<Reaction, DecodeError> {
        let what = name::OFFER;
        let sdp = offer.offer.read(what, SdpKind::Offer)?;
        self.described(
            what,
            &offer.call_id,
            &offer.sender_id,
            offer.receiver_id.as_deref(),
            IncomingSignal::Offer(sdp),
        )
    }

    fn answer(&mut self, answer: SdpAnswer) -> Result<Reaction, DecodeError> {
        let what = name::ANSWER;
        let sdp = answer.answer.read(what, SdpKind::Answer)?;
        let receiver = answer.receiver_id.as_deref();
        self.described(what, &answer.call_id, &answer.sender_id, receiver, IncomingSignal::Answer(sdp))
    }

    fn remote_candidate(&mut self, event: IceCandidateEvent) -> Result<Reaction, DecodeError> {
        let signal = IncomingSignal::Candidate(IceCandidateInit::read_or_end(event.candidate)?);
        let receiver = event.receiver_id.as_deref();
        self.described(name::ICE_CANDIDATE, &event.call_id, &event.sender_id, receiver, signal)
    }

    fn described(
        &mut self,
        what: &'static str,
        call: &str,
        sender: &str,
        receiver: Option<&str>,
        signal: IncomingSignal,
    ) -> Result<Reaction, DecodeError> {
        if sender != self.account.me && receiver.is_some_and(|receiver| receiver != self.account.me) {
            return Err(DecodeError::ForeignCall { what });
        }
        match self.from(what, call, sender)? {
            From::Us => Ok(Reaction::none()),
            From::Peer => {
                let mut reaction = self.implied_accept(call);
                reaction.heard.push((key(call), signal));
                Ok(reaction)
            }
        }
    }

    fn joined(&mut self, event: &UserJoinedCall) -> Result<Reaction, DecodeError> {
        let call = &event.call_id;
        match self.from(name::USER_JOINED_CALL, call, &event.user_id)? {
            // Two in the room, and one is us: the other was there before.
            From::Us if event.participant_count.is_some_and(|count| count >= 2) => {}
            From::Us => return Ok(Reaction::none()),
            From::Peer => {}
        }
        let mut reaction = self.implied_accept(call);
        reaction.heard.push((key(call), IncomingSignal::PeerJoined));
        Ok(reaction)
    }

    fn left(&mut self, event: &UserLeftCall) -> Result<Reaction, DecodeError> {
        Ok(match self.from(name::USER_LEFT_CALL, &event.call_id, &event.user_id)? {
            From::Us => Reaction::none(),
            From::Peer => {
                let disconnected = event.reason.as_deref() == Some("disconnected");
                Reaction::hear(key(&event.call_id), IncomingSignal::PeerLeft { disconnected })
            }
        })
    }

    /// Goes to every connected client, so most of them are about calls of other people.
    fn status_update(&mut self, update: &CallStatusUpdate) -> Result<Reaction, DecodeError> {
        let call = &update.call_id;
        let Some(known) = self.calls.find(call) else { return Ok(Reaction::none()) };
        let from = match (&update.user_id, update.user_type) {
            (Some(user), _) if *user == self.account.me => From::Us,
            (Some(user), _) if *user == known.peer => From::Peer,
            (Some(_), _) if update.status != CallStatus::Missed => {
                return Err(DecodeError::ForeignSender { what: name::CALL_STATUS_UPDATE });
            }
            (None, Some(role)) if role == self.account.role => From::Us,
            (Some(_) | None, _) => From::Peer,
        };
        let reason = update.reason.as_deref().unwrap_or_default();
        let cancelled = reason.eq_ignore_ascii_case(encode::CANCELLED);
        let by_peer = update.user_id.as_ref() == Some(&known.peer);
        Ok(match update.status {
            CallStatus::Accepted => match from {
                From::Us if known.outgoing || known.answered => Reaction::none(),
                From::Us => self.over(call, IncomingSignal::AnsweredElsewhere),
                From::Peer => self.implied_accept(call),
            },
            CallStatus::Declined | CallStatus::Rejected | CallStatus::Busy => match from {
                From::Us if known.answered => Reaction::none(),
                // Of another device of theirs, or of a third call.
                From::Peer if known.answered && update.status == CallStatus::Busy => Reaction::none(),
                From::Peer if known.answered => self.over(call, IncomingSignal::HangUp),
                From::Us | From::Peer => {
                    let busy = update.status == CallStatus::Busy || reason.eq_ignore_ascii_case(encode::BUSY);
                    let reason = if busy { DeclineReason::Busy } else { DeclineReason::Declined };
                    self.over(call, IncomingSignal::Decline(reason))
                }
            },
            CallStatus::Ended => {
                let signal = end_of(known);
                self.over(call, signal)
            }
            // Taken back while we answered, or before.
            CallStatus::Missed if cancelled && by_peer && !known.outgoing => {
                let signal = end_of(known);
                self.over(call, signal)
            }
            // A ring timer that lost its race against an answer.
            CallStatus::Missed if known.answered => Reaction::none(),
            CallStatus::Missed => self.over(call, IncomingSignal::Missed),
            CallStatus::Failed if known.answered => self.over(call, IncomingSignal::HangUp),
            CallStatus::Failed => {
                self.over(call, IncomingSignal::Refused { message: "the server gave the call up".to_owned() })
            }
            CallStatus::Initiated | CallStatus::Ringing | CallStatus::Unknown => Reaction::none(),
        })
    }

    fn ended(&mut self, event: &CallEnded) -> Reaction {
        let Some(known) = self.calls.find(&event.call_id) else { return Reaction::none() };
        let signal = match event.reason.as_deref() {
            Some("missed" | "no_answer" | "timeout") if !known.answered => IncomingSignal::Missed,
            Some(_) | None => end_of(known),
        };
        self.over(&event.call_id, signal)
    }

    fn target_offline(&mut self, event: &CallTargetOffline) -> Reaction {
        let Some(known) = self.calls.find(&event.call_id) else { return Reaction::none() };
        if !known.outgoing || known.answered {
            return Reaction::none();
        }
        let mut reaction = self.over(&event.call_id, IncomingSignal::Offline);
        // The deployed backend leaves the record at `initiated` for ever.
        reaction
            .outbound
            .insert(0, self.pending.send(encode::end_request(&event.call_id), super::PendingRequest::Record));
        reaction
    }

    fn call_error(&mut self, event: &CallError) -> Reaction {
        let Some(call) = &event.call_id else { return Reaction::none() };
        match self.calls.find(call) {
            // Only a call that does not run yet can be refused.
            Some(known) if !known.answered => {
                let message = limits::shown(&event.message);
                let message = if message.is_empty() { "the server refused the call".into() } else { message };
                self.over(call, IncomingSignal::Refused { message })
            }
            Some(_) | None => Reaction::none(),
        }
    }

    fn sharing(
        &mut self,
        what: &'static str,
        event: &CallPartyEvent,
        sharing: bool,
    ) -> Result<Reaction, DecodeError> {
        let state = MediaState { sharing: Some(sharing), ..MediaState::default() };
        self.remote_media(what, &event.call_id, &event.user_id, state)
    }

    fn remote_media(
        &mut self,
        what: &'static str,
        call: &str,
        user: &str,
        state: MediaState,
    ) -> Result<Reaction, DecodeError> {
        Ok(match self.from(what, call, user)? {
            From::Us => Reaction::none(),
            From::Peer => Reaction::hear(key(call), IncomingSignal::Media(state)),
        })
    }

    fn everybody_online(&mut self, users: &[Value]) -> Reaction {
        let now: std::collections::BTreeSet<String> = Rows::<OnlineUser>::plain(users)
            .into_iter()
            .filter_map(|user| limits::id(user.user_id).ok())
            .collect();
        let here = now.contains(&self.account.me);
        let gone: Vec<String> = self.online.difference(&now).cloned().collect();
        let mut changes: Vec<_> =
            gone.into_iter().filter_map(|person| self.presence(person, false)).collect();
        changes.extend(now.into_iter().filter_map(|person| self.presence(person, true)));
        Reaction { outbound: self.registered(here), ..presence(changes) }
    }

    fn online_changed(&mut self, event: OnlineStatusChanged) -> Result<Reaction, DecodeError> {
        let person = limits::id(event.user_id)?;
        let outbound = if person == self.account.me { self.registered(event.is_online) } else { Vec::new() };
        let changes = self.presence(person, event.is_online).into_iter().collect();
        Ok(Reaction { outbound, ..presence(changes) })
    }

    /// The deployed backend knows one socket of an account, and ignores a second one: when the first
    /// goes (a silent network, another device), we cannot be rung until we register again.
    fn registered(&mut self, here: bool) -> Vec<Outbound> {
        if here {
            self.unlisted = 0;
        } else if self.open && self.unlisted < MAX_REGISTRATIONS {
            self.unlisted += 1;
            return vec![self.add_us()];
        }
        Vec::new()
    }

    /// Entering the room or talking media is how a web callee accepts.
    fn implied_accept(&mut self, call: &str) -> Reaction {
        match self.calls.find_mut(call) {
            Some(known) if known.outgoing && !known.answered => {
                known.answered = true;
                Reaction::hear(key(call), IncomingSignal::Accept)
            }
            Some(_) | None => Reaction::none(),
        }
    }

    /// The last thing heard of a call; its room is left if we were in it.
    fn over(&mut self, call: &str, signal: IncomingSignal) -> Reaction {
        let Some(known) = self.calls.forget(call) else { return Reaction::none() };
        let mut reaction = Reaction::hear(key(call), signal);
        if known.joined {
            reaction.outbound.push(self.leave(call));
        }
        reaction
    }

    fn from(&self, what: &'static str, call: &str, user: &str) -> Result<From, DecodeError> {
        let known = self.calls.find(call).ok_or(DecodeError::ForeignCall { what })?;
        if user == self.account.me {
            Ok(From::Us)
        } else if user == known.peer {
            Ok(From::Peer)
        } else {
            Err(DecodeError::ForeignSender { what })
        }
    }
}

/// What the end of this call means: taken back before an answer, or hung up.
fn end_of(known: &CallEntry) -> IncomingSignal {
    if known.outgoing || known.answered { IncomingSignal::HangUp } else { IncomingSignal::Cancel }
}

fn presence(changes: Vec<crate::Presence>) -> Reaction {
    let side = if changes.is_empty() { Vec::new() } else { vec![SideEvent::Presence(changes)] };
    Reaction { side, ..Reaction::default() }
}
