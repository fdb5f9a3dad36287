//! Images in memory: planes, scaling, colours, PSNR. No time, no codecs.

use std::sync::Arc;

use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix};

use super::frame_pool::FramePool;
use super::resample_plane::Resampler;
use crate::VideoFrame;

/// The three planes of an I420 picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planes<'a> {
    pub(crate) y: &'a [u8],
    pub(crate) u: &'a [u8],
    pub(crate) v: &'a [u8],
}

impl<'a> Planes<'a> {
    /// `None` when the picture's memory is not what its size promises.
    pub(crate) fn of(frame: &'a VideoFrame) -> Option<Self> {
        let (width, height) = (frame.width as usize, frame.height as usize);
        if width == 0 || height == 0 || width % 2 != 0 || height % 2 != 0 {
            return None;
        }
        let luma = width * height;
        if frame.i420.len() != luma + luma / 2 {
            return None;
        }
        let (y, chroma) = frame.i420.split_at(luma);
        let (u, v) = chroma.split_at(luma / 4);
        Some(Self { y, u, v })
    }
}

/// Copies planes with row lengths of their own into one I420 buffer without padding; odd sizes lose
/// their last row or column. `None` when a plane is too short.
pub(crate) fn pack(
    pool: &mut FramePool,
    planes: Planes<'_>,
    strides: [usize; 3],
    width: usize,
    height: usize,
) -> Option<Arc<[u8]>> {
    let (width, height) = (width & !1, height & !1);
    if width == 0 || height == 0 {
        return None;
    }
    let sizes = [(width, height), (width / 2, height / 2), (width / 2, height / 2)];
    let packed = pool.fill(width * height * 3 / 2, |mut rest| {
        for ((plane, stride), (columns, rows)) in
            [planes.y, planes.u, planes.v].into_iter().zip(strides).zip(sizes)
        {
            let (target, after) = std::mem::take(&mut rest).split_at_mut(columns * rows);
            rest = after;
            if stride == columns {
                target.copy_from_slice(plane.get(..columns * rows).ok_or(())?);
                continue;
            }
            for (row, target) in target.chunks_exact_mut(columns).enumerate() {
                target.copy_from_slice(plane.get(row * stride..row * stride + columns).ok_or(())?);
            }
        }
        Ok::<_, ()>(())
    });
    packed.ok()
}

/// The largest even size with the picture's proportions that fits into the box; never larger than the
/// picture itself.
pub fn fit(width: u32, height: u32, max_width: u32, max_height: u32) -> (u32, u32) {
    if width <= max_width && height <= max_height {
        return (width, height);
    }
    let (w, h) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (max_w, max_h) = (u64::from(max_width.max(2)), u64::from(max_height.max(2)));
    let (fit_w, fit_h) = if w * max_h >= h * max_w {
        (max_w, (h * max_w + w / 2) / w)
    } else {
        ((w * max_h + h / 2) / h, max_h)
    };
    let even = |value: u64| u32::try_from((value & !1).max(2)).unwrap_or(2);
    (even(fit_w), even(fit_h))
}

/// The picture made small enough for the box, proportions kept; a picture that fits is not copied.
pub fn scale_to_fit(frame: &VideoFrame, max_width: u32, max_height: u32) -> VideoFrame {
    let (width, height) = fit(frame.width, frame.height, max_width, max_height);
    Scaler::default().scale(frame, width, height)
}

/// Scales pictures and keeps its working memory between them.
#[derive(Debug, Default)]
pub struct Scaler {
    resampler: Resampler,
    pool: FramePool,
}

impl Scaler {
    /// The picture at exactly this (even) size; unchanged when it has that size or cannot be scaled.
    pub fn scale(&mut self, frame: &VideoFrame, width: u32, height: u32) -> VideoFrame {
        if (frame.width, frame.height) == (width, height) {
            return frame.clone();
        }
        self.try_scale(frame, width & !1, height & !1).unwrap_or_else(|| frame.clone())
    }

    fn try_scale(&mut self, frame: &VideoFrame, width: u32, height: u32) -> Option<VideoFrame> {
        let planes = Planes::of(frame)?;
        if width == 0 || height == 0 {
            return None;
        }
        let size = (width, height);
        let Self { resampler, pool } = self;
        let i420 = pool
            .fill(i420_bytes(size), |target| {
                scale_planes(resampler, planes, (frame.width, frame.height), target, size).ok_or(())
            })
            .ok()?;
        Some(VideoFrame { width, height, i420, at: frame.at, timestamp: frame.timestamp })
    }

    /// Appends the picture's planes at exactly this (even) size to `target`, without a buffer in between; nothing
    /// when it cannot be scaled.
    pub fn append_scaled(
        &mut self,
        frame: &VideoFrame,
        (width, height): (u32, u32),
        target: &mut Vec<u8>,
    ) -> Option<()> {
        let planes = Planes::of(frame)?;
        if (frame.width, frame.height) == (width, height) {
            target.extend_from_slice(&frame.i420);
            return Some(());
        }
        if width == 0 || height == 0 || width % 2 != 0 || height % 2 != 0 {
            return None;
        }
        let start = target.len();
        target.resize(start + i420_bytes((width, height)), 0);
        let (own, size) = ((frame.width, frame.height), (width, height));
        let done = scale_planes(&mut self.resampler, planes, own, &mut target[start..], size);
        if done.is_none() {
            target.truncate(start);
        }
        done
    }
}

fn i420_bytes((width, height): (u32, u32)) -> usize {
    width as usize * height as usize * 3 / 2
}

/// `target` has the bytes of an I420 picture of the size `to`.
fn scale_planes(
    resampler: &mut Resampler,
    planes: Planes<'_>,
    from: (u32, u32),
    target: &mut [u8],
    to: (u32, u32),
) -> Option<()> {
    let (from, to) = ((from.0 as usize, from.1 as usize), (to.0 as usize, to.1 as usize));
    let (y, chroma) = target.split_at_mut_checked(to.0 * to.1)?;
    let (u, v) = chroma.split_at_mut_checked(chroma.len() / 2)?;
    let half = |(width, height): (usize, usize)| (width / 2, height / 2);
    resampler.resample(planes.y, from, y, to)?;
    resampler.resample(planes.u, half(from), u, half(to))?;
    resampler.resample(planes.v, half(from), v, half(to))
}

/// The picture as RGBA rows without padding (BT.601, limited range, as WebRTC peers send it); empty
/// when the picture is malformed.
pub fn i420_to_rgba(frame: &VideoFrame) -> Vec<u8> {
    let Some(planes) = Planes::of(frame) else { return Vec::new() };
    let (width, height) = (frame.width, frame.height);
    let mut rgba = vec![0; width as usize * height as usize * 4];
    let image = YuvPlanarImage {
        y_plane: planes.y,
        y_stride: width,
        u_plane: planes.u,
        u_stride: width / 2,
        v_plane: planes.v,
        v_stride: width / 2,
        width,
        height,
    };
    match yuv::yuv420_to_rgba(&image, &mut rgba, width * 4, YuvRange::Limited, YuvStandardMatrix::Bt601) {
        Ok(()) => rgba,
        Err(error) => {
            tracing::debug!(%error, "Picture could not be converted to RGBA");
            Vec::new()
        }
    }
}

/// How alike the brightness of two pictures of one size is, in dB: above 40 is hard to tell apart,
/// 100 is the same picture, 0 is a different size.
pub fn psnr_y(one: &VideoFrame, other: &VideoFrame) -> f64 {
    let (Some(a), Some(b)) = (Planes::of(one), Planes::of(other)) else { return 0.0 };
    if (one.width, one.height) != (other.width, other.height) {
        return 0.0;
    }
    let squares: u64 = a.y.iter().zip(b.y).map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2)).sum();
    if squares == 0 {
        return 100.0;
    }
    let mean = squares as f64 / a.y.len() as f64;
    (10.0 * (255.0 * 255.0 / mean).log10()).min(100.0)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    fn grey(width: u32, height: u32, luma: u8) -> VideoFrame {
        let mut i420 = vec![luma; (width * height) as usize];
        i420.resize(i420.len() * 3 / 2, 128);
        VideoFrame { width, height, i420: i420.into(), at: Instant::now(), timestamp: 7 }
    }

    #[test]
    fn sizes_keep_proportions_and_never_grow() {
        assert_eq!(fit(1280, 720, 640, 360), (640, 360));
        assert_eq!(fit(640, 480, 1280, 720), (640, 480));
        assert_eq!(fit(640, 480, 640, 360), (480, 360));
        assert_eq!(fit(720, 1280, 360, 640), (360, 640));
    }

    #[test]
    fn a_scaled_flat_picture_keeps_its_colour_and_stamp() {
        let small = scale_to_fit(&grey(1280, 720, 90), 320, 320);
        assert_eq!((small.width, small.height, small.timestamp), (320, 180, 7));
        assert_eq!(psnr_y(&small, &grey(320, 180, 90)), 100.0);
    }

    #[test]
    fn a_picture_is_appended_as_it_is_scaled() {
        let (frame, mut scaler) = (grey(1280, 720, 90), Scaler::default());
        for size in [(640, 360), (1280, 720)] {
            let mut bytes = vec![1, 2, 3];
            assert!(scaler.append_scaled(&frame, size, &mut bytes).is_some());
            assert_eq!(bytes[..3], [1, 2, 3]);
            assert_eq!(bytes[3..], *scaler.scale(&frame, size.0, size.1).i420);
        }
        let mut bytes = vec![1];
        assert!(scaler.append_scaled(&frame, (0, 360), &mut bytes).is_none());
        assert!(scaler.append_scaled(&frame, (641, 360), &mut bytes).is_none());
        assert_eq!(bytes, [1]);
    }

    #[test]
    fn grey_becomes_grey_and_likeness_is_measured() {
        let rgba = i420_to_rgba(&grey(16, 16, 126));
        assert!(
            rgba.chunks(4).all(|p| p[0].abs_diff(128) < 3 && p[1] == p[0] && p[2] == p[0] && p[3] == 255)
        );
        let off_by_one = psnr_y(&grey(16, 16, 100), &grey(16, 16, 101));
        assert!((off_by_one - 48.13).abs() < 0.01, "{off_by_one}");
        assert_eq!(psnr_y(&grey(16, 16, 1), &grey(16, 18, 1)), 0.0);
    }

    proptest! {
        #[test]
        fn a_fitted_size_is_even_and_inside(w in 1u32..4000, h in 1u32..4000, mw in 2u32..2000, mh in 2u32..2000) {
            let (w, h) = (w * 2, h * 2);
            let (fw, fh) = fit(w, h, mw, mh);
            prop_assert!(fw % 2 == 0 && fh % 2 == 0 && fw >= 2 && fh >= 2);
            prop_assert!(fw <= w && fh <= h && fw <= mw.max(2) && fh <= mh.max(2));
        }
    }
}
