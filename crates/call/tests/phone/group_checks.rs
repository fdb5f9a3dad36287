//! Checks of a group: what concerns one member changes no other, and in the end each is connected to each.

use bellwire_call::{
    CallId, CallKey, CallState, CallView, Command, Event, MemberId, MemberState, ReceivedSignal,
};

use crate::fake_peers::Place;
use crate::group_backend::name;
use crate::group_simulation::Group;

/// Whom an event is about, if it is about one member.
pub(crate) struct Concerned(Option<(CallId, MemberId)>);

impl Concerned {
    pub(crate) fn by(event: &Event) -> Option<Self> {
        match event {
            Event::Peer { call, member, .. } => Some(Self(Some((*call, *member)))),
            Event::Signal(ReceivedSignal { call: CallKey::Member(..), .. }) => Some(Self(None)),
            Event::Signal(_)
            | Event::User(_)
            | Event::AccountAdded { .. }
            | Event::AccountRemoved { .. }
            | Event::Signaling { .. }
            | Event::Devices { .. }
            | Event::StartWith { .. }
            | Event::Time => None,
        }
    }

    /// One member at most has changed, and no command is about another.
    pub(crate) fn assert_alone(&self, before: &[CallView], after: &[CallView], commands: &[Command]) {
        let mut touched: Vec<(CallId, MemberId)> = commands.iter().filter_map(connection).collect();
        for call in before {
            let after = after.iter().find(|after| after.id == call.id).expect("it stays in view");
            let changed = call.members.iter().filter(|member| !after.members.contains(member));
            touched.extend(changed.map(|member| (call.id, member.id)));
        }
        touched.sort();
        touched.dedup();
        assert!(touched.len() <= 1, "{touched:?} by {commands:?}");
        if let Some(concerned) = self.0 {
            assert!(touched.iter().all(|link| *link == concerned), "{concerned:?} touched {touched:?}");
        }
    }
}

impl Group {
    /// Who is in a room is in the call, connected to each of the others by one connection, and nobody else
    /// is in a call.
    pub(crate) fn assert_settled(&self) {
        for who in self.people() {
            let Some(call) = self.active(who) else { continue };
            let session = call.remote_id.clone().expect("the backend has answered by now");
            let room = self.backend.room(&session);
            assert!(room.contains(&who), "p{who} is in a call and not in its room: {call:?}");
            let mut expected: Vec<String> =
                room.iter().filter(|other| **other != who).map(|other| name(*other)).collect();
            expected.sort();
            let mut members: Vec<String> =
                call.members.iter().map(|member| member.person.id.0.clone()).collect();
            members.sort();
            assert_eq!(members, expected, "the members of p{who}");
            for member in &call.members {
                assert_eq!(member.state, MemberState::Connected, "p{who} to {}", member.person.name);
                let here = Place { who, call: call.id, member: member.id };
                let there = self.fake_peers.other_end(here).expect("it is connected");
                assert_eq!(name(there.who), member.person.id.0, "the other end of {here:?}");
            }
            assert_eq!(call.state, CallState::Connected, "p{who}");
        }
    }
}

fn connection(command: &Command) -> Option<(CallId, MemberId)> {
    match command {
        Command::OpenPeer { call, member, .. }
        | Command::CreateOffer { call, member, .. }
        | Command::AcceptOffer { call, member, .. }
        | Command::AcceptAnswer { call, member, .. }
        | Command::AddCandidate { call, member, .. }
        | Command::ClosePeer { call, member, .. } => Some((*call, *member)),
        Command::Say { .. }
        | Command::StartMedia { .. }
        | Command::SetMicrophone { .. }
        | Command::SetCamera { .. }
        | Command::SetSharing { .. }
        | Command::StopMedia { .. }
        | Command::Ring { .. }
        | Command::StopRing { .. }
        | Command::RingBack { .. }
        | Command::StopRingBack { .. }
        | Command::Notice(_) => None,
    }
}
