//! What a browser puts on the wire about a connection, the same in every dialect: descriptions and
//! candidates as `RTCSessionDescriptionInit` and `RTCIceCandidateInit` (W3C WebRTC).

use bellwire_call::{IceCandidate, Sdp, SdpKind};
use serde::{Deserialize, Serialize};

use crate::{DecodeError, limits};

/// `RTCSessionDescriptionInit`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SdpBody {
    #[serde(rename = "type")]
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
        if self.kind != expected {
            return Err(DecodeError::Contradiction { what, said: limits::shown(&self.kind) });
        }
        Ok(Sdp { kind, sdp: limits::description(self.sdp)? })
    }
}

/// `RTCIceCandidateInit`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceCandidateInit {
    pub candidate: String,
    #[serde(default)]
    pub sdp_mid: Option<String>,
    #[serde(default)]
    pub sdp_m_line_index: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
