//! Feedback on pictures that waits to be told, or to be made an event of.

use bellwire_media::PictureFeedback;

/// Feedback on its way in or out; the newest of each kind wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NewestFeedback {
    pub(crate) kept: Option<u32>,
    pub(crate) lost: Option<u32>,
}

impl NewestFeedback {
    pub(crate) fn add(&mut self, feedback: PictureFeedback) {
        match feedback {
            PictureFeedback::Kept(timestamp) => self.kept = Some(timestamp),
            PictureFeedback::Lost { kept } => self.lost = Some(kept),
        }
    }

    /// What is kept comes first: the loss may be of what came after it.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = PictureFeedback> + use<> {
        let Self { kept, lost } = std::mem::take(self);
        let lost = lost.map(|kept| PictureFeedback::Lost { kept });
        kept.map(PictureFeedback::Kept).into_iter().chain(lost)
    }
}
