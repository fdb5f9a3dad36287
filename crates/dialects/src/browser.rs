//! Session descriptions and ICE candidates as browsers write them (W3C WebRTC `RTCSessionDescriptionInit`
//! and `RTCIceCandidateInit`), the same in every dialect.

use bellwire_call::{IceCandidate, Sdp, SdpKind};
use serde::{Deserialize, Serialize};

use crate::{DecodeError, lenient, limits};

/// `RTCSessionDescriptionInit`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SdpBody {
    /// Left out by some stacks: the event says it.
    #[serde(rename = "type", default, deserialize_with = "lenient::written")]
    pub kind: String,
    pub sdp: String,
}

impl std::fmt::Debug for SdpBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SdpBody({}, {} bytes)", self.kind.len(), self.sdp.len())
    }
}

impl From<&Sdp> for SdpBody {
    fn from(sdp: &Sdp) -> Self {
        let kind = match sdp.kind {
            SdpKind::Offer => "offer",
            SdpKind::Answer => "answer",
        };
        Self { kind: kind.to_owned(), sdp: sdp.sdp.clone() }
    }
}

impl SdpBody {
    /// The description, if it is of the kind that `what` carries and plausibly long.
    pub(crate) fn read(self, what: &'static str, kind: SdpKind) -> Result<Sdp, DecodeError> {
        let expected = match kind {
            SdpKind::Offer => "offer",
            SdpKind::Answer => "answer",
        };
        if !self.kind.is_empty() && !self.kind.eq_ignore_ascii_case(expected) {
            return Err(DecodeError::Contradiction { what, said: limits::shown(&self.kind) });
        }
        Ok(Sdp { kind, sdp: limits::description(self.sdp)? })
    }
}

/// `RTCIceCandidateInit`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceCandidateInit {
    /// Null and empty mean that there are no more.
    #[serde(default, deserialize_with = "lenient::written")]
    pub candidate: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub sdp_mid: Option<String>,
    #[serde(default, deserialize_with = "lenient::place")]
    pub sdp_m_line_index: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub username_fragment: Option<String>,
}

impl std::fmt::Debug for IceCandidateInit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IceCandidateInit({} bytes)", self.candidate.len())
    }
}

impl From<&IceCandidate> for IceCandidateInit {
    fn from(candidate: &IceCandidate) -> Self {
        Self {
            candidate: candidate.candidate.clone(),
            sdp_mid: candidate.sdp_mid.clone(),
            sdp_m_line_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment.clone(),
        }
    }
}

impl IceCandidateInit {
    /// The candidate, if it is plausibly long.
    pub(crate) fn read(self) -> Result<IceCandidate, DecodeError> {
        Ok(IceCandidate {
            candidate: limits::candidate(self.candidate)?,
            sdp_mid: self.sdp_mid.map(limits::candidate).transpose()?,
            sdp_m_line_index: self.sdp_m_line_index,
            username_fragment: self.username_fragment.map(limits::candidate).transpose()?,
        })
    }

    /// Reads a candidate that may be null: a browser says null when it has no more.
    pub(crate) fn read_or_end(candidate: Option<Self>) -> Result<IceCandidate, DecodeError> {
        match candidate {
            Some(candidate) => candidate.read(),
            None => Ok(IceCandidate {
                candidate: String::new(),
                sdp_mid: None,
                sdp_m_line_index: None,
                username_fragment: None,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn candidate(value: serde_json::Value) -> Option<(String, Option<String>, Option<u16>)> {
        let candidate = serde_json::from_value::<IceCandidateInit>(value).ok()?.read().ok()?;
        Some((candidate.candidate, candidate.sdp_mid, candidate.sdp_m_line_index))
    }

    #[test]
    fn a_candidate_is_read_however_its_section_is_named() {
        let line = "candidate:1 1 udp 1 192.0.2.1 9 typ host";
        let read = |mid: serde_json::Value, index: serde_json::Value| {
            candidate(json!({ "candidate": line, "sdpMid": mid, "sdpMLineIndex": index }))
        };
        let wanted = |mid: Option<&str>, index| Some((line.to_owned(), mid.map(str::to_owned), index));
        assert_eq!(read(json!("0"), json!(0)), wanted(Some("0"), Some(0)));
        assert_eq!(read(json!(0), json!("0")), wanted(Some("0"), Some(0)));
        assert_eq!(read(json!(null), json!(1.0)), wanted(None, Some(1)));
        assert_eq!(read(json!("audio"), json!(-1)), wanted(Some("audio"), None));
        assert_eq!(candidate(json!({ "candidate": line })), wanted(None, None));
        assert_eq!(candidate(json!({ "candidate": null })), Some((String::new(), None, None)));
    }

    #[test]
    fn a_description_needs_no_type_where_the_event_has_it() {
        let read =
            |value| serde_json::from_value::<SdpBody>(value).ok()?.read("an offer", SdpKind::Offer).ok();
        for kind in [json!("offer"), json!("OFFER"), json!(null)] {
            assert!(read(json!({ "type": kind, "sdp": "v=0" })).is_some());
        }
        assert!(read(json!({ "sdp": "v=0" })).is_some());
        assert!(read(json!({ "type": "answer", "sdp": "v=0" })).is_none());
    }
}
