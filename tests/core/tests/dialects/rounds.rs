//! Conformance tests: every signal that the capabilities admit reaches the other side unchanged, whoever the
//! caller is.

use bellwire_call::{
    CallId, CallKey, CallReport, DeclineReason, IceCandidate, IncomingSignal, MediaKind, MediaState,
    OutgoingSignal, PathIssue, PersonId, Quality, QualityLevel, Sdp, SdpKind,
};
use bellwire_dialects::{ChatAction, DIALECTS, Entry, SideEvent};

use crate::pair::Pair;
use crate::relay::Side;

/// A call that rings, from one side or the other.
struct Call {
    pair: Pair,
    caller: Side,
    /// How each side names it, by `Side::BOTH`.
    keys: [CallKey; 2],
}

impl Call {
    fn ring(entry: &'static Entry, caller: Side, kind: MediaKind) -> Self {
        Self::ring_again(Pair::new(entry), caller, kind)
    }

    fn ring_again(mut pair: Pair, caller: Side, kind: MediaKind) -> Self {
        let (local, heard) = pair.ring(caller, kind);
        let placed = heard.at(caller).first();
        let Some((CallKey::Local(of), IncomingSignal::Placed { local: again, remote, .. })) = placed else {
            panic!("{}: {caller:?} heard {:?} to its invitation", pair.entry.id, heard.at(caller));
        };
        assert_eq!((*of, *again), (local, local));
        let callee = caller.other();
        let Some((key, IncomingSignal::Ring(ring))) = heard.at(callee).first() else {
            panic!("{}: {callee:?} heard {:?} instead of a ring", pair.entry.id, heard.at(callee));
        };
        let account = pair.account(caller);
        assert_eq!((ring.from.id.0.as_str(), ring.from.name.as_str()), (account.id, account.name));
        assert_eq!(ring.kind, pair.relay.shown_kind(kind));
        assert_eq!(ring.subject, pair.relay.shown_subject(caller));
        assert!(matches!(key, CallKey::Remote(_)), "{key:?}");
        let keys = match caller {
            Side::One => [CallKey::Remote(remote.clone()), key.clone()],
            Side::Two => [key.clone(), CallKey::Remote(remote.clone())],
        };
        Self { pair, caller, keys }
    }

    fn callee(&self) -> Side {
        self.caller.other()
    }

    fn key(&self, side: Side) -> CallKey {
        let [one, two] = &self.keys;
        match side {
            Side::One => one.clone(),
            Side::Two => two.clone(),
        }
    }

    /// One side says it; what the other hears of this call.
    fn say(&mut self, from: Side, signal: &OutgoingSignal) -> Vec<IncomingSignal> {
        let heard = self.pair.say(from, &self.key(from), signal);
        let key = self.key(from.other());
        let about = |(call, signal): &(CallKey, IncomingSignal)| {
            assert_eq!(*call, key, "{}: {signal:?} is of another call", self.pair.entry.id);
            signal.clone()
        };
        heard.at(from.other()).iter().map(about).collect()
    }

    fn answer(&mut self) {
        let heard = self.say(self.callee(), &OutgoingSignal::Accept);
        let agreed =
            heard.iter().any(|signal| matches!(signal, IncomingSignal::Accept | IncomingSignal::PeerJoined));
        let others = heard.iter().find(|signal| {
            !matches!(
                signal,
                IncomingSignal::Accept | IncomingSignal::PeerJoined | IncomingSignal::OfferTurn { .. }
            )
        });
        assert!(agreed && others.is_none(), "{}: {heard:?}", self.pair.entry.id);
    }

    fn rings(&self) -> bool {
        self.pair.capabilities(self.caller).ring_timeout_s.is_some()
    }
}

/// Every way a call can be placed: who calls, and which kind.
fn ways() -> Vec<(&'static Entry, Side, MediaKind)> {
    let mut ways = Vec::new();
    for entry in DIALECTS {
        let pair = Pair::new(entry);
        for caller in Side::BOTH {
            let can = pair.capabilities(caller);
            assert!(can.video || can.voice, "{}: {caller:?} can place no call", entry.id);
            ways.extend(can.video.then_some((entry, caller, MediaKind::Video)));
            ways.extend(can.voice.then_some((entry, caller, MediaKind::Voice)));
        }
    }
    ways
}

fn sdp(kind: SdpKind) -> Sdp {
    Sdp { kind, sdp: "v=0\r\no=- 4 2 IN IP4 127.0.0.1\r\ns=-\r\n".into() }
}

/// The signal as the other side is to hear it.
fn as_heard(signal: &OutgoingSignal) -> IncomingSignal {
    let signal = serde_json::to_value(signal).expect("signals are JSON");
    serde_json::from_value(signal).expect("it can be heard")
}

fn path() -> [OutgoingSignal; 4] {
    let candidate = |line: &str| IceCandidate {
        candidate: line.into(),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(1),
        username_fragment: None,
    };
    [
        OutgoingSignal::Offer(sdp(SdpKind::Offer)),
        OutgoingSignal::Answer(sdp(SdpKind::Answer)),
        OutgoingSignal::Candidate(candidate("candidate:1 1 udp 1 192.0.2.1 5 typ host")),
        OutgoingSignal::Candidate(candidate("")),
    ]
}

#[test]
fn what_is_said_in_a_call_is_heard_as_the_same() {
    for (entry, caller, kind) in ways() {
        let mut call = Call::ring(entry, caller, kind);
        call.answer();
        for side in Side::BOTH {
            let can = call.pair.capabilities(side);
            let mut signals = path().to_vec();
            for on in [false, true] {
                if can.media_state {
                    signals
                        .push(OutgoingSignal::Media(MediaState { audio: Some(on), ..MediaState::default() }));
                    signals
                        .push(OutgoingSignal::Media(MediaState { video: Some(on), ..MediaState::default() }));
                }
                if can.screen_share && can.media_state {
                    signals.push(OutgoingSignal::Media(MediaState {
                        sharing: Some(!on),
                        ..MediaState::default()
                    }));
                }
            }
            for signal in signals {
                let heard = call.say(side, &signal);
                assert_eq!(
                    heard,
                    [as_heard(&signal)],
                    "{}: said by {side:?}, placed by {caller:?}",
                    entry.id
                );
            }
            // Only the backend is notified, where it has a message for that.
            let quality = Quality {
                level: QualityLevel::Good,
                rtt_ms: 20,
                loss_permille: 1,
                jitter_ms: 2,
                kbps_sent: 900,
                kbps_received: 800,
                fps: 30,
            };
            let key = call.key(side);
            let member = PersonId("x".to_owned());
            for report in [
                CallReport::Quality { worst: quality, members: vec![(member.clone(), quality)] },
                CallReport::PathIssue { member: member.clone(), issue: PathIssue::Lost },
            ] {
                if let Ok(heard) = call.pair.try_report(side, &key, &report) {
                    assert!(heard.signals.iter().all(Vec::is_empty), "{}: {heard:?}", entry.id);
                }
            }
        }
    }
}

#[test]
fn media_said_at_once_is_heard_whole() {
    for (entry, caller, kind) in ways() {
        let mut call = Call::ring(entry, caller, kind);
        call.answer();
        for side in Side::BOTH {
            let can = call.pair.capabilities(side);
            if !can.media_state {
                continue;
            }
            let sharing = can.screen_share.then_some(true);
            let all = MediaState { audio: Some(false), video: Some(true), sharing };
            let mut known = MediaState::default();
            for signal in call.say(side, &OutgoingSignal::Media(all)) {
                let IncomingSignal::Media(state) = signal else { panic!("{}: {signal:?}", entry.id) };
                known.audio = state.audio.or(known.audio);
                known.video = state.video.or(known.video);
                known.sharing = state.sharing.or(known.sharing);
            }
            assert_eq!(known, all, "{}: said by {side:?}", entry.id);
        }
    }
}

#[test]
fn a_call_goes_on_after_either_socket_was_away() {
    for (entry, caller, kind) in ways() {
        let mut call = Call::ring(entry, caller, kind);
        call.answer();
        for side in Side::BOTH {
            let other = side.other();
            let heard = call.pair.reconnect(side);
            let fatal = |signal: &&IncomingSignal| {
                matches!(
                    signal,
                    IncomingSignal::HangUp
                        | IncomingSignal::Cancel
                        | IncomingSignal::PeerLeft { disconnected: false }
                )
            };
            assert_eq!(heard.words(other).into_iter().find(fatal), None, "{}", entry.id);
            assert_eq!(heard.words(side).into_iter().find(fatal), None, "{}", entry.id);
            let heard = call.say(side, &OutgoingSignal::Rejoin);
            assert_eq!(heard.iter().find(fatal), None, "{}", entry.id);
            for signal in path() {
                for side in [side, other] {
                    assert_eq!(call.say(side, &signal), [as_heard(&signal)], "{}: {side:?}", entry.id);
                }
            }
        }
    }
}

#[test]
fn a_call_that_runs_is_hung_up_by_either_side_once() {
    for (entry, caller, kind) in ways() {
        for side in Side::BOTH {
            let mut call = Call::ring(entry, caller, kind);
            call.answer();
            let heard = call.say(side, &OutgoingSignal::HangUp);
            let over = |signal: &IncomingSignal| {
                matches!(signal, IncomingSignal::HangUp | IncomingSignal::PeerLeft { disconnected: false })
            };
            assert!(!heard.is_empty() && heard.iter().all(over), "{}: {side:?}: {heard:?}", entry.id);
            // The other's phone says its own goodbye, into the void.
            assert_eq!(call.say(side.other(), &OutgoingSignal::HangUp), [], "{}", entry.id);
            // And the next call is a call of its own.
            let keys = call.keys.clone();
            let next = Call::ring_again(call.pair, side, kind);
            assert!(keys.iter().all(|key| !next.keys.contains(key)), "{}: {keys:?} again", entry.id);
        }
    }
}

#[test]
fn a_ring_is_declined_as_declined_and_as_busy_where_there_is_a_word_for_it() {
    for (entry, caller, kind) in ways() {
        for reason in [DeclineReason::Declined, DeclineReason::Busy] {
            let mut call = Call::ring(entry, caller, kind);
            let heard = call.say(call.callee(), &OutgoingSignal::Decline(reason));
            let busy = call.pair.capabilities(call.callee()).busy;
            let expected = if busy { reason } else { DeclineReason::Declined };
            // A caller in a room need not be notified that the callee does not come.
            assert!(
                heard == [IncomingSignal::Decline(expected)] || (heard.is_empty() && !call.rings()),
                "{}: {heard:?} for {reason:?}",
                entry.id
            );
        }
    }
}

#[test]
fn a_ring_is_taken_back_and_ends_when_nobody_answers() {
    for (entry, caller, kind) in ways() {
        let mut call = Call::ring(entry, caller, kind);
        assert_eq!(call.say(caller, &OutgoingSignal::Cancel), [IncomingSignal::Cancel], "{}", entry.id);
        let mut call = Call::ring(entry, caller, kind);
        if call.rings() {
            let heard = call.say(caller, &OutgoingSignal::NoAnswer);
            assert!(
                matches!(*heard, [IncomingSignal::Missed | IncomingSignal::Cancel]),
                "{}: {heard:?}",
                entry.id
            );
        }
    }
}

#[test]
fn a_call_nobody_placed_is_not_known() {
    for entry in DIALECTS {
        let mut pair = Pair::new(entry);
        let key = CallKey::Local(CallId(99));
        assert!(pair.try_say(Side::One, &key, &OutgoingSignal::Accept).is_err());
        assert!(pair.try_say(Side::One, &key, &OutgoingSignal::Offer(sdp(SdpKind::Offer))).is_err());
    }
}

#[test]
fn messages_arrive_where_there_are_messages() {
    for entry in DIALECTS {
        for from in Side::BOTH {
            let mut pair = Pair::new(entry);
            if !pair.capabilities(from).chat {
                continue;
            }
            let threads = Side::BOTH.map(|side| pair.relay.thread(side));
            let [Some(one), Some(two)] = threads else { panic!("{}: the relay names no thread", entry.id) };
            let (thread, their_thread) = match from {
                Side::One => (one, two),
                Side::Two => (two, one),
            };
            pair.chat(from, &ChatAction::Open { thread: thread.clone() });
            pair.chat(from.other(), &ChatAction::Open { thread: their_thread.clone() });
            let text = "Two lines\nand <b>no</b> markup \u{1f600}".to_owned();
            let heard = pair.chat(from, &ChatAction::Send { thread: thread.clone(), text: text.clone() });
            let messages: Vec<_> = heard.beside(from.other()).iter().filter_map(message).collect();
            let [message] = messages.as_slice() else { panic!("{}: {messages:?}", entry.id) };
            assert_eq!((&message.thread, &message.text), (&their_thread, &text), "{}", entry.id);
            assert!(!message.from_me && !message.id.is_empty(), "{}: {message:?}", entry.id);

            for on in [true, false] {
                let heard = pair.chat(from, &ChatAction::Typing { thread: thread.clone(), on });
                for event in heard.beside(from.other()) {
                    let SideEvent::Typing { thread, person, on: told } = event else { continue };
                    let who = pair.account(from).id;
                    assert_eq!((thread, person.0.as_str(), *told), (&their_thread, who, on), "{}", entry.id);
                }
            }
            let heard = pair.chat(from.other(), &ChatAction::MarkRead { thread: their_thread });
            for event in heard.beside(from) {
                let SideEvent::ThreadRead { thread: read, by_me } = event else { continue };
                assert_eq!((read, *by_me), (&thread, false), "{}", entry.id);
            }
        }
    }
}

fn message(event: &SideEvent) -> Option<&bellwire_dialects::Message> {
    match event {
        SideEvent::Message(message) => Some(message),
        SideEvent::Presence(_)
        | SideEvent::TokenExpired
        | SideEvent::ListChanged
        | SideEvent::ThreadRead { .. }
        | SideEvent::MessageLost { .. }
        | SideEvent::Typing { .. } => None,
    }
}
