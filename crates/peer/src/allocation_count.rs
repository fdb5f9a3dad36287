//! Heap allocations on the way of a picture to the wire, counted in this crate's tests: packetizer, pacer and
//! transport feedback. What the `rtc` crate does before and behind them is its own.
#![allow(unsafe_code, reason = "an allocator of its own")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_media::{Codec, Copies, EncodedFrame};
use bytes::Bytes;
use rtc::interceptor::{Interceptor, Packet, RTCPFeedback, RTPHeaderExtension, StreamInfo};
use rtc::sansio::Protocol;

use crate::bandwidth::Limits;
use crate::codecs::TRANSPORT_CC;
use crate::interceptor::{Filtered, test_packets};
use crate::pacer::Pacer;
use crate::shared::{SendPlan, Shared};
use crate::tracks::Packetizer;
use crate::transport_feedback::TransportFeedback;

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is the system's allocator; counting touches a thread-local without a destructor only.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = TAKEN.try_with(|taken| taken.set(taken.get() + 1));
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

const VIDEO: u32 = 7;
const FRAMES: u64 = 300;
/// Packets of a frame of 2 Mbit/s at 30 frames a second.
const PACKETS: u64 = 8;

fn stream() -> StreamInfo {
    StreamInfo {
        ssrc: VIDEO,
        ssrc_rtx: Some(8),
        payload_type_rtx: Some(97),
        mime_type: "video/H264".to_owned(),
        rtp_header_extensions: vec![RTPHeaderExtension { uri: TRANSPORT_CC.to_owned(), id: 5 }],
        rtcp_feedback: vec![RTCPFeedback { typ: "nack".to_owned(), parameter: String::new() }],
        ..Default::default()
    }
}

#[test]
fn a_steady_picture_takes_little_from_the_heap_on_its_way_to_the_wire() {
    let shared = Arc::new(Shared::new(None, 20_000_000));
    let limits = Limits { start: 20e6, min: 20e6, max: 20e6 };
    let mut pacer = Filtered::new(Pacer::new(Arc::clone(&shared)));
    let mut feedback = Filtered::new(TransportFeedback::new(limits, Arc::clone(&shared)));
    pacer.bind_local_stream(&stream());
    feedback.bind_local_stream(&stream());
    let mut packetizer = Packetizer::new(VIDEO);
    let plan = SendPlan { codec: Codec::H264, payload_type: 96, red: None, long_term: false };
    let data = Bytes::from([&[0, 0, 0, 1, 0x41][..], &[1; 8_300]].concat());
    let (start, mut before, mut sent) = (Instant::now(), 0, 0);
    for number in 0..2 * FRAMES {
        if number == FRAMES {
            (before, sent) = (TAKEN.get(), 0);
        }
        let now = start + Duration::from_millis(number * 33);
        // As the encoder hands it over: a piece of memory of its own.
        let frame = EncodedFrame {
            codec: Codec::H264,
            data: Bytes::from(data.to_vec()),
            timestamp: u32::try_from(number * 3_000).unwrap_or_default(),
            captured: now,
            duration: Duration::from_millis(33),
            key: false,
            layer: 0,
        };
        for packet in packetizer.packets(&frame, plan, Copies::default()) {
            let packet = test_packets::rtp(now, packet.header, packet.payload);
            pacer.handle_write(packet).expect("never refuses");
        }
        for wait in 0..33 {
            let now = now + Duration::from_millis(wait);
            pacer.handle_timeout(now).expect("never refuses");
            while let Some(packet) = pacer.poll_write() {
                feedback.handle_write(packet).expect("never refuses");
            }
            while let Some(packet) = feedback.poll_write() {
                sent += u64::from(matches!(packet.message.packet, Packet::Rtp(_)));
            }
        }
    }
    assert_eq!(sent, FRAMES * PACKETS);
    let taken = TAKEN.get() - before;
    let own = taken - FRAMES;
    println!("{:.2} a frame, {:.2} a packet", own as f64 / FRAMES as f64, own as f64 / sent as f64);
    // One of each packet is its header's list of extensions, which the crate made a vector.
    assert!(own <= FRAMES * 6 + sent, "{own} for {FRAMES} frames and {sent} packets");
}
