//! Switch of one member between the layers of the picture: from key frame to key frame. Pure.

/// Which layer a member gets, and which one they are to get.
#[derive(Debug, Default)]
pub(crate) struct LayerSwitch {
    passing: Option<u8>,
    wanted: Option<u8>,
    /// RTP timestamp of the last picture that passed.
    last: Option<u32>,
}

impl LayerSwitch {
    /// The layer goes on until the wanted one has a key frame; `None`: nothing passes any more.
    pub(crate) fn want(&mut self, layer: Option<u8>) {
        self.wanted = layer;
        if layer.is_none() {
            self.passing = None;
        }
    }

    /// The other end knows nothing of what passed before.
    pub(crate) fn begin_anew(&mut self) {
        self.passing = None;
    }

    /// The layer whose key frame is waited for.
    pub(crate) fn waits_for(&self) -> Option<u8> {
        self.wanted.filter(|wanted| self.passing != Some(*wanted))
    }

    /// The layer that the member gets or waits for.
    pub(crate) fn layer(&self) -> Option<u8> {
        self.wanted
    }

    /// The layer that passes, or will.
    pub(crate) fn passing_or_wanted(&self) -> Option<u8> {
        self.passing.or(self.wanted)
    }

    /// Whether a picture passes, and with which timestamp: encoders of different layers need different times, so that
    /// the key frame of a layer may come after a later picture of the last one, and one timestamp is one picture.
    pub(crate) fn passes(&mut self, layer: u8, key: bool, timestamp: u32) -> Option<u32> {
        if self.wanted == Some(layer) && key {
            self.passing = Some(layer);
        }
        if self.passing != Some(layer) {
            return None;
        }
        let timestamp = match self.last {
            Some(last) if timestamp.wrapping_sub(last).cast_signed() <= 0 => last.wrapping_add(1),
            Some(_) | None => timestamp,
        };
        self.last = Some(timestamp);
        Some(timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_begins_with_a_key_frame_and_the_last_one_goes_on_until_then() {
        let mut switch = LayerSwitch::default();
        assert_eq!(switch.passes(0, true, 0), None, "nothing is wanted");
        switch.want(Some(0));
        assert_eq!(switch.waits_for(), Some(0));
        assert_eq!(switch.passes(0, false, 3000), None);
        assert_eq!(switch.passes(0, true, 6000), Some(6000));
        assert_eq!(switch.passes(1, true, 6000), None, "it is not the wanted one");
        switch.want(Some(1));
        assert_eq!(switch.passes(0, false, 9000), Some(9000));
        assert_eq!(switch.passes(1, false, 9000), None);
        assert_eq!((switch.waits_for(), switch.passing_or_wanted()), (Some(1), Some(0)));
        assert_eq!(switch.passes(1, true, 12_000), Some(12_000));
        assert_eq!(switch.passes(0, false, 15_000), None);
        assert_eq!(switch.passes(1, false, 15_000), Some(15_000));
        switch.want(None);
        assert_eq!(switch.passes(1, true, 18_000), None);
    }

    #[test]
    fn a_key_frame_that_took_long_to_encode_passes_after_later_pictures_of_the_last_layer() {
        let mut switch = LayerSwitch::default();
        switch.want(Some(1));
        assert_eq!(switch.passes(1, true, u32::MAX - 2999), Some(u32::MAX - 2999));
        switch.want(Some(0));
        assert_eq!(switch.passes(1, false, 0), Some(0));
        assert_eq!(switch.passes(1, false, 3000), Some(3000));
        assert_eq!(switch.passes(0, true, 0), Some(3001), "a picture of its own");
        assert_eq!(switch.passes(0, false, 3000), Some(3002));
        assert_eq!(switch.passes(0, false, 6000), Some(6000));
    }

    #[test]
    fn a_new_connection_begins_with_a_key_frame() {
        let mut switch = LayerSwitch::default();
        switch.want(Some(2));
        assert_eq!(switch.passes(2, true, 0), Some(0));
        switch.begin_anew();
        assert_eq!(switch.passes(2, false, 3000), None);
        assert_eq!(switch.waits_for(), Some(2));
    }
}
