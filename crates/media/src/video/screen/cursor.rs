//! Mouse cursor drawn into captured pixels, which do not contain it. Pure.

use super::Pixels;

/// A pointer's picture: premultiplied `0xaarrggbb`, and where its upper left lies in the pixels.
#[derive(Debug)]
pub(super) struct Cursor {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) width: usize,
    pub(super) image: Vec<u32>,
}

/// Draws the pointer where it covers the pixels, which may be nowhere.
pub(super) fn draw(pixels: &mut Pixels, cursor: &Cursor) {
    if cursor.width == 0 {
        return;
    }
    let width = pixels.width as usize;
    for (row, line) in (0i32..).zip(cursor.image.chunks_exact(cursor.width)) {
        let Some(y) = inside(cursor.top.saturating_add(row), pixels.height) else { continue };
        for (column, &colour) in (0i32..).zip(line) {
            let Some(x) = inside(cursor.left.saturating_add(column), pixels.width) else { continue };
            let at = (y * width + x) * 4;
            let Some(under) = pixels.bytes.get_mut(at..at + 3) else { continue };
            let [alpha, red, green, blue] = colour.to_be_bytes();
            for (under, over) in under.iter_mut().zip([blue, green, red]) {
                let shows = u16::from(*under) * u16::from(255 - alpha) / 255;
                *under = (u16::from(over) + shows).min(255) as u8;
            }
        }
    }
}

fn inside(position: i32, size: u32) -> Option<usize> {
    let position = u32::try_from(position).ok()?;
    (position < size).then_some(position as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32) -> Pixels {
        Pixels { width, height, bytes: vec![100; (width * height * 4) as usize] }
    }

    #[test]
    fn the_pointer_covers_what_it_is_over_and_lets_the_rest_through() {
        let mut pixels = grey(4, 4);
        let image = vec![0xffff_0000, 0x0000_0000, 0x8000_4000, 0xff00_00ff];
        draw(&mut pixels, &Cursor { left: 1, top: 1, width: 2, image });
        let at = |x: usize, y: usize| [0, 1, 2].map(|part| pixels.bytes[(y * 4 + x) * 4 + part]);
        assert_eq!(at(1, 1), [0, 0, 255]);
        assert_eq!(at(2, 1), [100, 100, 100]);
        assert_eq!(at(1, 2), [49, 113, 49]);
        assert_eq!(at(2, 2), [255, 0, 0]);
        assert_eq!(at(0, 0), [100, 100, 100]);
    }

    #[test]
    fn a_pointer_on_the_edge_or_elsewhere_does_no_harm() {
        for (left, top) in [(-1, -1), (3, 3), (-500, 2), (i32::MAX, i32::MIN), (i32::MIN, i32::MAX)] {
            let mut pixels = grey(4, 4);
            draw(&mut pixels, &Cursor { left, top, width: 2, image: vec![0xffff_ffff; 4] });
            assert_eq!(pixels.bytes.len(), 64);
        }
        let mut pixels = grey(4, 4);
        draw(&mut pixels, &Cursor { left: 0, top: 0, width: 0, image: vec![0xffff_ffff] });
        draw(&mut pixels, &Cursor { left: 0, top: 0, width: 3, image: vec![0xffff_ffff; 2] });
        assert!(pixels.bytes.iter().all(|byte| *byte == 100));
    }
}
