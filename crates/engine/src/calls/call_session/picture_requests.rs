//! What members and we ask of each other's pictures when some are lost.

use bellwire_call::MemberId;
use bellwire_media::{MediaEvent, PictureFeedback};

use super::CallSession;
use crate::calls::peer_task::PeerCommand;

impl CallSession {
    pub(crate) fn on_member_media(&mut self, id: MemberId, event: &MediaEvent) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.on_media_event(event);
        if matches!(event, MediaEvent::KeyFrameWanted) {
            member.send_to_peer(PeerCommand::RequestKeyFrame);
        } else if let MediaEvent::PictureFeedback(feedback) = event {
            member.send_to_peer(PeerCommand::TellPictureFeedback(*feedback));
        }
    }

    /// Whoever gets a layer with this member gets the key frame too.
    pub(super) fn force_key_frame(&self, member: MemberId) {
        let Some(member) = self.members.get(&member) else { return };
        let layer = member.bridge.layer().passing_or_wanted();
        if let Some(layer) = layer {
            self.with_media(|media| media.force_key_frame(layer.into()));
        }
    }

    /// A layer that others get too has a key frame for what one of them lost.
    pub(super) fn on_picture_feedback(&self, member: MemberId, feedback: PictureFeedback) {
        let Some(session) = self.members.get(&member) else { return };
        let layer = session.bridge.layer().passing_or_wanted().map(usize::from);
        match (layer, feedback) {
            (Some(layer), _) if session.path.long_term && self.plan.is_alone(member, layer) => {
                self.with_media(|media| media.picture_feedback(layer, feedback));
            }
            (_, PictureFeedback::Lost { .. }) => self.force_key_frame(member),
            (_, PictureFeedback::Kept(_)) => {}
        }
    }
}
