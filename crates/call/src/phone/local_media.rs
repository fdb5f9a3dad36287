//! Local media state: what of microphone, camera and screen is sent, from the user's choice for this call and
//! the devices there are. Each call starts as the settings say.

use std::time::Instant;

use super::Phone;
use crate::call::Call;
use crate::call_context::SentMedia;
use crate::{CallId, Command, MediaState};

/// How a call starts, and which devices there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalMedia {
    pub(super) start_microphone: bool,
    pub(super) start_camera: bool,
    pub(super) has_microphone: bool,
    pub(super) has_camera: bool,
}

impl Default for LocalMedia {
    fn default() -> Self {
        Self { start_microphone: true, start_camera: true, has_microphone: true, has_camera: true }
    }
}

impl LocalMedia {
    pub(super) fn at_start(self) -> SentMedia {
        SentMedia { microphone: self.start_microphone, camera: self.start_camera, sharing: false }
    }
}

impl Phone {
    /// What is sent: a missing device sends nothing.
    pub(super) fn sent(&self) -> SentMedia {
        let SentMedia { microphone, camera, sharing } = self.sent_media;
        SentMedia {
            microphone: microphone && self.local.has_microphone,
            camera: camera && self.local.has_camera,
            sharing,
        }
    }

    pub(super) fn set_microphone(&mut self, on: bool, now: Instant, out: &mut Vec<Command>) {
        self.sent_media.microphone = on;
        out.push(Command::SetMicrophone { on });
        let audio = Some(self.sent().microphone);
        self.say_media(MediaState { audio, ..MediaState::default() }, now, out);
    }

    pub(super) fn set_camera(&mut self, on: bool, now: Instant, out: &mut Vec<Command>) {
        self.sent_media.camera = on;
        out.push(Command::SetCamera { on });
        let video = Some(self.sent().camera);
        self.say_media(MediaState { video, ..MediaState::default() }, now, out);
    }

    /// Sharing needs a call.
    pub(super) fn share(&mut self, on: bool, now: Instant, out: &mut Vec<Command>) {
        let on = on && self.calls.values().any(Call::is_active);
        if self.sent_media.sharing != on {
            self.sent_media.sharing = on;
            out.push(Command::SetSharing { on });
            self.say_media(MediaState { sharing: Some(on), ..MediaState::default() }, now, out);
        }
    }

    pub(super) fn devices(&mut self, microphone: bool, camera: bool, now: Instant, out: &mut Vec<Command>) {
        let before = self.sent();
        self.local.has_microphone = microphone;
        self.local.has_camera = camera;
        let after = self.sent();
        let audio = (before.microphone != after.microphone).then_some(after.microphone);
        let video = (before.camera != after.camera).then_some(after.camera);
        if audio.is_some() || video.is_some() {
            self.say_media(MediaState { audio, video, sharing: None }, now, out);
        }
    }

    /// Takes effect with the next call.
    pub(super) fn start_with(&mut self, microphone: bool, camera: bool) {
        self.local.start_microphone = microphone;
        self.local.start_camera = camera;
    }

    /// Resets the choice when no call is active any more.
    pub(super) fn forget_choice(&mut self, was_active: bool, now: Instant, out: &mut Vec<Command>) {
        let active = self.calls.values().any(Call::is_active);
        if !active {
            self.share(false, now, out);
        }
        if (was_active && !active) || !self.calls.values().any(Call::is_live) {
            self.sent_media = self.local.at_start();
        }
    }

    /// One call is active at a time, so an active one is ended. `seen`: the camera may be sent, if the
    /// settings say so.
    pub(super) fn accept(&mut self, id: CallId, seen: bool, now: Instant, out: &mut Vec<Command>) {
        if !self.calls.get(&id).is_some_and(Call::is_ringing) {
            return;
        }
        let mut made_room = false;
        for (other, call) in &mut self.calls {
            if *other != id && call.is_active() {
                call.hang_up(now, out);
                made_room = true;
            }
        }
        if made_room {
            self.share(false, now, out);
            self.sent_media = self.local.at_start();
        }
        if !seen && self.sent_media.camera {
            self.set_camera(false, now, out);
        }
        let sent_media = self.sent_media;
        self.with(id, |call| call.accept(sent_media, now, out));
    }
}
