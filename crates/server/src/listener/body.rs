//! A request body with time-outs.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::config::ConnectionLimits;

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body does not arrive")]
    Late,
    #[error(transparent)]
    Broken(#[from] hyper::Error),
}

/// Fails when the next piece is not there in time, or the last one is not.
pub(super) struct Paced {
    body: Incoming,
    limits: ConnectionLimits,
    whole_by: Instant,
    /// Runs while a piece is waited for.
    waiting: Option<Pin<Box<Sleep>>>,
    late: Arc<AtomicBool>,
}

impl Paced {
    /// `late` is set when it fails for that reason.
    pub(super) fn new(body: Incoming, limits: ConnectionLimits, late: Arc<AtomicBool>) -> Self {
        Self { body, limits, whole_by: Instant::now() + limits.body, waiting: None, late }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)));
        }
        let by = self.whole_by.min(Instant::now() + self.limits.pause);
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep_until(by)));
        ready!(waiting.as_mut().poll(cx));
        self.late.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(BodyError::Late)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
