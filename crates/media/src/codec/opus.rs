//! Opus codec: mono, 48 kHz, 20 ms packets with in-band redundancy. The jitter buffer decides what is decoded
//! when.

use bytes::Bytes;

/// Samples per second of everything Opus in a call, and its RTP clock.
pub(crate) const OPUS_CLOCK_HZ: u32 = 48_000;
/// Samples in each packet we send (20 ms).
pub(crate) const PACKET_SAMPLES: usize = 960;
/// Samples in the longest packet Opus allows (120 ms).
pub(crate) const MAX_PACKET_SAMPLES: usize = 5760;

const BITRATE_BPS: i32 = 32_000;
/// Below this loss hint libopus leaves the redundancy out.
const MIN_FEC_LOSS_PERCENT: i32 = 10;
/// Above this loss hint the redundancy takes too much from the speech.
const MAX_FEC_LOSS_PERCENT: i32 = 30;
const MAX_PACKET_BYTES: usize = 1275;

/// How many samples a packet holds, from its first bytes alone (RFC 6716 3.1); `None` if malformed.
pub(crate) fn packet_samples(payload: &[u8]) -> Option<u32> {
    let toc = *payload.first()?;
    let config = toc >> 3;
    let frame = match config {
        0..=11 => [480, 960, 1920, 2880][usize::from(config & 3)],
        12..=15 => [480, 960][usize::from(config & 1)],
        16.. => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        3.. => u32::from(*payload.get(1)? & 0x3f),
    };
    let samples = frame * frames;
    (samples > 0 && samples <= MAX_PACKET_SAMPLES as u32).then_some(samples)
}

/// Encodes one voice.
#[derive(Debug)]
pub(crate) struct OpusEncoder {
    encoder: opus::Encoder,
    scratch: [u8; MAX_PACKET_BYTES],
}

impl OpusEncoder {
    pub(crate) fn new() -> Result<Self, opus::Error> {
        let mut encoder = opus::Encoder::new(OPUS_CLOCK_HZ, opus::Channels::Mono, opus::Application::Voip)?;
        encoder.set_bitrate(opus::Bitrate::Bits(BITRATE_BPS))?;
        encoder.set_complexity(9)?;
        encoder.set_signal(opus::Signal::Voice)?;
        encoder.set_inband_fec(true)?;
        encoder.set_packet_loss_perc(MIN_FEC_LOSS_PERCENT)?;
        encoder.set_dtx(false)?;
        Ok(Self { encoder, scratch: [0; MAX_PACKET_BYTES] })
    }

    /// Tells how much the other end loses (0..1), which decides how much redundancy is sent.
    pub(crate) fn set_loss(&mut self, fraction: f32) -> Result<(), opus::Error> {
        let percent = (fraction * 100.0).round() as i32;
        self.encoder.set_packet_loss_perc(percent.clamp(MIN_FEC_LOSS_PERCENT, MAX_FEC_LOSS_PERCENT))
    }

    /// Encodes exactly [`PACKET_SAMPLES`] samples.
    pub(crate) fn encode(&mut self, pcm: &[f32]) -> Result<Bytes, opus::Error> {
        let length = self.encoder.encode_float(pcm, &mut self.scratch)?;
        Ok(Bytes::copy_from_slice(&self.scratch[..length]))
    }
}

/// Decodes one voice and makes up what is missing of it.
#[derive(Debug)]
pub(crate) struct OpusDecoder {
    decoder: opus::Decoder,
    scratch: Vec<f32>,
}

impl OpusDecoder {
    pub(crate) fn new() -> Result<Self, opus::Error> {
        let decoder = opus::Decoder::new(OPUS_CLOCK_HZ, opus::Channels::Mono)?;
        Ok(Self { decoder, scratch: vec![0.0; MAX_PACKET_SAMPLES] })
    }

    /// Decodes a packet.
    pub(crate) fn decode(&mut self, payload: &[u8]) -> Result<&[f32], opus::Error> {
        let samples = self.decoder.decode_float(payload, &mut self.scratch, false)?;
        Ok(&self.scratch[..samples])
    }

    /// Decodes what `following` carries about the packet before it, which was `samples` long.
    pub(crate) fn recover(&mut self, following: &[u8], samples: usize) -> Result<&[f32], opus::Error> {
        let samples = samples.min(MAX_PACKET_SAMPLES);
        let samples = self.decoder.decode_float(following, &mut self.scratch[..samples], true)?;
        Ok(&self.scratch[..samples])
    }

    /// Continues the voice over a gap of `samples`, a multiple of 2.5 ms.
    pub(crate) fn conceal(&mut self, samples: usize) -> Result<&[f32], opus::Error> {
        let samples = samples.min(MAX_PACKET_SAMPLES);
        let samples = self.decoder.decode_float(&[], &mut self.scratch[..samples], false)?;
        Ok(&self.scratch[..samples])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn our_own_packets_are_twenty_milliseconds() {
        let mut encoder = OpusEncoder::new().unwrap();
        let packet = encoder.encode(&[0.1; PACKET_SAMPLES]).unwrap();
        assert_eq!(packet_samples(&packet), Some(PACKET_SAMPLES as u32));
        let mut decoder = OpusDecoder::new().unwrap();
        assert_eq!(decoder.decode(&packet).unwrap().len(), PACKET_SAMPLES);
    }

    #[test]
    fn a_packet_without_a_length_is_refused() {
        assert_eq!(packet_samples(&[]), None);
        assert_eq!(packet_samples(&[3]), None);
        assert_eq!(packet_samples(&[3, 0]), None);
        assert_eq!(packet_samples(&[(3 << 3) | 3, 3]), None, "180 ms is more than Opus allows");
    }

    proptest! {
        #[test]
        fn our_reading_of_a_length_agrees_with_the_decoder(payload in proptest::collection::vec(any::<u8>(), 1..64)) {
            let ours = packet_samples(&payload).map(|samples| samples as usize);
            let theirs = opus::packet::get_nb_samples(&payload, OPUS_CLOCK_HZ).ok().filter(|samples| *samples > 0);
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn garbage_never_panics(payload in proptest::collection::vec(any::<u8>(), 1..200), fec in any::<bool>()) {
            let mut decoder = OpusDecoder::new().unwrap();
            let _ = if fec { decoder.recover(&payload, PACKET_SAMPLES).map(<[f32]>::len) } else { decoder.decode(&payload).map(<[f32]>::len) };
        }
    }
}
