//! Parser of socket events, into requests to the hub. An event that does not fit its shape is dropped.

use bellwire_dialects::storefront::wire::{
    CallPartyEvent, CallQualityReport, CallStatusUpdate, EndVideoCall, IceCandidateEvent, JoinVideoCall,
    LeaveVideoCall, SdpAnswer, SdpBody, SdpOffer, ToggleAudio, ToggleVideo, name,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::storefront::hub::{Relay, Request};

const LONGEST_ID: usize = 64;
const LONGEST_REASON: usize = 200;
const LONGEST_REPORT: usize = 2000;

pub(super) enum Parsed {
    AddUser(String),
    Ring {
        call_id: String,
        is_callback: Option<bool>,
        original_call_id: Option<String>,
    },
    /// A request about that call.
    Of(String, Request),
}

impl Parsed {
    /// The call it is about.
    pub(super) fn call_id(&self) -> Option<&str> {
        match self {
            Self::AddUser(_) => None,
            Self::Ring { call_id, .. } | Self::Of(call_id, _) => Some(call_id),
        }
    }
}

/// The part of a ring that is not in the record.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RingBody {
    call_id: String,
    #[serde(default)]
    is_callback: Option<bool>,
    #[serde(default)]
    original_call_id: Option<String>,
}

pub(super) fn parse(event: &str, data: Value) -> Option<Parsed> {
    let parsed = match event {
        name::ADD_USER => return Some(Parsed::AddUser(id(data.as_str()?.to_owned())?)),
        name::INCOMING_VIDEO_CALL => {
            let body: RingBody = read(data)?;
            let original_call_id = body.original_call_id.and_then(id);
            return Some(Parsed::Ring {
                call_id: id(body.call_id)?,
                is_callback: body.is_callback,
                original_call_id,
            });
        }
        name::JOIN_VIDEO_CALL => {
            let body: JoinVideoCall = read(data)?;
            (body.call_id.clone(), Request::Join { call_id: body.call_id })
        }
        name::LEAVE_VIDEO_CALL => {
            let body: LeaveVideoCall = read(data)?;
            (body.call_id.clone(), Request::Leave { call_id: body.call_id })
        }
        name::OFFER => {
            let body: SdpOffer = read(data)?;
            relay(body.call_id, Relay::Offer(typed(body.offer, "offer")?))
        }
        name::ANSWER => {
            let body: SdpAnswer = read(data)?;
            relay(body.call_id, Relay::Answer(typed(body.answer, "answer")?))
        }
        name::ICE_CANDIDATE => {
            let body: IceCandidateEvent = read(data)?;
            relay(body.call_id, Relay::Candidate(body.candidate))
        }
        name::CALL_STATUS_UPDATE => {
            let body: CallStatusUpdate = read(data)?;
            let reason = body.reason.filter(|reason| reason.len() <= LONGEST_REASON);
            let call_id = body.call_id;
            (call_id.clone(), Request::Status { call_id, status: body.status, reason })
        }
        name::END_VIDEO_CALL => {
            let body: EndVideoCall = read(data)?;
            let reason = body.reason.filter(|reason| reason.len() <= LONGEST_REASON);
            (body.call_id.clone(), Request::End { call_id: body.call_id, reason })
        }
        name::TOGGLE_AUDIO => {
            let body: ToggleAudio = read(data)?;
            relay(body.call_id, Relay::Audio(body.is_audio_enabled))
        }
        name::TOGGLE_VIDEO => {
            let body: ToggleVideo = read(data)?;
            relay(body.call_id, Relay::Video(body.is_video_enabled))
        }
        name::START_SCREEN_SHARE => {
            let body: CallPartyEvent = read(data)?;
            relay(body.call_id, Relay::Sharing(true))
        }
        name::STOP_SCREEN_SHARE => {
            let body: CallPartyEvent = read(data)?;
            relay(body.call_id, Relay::Sharing(false))
        }
        name::CALL_QUALITY_REPORT => {
            let body: CallQualityReport = read(data)?;
            let report = body.quality.to_string();
            if report.len() > LONGEST_REPORT {
                return None;
            }
            (body.call_id.clone(), Request::Quality { call_id: body.call_id, report })
        }
        _ => return None,
    };
    let (call_id, request) = parsed;
    Some(Parsed::Of(id(call_id)?, request))
}

fn relay(call_id: String, relay: Relay) -> (String, Request) {
    (call_id.clone(), Request::Relay { call_id, relay })
}

fn read<T: DeserializeOwned>(data: Value) -> Option<T> {
    serde_json::from_value(data).ok()
}

fn typed(sdp: SdpBody, kind: &str) -> Option<SdpBody> {
    (sdp.kind == kind).then_some(sdp)
}

fn id(id: String) -> Option<String> {
    (!id.is_empty() && id.len() <= LONGEST_ID).then_some(id)
}
