//! A screenshot, as pixels.

use std::ops::Range;

use anyhow::{Context, ensure};

/// A screenshot of the whole screen.
#[derive(Clone, Debug)]
pub struct Screenshot {
    pub width: usize,
    pub height: usize,
    /// Red, green and blue of each pixel, row by row.
    pixels: Vec<u8>,
}

/// How far a colour may be from the wanted one in each part: codecs and scaling move it.
const NEAR: u8 = 40;

impl Screenshot {
    /// Reads a binary PPM of eight bits.
    pub(crate) fn from_ppm(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut fields = Vec::new();
        let mut rest = bytes;
        while fields.len() < 4 {
            let end = rest.iter().position(u8::is_ascii_whitespace).context("not a picture")?;
            fields.push(String::from_utf8_lossy(&rest[..end]).into_owned());
            rest = &rest[end + 1..];
        }
        let (width, height) = (fields[1].parse()?, fields[2].parse()?);
        ensure!(fields[0] == "P6" && rest.len() == width * height * 3, "not a picture of eight bits");
        Ok(Self { width, height, pixels: rest.to_vec() })
    }

    /// Red, green and blue at a place.
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        let at = (x < self.width && y < self.height).then_some((y * self.width + x) * 3)?;
        Some([self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]])
    }

    /// Fraction of the pixels in these columns and rows that have about this colour.
    pub fn share(&self, columns: Range<usize>, rows: Range<usize>, colour: [u8; 3]) -> f64 {
        self.part(columns, rows, |pixel| pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < NEAR))
    }

    /// Fraction of the pixels in these columns and rows that are `wanted`.
    pub fn part(&self, columns: Range<usize>, rows: Range<usize>, wanted: impl Fn([u8; 3]) -> bool) -> f64 {
        let (mut all, mut hits) = (0.0, 0.0);
        for y in rows.start..rows.end.min(self.height) {
            for x in columns.start..columns.end.min(self.width) {
                all += 1.0;
                hits += f64::from(u8::from(self.pixel(x, y).is_some_and(&wanted)));
            }
        }
        hits / f64::max(all, 1.0)
    }

    /// Fraction of the pixels in these columns and rows that another picture of this size has otherwise.
    pub fn moved(&self, other: &Self, columns: Range<usize>, rows: Range<usize>) -> f64 {
        let (mut all, mut moved) = (0.0, 0.0);
        for y in rows.start..rows.end.min(self.height) {
            for x in columns.start..columns.end.min(self.width) {
                all += 1.0;
                moved += f64::from(u8::from(self.pixel(x, y) != other.pixel(x, y)));
            }
        }
        moved / f64::max(all, 1.0)
    }

    /// How many pixels differ between two pictures of one size.
    pub fn differing(&self, other: &Self) -> usize {
        let (a, b) = (self.pixels.chunks_exact(3), other.pixels.chunks_exact(3));
        a.zip(b).filter(|(a, b)| a != b).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_picture_is_measured() {
        let picture = Screenshot::from_ppm(b"P6\n2 1\n255\n\xff\x00\x00\x00\x00\xff").unwrap();
        assert!((picture.share(0..1, 0..1, [250, 10, 0]) - 1.0).abs() < 1e-9);
        assert!((picture.share(0..2, 0..1, [0, 0, 255]) - 0.5).abs() < 1e-9);
        let other = Screenshot::from_ppm(b"P6\n2 1\n255\n\xff\x00\x00\x00\x00\xfe").unwrap();
        assert!((picture.moved(&other, 0..2, 0..1) - 0.5).abs() < 1e-9);
        assert!(picture.moved(&other, 0..1, 0..1) < 1e-9);
        assert_eq!(picture.pixel(1, 0), Some([0, 0, 255]));
        assert_eq!(picture.pixel(2, 0), None);
    }

    #[test]
    fn a_cut_off_picture_is_refused() {
        assert!(Screenshot::from_ppm(b"P6\n2 2\n255\n\xff").is_err());
        assert!(Screenshot::from_ppm(b"P6").is_err());
    }
}
