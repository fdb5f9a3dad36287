//! Counts what the video path takes from the heap for each frame once it runs steadily: scaling, encoding, assembling
//! and decoding. The codecs' own memory is C's and not counted.
#![allow(unsafe_code, reason = "an allocator of its own")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_media::codec::{EncoderConfig, open_decoder, open_encoder, video_codecs};
use bellwire_media::file::{Mp4Video, Mp4VideoReader};
use bellwire_media::video::{FrameAssembler, Scaler};
use bellwire_media::{Codec, Packet, VideoFrame};
use bytes::Bytes;

/// A buffer as large as this holds pixels.
const LARGE: usize = 100_000;

thread_local! {
    /// Allocations, their bytes, and how many were large.
    static TAKEN: Cell<(u64, u64, u64)> = const { Cell::new((0, 0, 0)) };
}

struct Counting;

// SAFETY: everything is the system's allocator; counting touches a thread-local without a destructor only.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = TAKEN.try_with(|taken| {
            let (count, bytes, large) = taken.get();
            let size = layout.size();
            taken.set((count + 1, bytes + size as u64, large + u64::from(size >= LARGE)));
        });
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `work` took.
fn taken<T>(total: &mut (u64, u64, u64), work: impl FnOnce() -> T) -> T {
    let before = TAKEN.get();
    let result = work();
    let after = TAKEN.get();
    *total = (total.0 + after.0 - before.0, total.1 + after.1 - before.1, total.2 + after.2 - before.2);
    result
}

fn film(most: usize) -> Vec<VideoFrame> {
    let crate_folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this");
    let path = Path::new(&crate_folder).join("../../assets/media/big-buck-bunny-720p25.mp4");
    let clip = Arc::new(Mp4Video::open(&path).expect("the film is sound"));
    let mut reader = Mp4VideoReader::new(clip).expect("a decoder");
    std::iter::from_fn(|| reader.next_picture().expect("the film is sound"))
        .map(|(_, frame)| frame)
        .take(most)
        .collect()
}

/// One packet for each unit, or for a whole VP8 frame.
fn packets(codec: Codec, data: &[u8], number: u32, sequence: &mut u16) -> Vec<Packet> {
    let payloads: Vec<Bytes> = match codec {
        Codec::H264 => {
            let starts = data.windows(4).enumerate().filter(|(_, bytes)| *bytes == [0, 0, 0, 1]);
            let starts: Vec<usize> = starts.map(|(at, _)| at).chain([data.len()]).collect();
            starts.windows(2).map(|pair| Bytes::copy_from_slice(&data[pair[0] + 4..pair[1]])).collect()
        }
        Codec::Vp8 | Codec::Opus => vec![[&[0x10][..], data].concat().into()],
    };
    let last = payloads.len() - 1;
    let packet = |(index, payload)| {
        *sequence = sequence.wrapping_add(1);
        Packet {
            sequence: *sequence,
            timestamp: number * 3600,
            marker: index == last,
            payload,
            arrived: Instant::now(),
        }
    };
    payloads.into_iter().enumerate().map(packet).collect()
}

#[test]
fn a_steady_picture_takes_no_pixels_and_little_else_from_the_heap() {
    let film = film(100);
    for &codec in video_codecs() {
        let config = EncoderConfig {
            width: 640,
            height: 360,
            fps: 25.0,
            bitrate: 800_000,
            max_slice: 0,
            screen: false,
            temporal_layers: 2,
            threads: 1,
            long_term: false,
        };
        let (mut scaler, mut assembler) = (Scaler::default(), FrameAssembler::new(codec));
        let mut encoder = open_encoder(codec, config).expect("an encoder");
        let mut decoder = open_decoder(codec).expect("a decoder");
        let (mut total, mut frames, mut sequence, mut shown) = ((0, 0, 0), 0, 0, None);
        for (number, frame) in film.iter().enumerate() {
            let steady = number >= 40;
            let mut own = (0, 0, 0);
            let scaled = taken(&mut own, || scaler.scale(frame, 640, 360));
            let encoded = taken(&mut own, || encoder.encode(&scaled, false).expect("encodes"));
            let Some(encoded) = encoded else { continue };
            let packets = packets(codec, &encoded.data, number as u32, &mut sequence);
            taken(&mut own, || {
                let now = Instant::now() + Duration::from_millis(1);
                packets.into_iter().for_each(|packet| assembler.push(packet));
                while let Some(picture) = assembler.poll(now) {
                    let decoded = decoder.decode(&picture.data).expect("decodes");
                    shown = decoded.frame.or(shown.take());
                }
            });
            if steady {
                total = (total.0 + own.0, total.1 + own.1, total.2 + own.2);
                frames += 1;
            }
        }
        assert!(shown.is_some() && frames > 40, "{codec:?}: {frames}");
        let (count, bytes, large) = total;
        assert_eq!(large, 0, "{codec:?}: pixels came from the heap");
        assert!(count / frames <= 20, "{codec:?}: {} allocations a frame", count / frames);
        assert!(bytes / frames < 40_000, "{codec:?}: {} bytes a frame", bytes / frames);
    }
}
