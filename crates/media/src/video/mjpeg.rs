//! JPEG frames of cameras (ITU-T T.81): without the standard Huffman tables, with other bytes around them,
//! and sometimes truncated.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::convert::{ConvertError, I420, PixelLayout, to_i420};
use super::frame_pool::FramePool;

/// Bytes before a JPEG at most.
const MAX_LEADING_BYTES: usize = 4096;
/// The APP0 marker of AVI files: with it the decoder uses the tables of K.3 where there are none.
const TABLES_MAY_MISS: [u8; 9] = [0xff, 0xe0, 0, 7, b'A', b'V', b'I', b'1', 0];

/// So many zeros before the end of a JPEG are padding.
const MIN_PADDING_ZEROS: usize = 8;

/// A picture in a buffer.
struct FoundJpeg<'a> {
    /// The segments before its first scan.
    headers: Vec<&'a [u8]>,
    /// The scans, without the mark of the end.
    scans: &'a [u8],
    /// Whether its data can be counted: one scan from top to bottom.
    plain: bool,
}

/// Decodes a picture, if all of it is there.
pub(super) fn from_jpeg(pool: &mut FramePool, buffer: &[u8]) -> Result<I420, ConvertError> {
    let FoundJpeg { headers, scans, plain } = find(buffer)?;
    let mut picture = Vec::with_capacity(buffer.len() + 16);
    picture.extend_from_slice(&[0xff, 0xd8]);
    picture.extend_from_slice(&TABLES_MAY_MISS);
    headers.into_iter().for_each(|segment| picture.extend_from_slice(segment));
    picture.extend_from_slice(scans);
    if !plain {
        picture.extend_from_slice(&[0xff, 0xd9]);
    }
    let options = DecoderOptions::new_fast()
        .set_max_width(4096)
        .set_max_height(4096)
        // Without its end a picture is only taken if nothing but that is missing. Where it can be, it is
        // taken
        // off: cameras write it behind half a picture too, and the rest would be what the decoder makes up.
        .set_strict_mode(plain)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&picture), options);
    let rgb = decoder.decode().map_err(|error| ConvertError::Jpeg(error.to_string()))?;
    let info = decoder.info().ok_or(ConvertError::Empty)?;
    to_i420(pool, PixelLayout::Rgb, u32::from(info.width), u32::from(info.height), &rgb)
}

fn broken(words: &str) -> ConvertError {
    ConvertError::Jpeg(words.into())
}

/// Looks for the beginning and the end.
fn find(buffer: &[u8]) -> Result<FoundJpeg<'_>, ConvertError> {
    let near = &buffer[..buffer.len().min(MAX_LEADING_BYTES + 3)];
    let start = near.windows(3).position(|bytes| bytes == [0xff, 0xd8, 0xff]);
    let rest = start.and_then(|start| buffer.get(start + 2..)).ok_or_else(|| broken("no beginning"))?;
    let mut at = 0;
    let (mut headers, mut scan, mut plain) = (Vec::new(), None, true);
    let end = loop {
        // In the headers this is where the next marker is; in a scan it has to be looked for.
        let Some(marker) = next_marker(rest, &mut at) else { break None };
        match marker {
            0xd9 if scan.is_some() => break Some(at - 2),
            0xd9 => return Err(broken("it ends before it begins")),
            // Restarts, and beginnings written twice.
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let begin = at - 2;
                let Some(&[high, low]) = rest.get(at..).and_then(|rest| rest.first_chunk()) else {
                    break None;
                };
                at += usize::from(u16::from_be_bytes([high, low])).max(2);
                // Progressive ones, and those in several scans.
                plain &= marker != 0xc2 && scan.is_none();
                if marker == 0xda {
                    scan = scan.or(Some(begin));
                } else if scan.is_none() {
                    headers.extend(rest.get(begin..at));
                }
            }
        }
    };
    let scan = scan.ok_or_else(|| broken("no picture in it"))?;
    let mut scans = &rest[scan..end.unwrap_or(rest.len())];
    let used = scans.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    // What is left of a buffer is often filled with zeros.
    if end.is_none() || scans.len() - used >= MIN_PADDING_ZEROS {
        scans = &scans[..used];
    }
    // Before a marker there may be any number of these.
    while let [before @ .., 0xff] = scans {
        scans = before;
    }
    Ok(FoundJpeg { headers, scans, plain: plain || end.is_none() })
}

/// The next marker from `at` on, which is then behind it; `FF 00` is none.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let step = bytes.get(*at..)?.iter().position(|byte| *byte == 0xff)?;
        *at += step;
        while bytes.get(*at) == Some(&0xff) {
            *at += 1;
        }
        let marker = *bytes.get(*at)?;
        *at += 1;
        if marker != 0 {
            return Some(marker);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TABLES: &[u8] = include_bytes!("testdata/review/nodht-jfif.jpg");

    fn size(picture: &[u8]) -> Option<(u32, u32)> {
        from_jpeg(&mut FramePool::default(), picture).ok().map(|picture| (picture.width, picture.height))
    }

    #[test]
    fn the_tables_everybody_knows_may_be_left_out() {
        let pictures: [&[u8]; 4] = [
            NO_TABLES,
            include_bytes!("testdata/review/nodht-noapp.jpg"),
            include_bytes!("testdata/review/nodht-avi1.jpg"),
            include_bytes!("testdata/review/junk-before.jpg"),
        ];
        let decoded = pictures
            .map(|picture| from_jpeg(&mut FramePool::default(), picture).expect("a whole picture").bytes);
        // The same picture each time, and no grey one.
        for other in &decoded[..3] {
            assert_eq!(other, &decoded[0]);
        }
        for picture in decoded {
            let (least, most) = (picture.iter().min(), picture.iter().max());
            assert!(most > least.map(|least| least + 20).as_ref(), "{least:?} to {most:?}");
        }
    }

    #[test]
    fn rubbish_around_a_picture_does_no_harm() {
        let whole = size(NO_TABLES);
        assert!(whole.is_some());
        for before in [&[0_u8; 1][..], &[0; 512], &[0xff; 7], b"\xff\x00\xff\xd9", &[0xd8; 4096]] {
            assert_eq!(size(&[before, NO_TABLES].concat()), whole, "{} bytes", before.len());
        }
        for after in [&[0_u8; 3][..], &[0; 5000], &[0xff; 9], b"rubbish", NO_TABLES] {
            assert_eq!(size(&[NO_TABLES, after].concat()), whole, "{} bytes", after.len());
        }
        assert_eq!(size(&[&[0; MAX_LEADING_BYTES + 9][..], NO_TABLES].concat()), None);
    }

    #[test]
    fn a_picture_cut_short_is_left_out() {
        let cut: &[u8] = include_bytes!("testdata/review/cut-half.jpg");
        assert_eq!(size(cut), None);
        assert_eq!(size(&[cut, &[0; 9000]].concat()), None, "filled up with zeros");
        for quarter in 1..4 {
            assert_eq!(size(&NO_TABLES[..NO_TABLES.len() * quarter / 4]), None, "{quarter} of 4");
        }
        for length in [0, 1, 2, 3, 20, 200] {
            assert_eq!(size(&NO_TABLES[..length]), None, "{length} bytes");
        }
        // Only the mark of its end is missing.
        assert_eq!(size(&NO_TABLES[..NO_TABLES.len() - 2]), size(NO_TABLES));
    }

    /// Cameras end what they have of a picture, and lose packets of it on the way.
    #[test]
    fn half_a_picture_is_none_though_its_end_is_there() {
        let end = [0xff, 0xd9];
        let scan = NO_TABLES.windows(2).position(|bytes| bytes == [0xff, 0xda]).expect("a scan") + 14;
        let length = NO_TABLES.len() - scan;
        for part in [2, 3, 10] {
            let cut = &NO_TABLES[..NO_TABLES.len() - length / part];
            assert_eq!(size(&[cut, &end].concat()), None, "without 1/{part}");
            assert_eq!(size(&[cut, &[0; 2000], &end].concat()), None, "without 1/{part}, filled up");
        }
        let hole = [&NO_TABLES[..scan + length / 3], &NO_TABLES[scan + length / 2..]].concat();
        assert_eq!(size(&hole), None, "packets lost in the middle");
        let whole = &NO_TABLES[..NO_TABLES.len() - 2];
        for before in [&[0_u8; 3][..], &[0; 64], &[0xff; 5], &[0; 2000]] {
            assert_eq!(size(&[whole, before, &end].concat()), size(NO_TABLES), "{} bytes", before.len());
        }
        let tables = NO_TABLES.windows(2).position(|bytes| bytes == [0xff, 0xdb]).expect("there are some");
        let headers = [&NO_TABLES[..tables], b"some bytes of its own", &NO_TABLES[tables..]].concat();
        assert_eq!(size(&headers), size(NO_TABLES), "rubbish between the headers");
    }

    /// An even picture whose tables are left out: one channel or three with twice as much luma, and a restart
    /// after so many blocks, or none.
    fn even((width, height): (u16, u16), channels: &[u8], restart: u16) -> Vec<u8> {
        let mut out = [&[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0][..], &[8; 64]].concat();
        let segment = |out: &mut Vec<u8>, marker: u8, body: &[u8]| {
            out.extend([&[0xff, marker][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat());
        };
        let count = channels.len() as u8;
        let mut frame = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[count]].concat();
        let mut scan = vec![count];
        for (id, sampling) in (1..).zip(channels) {
            frame.extend([id, *sampling, 0]);
            scan.extend([id, if id == 1 { 0 } else { 0x11 }]);
        }
        segment(&mut out, 0xc0, &frame);
        if restart > 0 {
            segment(&mut out, 0xdd, &restart.to_be_bytes());
        }
        segment(&mut out, 0xda, &[&scan[..], &[0, 63, 0]].concat());
        // A first difference of 20 is 110 10100 (K.3.1), one of nothing 00, and the end of a block 1010 or
        // 00.
        let (across, blocks) = if count == 1 { (8, 1) } else { (16, usize::from(channels[0] >> 4)) };
        let many = usize::from(width / across) * usize::from(height / 8);
        let interval = if restart > 0 { usize::from(restart) } else { many };
        for (number, begin) in (0_usize..).zip((0..many).step_by(interval)) {
            let mut bits = String::new();
            for block in begin..many.min(begin + interval) {
                bits += if block == begin { "110101001010" } else { "001010" };
                bits += &"001010".repeat(blocks - 1);
                bits += &"0000".repeat(channels.len() - 1);
            }
            bits += &"1".repeat((8 - bits.len() % 8) % 8);
            if number > 0 {
                out.extend([0xff, 0xd0 + ((number - 1) % 8) as u8]);
            }
            let bytes = bits.as_bytes().chunks(8);
            out.extend(bytes.map(|byte| byte.iter().fold(0, |all, bit| all << 1 | (bit - b'0'))));
        }
        out.extend([0xff, 0xd9]);
        out
    }

    #[test]
    fn restarts_grey_pictures_and_even_ones_are_whole() {
        for channels in [&[0x11][..], &[0x21, 0x11, 0x11]] {
            for restart in [0, 4, 7, 40, 80] {
                let picture = even((640, 480), channels, restart);
                let found = from_jpeg(&mut FramePool::default(), &picture)
                    .unwrap_or_else(|error| panic!("{channels:?} {restart}: {error}"));
                assert!(found.bytes[..640 * 480].iter().all(|luma| luma.abs_diff(143) < 3), "{restart}");
                let cut = &picture[..picture.len() - picture.len() / 3];
                assert_eq!(size(&[cut, &[0xff, 0xd9]].concat()), None, "{channels:?} {restart}");
            }
        }
    }
}
