//! Switch of one member between the layers of the picture: from key frame to key frame. Pure.

use std::time::Instant;

/// Which layer a member gets, and which one they are to get.
#[derive(Debug, Default)]
pub(crate) struct LayerSwitch {
    passing: Option<u8>,
    wanted: Option<u8>,
    /// When the last picture that passed was captured.
    last: Option<Instant>,
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

    /// Whether a picture passes. Two layers may have the same one: it passes once.
    pub(crate) fn passes(&mut self, layer: u8, key: bool, captured: Instant) -> bool {
        let newer = self.last.is_none_or(|last| captured > last);
        if self.wanted == Some(layer) && key && newer {
            self.passing = Some(layer);
        }
        let passes = self.passing == Some(layer) && newer;
        if passes {
            self.last = Some(captured);
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_layer_begins_with_a_key_frame_and_the_last_one_goes_on_until_then() {
        let start = Instant::now();
        let at = |n: u64| start + Duration::from_millis(33 * n);
        let mut switch = LayerSwitch::default();
        assert!(!switch.passes(0, true, at(0)), "nothing is wanted");
        switch.want(Some(0));
        assert_eq!(switch.waits_for(), Some(0));
        assert!(!switch.passes(0, false, at(1)));
        assert!(switch.passes(0, true, at(2)));
        assert!(!switch.passes(1, true, at(2)), "it is not the wanted one");
        switch.want(Some(1));
        assert!(switch.passes(0, false, at(3)));
        assert!(!switch.passes(1, false, at(3)));
        assert!(switch.passes(0, false, at(4)));
        assert!(!switch.passes(1, true, at(4)), "this picture was sent already");
        assert_eq!(switch.waits_for(), Some(1));
        assert!(switch.passes(1, true, at(5)));
        assert!(!switch.passes(0, false, at(6)));
        assert!(switch.passes(1, false, at(6)));
        switch.want(None);
        assert!(!switch.passes(1, true, at(7)));
    }

    #[test]
    fn a_new_connection_begins_with_a_key_frame() {
        let start = Instant::now();
        let mut switch = LayerSwitch::default();
        switch.want(Some(2));
        assert!(switch.passes(2, true, start));
        switch.begin_anew();
        assert!(!switch.passes(2, false, start + Duration::from_millis(33)));
        assert_eq!(switch.waits_for(), Some(2));
    }
}
