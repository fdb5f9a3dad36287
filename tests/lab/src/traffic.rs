//! Packet log of the emulated link: one line per packet, written by the emulator and read by the analysis.

mod figures;

use anyhow::{Context, Result};

pub use self::figures::{Span, Traffic};
use crate::link::{Fate, Outcome};

/// The first line of a log.
pub const HEADER: &str = "sent_us,direction,bytes,fate,queue_us,total_us,copy,protocol,from_port,to_port,payload_type,ssrc,sequence";

const UDP: u8 = 17;
/// Payload types that RTCP uses instead (RFC 5761, section 4).
const RTCP_TYPES: std::ops::Range<u8> = 64..96;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    FromCaller,
    FromCallee,
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Self::FromCaller => "caller",
            Self::FromCallee => "callee",
        }
    }
}

/// What the headers of a packet say; zeros where there is no such header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    pub protocol: u8,
    pub from_port: u16,
    pub to_port: u16,
    /// Without the marker bit; 0 for RTCP and everything else that is not RTP.
    pub payload_type: u8,
    pub ssrc: u32,
    pub sequence: u16,
}

impl Headers {
    /// Of an IPv4 packet.
    pub fn read(packet: &[u8]) -> Self {
        Self::ip(packet).unwrap_or_default()
    }

    fn ip(packet: &[u8]) -> Option<Self> {
        let first = packet.first().filter(|first| **first >> 4 == 4)?;
        let payload = packet.get(usize::from(first & 15) * 4..)?;
        let mut headers = Self { protocol: *packet.get(9)?, ..Self::default() };
        headers.from_port = word(payload, 0).unwrap_or_default();
        headers.to_port = word(payload, 2).unwrap_or_default();
        if headers.protocol == UDP {
            // A datagram that is not RTP keeps zeros.
            let _ = headers.rtp(payload.get(8..).unwrap_or_default());
        }
        Some(headers)
    }

    fn rtp(&mut self, datagram: &[u8]) -> Option<()> {
        let (first, second) = (*datagram.first()?, *datagram.get(1)?);
        let ssrc = u32::from(word(datagram, 8)?) << 16 | u32::from(word(datagram, 10)?);
        if first >> 6 == 2 && !RTCP_TYPES.contains(&(second & 127)) {
            (self.payload_type, self.ssrc, self.sequence) = (second & 127, ssrc, word(datagram, 2)?);
        }
        Some(())
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// The line of a packet that left the link; `begin_us` is Unix time at the link's zero.
pub fn line(direction: Direction, begin_us: u64, outcome: &Outcome<Vec<u8>>) -> String {
    let headers = Headers::read(&outcome.packet);
    format!(
        "{},{},{},{},{},{},{},{},{},{},{},{},{}",
        begin_us + outcome.sent,
        direction.word(),
        outcome.packet.len(),
        outcome.fate.letter(),
        outcome.queued,
        outcome.left.saturating_sub(outcome.sent),
        u8::from(outcome.copy),
        headers.protocol,
        headers.from_port,
        headers.to_port,
        headers.payload_type,
        headers.ssrc,
        headers.sequence,
    )
}

/// A packet as the log tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logged {
    pub sent_us: u64,
    pub direction: Direction,
    pub bytes: u32,
    pub fate: Fate,
    pub queue_us: u64,
    pub total_us: u64,
    pub copy: bool,
    pub headers: Headers,
}

/// Reads a log; TCP and other protocols, which no medium uses here, are left out.
pub fn read(log: &str) -> Result<Vec<Logged>> {
    let lines = log.lines().skip(1);
    let mut all = lines
        .map(|line| parse(line).with_context(|| format!("not a line of a packet log: {line}")))
        .collect::<Result<Vec<_>>>()?;
    all.retain(|logged| logged.headers.protocol == UDP);
    all.sort_by_key(|logged| logged.sent_us);
    Ok(all)
}

fn parse(line: &str) -> Option<Logged> {
    let mut words = line.split(',');
    let mut next = || words.next();
    Some(Logged {
        sent_us: next()?.parse().ok()?,
        direction: [Direction::FromCaller, Direction::FromCallee]
            .into_iter()
            .zip(std::iter::repeat(next()?))
            .find_map(|(direction, word)| (direction.word() == word).then_some(direction))?,
        bytes: next()?.parse().ok()?,
        fate: {
            let letter = next()?.chars().next()?;
            let fates = [Fate::Delivered, Fate::Dropped, Fate::Lost, Fate::Down];
            fates.into_iter().find(|fate| fate.letter() == letter)?
        },
        queue_us: next()?.parse().ok()?,
        total_us: next()?.parse().ok()?,
        copy: next()? == "1",
        headers: Headers {
            protocol: next()?.parse().ok()?,
            from_port: next()?.parse().ok()?,
            to_port: next()?.parse().ok()?,
            payload_type: next()?.parse().ok()?,
            ssrc: next()?.parse().ok()?,
            sequence: next()?.parse().ok()?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// UDP from port 1000 to 2000 with an RTP packet of payload type 96.
    fn packet() -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 60, 0, 0, 0, 0, 64, UDP, 0, 0, 10, 78, 0, 1, 10, 78, 0, 2];
        packet.extend([0x03, 0xe8, 0x07, 0xd0, 0, 40, 0, 0]);
        packet.extend([0x80, 0x80 | 96, 0x12, 0x34, 0, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef]);
        packet.resize(60, 0);
        packet
    }

    #[test]
    fn a_packet_is_read_back_from_its_line() {
        let outcome = Outcome {
            packet: packet(),
            fate: Fate::Dropped,
            sent: 1_000,
            left: 3_500,
            queued: 2_000,
            copy: false,
        };
        let log = format!("{HEADER}\n{}\n", line(Direction::FromCallee, 7_000_000, &outcome));
        let headers = Headers {
            protocol: UDP,
            from_port: 1000,
            to_port: 2000,
            payload_type: 96,
            ssrc: 0xdead_beef,
            sequence: 0x1234,
        };
        let logged = Logged {
            sent_us: 7_001_000,
            direction: Direction::FromCallee,
            bytes: 60,
            fate: Fate::Dropped,
            queue_us: 2_000,
            total_us: 2_500,
            copy: false,
            headers,
        };
        assert_eq!(read(&log).unwrap(), [logged]);
    }

    #[test]
    fn rtcp_and_garbage_are_no_rtp() {
        let mut rtcp = packet();
        rtcp[29] = 200;
        assert_eq!(Headers::read(&rtcp).payload_type, 0);
        for length in 0..60 {
            let _ = Headers::read(&packet()[..length]);
        }
        assert_eq!(Headers::read(&[0xff; 40]), Headers::default());
        assert!(read("header\nnonsense").is_err());
    }
}
