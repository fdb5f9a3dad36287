//! The application end of the interceptor chain: hands received RTP to media.
//!
//! It does so here, in the driver, rather than through the connection's remote tracks: their queue
//! is bounded, drops what comes before the track is announced, and costs a task switch a packet.
//! Packets end here; nothing behind this interceptor sees them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bellwire_media::Packet as MediaPacket;
use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

use crate::shared::Shared;

pub(crate) struct Delivery {
    shared: Arc<Shared>,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Delivery {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, inbound: VecDeque::new(), outbound: VecDeque::new() }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Delivery {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        let TaggedPacket { now, message: inner, .. } = &message;
        let Packet::Rtp(packet) = &inner.packet else {
            self.inbound.push_back(message);
            return Ok(());
        };
        // No payload: padding, sent to probe the path.
        if !packet.payload.is_empty()
            && let Some(codec) = self.shared.codec_of(&packet.header)
            && let Some(receiver) = self.shared.receiver()
        {
            let packet = MediaPacket {
                sequence: packet.header.sequence_number,
                timestamp: packet.header.timestamp,
                marker: packet.header.marker,
                payload: packet.payload.clone(),
                arrived: *now,
            };
            receiver.packet(codec, packet);
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.outbound.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl Interceptor for Delivery {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}

    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}
