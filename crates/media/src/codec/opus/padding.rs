//! Padding of Opus packets, where extensions such as DRED are (RFC 6716 3.2.5).

use bytes::{BufMut, Bytes, BytesMut};

/// Frames in a packet are counted in a byte of their own.
const COUNTED_FRAMES: u8 = 3;
const VARIABLE_SIZES: u8 = 0x80;
const PADDED: u8 = 0x40;

/// The packet without its padding, or as it is where it has none or is malformed.
pub fn without_padding(packet: &Bytes) -> Bytes {
    stripped(packet).unwrap_or_else(|| packet.clone())
}

fn stripped(packet: &[u8]) -> Option<Bytes> {
    let (toc, count) = (*packet.first()?, *packet.get(1)?);
    if toc & 3 != COUNTED_FRAMES || count & PADDED == 0 {
        return None;
    }
    let mut at = 2;
    let mut padding = 0_usize;
    loop {
        let byte = *packet.get(at)?;
        at += 1;
        // 255 stands for 254 and more to come.
        padding += usize::from(byte).min(254);
        if byte != 255 {
            break;
        }
    }
    let frames = packet.get(at..packet.len().checked_sub(padding)?)?;
    let mut rest = BytesMut::with_capacity(frames.len() + 2);
    if count & 0x3f == 1 && count & VARIABLE_SIZES == 0 {
        // One frame needs no count.
        rest.put_u8(toc & !3);
    } else {
        rest.put_slice(&[toc, count & !PADDED]);
    }
    rest.put_slice(frames);
    Some(rest.freeze())
}

#[cfg(test)]
mod tests {
    use super::super::{EncoderSettings, OpusDecoder, OpusEncoder, packet_samples};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_packet_without_its_history_sounds_the_same() {
        let settings = EncoderSettings {
            bits_per_second: 40_000,
            loss_percent: 30,
            fec: false,
            history: 60,
            dtx: false,
        };
        for length in [960, 2880] {
            let mut encoder = OpusEncoder::new(settings).unwrap();
            let (mut whole, mut bare) = (OpusDecoder::new().unwrap(), OpusDecoder::new().unwrap());
            let (mut before, mut after) = (0, 0);
            for n in 0..60_usize {
                let tone: Vec<f32> =
                    (0..length).map(|k| (((n * length + k) as f32) * 0.03).sin() * 0.3).collect();
                let packet = encoder.encode(&tone).unwrap();
                let stripped = without_padding(&packet);
                assert_eq!(packet_samples(&stripped), packet_samples(&packet));
                assert_eq!(bare.decode(&stripped).unwrap(), whole.decode(&packet).unwrap());
                before += packet.len();
                after += stripped.len();
            }
            assert_eq!(after < before, cfg!(feature = "neural-audio"));
        }
    }

    proptest! {
        #[test]
        fn garbage_stays_within_its_length(packet in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(without_padding(&Bytes::from(packet.clone())).len() <= packet.len());
        }
    }
}
