//! RTP sequence numbers unwrapped beyond 65535, also of senders whose numbers jump.

use crate::Packet;

/// Sequence numbers this far from the newest belong to another stream (RFC 3550 A.1).
const MAX_SEQUENCE_JUMP: u16 = 3000;
/// So many packets cannot be lost within a [`MOMENT_TICKS`]: the sender has renumbered.
const MAX_LOST_PACKETS: i16 = 200;
/// 100 ms of the RTP clock.
const MOMENT_TICKS: i32 = 9000;
/// 10 s of the RTP clock: no retransmission comes that late.
const MAX_REPAIR_AGE_TICKS: i32 = 900_000;
/// 2 s of the RTP clock: a time this far back is another clock.
const MAX_CLOCK_STEP_TICKS: i32 = 180_000;

/// Where a packet belongs.
pub(super) enum Placement {
    At(u64, Packet),
    /// The sender counts anew from the first of the two, which has this number now.
    Anew {
        number: u64,
        packets: [Packet; 2],
        /// Nothing is missing between the newest packet and the first of the two.
        continues: bool,
    },
    /// Kept until the next packet confirms that the numbers have jumped.
    Nowhere,
}

#[derive(Debug, Default)]
pub(super) struct SequenceNumbers {
    /// The newest number, and as it was sent.
    newest: Option<(u64, u16)>,
    /// The latest time of a picture.
    latest: u32,
    aside: Option<Packet>,
    /// Packets that fitted no stream.
    pub(super) strays: u64,
}

impl SequenceNumbers {
    /// Takes the packet's number; what is before `next` has been used.
    pub(super) fn place(&mut self, packet: Packet, next: Option<u64>) -> Placement {
        let Some((newest, sent)) = self.newest else {
            // Far from zero, so that what came before it has a number too.
            let first = (1 << 32) + u64::from(packet.sequence);
            self.newest = Some((first, packet.sequence));
            self.latest = packet.timestamp;
            return Placement::At(first, packet);
        };
        let step = packet.sequence.wrapping_sub(sent).cast_signed();
        let number = newest.saturating_add_signed(step.into());
        let ahead = self.ahead(&packet);
        let used = next.is_some_and(|next| number < next) && !packet.payload.is_empty();
        let jumps = step.unsigned_abs() > MAX_SEQUENCE_JUMP
            || used && !(-MAX_REPAIR_AGE_TICKS..=0).contains(&ahead)
            || step >= MAX_LOST_PACKETS && (0..=MOMENT_TICKS).contains(&ahead);
        if !jumps {
            self.strays += u64::from(self.aside.take().is_some());
            if number > newest {
                self.newest = Some((number, packet.sequence));
                self.note(&packet);
            }
            return Placement::At(number, packet);
        }
        // One stray packet is nothing; two in a row are a sender that counts anew.
        match self.aside.take() {
            Some(first) if first.sequence.wrapping_add(1) == packet.sequence => {
                let continues = (0..=MOMENT_TICKS).contains(&self.ahead(&first));
                let number = newest + if continues { 1 } else { 1 << 16 };
                self.newest = Some((number + 1, packet.sequence));
                self.note(&packet);
                Placement::Anew { number, packets: [first, packet], continues }
            }
            other => {
                self.strays += u64::from(other.is_some());
                self.aside = Some(packet);
                Placement::Nowhere
            }
        }
    }

    /// How far the packet's time is ahead of the latest one, in ticks.
    fn ahead(&self, packet: &Packet) -> i32 {
        packet.timestamp.wrapping_sub(self.latest).cast_signed()
    }

    fn note(&mut self, packet: &Packet) {
        let ahead = self.ahead(packet);
        if !(-MAX_CLOCK_STEP_TICKS..=0).contains(&ahead) {
            self.latest = packet.timestamp;
        }
    }
}
