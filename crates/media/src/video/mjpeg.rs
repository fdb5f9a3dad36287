//! Pictures of cameras that compress them (ITU-T T.81): without the tables everybody knows, with rubbish
//! around them, and now and then cut short.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::convert::{ConvertError, I420, PixelLayout, to_i420};

/// Rubbish before a picture, bytes at most.
const MOST_RUBBISH: usize = 4096;
/// The mark of pictures in AVI files: with it the decoder takes the tables of K.3 where there are none.
const TABLES_MAY_MISS: [u8; 9] = [0xff, 0xe0, 0, 7, b'A', b'V', b'I', b'1', 0];

/// A picture in a buffer.
struct Found<'a> {
    /// Behind the mark of its beginning.
    body: &'a [u8],
    /// Whether its end is there.
    ended: bool,
}

/// Decodes a picture, if all of it is there.
pub(super) fn from_jpeg(buffer: &[u8]) -> Result<I420, ConvertError> {
    let Found { body, ended } = find(buffer)?;
    let mut picture = Vec::with_capacity(body.len() + 16);
    picture.extend_from_slice(&[0xff, 0xd8]);
    picture.extend_from_slice(&TABLES_MAY_MISS);
    picture.extend_from_slice(body);
    let options = DecoderOptions::new_fast()
        .set_max_width(4096)
        .set_max_height(4096)
        // Without its end a picture is only taken if nothing but that is missing.
        .set_strict_mode(!ended)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&picture), options);
    let rgb = decoder.decode().map_err(|error| ConvertError::Jpeg(error.to_string()))?;
    let info = decoder.info().ok_or(ConvertError::Empty)?;
    to_i420(PixelLayout::Rgb, u32::from(info.width), u32::from(info.height), &rgb)
}

fn broken(words: &str) -> ConvertError {
    ConvertError::Jpeg(words.into())
}

/// Looks for the beginning and the end.
fn find(buffer: &[u8]) -> Result<Found<'_>, ConvertError> {
    let near = &buffer[..buffer.len().min(MOST_RUBBISH + 3)];
    let start = near.windows(3).position(|bytes| bytes == [0xff, 0xd8, 0xff]);
    let rest = start.and_then(|start| buffer.get(start + 2..)).ok_or_else(|| broken("no beginning"))?;
    let mut at = 0;
    let mut scan = false;
    loop {
        // In the headers this is where the next marker is; in a scan it has to be looked for.
        let Some(marker) = next_marker(rest, &mut at) else { break };
        match marker {
            0xd9 if scan => return Ok(Found { body: &rest[..at], ended: true }),
            0xd9 => return Err(broken("it ends before it begins")),
            // Restarts, and beginnings written twice.
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let Some(&[high, low]) = rest.get(at..).and_then(|rest| rest.first_chunk()) else { break };
                at += usize::from(u16::from_be_bytes([high, low])).max(2);
                scan |= marker == 0xda;
            }
        }
    }
    if !scan {
        return Err(broken("no picture in it"));
    }
    // What is left of a buffer is often filled with zeros.
    let used = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    Ok(Found { body: &rest[..used], ended: false })
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
        from_jpeg(picture).ok().map(|picture| (picture.width, picture.height))
    }

    #[test]
    fn the_tables_everybody_knows_may_be_left_out() {
        let pictures: [&[u8]; 4] = [
            NO_TABLES,
            include_bytes!("testdata/review/nodht-noapp.jpg"),
            include_bytes!("testdata/review/nodht-avi1.jpg"),
            include_bytes!("testdata/review/junk-before.jpg"),
        ];
        let decoded = pictures.map(|picture| from_jpeg(picture).expect("a whole picture").bytes);
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
        assert_eq!(size(&[&[0; MOST_RUBBISH + 9][..], NO_TABLES].concat()), None);
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
}
