//! H.264 payloads of RTP packets (RFC 6184, packetization mode 1): parameter sets as STAP-A, small units as they are,
//! large ones in FU-A fragments. The fragments of a frame share one piece of memory.

use bytes::{BufMut, Bytes, BytesMut};

const SPS: u8 = 7;
const PPS: u8 = 8;
const DELIMITER: u8 = 9;
const FILLER: u8 = 12;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const FU_HEADER_BYTES: usize = 2;
const FU_START: u8 = 0x80;
const FU_END: u8 = 0x40;
const KIND: u8 = 0x1f;
/// `nal_ref_idc` of parameter sets: nothing works without them.
const HIGHEST_IMPORTANCE: u8 = 0x60;

#[derive(Debug, Default)]
pub(crate) struct H264Payloads {
    memory: BytesMut,
    /// Parameter sets that wait for the unit they precede, each with its length before it.
    sets: Vec<u8>,
}

impl H264Payloads {
    /// Cuts an Annex B frame into payloads of at most `most` bytes.
    pub(crate) fn cut(&mut self, frame: &Bytes, most: usize) -> Vec<Bytes> {
        let fragments = frame.len() / most.saturating_sub(FU_HEADER_BYTES).max(1) + 1;
        let mut payloads = Vec::with_capacity(fragments + 1);
        if most <= FU_HEADER_BYTES {
            return payloads;
        }
        self.memory.reserve(frame.len() + fragments * FU_HEADER_BYTES);
        for unit in (Units { rest: frame }) {
            match unit[0] & KIND {
                DELIMITER | FILLER => {}
                SPS | PPS => {
                    if let Ok(length) = u16::try_from(unit.len()) {
                        self.sets.put_u16(length);
                        self.sets.extend_from_slice(unit);
                    }
                }
                _ => {
                    self.put_sets(most, &mut payloads);
                    if unit.len() <= most {
                        payloads.push(frame.slice_ref(unit));
                    } else {
                        self.put_fragments(unit, most, &mut payloads);
                    }
                }
            }
        }
        payloads
    }

    fn put_sets(&mut self, most: usize, payloads: &mut Vec<Bytes>) {
        // Sets larger than a packet are nothing an encoder makes.
        if !self.sets.is_empty() && self.sets.len() < most {
            self.memory.put_u8(HIGHEST_IMPORTANCE | STAP_A);
            self.memory.extend_from_slice(&self.sets);
            payloads.push(self.memory.split().freeze());
        }
        self.sets.clear();
    }

    fn put_fragments(&mut self, unit: &[u8], most: usize, payloads: &mut Vec<Bytes>) {
        let Some((&header, body)) = unit.split_first() else { return };
        let mut bodies = body.chunks(most - FU_HEADER_BYTES).peekable();
        let mut start = FU_START;
        while let Some(body) = bodies.next() {
            let end = if bodies.peek().is_none() { FU_END } else { 0 };
            self.memory.put_u8(header & !KIND | FU_A);
            self.memory.put_u8(start | end | header & KIND);
            self.memory.extend_from_slice(body);
            payloads.push(self.memory.split().freeze());
            start = 0;
        }
    }
}

/// The units of an Annex B frame, none of them empty.
struct Units<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Units<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let (_, after) = self.rest.split_at(start_code(self.rest)? + 3);
            let end = start_code(after).unwrap_or(after.len());
            self.rest = &after[end..];
            // Zeros before a start code belong to it.
            let length = after[..end].iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            let unit = if end == after.len() { after } else { &after[..length] };
            if !unit.is_empty() {
                return Some(unit);
            }
        }
    }
}

/// Where the next `00 00 01` is.
fn start_code(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(&third) = bytes.get(at + 2) {
        match third {
            0 => at += 1,
            1 if bytes[at] == 0 && bytes[at + 1] == 0 => return Some(at),
            // No start code has another byte in its third place.
            _ => at += 3,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc::rtp::codec::h264::H264Payloader;
    use rtc::rtp::packetizer::Payloader;

    use super::*;

    fn annex_b(units: &[Vec<u8>]) -> Bytes {
        units.iter().flat_map(|unit| [&[0, 0, 0, 1][..], unit].concat()).collect()
    }

    fn cut(frame: &Bytes, most: usize) -> Vec<Bytes> {
        H264Payloads::default().cut(frame, most)
    }

    #[test]
    fn sets_go_together_before_their_picture_and_delimiters_are_left_out() {
        let frame =
            annex_b(&[vec![0x09, 0xf0], vec![0x67, 1, 2], vec![0x68, 3], vec![0x65, 9, 8, 7, 6, 5, 4, 3]]);
        let payloads = cut(&frame, 6);
        // Larger than a packet.
        assert_eq!(payloads[0][..], [0x7c, 0x85, 9, 8, 7, 6]);
        let payloads = cut(&frame, 10);
        assert_eq!(payloads[0][..], [0x78, 0, 3, 0x67, 1, 2, 0, 2, 0x68, 3]);
        assert_eq!(payloads[1][..], [0x65, 9, 8, 7, 6, 5, 4, 3]);
        assert_eq!(payloads.len(), 2);
    }

    #[test]
    fn a_large_unit_becomes_fragments_with_a_start_and_an_end() {
        let payloads = cut(&annex_b(&[vec![0x41, 1, 2, 3, 4, 5]]), 4);
        let payloads: Vec<&[u8]> = payloads.iter().map(|payload| &payload[..]).collect();
        assert_eq!(payloads, [&[0x5c, 0x81, 1, 2][..], &[0x5c, 0x01, 3, 4], &[0x5c, 0x41, 5]]);
    }

    #[test]
    fn what_is_no_frame_has_no_payloads() {
        for bytes in [&[][..], &[0, 0], &[0, 0, 1], &[1, 2, 3, 4], &[0, 0, 0, 1, 0, 0, 1]] {
            assert!(cut(&Bytes::copy_from_slice(bytes), 1000).is_empty(), "{bytes:?}");
        }
        assert!(cut(&annex_b(&[vec![0x41, 1, 2, 3]]), 2).is_empty());
    }

    proptest! {
        #[test]
        fn it_is_what_the_crate_makes(
            bodies in proptest::collection::vec(proptest::collection::vec(1u8.., 1..3000), 1..4),
            key: bool, most in 300usize..1200,
        ) {
            let mut units = Vec::new();
            if key {
                units.extend([vec![0x67, 1, 2, 3], vec![0x68, 4, 5]]);
            }
            units.extend(bodies.into_iter().map(|body| [&[if key { 0x65 } else { 0x41 }][..], &body].concat()));
            let frame = annex_b(&units);
            let theirs = H264Payloader::default().payload(most, &frame).expect("a frame");
            prop_assert_eq!(cut(&frame, most), theirs);
        }

        #[test]
        fn any_bytes_give_payloads_of_the_size(bytes: Vec<u8>, most in 0usize..40) {
            let payloads = cut(&Bytes::from(bytes), most);
            prop_assert!(payloads.iter().all(|payload| !payload.is_empty() && payload.len() <= most));
        }
    }
}
