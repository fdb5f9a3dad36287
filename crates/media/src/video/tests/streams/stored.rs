//! Stored streams, and RTP packets of them as different senders make them.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::codec::h264::annex_b::units;
use crate::{Codec, Packet};

/// Largest payload, so small that key frames have several packets.
const PAYLOAD: usize = 300;

/// One access unit.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) time: u32,
    pub(crate) data: Vec<u8>,
}

/// The access units of `testdata/streams/<name>.ivf` in order of decoding.
pub(crate) fn stored(name: &str) -> Vec<Unit> {
    let folder = crate::test_files::in_crate("src/video/testdata/streams");
    let file = std::fs::read(folder.join(format!("{name}.ivf"))).expect("the stream is there");
    let mut rest = &file[32..];
    let mut list = Vec::new();
    while let Some((head, after)) = rest.split_first_chunk::<12>() {
        let length = u32::from_le_bytes(head[..4].try_into().expect("four bytes"));
        let time = u64::from_le_bytes(head[4..].try_into().expect("eight bytes"));
        let (data, after) = after.split_at(length as usize);
        list.push(Unit { time: time as u32, data: data.to_vec() });
        rest = after;
    }
    assert!(!list.is_empty(), "{name}");
    list
}

/// Names of all stored streams.
pub(crate) fn names() -> Vec<String> {
    let folder = crate::test_files::in_crate("src/video/testdata/streams");
    let files = std::fs::read_dir(folder).expect("the streams are there");
    let mut names: Vec<_> = files
        .filter_map(|file| Some(file.ok()?.file_name().to_str()?.strip_suffix(".ivf")?.to_owned()))
        .collect();
    names.sort();
    names
}

pub(crate) fn codec(name: &str) -> Codec {
    if name.starts_with("vp8") { Codec::Vp8 } else { Codec::H264 }
}

/// How NAL units become packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Each in a packet of its own, large ones in fragments.
    Single,
    /// Parameter sets and the like together.
    Aggregated,
    /// All in fragments, be they ever so small.
    Fragments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    Last,
    EachSlice,
    Never,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    pub(crate) packing: Packing,
    pub(crate) marker: Marker,
    /// Parameter sets are sent.
    pub(crate) sets: bool,
    pub(crate) first: u16,
}

impl Default for How {
    fn default() -> Self {
        Self { packing: Packing::Aggregated, marker: Marker::Last, sets: true, first: 65_500 }
    }
}

/// A picture on its way: when it is sent, and its packets.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Duration,
    pub(crate) packets: Vec<Packet>,
}

/// Packs a stream, one access unit each `interval`.
pub(crate) fn packed(stream: &[Unit], codec: Codec, interval: Duration, how: How) -> Vec<Sent> {
    let mut sequence = how.first;
    (0..)
        .zip(stream)
        .map(|(index, unit)| {
            let payloads = match codec {
                Codec::Vp8 => vp8(&unit.data),
                Codec::H264 | Codec::Opus => h264(&unit.data, how),
            };
            let last = payloads.len().saturating_sub(1);
            let packets = payloads.into_iter().enumerate().map(|(at, (payload, slice_ends))| {
                let marker = match how.marker {
                    Marker::Last => at == last,
                    Marker::EachSlice => at == last || slice_ends,
                    Marker::Never => false,
                };
                let packet =
                    Packet { sequence, timestamp: unit.time, marker, payload, arrived: Instant::now() };
                sequence = sequence.wrapping_add(1);
                packet
            });
            Sent { at: interval * index, packets: packets.collect() }
        })
        .collect()
}

fn vp8(data: &[u8]) -> Vec<(Bytes, bool)> {
    let part = |(index, chunk): (usize, &[u8])| {
        (Bytes::from([&[if index == 0 { 0x10 } else { 0 }], chunk].concat()), false)
    };
    data.chunks(PAYLOAD).enumerate().map(part).collect()
}

/// Payloads, and whether a slice ends with each.
fn h264(data: &[u8], how: How) -> Vec<(Bytes, bool)> {
    let mut out: Vec<(Bytes, bool)> = Vec::new();
    let mut together: Vec<u8> = vec![0x78];
    for unit in units(data) {
        let kind = unit[0] & 0x1f;
        let slice = matches!(kind, 1 | 5);
        if !how.sets && matches!(kind, 7 | 8) {
            continue;
        }
        if how.packing == Packing::Aggregated && !slice && unit.len() < PAYLOAD {
            together.extend((unit.len() as u16).to_be_bytes());
            together.extend(unit);
            continue;
        }
        if together.len() > 1 {
            out.push((std::mem::replace(&mut together, vec![0x78]).into(), false));
        }
        let fragments = if how.packing == Packing::Fragments { unit.len() > 2 } else { unit.len() > PAYLOAD };
        if !fragments {
            out.push((unit.to_vec().into(), slice));
            continue;
        }
        let size = PAYLOAD.min(unit.len() / 2);
        let chunks: Vec<_> = unit[1..].chunks(size).collect();
        for (index, chunk) in chunks.iter().enumerate() {
            let last = index + 1 == chunks.len();
            let flags = if index == 0 { 0x80 } else { 0 } | if last { 0x40 } else { 0 };
            let payload = [&[unit[0] & 0xe0 | 28, flags | kind], *chunk].concat();
            out.push((payload.into(), slice && last));
        }
    }
    out
}

/// The parameter sets of a stream, as a description names them.
pub(crate) fn sets(stream: &[Unit]) -> Bytes {
    let first = &stream[0].data;
    let sets = units(first).into_iter().filter(|unit| matches!(unit[0] & 0x1f, 7 | 8));
    sets.flat_map(|unit| [&[0, 0, 0, 1], unit].concat()).collect::<Vec<u8>>().into()
}
