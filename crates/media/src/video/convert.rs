//! Conversion of camera formats to I420. Cameras are untrusted: short and broken buffers are refused.

use std::sync::Arc;

use yuv::{
    BufferStoreMut, YuvConversionMode, YuvPackedImage, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
};

use super::frame_pool::FramePool;
use super::mjpeg::from_jpeg;

/// How a camera lays out its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PixelLayout {
    Mjpeg,
    Yuyv,
    Nv12,
    Grey,
    Rgb,
    Bgr,
    /// 4 bytes a pixel, the last unused.
    Bgrx,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConvertError {
    #[error("{got} bytes where a picture has {want}")]
    Short { got: usize, want: usize },
    #[error("a picture without size")]
    Empty,
    #[error("broken JPEG: {0}")]
    Jpeg(String),
    #[error("conversion failed: {0}")]
    Pixels(#[from] yuv::YuvError),
}

/// An I420 picture of even size, as in [`crate::VideoFrame`].
#[derive(Debug)]
pub(crate) struct I420 {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: Arc<[u8]>,
}

/// Converts one camera buffer; rows may be longer than the picture is wide.
pub(crate) fn to_i420(
    pool: &mut FramePool,
    layout: PixelLayout,
    width: u32,
    height: u32,
    buffer: &[u8],
) -> Result<I420, ConvertError> {
    if layout == PixelLayout::Mjpeg {
        return from_jpeg(pool, buffer);
    }
    let (w, h) = (width as usize & !1, height as usize & !1);
    if w == 0 || h == 0 || w > 8192 || h > 8192 {
        return Err(ConvertError::Empty);
    }
    let rows = height as usize;
    // Bytes per row times two, since NV12 has one and a half rows of bytes per row of pixels.
    let (least, halves) = match layout {
        PixelLayout::Yuyv => (width as usize * 2, 2),
        PixelLayout::Nv12 => (width as usize, 3),
        PixelLayout::Rgb | PixelLayout::Bgr => (width as usize * 3, 2),
        PixelLayout::Bgrx => (width as usize * 4, 2),
        PixelLayout::Grey | PixelLayout::Mjpeg => (width as usize, 2),
    };
    let want = least * rows * halves / 2;
    if buffer.len() < want {
        return Err(ConvertError::Short { got: buffer.len(), want });
    }
    // Some drivers pad every row to a round number of bytes.
    let padded = buffer.len() * 2 / (rows * halves);
    let stride =
        if padded - least < 256 && buffer.len() * 2 == padded * rows * halves { padded } else { least };
    let bytes = pool.fill(w * h * 3 / 2, |i420| {
        match layout {
            PixelLayout::Grey | PixelLayout::Mjpeg => {
                i420[w * h..].fill(128);
                for row in 0..h {
                    i420[row * w..(row + 1) * w].copy_from_slice(&buffer[row * stride..row * stride + w]);
                }
            }
            PixelLayout::Nv12 => split_nv12(buffer, stride, rows, (w, h), i420),
            PixelLayout::Yuyv => {
                let packed = YuvPackedImage {
                    yuy: buffer,
                    yuy_stride: stride as u32,
                    width: w as u32,
                    height: h as u32,
                };
                yuv::yuyv422_to_yuv420(&mut planar(i420, w, h), &packed)?;
            }
            PixelLayout::Rgb | PixelLayout::Bgr | PixelLayout::Bgrx => {
                let convert = match layout {
                    PixelLayout::Rgb => yuv::rgb_to_yuv420,
                    PixelLayout::Bgrx => yuv::bgra_to_yuv420,
                    PixelLayout::Bgr
                    | PixelLayout::Grey
                    | PixelLayout::Mjpeg
                    | PixelLayout::Nv12
                    | PixelLayout::Yuyv => yuv::bgr_to_yuv420,
                };
                convert(
                    &mut planar(i420, w, h),
                    buffer,
                    stride as u32,
                    YuvRange::Limited,
                    YuvStandardMatrix::Bt601,
                    YuvConversionMode::Balanced,
                )?;
            }
        }
        Ok::<_, ConvertError>(())
    })?;
    Ok(I420 { width: w as u32, height: h as u32, bytes })
}

fn split_nv12(buffer: &[u8], stride: usize, rows: usize, (w, h): (usize, usize), i420: &mut [u8]) {
    let (luma, chroma) = i420.split_at_mut(w * h);
    let (u, v) = chroma.split_at_mut(w * h / 4);
    for row in 0..h {
        luma[row * w..(row + 1) * w].copy_from_slice(&buffer[row * stride..row * stride + w]);
    }
    for row in 0..h / 2 {
        let pairs = &buffer[(rows + row) * stride..(rows + row) * stride + w];
        let line = row * (w / 2)..(row + 1) * (w / 2);
        for ((pair, u), v) in pairs.chunks_exact(2).zip(&mut u[line.clone()]).zip(&mut v[line]) {
            (*u, *v) = (pair[0], pair[1]);
        }
    }
}

fn planar(i420: &mut [u8], w: usize, h: usize) -> YuvPlanarImageMut<'_, u8> {
    let (y, chroma) = i420.split_at_mut(w * h);
    let (u, v) = chroma.split_at_mut(w * h / 4);
    YuvPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(y),
        y_stride: w as u32,
        u_plane: BufferStoreMut::Borrowed(u),
        u_stride: (w / 2) as u32,
        v_plane: BufferStoreMut::Borrowed(v),
        v_stride: (w / 2) as u32,
        width: w as u32,
        height: h as u32,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::VideoFrame;
    use crate::video::image::i420_to_rgba;

    const LAYOUTS: [PixelLayout; 6] = [
        PixelLayout::Mjpeg,
        PixelLayout::Yuyv,
        PixelLayout::Nv12,
        PixelLayout::Grey,
        PixelLayout::Rgb,
        PixelLayout::Bgr,
    ];

    fn first_pixel(picture: I420) -> [u8; 4] {
        let (width, height, i420) = (picture.width, picture.height, picture.bytes);
        let rgba = i420_to_rgba(&VideoFrame { width, height, i420, at: Instant::now(), timestamp: 0 });
        [rgba[0], rgba[1], rgba[2], rgba[3]]
    }

    #[test]
    fn every_layout_keeps_its_colour() {
        let near = |colour: [u8; 4], wanted: [u8; 3]| {
            assert!(colour.iter().zip(wanted).all(|(&is, wants)| is.abs_diff(wants) < 8), "{colour:?}");
        };
        let rgb: Vec<u8> = [200, 100, 50].repeat(16 * 8);
        near(
            first_pixel(to_i420(&mut FramePool::default(), PixelLayout::Rgb, 16, 8, &rgb).expect("whole")),
            [200, 100, 50],
        );
        near(
            first_pixel(to_i420(&mut FramePool::default(), PixelLayout::Bgr, 16, 8, &rgb).expect("whole")),
            [50, 100, 200],
        );
        // BT.601 red.
        let yuyv = [82, 90, 82, 240].repeat(8 * 8);
        near(
            first_pixel(to_i420(&mut FramePool::default(), PixelLayout::Yuyv, 16, 8, &yuyv).expect("whole")),
            [255, 0, 0],
        );
        let nv12 = [vec![82; 16 * 8], [90, 240].repeat(8 * 4)].concat();
        near(
            first_pixel(to_i420(&mut FramePool::default(), PixelLayout::Nv12, 16, 8, &nv12).expect("whole")),
            [255, 0, 0],
        );
        near(
            first_pixel(
                to_i420(&mut FramePool::default(), PixelLayout::Grey, 16, 8, &[126; 128]).expect("whole"),
            ),
            [128, 128, 128],
        );
    }

    #[test]
    fn padded_rows_are_cut() {
        let mut rows = Vec::new();
        for _ in 0..12 {
            rows.extend_from_slice(&[126; 16]);
            rows.extend_from_slice(&[0; 48]);
        }
        let picture = to_i420(&mut FramePool::default(), PixelLayout::Nv12, 16, 8, &rows).expect("whole");
        assert!(picture.bytes.iter().all(|&byte| byte == 126));
    }

    #[test]
    fn a_jpeg_becomes_its_colour() {
        let picture = to_i420(
            &mut FramePool::default(),
            PixelLayout::Mjpeg,
            0,
            0,
            include_bytes!("testdata/orange.jpg"),
        )
        .expect("whole");
        assert_eq!((picture.width, picture.height), (64, 48));
        let colour = first_pixel(picture);
        assert!(colour[0] > 240 && colour[1].abs_diff(136) < 12 && colour[2] < 20, "{colour:?}");
    }

    proptest! {
        #[test]
        fn broken_buffers_are_refused_or_converted(
            layout in 0usize..6, width in 0u32..40, height in 0u32..40,
            buffer in proptest::collection::vec(any::<u8>(), 0..4000))
        {
            if let Ok(picture) = to_i420(&mut FramePool::default(), LAYOUTS[layout], width, height, &buffer) {
                prop_assert_eq!(picture.bytes.len() as u32, picture.width * picture.height * 3 / 2);
            }
        }
    }
}
