//! Uplink of a call of several: where its backend has an engine, what we send goes to one peer, which passes it on.
//!
//! The uplink is a member with a connection that is negotiated as any, but no person: it takes no seat, is not shown,
//! and nobody is there because it is.

use std::time::Instant;

use super::{Call, Consent};
use crate::call_context::{CallContext, SentMedia};
use crate::member::{Entrance, Member};
use crate::{Command, PeerId};

impl Call {
    /// Said as we enter the room, for the first time or again.
    pub(super) fn hear_uplink(
        &mut self,
        peer: Option<PeerId>,
        sent_media: SentMedia,
        now: Instant,
        out: &mut Vec<Command>,
    ) {
        if self.is_ringing() || self.remote.is_none() || self.is_pair() {
            return;
        }
        let known = self.members.uplink();
        let same =
            known.and_then(|id| self.members.all.get(&id)).is_some_and(|known| known.peer() == peer.as_ref());
        if let Some(id) = known.filter(|_| same) {
            // As somebody who came again. Should it have forgotten us, there will be no path.
            if self.consent == Consent::Given {
                let act = |member: &mut Member, cx: CallContext<'_>| {
                    member.hear_joined(Entrance::AfterUs, sent_media, cx, out);
                };
                self.with_member(id, now, act);
            }
            return;
        }
        if let Some(id) = known {
            self.remove(id, now, out);
        }
        // Somebody's name is nobody else's.
        let Some(peer) = peer.filter(|peer| self.members.named(peer).is_none()) else { return };
        let id = self.members.next_id();
        self.members.outsiders.retain(|outsider| *outsider != peer);
        self.members.all.insert(id, Member::uplink(id, peer.clone(), self.kind));
        if self.consent == Consent::Given {
            self.with_member(id, now, |member, cx| member.begin(cx, out));
        }
        for signal in self.members.take_early(&peer) {
            self.receive(Some(&peer), signal, sent_media, now, out);
        }
    }
}
