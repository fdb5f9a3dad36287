//! Rotation of frames by a track's matrix (ISO/IEC 14496-12, 8.3.2): phones store what the sensor saw and how
//! they were held.

use re_mp4::TkhdBox;

use crate::VideoFrame;

/// Clockwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rotation {
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Rotation {
    /// What a track's matrix says; anything but a quarter of a circle, or some, is left alone.
    pub(super) fn of(track: &TkhdBox) -> Self {
        let matrix = &track.matrix;
        match [matrix.a, matrix.b, matrix.c, matrix.d].map(i32::signum) {
            [0, 1, -1, 0] => Self::Quarter,
            [-1, 0, 0, -1] => Self::Half,
            [0, -1, 1, 0] => Self::ThreeQuarters,
            _ => Self::None,
        }
    }

    pub(super) fn apply(self, frame: VideoFrame) -> VideoFrame {
        if self == Self::None {
            return frame;
        }
        let (width, height) = (frame.width as usize, frame.height as usize);
        let luma = width * height;
        let Some((y, chroma)) = frame.i420.split_at_checked(luma) else { return frame };
        let Some((u, v)) = chroma.split_at_checked(luma / 4) else { return frame };
        let mut i420 = Vec::with_capacity(frame.i420.len());
        self.plane(y, (width, height), &mut i420);
        self.plane(u, (width / 2, height / 2), &mut i420);
        self.plane(v, (width / 2, height / 2), &mut i420);
        let (width, height) = match self {
            Self::None | Self::Half => (frame.width, frame.height),
            Self::Quarter | Self::ThreeQuarters => (frame.height, frame.width),
        };
        VideoFrame { width, height, i420: i420.into(), ..frame }
    }

    fn plane(self, plane: &[u8], (width, height): (usize, usize), out: &mut Vec<u8>) {
        match self {
            Self::None => out.extend_from_slice(plane),
            Self::Half => out.extend(plane[..width * height].iter().rev()),
            Self::Quarter => {
                for x in 0..width {
                    out.extend((0..height).rev().map(|y| plane[y * width + x]));
                }
            }
            Self::ThreeQuarters => {
                for x in (0..width).rev() {
                    out.extend((0..height).map(|y| plane[y * width + x]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_picture_is_turned_with_its_colours() {
        let i420 = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 21, 22];
        let frame = VideoFrame { width: 4, height: 2, i420: i420.into(), at: Instant::now(), timestamp: 0 };
        let turned = |turn: Rotation| {
            let frame = turn.apply(frame.clone());
            (frame.width, frame.height, frame.i420.to_vec())
        };
        assert_eq!(turned(Rotation::Quarter), (2, 4, vec![5, 1, 6, 2, 7, 3, 8, 4, 11, 12, 21, 22]));
        assert_eq!(turned(Rotation::Half), (4, 2, vec![8, 7, 6, 5, 4, 3, 2, 1, 12, 11, 22, 21]));
        assert_eq!(turned(Rotation::ThreeQuarters), (2, 4, vec![4, 8, 3, 7, 2, 6, 1, 5, 12, 11, 22, 21]));
        assert_eq!(turned(Rotation::None), (4, 2, i420.to_vec()));
    }
}
