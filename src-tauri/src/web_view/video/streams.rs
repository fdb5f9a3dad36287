//! The streams there are: the newest frame of each, and which call the members' streams belong to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bellwire_engine::media::{FrameSink, VideoFrame};
use bellwire_engine::{CallId, MemberId, MemberScreens};
use tokio::sync::watch;

use super::Video;

/// Our own pictures.
pub(crate) const OWN: u32 = 1;
/// Streams of members are numbered from here on.
pub(super) const FIRST_MEMBER: u32 = 2;
/// More than a call has members, which are 31 at most. A further one is not made: its frames are dropped, its tile stays
/// empty.
pub(super) const MAX_STREAMS: usize = 40;

type Newest = watch::Sender<Option<VideoFrame>>;

/// `None` for a number that no stream can have.
pub(super) fn stream_of(member: MemberId) -> Option<u32> {
    member.0.checked_add(FIRST_MEMBER)
}

pub(super) fn member_of(stream: u32) -> Option<MemberId> {
    stream.checked_sub(FIRST_MEMBER).map(MemberId)
}

/// The newest frame of each stream; newest wins. A stream is made on its first frame or its first tile.
#[derive(Debug, Default)]
pub(super) struct Streams {
    newest: Mutex<BTreeMap<u32, Newest>>,
    /// Whose members the streams are of.
    call: watch::Sender<Option<CallId>>,
}

impl Streams {
    pub(super) fn publish(&self, stream: u32, frame: VideoFrame) {
        if let Some(newest) = made(&mut self.lock(), stream) {
            newest.send_replace(Some(frame));
        }
    }

    pub(super) fn subscribe(&self, stream: u32) -> Option<watch::Receiver<Option<VideoFrame>>> {
        made(&mut self.lock(), stream).map(|newest| newest.subscribe())
    }

    /// Drops the last frames.
    pub(super) fn clear(&self) {
        let mut streams = self.lock();
        streams.retain(|_, newest| newest.receiver_count() > 0);
        for newest in streams.values() {
            newest.send_replace(None);
        }
    }

    pub(super) fn call(&self) -> watch::Receiver<Option<CallId>> {
        self.call.subscribe()
    }

    /// The members are those of that call from now on; the last frames of another one's are dropped.
    fn begin(&self, call: CallId) {
        let new = self.call.send_if_modified(|now| now.replace(call) != Some(call));
        if new {
            self.clear();
        }
    }

    fn belongs_to(&self, call: CallId) -> bool {
        *self.call.borrow() == Some(call)
    }

    fn empty(&self, stream: u32) {
        if let Some(newest) = self.lock().get(&stream) {
            newest.send_replace(None);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Newest>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream, made if there is room for it; one that nobody shows makes room.
fn made(streams: &mut BTreeMap<u32, Newest>, stream: u32) -> Option<&mut Newest> {
    if !streams.contains_key(&stream) && streams.len() >= MAX_STREAMS {
        let unseen = streams.iter().find(|(id, newest)| **id != OWN && newest.receiver_count() == 0);
        let unseen = unseen.map(|(id, _)| *id)?;
        streams.remove(&unseen);
    }
    Some(streams.entry(stream).or_insert_with(|| watch::Sender::new(None)))
}

/// Where our own pictures go.
pub(super) struct OwnScreen(pub(super) Arc<Video>);

impl FrameSink for OwnScreen {
    fn frame(&self, frame: VideoFrame) {
        self.0.streams.publish(OWN, frame);
    }
}

/// Where the pictures of the members of calls go.
pub(super) struct CallScreens(pub(super) Arc<Video>);

impl MemberScreens for CallScreens {
    fn screen(&self, call: CallId, member: MemberId) -> Arc<dyn FrameSink> {
        self.0.streams.begin(call);
        Arc::new(MemberScreen { video: Arc::clone(&self.0), call, member })
    }

    fn left(&self, call: CallId, member: MemberId) {
        let streams = &self.0.streams;
        if let (true, Some(stream)) = (streams.belongs_to(call), stream_of(member)) {
            streams.empty(stream);
        }
    }
}

struct MemberScreen {
    video: Arc<Video>,
    call: CallId,
    member: MemberId,
}

impl FrameSink for MemberScreen {
    fn frame(&self, frame: VideoFrame) {
        // A call that is being closed may still decode.
        let streams = &self.video.streams;
        if let (true, Some(stream)) = (streams.belongs_to(self.call), stream_of(self.member)) {
            streams.publish(stream, frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> VideoFrame {
        let at = std::time::Instant::now();
        VideoFrame { width: 4, height: 2, i420: vec![128_u8; 12].into(), at, timestamp: 0 }
    }

    #[test]
    fn there_are_no_more_streams_than_the_limit_and_unseen_ones_make_room() {
        let streams = Streams::default();
        let members = FIRST_MEMBER..FIRST_MEMBER + u32::try_from(MAX_STREAMS).unwrap() - 2;
        let seen: Vec<_> = members.map(|stream| streams.subscribe(stream).unwrap()).collect();
        streams.publish(OWN, frame());
        streams.publish(100, frame());
        assert_eq!(streams.lock().len(), MAX_STREAMS);
        let late = streams.subscribe(101).expect("stream 100 is shown by nobody");
        assert!(streams.subscribe(102).is_none(), "all others are shown");
        streams.publish(102, frame());
        assert_eq!(streams.lock().len(), MAX_STREAMS);
        drop((seen, late));
        assert!(streams.subscribe(102).is_some());
    }

    #[test]
    fn frames_of_another_call_and_of_whoever_left_are_not_shown() {
        let streams = Streams::default();
        streams.begin(CallId(1));
        let newest = streams.subscribe(FIRST_MEMBER).unwrap();
        streams.publish(FIRST_MEMBER, frame());
        streams.begin(CallId(1));
        assert!(newest.borrow().is_some(), "the call was this one already");
        streams.begin(CallId(2));
        assert!(newest.borrow().is_none());
        assert!(streams.belongs_to(CallId(2)) && !streams.belongs_to(CallId(1)));
        streams.publish(FIRST_MEMBER, frame());
        streams.empty(FIRST_MEMBER);
        assert!(newest.borrow().is_none());
    }
}
