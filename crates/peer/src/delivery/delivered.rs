//! Memory of delivered packets of one stream, to know repeats by: retransmissions that come twice or too late, and old
//! packets sent again only to probe the path (RFC 4588; libwebrtc's `modules/rtp_rtcp/source/rtp_packet_history.cc`
//! chooses them). Sans-IO.

use rtc::rtp::header::Header;

/// Packets remembered: more than fifteen seconds of 2.5 Mbit/s.
const MAX_PACKETS: usize = 4_096;

/// By sequence number, with the timestamp: a sender that counts anew uses numbers again, not with the same times.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    packets: Vec<Option<(u16, u32)>>,
}

impl Delivered {
    /// Notes a packet; true: it has been noted before.
    pub(super) fn repeats(&mut self, header: &Header) -> bool {
        let place = usize::from(header.sequence_number) % MAX_PACKETS;
        if self.packets.len() <= place {
            // Grows with the stream: one of few packets takes little memory.
            self.packets.resize(place + 1, None);
        }
        let Some(slot) = self.packets.get_mut(place) else { return false };
        let packet = Some((header.sequence_number, header.timestamp));
        let known = *slot == packet;
        *slot = packet;
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(sequence_number: u16, timestamp: u32) -> Header {
        Header { sequence_number, timestamp, ..Default::default() }
    }

    #[test]
    fn a_packet_is_a_repeat_while_it_is_remembered() {
        let mut delivered = Delivered::default();
        for number in 60_000..70_000_u32 {
            assert!(!delivered.repeats(&header(number as u16, number * 3_000)), "over the wrap");
        }
        for number in 66_000..70_000_u32 {
            assert!(delivered.repeats(&header(number as u16, number * 3_000)));
        }
        assert!(delivered.packets.len() <= MAX_PACKETS);
        assert!(!delivered.repeats(&header(61_000, 61_000 * 3_000)), "long ago: media knows it as too late");
    }

    #[test]
    fn a_sender_that_counts_anew_repeats_nothing() {
        let mut delivered = Delivered::default();
        (0..100).for_each(|number| assert!(!delivered.repeats(&header(number, 9_000))));
        (0..100).for_each(|number| assert!(!delivered.repeats(&header(number, 90_000))));
    }
}
