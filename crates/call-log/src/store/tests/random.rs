//! Property test: one record per call and none lost, in any order of reports, history pages and crashes.

use std::collections::{BTreeMap, BTreeSet};

use bellwire_call::{AccountId, CallId, CallState, CallView, EndReason, PhoneView};
use proptest::prelude::*;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::Recorder;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Dial(u8),
    Ring(u8),
    /// Another device of ours calls.
    Elsewhere(u8),
    /// The backend answers the oldest invitation it has not answered yet.
    Place,
    Answer,
    Wait(u16),
    End(u8),
    Dismiss,
    /// The recorder's news reach the disk.
    Flush,
    /// A page of history, from its newest on, comes.
    Sync(u8),
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3_u8).prop_map(Step::Dial),
        3 => (0..3_u8).prop_map(Step::Ring),
        1 => (0..3_u8).prop_map(Step::Elsewhere),
        4 => Just(Step::Place),
        4 => Just(Step::Answer),
        3 => (1..60_000_u16).prop_map(Step::Wait),
        4 => (0..5_u8).prop_map(Step::End),
        1 => Just(Step::Dismiss),
        4 => Just(Step::Flush),
        3 => (1..6_u8).prop_map(Step::Sync),
        1 => Just(Step::Crash),
    ]
}

/// The backend, which knows every call that reached it, and the phone, which is a list of views.
struct World {
    aliased: bool,
    file: PathBuf,
    store: Option<Store>,
    recorder: Recorder,
    /// Local news the disk has not.
    news: Vec<LocalCall>,
    view: PhoneView,
    now_ms: i64,
    next_call: u64,
    /// In the order they were placed.
    truth: Vec<BackendCall>,
    /// Invitations on their way: phone's call, and its place in `truth`.
    unanswered: Vec<(CallId, usize)>,
    ids: BTreeMap<CallId, usize>,
    /// Calls of this phone the disk has heard of.
    flushed: BTreeSet<String>,
}

impl World {
    fn new(file: PathBuf, aliased: bool) -> Self {
        Self {
            aliased,
            file,
            store: None,
            recorder: new_recorder(),
            news: Vec::new(),
            view: PhoneView::default(),
            now_ms: DAWN,
            next_call: 0,
            truth: Vec::new(),
            unanswered: Vec::new(),
            ids: BTreeMap::new(),
            flushed: BTreeSet::new(),
        }
    }

    async fn store(&mut self) -> &mut Store {
        if self.store.is_none() {
            let opened = open(&self.file).await;
            assert!(opened.aside.is_none(), "a crash damages nothing");
            self.store = Some(opened.store);
        }
        self.store.as_mut().expect("opened above")
    }

    fn placed_at_backend(&mut self, peer: u8, direction: Direction) -> usize {
        let remote = self.truth.len().to_string();
        // The backend's clock is not ours.
        let call = remembered(&remote, &peer.to_string(), "ringing", self.now_ms + 700, 0);
        self.truth.push(BackendCall { direction, ..call });
        self.truth.len() - 1
    }

    fn add(&mut self, peer: u8, direction: Direction, state: CallState) -> CallId {
        self.next_call += 1;
        let id = CallId(self.next_call);
        self.view.calls.push(CallView {
            id,
            account: AccountId(1),
            remote_id: None,
            direction,
            kind: MediaKind::Video,
            peer: person(&peer.to_string()),
            people: Vec::new(),
            members: Vec::new(),
            subject: None,
            state,
            waiting: false,
            connected_ms: None,
            remote_audio: true,
            remote_video: true,
            remote_sharing: false,
            remote_has_microphone: true,
            remote_has_camera: true,
            signaling_lost: false,
        });
        id
    }

    fn newest_live(&mut self) -> Option<&mut CallView> {
        self.view.calls.iter_mut().rev().find(|call| !matches!(call.state, CallState::Ended { .. }))
    }

    async fn take(&mut self, step: &Step) {
        // Two invitations to one person that both get lost must be told apart by their times.
        self.now_ms += 130_000;
        match *step {
            Step::Dial(peer) => {
                let index = self.placed_at_backend(peer, Direction::Outgoing);
                let id = self.add(peer, Direction::Outgoing, CallState::Calling { ringing: false });
                self.unanswered.push((id, index));
                self.ids.insert(id, index);
            }
            Step::Ring(peer) => {
                let index = self.placed_at_backend(peer, Direction::Incoming);
                let id = self.add(peer, Direction::Incoming, CallState::Ringing { silenced: false });
                self.ids.insert(id, index);
                // Some peers make up ids the history knows nothing of.
                let made_up = RemoteCallId(format!("call_{index}_x"));
                let remote = if self.aliased { made_up } else { self.truth[index].remote.clone() };
                self.call(id).expect("just added").remote_id = Some(remote);
            }
            Step::Elsewhere(peer) => {
                let index = self.placed_at_backend(peer, Direction::Outgoing);
                self.truth[index].status = "ended".into();
                self.truth[index].duration_s = 77;
            }
            Step::Place => {
                if !self.unanswered.is_empty() {
                    let (id, index) = self.unanswered.remove(0);
                    let remote = self.truth[index].remote.clone();
                    if let Some(call) = self.call(id) {
                        call.remote_id = Some(remote);
                    }
                }
            }
            Step::Answer => {
                if let Some(call) = self.newest_live() {
                    call.state = CallState::Connected;
                    call.connected_ms.get_or_insert(0);
                    let id = call.id;
                    self.truth[self.ids[&id]].status = "accepted".into();
                }
            }
            Step::Wait(ms) => {
                self.now_ms += i64::from(ms);
                for call in &mut self.view.calls {
                    if let (Some(connected), CallState::Connected) = (&mut call.connected_ms, &call.state) {
                        *connected += u64::from(ms);
                    }
                }
            }
            Step::End(how) => self.end(how),
            Step::Dismiss => {
                self.view.calls.retain(|call| !matches!(call.state, CallState::Ended { .. }));
            }
            Step::Flush => self.flush().await,
            Step::Sync(length) => {
                let page: Vec<_> = self.truth.iter().rev().take(length.into()).cloned().collect();
                self.sync(&page).await;
            }
            Step::Crash => {
                self.news.clear();
                self.store = None;
                self.recorder = new_recorder();
                self.view = PhoneView::default();
                self.unanswered.clear();
            }
        }
        let now = UNIX_EPOCH + Duration::from_millis(self.now_ms.unsigned_abs());
        self.news.extend(self.recorder.note(&self.view, now));
    }

    fn end(&mut self, how: u8) {
        let Some(call) = self.newest_live() else { return };
        let answered = call.connected_ms.is_some();
        let (reason, status) = match (answered, call.direction, how % 3) {
            (true, _, 0) => (EndReason::HungUp, "ended"),
            (true, _, 1) => (EndReason::RemoteHungUp, "ended"),
            (true, ..) => (EndReason::ConnectionLost, "ended"),
            (false, Direction::Outgoing, 0) => (EndReason::Cancelled, "ended"),
            (false, Direction::Outgoing, 1) => (EndReason::RemoteDeclined, "declined"),
            (false, Direction::Outgoing, _) => (EndReason::Merged, "ended"),
            (false, Direction::Incoming, 0) => (EndReason::Missed, "missed"),
            (false, Direction::Incoming, 1) => (EndReason::RemoteCancelled, "ended"),
            (false, Direction::Incoming, _) => (EndReason::AnsweredElsewhere, "accepted"),
        };
        call.state = CallState::Ended { reason };
        let (id, seconds) = (call.id, call.connected_ms.unwrap_or(0) / 1000);
        let truth = &mut self.truth[self.ids[&id]];
        truth.status = status.into();
        truth.duration_s = u32::try_from(seconds).expect("short");
    }

    fn call(&mut self, id: CallId) -> Option<&mut CallView> {
        self.view.calls.iter_mut().find(|call| call.id == id)
    }

    async fn flush(&mut self) {
        let news = std::mem::take(&mut self.news);
        self.flushed.extend(news.iter().map(|call| call.uid.clone()));
        self.store().await.write(&news).await.expect("written");
    }

    /// As the writer does: what waits goes first.
    async fn sync(&mut self, page: &[BackendCall]) {
        self.flush().await;
        let now = self.now_ms;
        self.store().await.merge(&account("me"), page, now).await.expect("merged");
    }

    /// Our own part in the records there are.
    async fn legs(&mut self) -> BTreeSet<String> {
        let store = self.store().await;
        let legs: Vec<String> = sqlx::query_scalar("SELECT uid FROM legs JOIN calls ON calls.id = legs.call")
            .fetch_all(&mut store.connection)
            .await
            .expect("read");
        legs.into_iter().collect()
    }

    /// Which true call each record is of, also of those not shown; `None`: nothing says it.
    async fn records(&mut self) -> Vec<Option<usize>> {
        let store = self.store().await;
        let ids: Vec<(Option<String>, Option<String>)> = sqlx::query_as("SELECT remote, backend FROM calls")
            .fetch_all(&mut store.connection)
            .await
            .expect("read");
        let of = |ids: (Option<String>, Option<String>)| {
            let [signals, history] = [ids.0, ids.1].map(|id| {
                id.map(|id| {
                    id.trim_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().expect("a number")
                })
            });
            if let (Some(signals), Some(history)) = (signals, history) {
                assert_eq!(signals, history, "two calls in one record");
            }
            signals.or(history)
        };
        ids.into_iter().map(of).collect()
    }
}

fn new_recorder() -> Recorder {
    let mut recorder = Recorder::new();
    recorder.account(AccountId(1), account("me"));
    recorder
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_call_has_one_record_in_the_end(
        steps in prop::collection::vec(step(), 1..60),
        aliased in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let folder = tempfile::tempdir().expect("a folder");
            let mut world = World::new(file_in(&folder), aliased);
            for step in &steps {
                world.take(step).await;
                let mut known: Vec<_> = world.records().await.into_iter().flatten().collect();
                let all = known.len();
                known.sort_unstable();
                known.dedup();
                assert_eq!(known.len(), all, "two records of one call");
                // Whether or not a backend remembers it.
                assert_eq!(world.legs().await, world.flushed, "none lost that was written");
            }
            // The invitations still on their way are answered, and the whole history comes.
            while !world.unanswered.is_empty() {
                world.take(&Step::Place).await;
            }
            let history = world.truth.clone();
            world.sync(&history).await;
            let mut records = world.records().await;
            records.sort_unstable();
            let each: Vec<_> = (0..history.len()).map(Some).collect();
            assert_eq!(records, each, "one record for each call, none lost, nothing left over");
            // The same again changes nothing.
            let before = all(world.store().await).await;
            world.sync(&history).await;
            assert_eq!(all(world.store().await).await, before);
        });
    }
}
