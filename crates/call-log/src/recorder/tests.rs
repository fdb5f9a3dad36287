use std::time::{Duration, UNIX_EPOCH};

use bellwire_call::{
    Direction, MediaKind, MemberId, MemberState, MemberView, Person, PersonId, RemoteCallId, Subject,
};

use super::*;
use crate::AccountRef;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
}

fn recorder() -> Recorder {
    let mut recorder = Recorder::new();
    let key = AccountRef::new("storefront", "shop.example", &PersonId("me".into()));
    recorder.account(AccountId(1), Account { key, label: "Me".into() });
    recorder
}

fn call(id: u64, state: CallState) -> CallView {
    CallView {
        id: CallId(id),
        account: AccountId(1),
        remote_id: Some(RemoteCallId(format!("r{id}"))),
        direction: Direction::Incoming,
        kind: MediaKind::Video,
        peer: Person { id: PersonId("p".into()), name: "Ada".into(), avatar: None },
        people: Vec::new(),
        members: Vec::new(),
        subject: Some(Subject { id: "o".into(), label: "Order #1".into() }),
        state,
        waiting: false,
        connected_ms: None,
        remote_audio: true,
        remote_video: true,
        remote_sharing: false,
        remote_has_microphone: true,
        remote_has_camera: true,
        signaling_lost: false,
    }
}

fn member(id: u32, person: &str, name: &str) -> MemberView {
    MemberView {
        id: MemberId(id),
        person: Person { id: PersonId(person.into()), name: name.into(), avatar: None },
        state: MemberState::Connected,
        audio: true,
        video: true,
        sharing: false,
        has_microphone: true,
        has_camera: true,
    }
}

fn view(calls: Vec<CallView>) -> PhoneView {
    PhoneView { calls, ..PhoneView::default() }
}

#[test]
fn a_call_is_noted_when_something_happens_and_now_and_then() {
    let mut recorder = recorder();
    let ringing = view(vec![call(1, CallState::Ringing { silenced: false })]);
    let first = recorder.note(&ringing, at(0));
    assert_eq!(first.len(), 1);
    assert_eq!((first[0].outcome, first[0].answered_ms, first[0].ended_ms), (Outcome::Ongoing, None, None));
    // The log does not keep that the ringtone was silenced.
    assert_eq!(recorder.note(&view(vec![call(1, CallState::Ringing { silenced: true })]), at(1)), []);

    let answered = recorder.note(&view(vec![call(1, CallState::Connecting)]), at(5));
    assert_eq!(answered[0].answered_ms, Some(1_000_005_000));
    let talking = |ms| view(vec![CallView { connected_ms: Some(ms), ..call(1, CallState::Connected) }]);
    assert_eq!(recorder.note(&talking(10), at(6)), []);
    assert_eq!(recorder.note(&talking(8_000), at(14)), []);
    let beat = recorder.note(&talking(9_000), at(15));
    assert_eq!((beat.len(), beat[0].talked_ms), (1, 9_000));

    let reason = EndReason::RemoteHungUp;
    let end = view(vec![CallView { connected_ms: Some(30_000), ..call(1, CallState::Ended { reason }) }]);
    let last = recorder.note(&end, at(36));
    let last = &last[0];
    assert_eq!((last.outcome, last.reason), (Outcome::Completed, Some("remote_hung_up")));
    assert_eq!((last.started_ms, last.talked_ms), (1_000_000_000, 30_000));
    assert_eq!((last.answered_ms, last.ended_ms), (Some(1_000_005_000), Some(1_000_036_000)));
    assert_eq!(recorder.note(&end, at(90)), [], "an ended call goes on no further");
    assert_eq!(first[0].uid, last.uid);
}

#[test]
fn what_is_learned_after_the_end_is_noted_without_moving_the_end() {
    let mut recorder = recorder();
    let cancelled = |remote: Option<&str>| {
        view(vec![CallView {
            remote_id: remote.map(|id| RemoteCallId(id.into())),
            direction: Direction::Outgoing,
            ..call(1, CallState::Ended { reason: EndReason::Cancelled })
        }])
    };
    let first = recorder.note(&cancelled(None), at(1));
    let second = recorder.note(&cancelled(Some("late")), at(9));
    assert_eq!(second[0].remote, Some(RemoteCallId("late".into())));
    assert_eq!(second[0].ended_ms, first[0].ended_ms);
}

#[test]
fn a_call_that_vanishes_is_over() {
    let mut recorder = recorder();
    recorder.note(&view(vec![call(1, CallState::Connected)]), at(0));
    let changed = recorder.note(&view(Vec::new()), at(3));
    assert_eq!((changed.len(), changed[0].outcome, changed[0].is_live()), (1, Outcome::Interrupted, false));
    assert_eq!(recorder.note(&view(Vec::new()), at(4)), []);
}

#[test]
fn calls_of_nobody_are_not_noted_and_many_are_forgotten() {
    let mut recorder = recorder();
    let stranger = CallView { account: AccountId(9), ..call(1, CallState::Connecting) };
    assert_eq!(recorder.note(&view(vec![stranger]), at(0)), []);
    for id in 0..500 {
        let reason = EndReason::Missed;
        assert_eq!(recorder.note(&view(vec![call(id, CallState::Ended { reason })]), at(id)).len(), 1);
    }
    assert!(recorder.calls.len() <= MAX_REMEMBERED_CALLS + 1);
}

#[test]
fn everybody_who_was_ever_in_a_call_of_several_is_noted() {
    let mut recorder = recorder();
    let with = |people: &[(u32, &str, &str)]| {
        let members: Vec<_> = people.iter().map(|(id, person, name)| member(*id, person, name)).collect();
        let people = members.iter().map(|member| member.person.clone()).collect();
        view(vec![CallView { people, members, ..call(1, CallState::Connected) }])
    };
    recorder.note(&with(&[(1, "p", "Ada"), (2, "b", "")]), at(0));
    let changed = recorder.note(&with(&[(2, "b", "Ben"), (3, "c", &"C".repeat(900))]), at(1));
    let names: Vec<&str> = changed[0].members.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["Ada", "Ben", &"C".repeat(MAX_TEXT_CHARS)]);
    let reason = EndReason::HungUp;
    let last = recorder.note(&view(vec![call(1, CallState::Ended { reason })]), at(2));
    assert_eq!(last[0].members.len(), 3);
}

#[test]
fn who_is_only_called_too_is_not_noted() {
    let mut recorder = recorder();
    let with = |state| {
        let members = vec![member(1, "p", "Ada"), member(u32::MAX, "b", "Ben")];
        let members = if matches!(state, CallState::Connected) { members[..1].to_vec() } else { members };
        let people = vec![members[0].person.clone()];
        view(vec![CallView { people, members, ..call(1, state) }])
    };
    let rung = recorder.note(&with(CallState::Ringing { silenced: false }), at(0));
    let talks = recorder.note(&with(CallState::Connected), at(1));
    for noted in rung.iter().chain(&talks) {
        assert!(noted.members.iter().all(|person| person.name != "Ben"), "{:?}", noted.members);
    }
}

#[test]
fn two_runs_have_no_call_in_common() {
    let ringing = view(vec![call(1, CallState::Ringing { silenced: false })]);
    let (one, two) = (recorder().note(&ringing, at(0)), recorder().note(&ringing, at(0)));
    assert_ne!(one[0].uid, two[0].uid);
}
