//! Who else is called to a call that rings: shown with the ring, and forgotten with it.

use super::Call;
use crate::{Invitee, MemberId, MemberState, MemberView};

/// Of a hostile backend; more than any call has room for.
const MAX_ALSO_INVITED: usize = 32;

impl Call {
    pub(super) fn hear_also_invited(&mut self, people: Vec<Invitee>) {
        if !self.is_ringing() || self.is_pair() {
            return;
        }
        self.also_invited = people;
        self.also_invited.truncate(MAX_ALSO_INVITED);
    }

    /// They have no number among the members before we enter the room: these count down from the last one.
    pub(super) fn also_invited_views(&self) -> impl Iterator<Item = MemberView> + '_ {
        let unknown = |invitee: &&Invitee| self.members.of_person(&invitee.person.id).is_none();
        let numbers = (0..=u32::MAX).rev().map(MemberId);
        self.also_invited.iter().filter(unknown).zip(numbers).map(|(invitee, id)| MemberView {
            id,
            person: invitee.person.clone(),
            state: if invitee.in_room { MemberState::Connecting } else { MemberState::Invited },
            audio: false,
            video: false,
            sharing: false,
            has_microphone: false,
            has_camera: false,
        })
    }
}
