//! Call context: what a member has to know of its call. It changes nothing.

use std::time::Instant;

use crate::{
    AccountId, CallId, CallKey, Command, MediaKind, MediaState, OutgoingSignal, PeerId, RemoteCallId,
};

/// What is sent in a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentMedia {
    pub(crate) microphone: bool,
    pub(crate) camera: bool,
    pub(crate) sharing: bool,
}

/// The facts of a call at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallContext<'a> {
    pub(crate) call: CallId,
    pub(crate) account: AccountId,
    pub(crate) remote: Option<&'a RemoteCallId>,
    pub(crate) kind: MediaKind,
    /// We placed the call.
    pub(crate) outgoing: bool,
    /// Both sides agreed to talk.
    pub(crate) agreed: bool,
    pub(crate) signaling_lost: bool,
    pub(crate) now: Instant,
}

impl CallContext<'_> {
    /// To a member, or to everybody.
    pub(crate) fn say(&self, to: Option<&PeerId>, signal: OutgoingSignal, out: &mut Vec<Command>) {
        let call = match (self.remote, to) {
            (Some(remote), Some(peer)) => CallKey::Member(remote.clone(), peer.clone()),
            (Some(remote), None) => CallKey::Remote(remote.clone()),
            (None, _) => CallKey::Local(self.call),
        };
        out.push(Command::Say { account: self.account, call, signal });
    }

    /// Says what the user chose, where that is not what the others assume anyway.
    pub(crate) fn say_choice(&self, sent_media: SentMedia, out: &mut Vec<Command>) {
        let pictures = self.kind == MediaKind::Video;
        let unusual = !sent_media.microphone || (pictures && !sent_media.camera) || sent_media.sharing;
        if unusual && self.agreed {
            let video = pictures.then_some(sent_media.camera);
            let sharing = sent_media.sharing.then_some(true);
            let media = MediaState { audio: Some(sent_media.microphone), video, sharing };
            self.say(None, OutgoingSignal::Media(media), out);
        }
    }
}
