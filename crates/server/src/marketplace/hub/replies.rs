//! The events the hub emits, a function each.

use bellwire_dialects::marketplace::wire::{
    CallAccepted, CallDeclined, CallEnded, CallError, CallStatus, IncomingCall, MessageType,
    ParticipantJoined, PersonBody, chat_of, name,
};

use super::live_call::LiveCall;
use super::message::{Change, Facts, Order, Replies};
use crate::hub_actor::{Reply, SocketKey};

const MISSED: &str = "missed";

pub(super) fn incoming(to: SocketKey, facts: &Facts) -> Reply<Order> {
    let event = match facts.kind {
        MessageType::VoiceCall => name::INCOMING_VOICE_CALL,
        MessageType::VideoCall
        | MessageType::Text
        | MessageType::Image
        | MessageType::File
        | MessageType::ScreenShare
        | MessageType::Unknown => name::INCOMING_VIDEO_CALL,
    };
    let body = IncomingCall {
        call_id: facts.call_id.clone(),
        chat_id: Some(chat_of(&facts.caller.id, &facts.callee.id)),
        room_id: Some(facts.room.clone()),
        caller: facts.caller.clone(),
    };
    Reply::emit(to, event, &body)
}

pub(super) fn accepted(to: SocketKey, facts: &Facts) -> Reply<Order> {
    let body = CallAccepted {
        call_id: facts.call_id.clone(),
        participant_id: Some(facts.callee.id.clone()),
        participant_name: facts.callee.name.clone(),
    };
    Reply::emit(to, name::CALL_ACCEPTED, &body)
}

pub(super) fn joined(to: SocketKey, call_id: &str, who: &PersonBody) -> Reply<Order> {
    let participant = PersonBody { avatar: None, ..who.clone() };
    let body = ParticipantJoined { call_id: call_id.to_owned(), participant };
    Reply::emit(to, name::PARTICIPANT_JOINED, &body)
}

/// How a call ended.
pub(super) fn over(to: SocketKey, call: &LiveCall) -> Reply<Order> {
    let (call_id, change) = (&call.facts.call_id, &call.change);
    let with = |reason: &str| Change { reason: Some(reason.to_owned()), ..change.clone() };
    match call.facts.status {
        CallStatus::Declined => {
            let body = CallDeclined {
                call_id: call_id.clone(),
                reason: change.reason.clone(),
                declined_by: change.by.clone(),
            };
            Reply::emit(to, name::CALL_DECLINED, &body)
        }
        CallStatus::Missed if change.by.is_none() => ended(to, call_id, &with(MISSED)),
        CallStatus::Failed => ended(to, call_id, &with("failed")),
        CallStatus::Missed
        | CallStatus::Ended
        | CallStatus::Initiated
        | CallStatus::Ringing
        | CallStatus::Answered
        | CallStatus::Unknown => ended(to, call_id, change),
    }
}

pub(super) fn ended(to: SocketKey, call_id: &str, change: &Change) -> Reply<Order> {
    let body = CallEnded {
        call_id: call_id.to_owned(),
        ended_by: change.by.clone(),
        duration: change.duration,
        reason: change.reason.clone(),
    };
    Reply::emit(to, name::CALL_ENDED, &body)
}

/// Why a request about a call is not carried out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    Nobody,
    Unknown,
    Foreign,
    NotCaller,
    NotCallee,
    Over,
}

pub(super) fn refused(from: SocketKey, refusal: Refusal, call_id: &str) -> Replies {
    let message = match refusal {
        Refusal::Nobody => "Please login to continue",
        Refusal::Unknown => "Call not found",
        Refusal::Foreign => "You are not part of this call",
        Refusal::NotCaller => "Only the caller can do this",
        Refusal::NotCallee => "Only the person called can do this",
        Refusal::Over => "This call is over",
    };
    vec![error(from, Some(call_id.to_owned()), message)]
}

pub(super) fn error(to: SocketKey, call_id: Option<String>, message: &str) -> Reply<Order> {
    Reply::emit(to, name::CALL_ERROR, &CallError { call_id, message: message.to_owned() })
}
