//! Framing of TURN messages on a byte stream (RFC 8656 3.1 and 12.5). STUN messages and ChannelData follow
//! one another; ChannelData is padded to four bytes, which its length does not count. Sans-IO.

use bytes::{Buf, Bytes, BytesMut};

const STUN_HEADER_BYTES: usize = 20;
const CHANNEL_HEADER_BYTES: usize = 4;
const ALIGNMENT: usize = 4;

/// The bytes are neither a STUN message nor ChannelData.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what came is not TURN")]
pub(crate) struct NotTurn;

/// Length of the message that begins with these four bytes, without padding, and what it takes in the stream.
fn lengths(start: [u8; 4]) -> Result<(usize, usize), NotTurn> {
    let body = usize::from(u16::from_be_bytes([start[2], start[3]]));
    match start[0] >> 6 {
        // The length of a STUN message is a multiple of four (RFC 8489 5).
        0b00 if body.is_multiple_of(ALIGNMENT) => Ok((STUN_HEADER_BYTES + body, STUN_HEADER_BYTES + body)),
        0b01 => {
            let whole = CHANNEL_HEADER_BYTES + body;
            Ok((whole, whole.next_multiple_of(ALIGNMENT)))
        }
        _ => Err(NotTurn),
    }
}

/// Appends a message as it would be sent in a datagram.
pub(crate) fn write(datagram: &[u8], stream: &mut BytesMut) -> Result<(), NotTurn> {
    let start = *datagram.first_chunk().ok_or(NotTurn)?;
    let (message, framed) = lengths(start)?;
    // A datagram may be padded too.
    stream.extend_from_slice(datagram.get(..message).ok_or(NotTurn)?);
    stream.extend_from_slice(&[0; ALIGNMENT][..framed - message]);
    Ok(())
}

/// Takes the first message out of what has come so far; `None`: it is not there as a whole yet.
pub(crate) fn read(stream: &mut BytesMut) -> Result<Option<Bytes>, NotTurn> {
    let Some(start) = stream.first_chunk() else { return Ok(None) };
    let (message, framed) = lengths(*start)?;
    if stream.len() < framed {
        stream.reserve(framed - stream.len());
        return Ok(None);
    }
    let taken = stream.split_to(message).freeze();
    stream.advance(framed - message);
    Ok(Some(taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stun(body: u8) -> Vec<u8> {
        let mut message = vec![0, 1, 0, body];
        message.resize(STUN_HEADER_BYTES + usize::from(body), 7);
        message
    }

    fn channel(body: u8) -> Vec<u8> {
        let mut message = vec![0x40, 5, 0, body];
        message.resize(CHANNEL_HEADER_BYTES + usize::from(body), 9);
        message
    }

    #[test]
    fn messages_come_out_as_they_went_in_however_the_stream_is_cut() {
        let sent = [stun(0), channel(0), channel(1), channel(2), stun(8), channel(3), channel(4), stun(12)];
        let mut stream = BytesMut::new();
        for message in &sent {
            write(message, &mut stream).expect("fits");
            assert_eq!(stream.len() % ALIGNMENT, 0);
        }
        for step in 1..9 {
            let (mut came, mut read_back) = (BytesMut::new(), Vec::new());
            for piece in stream.chunks(step) {
                came.extend_from_slice(piece);
                while let Some(message) = read(&mut came).expect("TURN") {
                    read_back.push(message.to_vec());
                }
            }
            assert_eq!(read_back, sent, "in pieces of {step}");
            assert!(came.is_empty());
        }
    }

    #[test]
    fn a_datagram_that_was_padded_is_padded_once() {
        let mut padded = channel(5);
        padded.extend([0; 3]);
        let mut stream = BytesMut::new();
        write(&padded, &mut stream).expect("fits");
        assert_eq!(stream, padded);
    }

    #[test]
    fn what_is_not_turn_is_refused() {
        let mut stream = BytesMut::new();
        let media = [0x80, 111, 0, 1, 2, 3];
        let short = &stun(8)[..24];
        for bad in [&media[..], short, &channel(9)[..8], &[0x40, 1, 0], &[]] {
            assert_eq!(write(bad, &mut stream), Err(NotTurn), "{bad:?}");
        }
        assert!(stream.is_empty());
        assert_eq!(
            read(&mut BytesMut::from(&b"HTTP/1.1 400 Bad Request"[..])),
            Ok(None),
            "reads as a channel"
        );
        assert_eq!(read(&mut BytesMut::from(&[0x16, 3, 1, 2][..])), Err(NotTurn), "TLS");
        assert_eq!(read(&mut BytesMut::from(&[0xff; 40][..])), Err(NotTurn));
        assert_eq!(read(&mut BytesMut::from(&[0, 1, 0, 3, 0][..])), Err(NotTurn), "no STUN length");
    }
}
