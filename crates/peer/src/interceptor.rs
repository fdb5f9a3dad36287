//! Base of our interceptors: a packet filter between two queues, as the chain of the `rtc` crate wants it.

use std::collections::VecDeque;
use std::time::Instant;

use rtc::interceptor::{Interceptor, StreamInfo, TaggedPacket};
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

/// Packets on their way to the next interceptor; the chain empties it after every call.
pub(crate) type PacketQueue = VecDeque<TaggedPacket>;

/// Packets pass unchanged and streams are ignored unless a filter says otherwise.
pub(crate) trait PacketFilter: Send + Sync {
    /// A packet came from the network.
    fn received(&mut self, packet: TaggedPacket, inbound: &mut PacketQueue) {
        inbound.push_back(packet);
    }

    /// A packet is to be sent.
    fn sent(&mut self, packet: TaggedPacket, outbound: &mut PacketQueue) {
        outbound.push_back(packet);
    }

    /// The instant of `next_timeout` has come, or an earlier one of another interceptor.
    fn timeout(&mut self, _now: Instant, _outbound: &mut PacketQueue) {}

    fn next_timeout(&self) -> Option<Instant> {
        None
    }

    fn bind_local(&mut self, _stream: &StreamInfo) {}

    fn unbind_local(&mut self, _stream: &StreamInfo) {}

    fn bind_remote(&mut self, _stream: &StreamInfo) {}

    fn unbind_remote(&mut self, _stream: &StreamInfo) {}
}

/// A filter in the chain.
pub(crate) struct Filtered<F> {
    pub(crate) filter: F,
    inbound: PacketQueue,
    outbound: PacketQueue,
}

impl<F> Filtered<F> {
    pub(crate) fn new(filter: F) -> Self {
        Self { filter, inbound: PacketQueue::new(), outbound: PacketQueue::new() }
    }
}

impl<F: PacketFilter> Protocol<TaggedPacket, TaggedPacket, ()> for Filtered<F> {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.filter.received(packet, &mut self.inbound);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.filter.sent(packet, &mut self.outbound);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.filter.timeout(now, &mut self.outbound);
        Ok(())
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        self.filter.next_timeout()
    }
}

impl<F: PacketFilter> Interceptor for Filtered<F> {
    fn bind_local_stream(&mut self, info: &StreamInfo) {
        self.filter.bind_local(info);
    }

    fn unbind_local_stream(&mut self, info: &StreamInfo) {
        self.filter.unbind_local(info);
    }

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        self.filter.bind_remote(info);
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.filter.unbind_remote(info);
    }
}

/// Packets for the tests of filters.
#[cfg(test)]
pub(crate) mod test_packets {
    use bytes::Bytes;
    use rtc::interceptor::{AttributedPacket, Packet};
    use rtc::rtp::header::Header;
    use rtc::shared::TransportContext;

    use super::{Instant, TaggedPacket};

    pub(crate) fn rtp(now: Instant, header: Header, payload: impl Into<Bytes>) -> TaggedPacket {
        tagged(now, Packet::Rtp(rtc::rtp::Packet { header, payload: payload.into() }))
    }

    pub(crate) fn rtcp(now: Instant, packet: impl rtc::rtcp::Packet + 'static) -> TaggedPacket {
        tagged(now, Packet::Rtcp(vec![Box::new(packet)]))
    }

    fn tagged(now: Instant, packet: Packet) -> TaggedPacket {
        TaggedPacket { now, transport: TransportContext::default(), message: AttributedPacket::new(packet) }
    }
}
