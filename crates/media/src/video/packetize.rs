//! RTP packetizer of video for tests of the receiving side; `peer` has its own.

use std::time::Instant;

use bytes::Bytes;

use crate::codec::h264::annex_b::units;
use crate::{Codec, EncodedFrame, Packet};

/// Cuts frames of one stream into packets.
#[derive(Debug)]
pub(crate) struct Packetizer {
    pub(crate) sequence: u16,
    pub(crate) payload_size: usize,
}

impl Packetizer {
    pub(crate) fn new(sequence: u16) -> Self {
        Self { sequence, payload_size: 1100 }
    }

    pub(crate) fn cut(&mut self, frame: &EncodedFrame, arrived: Instant) -> Vec<Packet> {
        let payloads = match frame.codec {
            Codec::H264 => self.h264(&frame.data),
            Codec::Vp8 => self.vp8(&frame.data),
            Codec::Opus => Vec::new(),
        };
        let last = payloads.len().saturating_sub(1);
        let mut packets = Vec::new();
        for (index, payload) in payloads.into_iter().enumerate() {
            packets.push(Packet {
                sequence: self.sequence,
                timestamp: frame.timestamp,
                marker: index == last,
                payload: Bytes::from(payload),
                arrived,
            });
            self.sequence = self.sequence.wrapping_add(1);
        }
        packets
    }

    fn h264(&self, annex_b: &[u8]) -> Vec<Vec<u8>> {
        let mut payloads = Vec::new();
        let mut parameters = Vec::new();
        for nal in units(annex_b) {
            if matches!(nal[0] & 0x1f, 7 | 8) {
                parameters.extend_from_slice(&(nal.len() as u16).to_be_bytes());
                parameters.extend_from_slice(nal);
                continue;
            }
            if !parameters.is_empty() {
                payloads.push([&[0x78][..], &parameters].concat());
                parameters.clear();
            }
            if nal.len() <= self.payload_size {
                payloads.push(nal.to_vec());
                continue;
            }
            let chunks: Vec<_> = nal[1..].chunks(self.payload_size).collect();
            for (index, chunk) in chunks.iter().enumerate() {
                let begin = if index == 0 { 0x80 } else { 0 };
                let end = if index + 1 == chunks.len() { 0x40 } else { 0 };
                payloads.push([&[nal[0] & 0xe0 | 28, begin | end | nal[0] & 0x1f][..], chunk].concat());
            }
        }
        payloads
    }

    fn vp8(&self, frame: &[u8]) -> Vec<Vec<u8>> {
        let chunks = frame.chunks(self.payload_size).enumerate();
        // With a picture id of fifteen bits, as browsers send it.
        chunks
            .map(|(index, chunk)| {
                [&[if index == 0 { 0x90 } else { 0x80 }, 0x80, 0x91, 0x22][..], chunk].concat()
            })
            .collect()
    }
}
