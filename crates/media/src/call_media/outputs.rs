//! Where everything a call's media produces goes.

use std::sync::Arc;

use super::MediaEvent;
use crate::{EncodedSink, FrameSink};

/// What is sent, this end's own picture and the events of its devices. All are called from media threads and must not
/// block.
#[derive(Clone)]
pub struct Outputs {
    pub audio: Arc<dyn EncodedSink>,
    pub video: Arc<dyn EncodedSink>,
    pub self_view: Arc<dyn FrameSink>,
    pub events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
}

impl std::fmt::Debug for Outputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outputs")
    }
}

/// One member's pictures and events. Both are called from media threads and must not block.
#[derive(Clone)]
pub struct MemberOutputs {
    pub view: Arc<dyn FrameSink>,
    /// [`MediaEvent::KeyFrameWanted`], [`MediaEvent::PictureFeedback`], [`MediaEvent::FirstVideo`],
    /// [`MediaEvent::FirstAudio`], and [`MediaEvent::Device`] where the member's pictures cannot be shown.
    pub events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
}

impl std::fmt::Debug for MemberOutputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemberOutputs")
    }
}
