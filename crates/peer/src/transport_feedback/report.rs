//! Transport-wide feedback message, read (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1): which
//! packet arrived and when. Sans-IO.

use rtc::rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
};

/// The reference time's unit and after how many it wraps.
const REFERENCE_MS: f64 = 64.0;
const REFERENCE_BITS: u32 = 24;
const DELTAS_PER_MS: f64 = 1_000.0;

/// One packet of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Status {
    pub(super) number: u16,
    pub(super) arrival: Arrival,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Arrival {
    Missing,
    /// It arrived; nobody says when.
    Untimed,
    /// Milliseconds of the other side's clock.
    At(f64),
}

/// The other side's clock, gone on over the wraps of the reference time.
#[derive(Debug, Default)]
pub(super) struct ReferenceClock {
    /// In units of 64 ms.
    newest: Option<i64>,
}

impl ReferenceClock {
    fn unwrap(&mut self, reference: u32) -> i64 {
        let (span, reference) = (1_i64 << REFERENCE_BITS, i64::from(reference));
        let Some(newest) = self.newest else {
            self.newest = Some(reference);
            return reference;
        };
        let ahead = (reference - newest).rem_euclid(span);
        let ahead = if ahead >= span / 2 { ahead - span } else { ahead };
        self.newest = Some(newest.max(newest + ahead));
        newest + ahead
    }

    /// The statuses a message names, in its order; as many as its count says and it really holds.
    pub(super) fn read(&mut self, message: &TransportLayerCc) -> Vec<Status> {
        let mut at = self.unwrap(message.reference_time) as f64 * REFERENCE_MS;
        let mut deltas = message.recv_deltas.iter();
        let symbols = message.packet_chunks.iter().flat_map(|chunk| {
            let (run, list) = match chunk {
                PacketStatusChunk::RunLengthChunk(run) => {
                    (Some((run.packet_status_symbol, run.run_length)), &[][..])
                }
                PacketStatusChunk::StatusVectorChunk(vector) => (None, &vector.symbol_list[..]),
            };
            let run = run.into_iter().flat_map(|(symbol, length)| std::iter::repeat_n(symbol, length.into()));
            run.chain(list.iter().copied())
        });
        let mut number = message.base_sequence_number;
        let mut statuses = Vec::new();
        for symbol in symbols.take(message.packet_status_count.into()) {
            let arrival = match symbol {
                SymbolTypeTcc::PacketNotReceived => Arrival::Missing,
                SymbolTypeTcc::PacketReceivedWithoutDelta => Arrival::Untimed,
                SymbolTypeTcc::PacketReceivedSmallDelta | SymbolTypeTcc::PacketReceivedLargeDelta => {
                    deltas.next().map_or(Arrival::Untimed, |delta| {
                        at += delta.delta as f64 / DELTAS_PER_MS;
                        Arrival::At(at)
                    })
                }
            };
            statuses.push(Status { number, arrival });
            number = number.wrapping_add(1);
        }
        statuses
    }
}

#[cfg(test)]
mod tests {
    use rtc::rtcp::transport_feedbacks::transport_layer_cc::{RecvDelta, RunLengthChunk, StatusVectorChunk};

    use super::*;

    fn message(
        count: u16,
        reference_time: u32,
        chunks: Vec<PacketStatusChunk>,
        us: &[i64],
    ) -> TransportLayerCc {
        TransportLayerCc {
            base_sequence_number: 65_534,
            packet_status_count: count,
            reference_time,
            packet_chunks: chunks,
            recv_deltas: us.iter().map(|delta| RecvDelta { delta: *delta, ..Default::default() }).collect(),
            ..Default::default()
        }
    }

    fn run(symbol: SymbolTypeTcc, run_length: u16) -> PacketStatusChunk {
        PacketStatusChunk::RunLengthChunk(RunLengthChunk {
            packet_status_symbol: symbol,
            run_length,
            ..Default::default()
        })
    }

    fn vector(symbol_list: Vec<SymbolTypeTcc>) -> PacketStatusChunk {
        PacketStatusChunk::StatusVectorChunk(StatusVectorChunk { symbol_list, ..Default::default() })
    }

    use SymbolTypeTcc::{
        PacketNotReceived as No, PacketReceivedLargeDelta as Large, PacketReceivedSmallDelta as Small,
    };

    #[test]
    fn times_add_up_and_numbers_wrap() {
        let read = ReferenceClock::default().read(&message(
            4,
            1,
            vec![vector(vec![Small, No, Large, Small, No, No, No])],
            &[1_000, -250, 500],
        ));
        let status = |number, arrival| Status { number, arrival };
        assert_eq!(
            read,
            [
                status(65_534, Arrival::At(65.0)),
                status(65_535, Arrival::Missing),
                status(0, Arrival::At(64.75)),
                status(1, Arrival::At(65.25)),
            ],
            "what fills up the last chunk says nothing",
        );
    }

    #[test]
    fn the_count_bounds_what_chunks_claim_and_missing_times_are_no_times() {
        let mut clock = ReferenceClock::default();
        assert_eq!(clock.read(&message(3, 1, vec![run(Small, 8_191); 100], &[])).len(), 3);
        let most = clock.read(&message(u16::MAX, 1, vec![run(Small, 8_191); 100], &[250]));
        assert_eq!(most.len(), 65_535);
        assert_eq!((most[0].arrival, most[1].arrival), (Arrival::At(64.25), Arrival::Untimed));
        assert!(clock.read(&message(10, 1, Vec::new(), &[250])).is_empty());
    }

    #[test]
    fn the_clock_goes_on_when_the_reference_time_wraps() {
        let mut clock = ReferenceClock::default();
        assert_eq!(clock.unwrap(0xFF_FFFF), 0xFF_FFFF);
        assert_eq!(clock.unwrap(1), 0x100_0001);
        assert_eq!(clock.unwrap(0xFF_FFFE), 0xFF_FFFE, "an older message");
        assert_eq!(clock.unwrap(2), 0x100_0002);
    }
}
