//! Offers as a dozen endpoints write them. Own wording after the public behaviour of these projects; nothing
//! is copied from a recording.

mod browsers;
mod devices;

use bellwire_media::Codec;

pub(super) struct Stack {
    pub(super) name: &'static str,
    pub(super) session: &'static [&'static str],
    /// Each begins with its `m=` line.
    pub(super) sections: &'static [&'static [&'static str]],
    pub(super) opus: u8,
    pub(super) sound: &'static str,
    /// Codec and number we would send, and the direction we answer.
    pub(super) video: Option<(Codec, u8)>,
    pub(super) pictures: &'static str,
    /// Whether sound and pictures share a transport.
    pub(super) together: bool,
}

pub(super) const ICE: [&str; 2] = ["a=ice-ufrag:Xy7+", "a=ice-pwd:q0w9e8r7t6y5u4i3o2p1a0s9"];
pub(super) const PRINT: &str = "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

const UFRAG: &str = ICE[0];
const PWD: &str = ICE[1];
const OTHER_UFRAG: &str = "a=ice-ufrag:Zz11";
const OTHER_PWD: &str = "a=ice-pwd:zzzzzzzzzzzzzzzzzzzzzzzz";

pub(super) fn all() -> impl Iterator<Item = &'static Stack> {
    browsers::STACKS.iter().chain(devices::STACKS)
}

impl Stack {
    pub(super) fn text(&self) -> String {
        let head = ["v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0"];
        let lines = head.iter().chain(self.session).chain(self.sections.iter().copied().flatten());
        lines.map(|line| format!("{line}\r\n")).collect()
    }
}
