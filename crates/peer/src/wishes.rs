//! What a viewer wants of the other side's picture: an application-defined RTCP packet (RFC 3550 6.7), which every
//! endpoint that does not know it ignores. Not a data channel, since that costs an SCTP association for each member
//! of a call and has to be negotiated in every description, for four bytes now and then.
//!
//! ```text
//!  V=2 P=0 subtype=1 | PT=204 | length=3 | SSRC | "BLWR" | longest side, pixels (16) | flags (8): 1 hand up | 0
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{BufMut, BytesMut};
use rtc::interceptor::{AttributedPacket, Packet, TaggedPacket};
use rtc::rtcp;
use rtc::rtcp::raw_packet::RawPacket;
use rtc::shared::TransportContext;

use crate::interceptor::{PacketFilter, PacketQueue};
use crate::shared::{Shared, lock};

/// A lost one is made up for by the next.
const INTERVAL: Duration = Duration::from_secs(2);
const VERSION: u8 = 1;
const NAME: [u8; 4] = *b"BLWR";
/// RTCP APP.
const PACKET_TYPE: u8 = 204;
const LENGTH: usize = 16;
const HAND_UP: u8 = 1;

/// What one of the others wants of our picture, or we of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The longest side the picture is shown at, in pixels; 0: it is not seen.
    pub max_side: u16,
    /// The viewer would like to say something.
    pub hand_up: bool,
}

impl Wish {
    fn packet(self, ssrc: u32) -> RawPacket {
        let mut bytes = BytesMut::with_capacity(LENGTH);
        bytes.put_slice(&[0x80 | VERSION, PACKET_TYPE, 0, (LENGTH / 4 - 1) as u8]);
        bytes.put_u32(ssrc);
        bytes.put_slice(&NAME);
        bytes.put_u16(self.max_side);
        bytes.put_slice(&[if self.hand_up { HAND_UP } else { 0 }, 0]);
        RawPacket(bytes.freeze())
    }

    /// `None`: another application's, or of a version to come.
    fn read(packet: &dyn rtcp::Packet) -> Option<Self> {
        let RawPacket(bytes) = packet.as_any().downcast_ref::<RawPacket>()?;
        let [first, PACKET_TYPE, _, _, _, _, _, _, name @ ..] = bytes.as_ref() else { return None };
        let [b'B', b'L', b'W', b'R', high, low, flags, ..] = name else { return None };
        let ours = *first & 0x1f == VERSION;
        ours.then(|| Self { max_side: u16::from_be_bytes([*high, *low]), hand_up: flags & HAND_UP != 0 })
    }
}

pub(crate) struct Wishes {
    shared: Arc<Shared>,
    ssrc: u32,
    told: Option<(Instant, Wish)>,
    heard: Option<Wish>,
}

impl Wishes {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, ssrc: rand::random_range(1..=u32::MAX), told: None, heard: None }
    }
}

impl PacketFilter for Wishes {
    fn received(&mut self, message: TaggedPacket, inbound: &mut PacketQueue) {
        if let Packet::Rtcp(packets) = &message.message.packet
            && let Some(wish) = packets.iter().filter_map(|packet| Wish::read(packet.as_ref())).next_back()
            && self.heard.replace(wish) != Some(wish)
        {
            *lock(&self.shared.pending.wish) = Some(wish);
            self.shared.changed.notify_one();
        }
        inbound.push_back(message);
    }

    fn timeout(&mut self, now: Instant, outbound: &mut PacketQueue) {
        let Some(wish) = *lock(&self.shared.own_wish) else { return };
        let due = self.told.is_none_or(|(at, told)| told != wish || now.duration_since(at) >= INTERVAL);
        if !due || !self.shared.is_connected() {
            return;
        }
        self.told = Some((now, wish));
        outbound.push_back(message(now, wish, self.ssrc));
    }

    /// A change is noticed when any other interceptor's time has come, which is within milliseconds.
    fn next_timeout(&self) -> Option<Instant> {
        let (at, _) = self.told.filter(|_| self.shared.is_connected())?;
        Some(at + INTERVAL)
    }
}

fn message(now: Instant, wish: Wish, ssrc: u32) -> TaggedPacket {
    TaggedPacket {
        now,
        transport: TransportContext::default(),
        message: AttributedPacket::new(Packet::Rtcp(vec![Box::new(wish.packet(ssrc))])),
    }
}

#[cfg(test)]
mod tests {
    use rtc::sansio::Protocol;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::interceptor::Filtered;

    fn end() -> (Arc<Shared>, Filtered<Wishes>) {
        let shared = Arc::new(Shared::new(None, 300_000));
        shared.connected.store(true, Ordering::Relaxed);
        (Arc::clone(&shared), Filtered::new(Wishes::new(shared)))
    }

    fn told(end: &mut Filtered<Wishes>, now: Instant) -> Option<TaggedPacket> {
        end.handle_timeout(now).expect("never refuses");
        end.poll_write()
    }

    #[test]
    fn a_wish_is_told_when_it_changes_and_now_and_then() {
        let ((ours, mut viewer), (theirs, mut sender)) = (end(), end());
        let start = Instant::now();
        assert!(told(&mut viewer, start).is_none(), "nothing is wanted yet");
        let small = Wish { max_side: 320, hand_up: true };
        *lock(&ours.own_wish) = Some(small);
        let first = told(&mut viewer, start).expect("it is new");
        assert!(told(&mut viewer, start + Duration::from_secs(1)).is_none());
        let again = told(&mut viewer, start + INTERVAL).expect("now and then");
        sender.handle_read(first).expect("never refuses");
        assert!(sender.poll_read().is_some(), "packets pass");
        assert_eq!(lock(&theirs.pending.wish).take(), Some(small));
        sender.handle_read(again).expect("never refuses");
        assert_eq!(lock(&theirs.pending.wish).take(), None, "the same again is no news");
        *lock(&ours.own_wish) = Some(Wish { max_side: 0, ..small });
        assert!(told(&mut viewer, start + INTERVAL + Duration::from_millis(1)).is_some());
    }

    #[test]
    fn other_packets_are_no_wishes() {
        let good = Wish { max_side: 640, hand_up: false }.packet(7).0;
        assert!(Wish::read(&RawPacket(good.clone())).is_some());
        for length in 0..LENGTH - 1 {
            assert_eq!(Wish::read(&RawPacket(good.slice(..length))), None, "{length} bytes");
        }
        for (at, byte) in [(0, 0x82), (1, 205), (8, b'x')] {
            let mut bad = good.to_vec();
            bad[at] = byte;
            assert_eq!(Wish::read(&RawPacket(bad.into())), None, "{byte} at {at}");
        }
    }
}
