//! Frame pool: memory of raw frames, used again once nobody shows them any more. It belongs to whoever makes the
//! frames and needs no lock: a buffer is free when the pool alone holds it.

use std::sync::Arc;

/// Frames beyond this come from the heap and go back to it: 400 ms of delay are twelve frames.
const MAX_POOLED: usize = 24;
/// After so many frames, what was not needed meanwhile is given back.
const TRIM_INTERVAL: u32 = 300;

#[derive(Debug, Default)]
pub(crate) struct FramePool {
    frames: Vec<Arc<[u8]>>,
    /// Frames made since the last trim, and how many buffers were in use at once.
    made: u32,
    most: usize,
}

impl FramePool {
    /// A buffer of `size` bytes as `write` leaves it. It holds whatever was in it before; `None` when `write` says so.
    pub(crate) fn fill<E>(
        &mut self,
        size: usize,
        write: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<Arc<[u8]>, E> {
        self.trim();
        self.frames.retain(|frame| frame.len() == size);
        // The first free one, so that those behind it can be seen to be superfluous.
        let free = self.frames.iter_mut().position(|frame| Arc::get_mut(frame).is_some());
        let index = free.unwrap_or_else(|| {
            self.frames.push(std::iter::repeat_n(0, size).collect());
            self.frames.len() - 1
        });
        self.most = self.most.max(index + 1);
        if let Some(memory) = Arc::get_mut(&mut self.frames[index]) {
            write(memory)?;
        }
        let frame = self.frames[index].clone();
        self.frames.truncate(MAX_POOLED);
        Ok(frame)
    }

    fn trim(&mut self) {
        self.made += 1;
        if self.made >= TRIM_INTERVAL {
            self.frames.truncate(self.most);
            (self.made, self.most) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn frame(pool: &mut FramePool, size: usize, value: u8) -> Arc<[u8]> {
        let filled: Result<_, Infallible> = pool.fill(size, |memory| {
            memory.fill(value);
            Ok(())
        });
        filled.expect("infallible")
    }

    #[test]
    fn memory_is_used_again_when_nobody_has_it() {
        let mut pool = FramePool::default();
        let one = frame(&mut pool, 6, 1);
        let two = frame(&mut pool, 6, 2);
        assert_eq!((&*one, &*two), (&[1; 6][..], &[2; 6][..]));
        let place = one.as_ptr();
        drop(one);
        assert_eq!(frame(&mut pool, 6, 3).as_ptr(), place);
        assert_eq!(pool.frames.len(), 2);
        assert_eq!(&*two, &[2; 6], "a frame in use is not touched");
    }

    #[test]
    fn another_size_and_a_past_burst_leave_nothing_behind() {
        let mut pool = FramePool::default();
        let many: Vec<_> = (0..100).map(|value| frame(&mut pool, 6, value)).collect();
        assert!(pool.frames.len() <= MAX_POOLED);
        assert!(many.iter().zip(0..).all(|(frame, value)| **frame == [value; 6]));
        drop(many);
        for value in 0..2 * TRIM_INTERVAL {
            frame(&mut pool, 6, value as u8);
        }
        assert_eq!(pool.frames.len(), 1);
        frame(&mut pool, 12, 1);
        assert!(pool.frames.iter().all(|frame| frame.len() == 12));
    }

    #[test]
    fn what_could_not_be_written_is_not_lost() {
        let mut pool = FramePool::default();
        assert!(pool.fill(6, |_| Err(())).is_err());
        assert_eq!((frame(&mut pool, 6, 5).len(), pool.frames.len()), (6, 1));
    }
}
