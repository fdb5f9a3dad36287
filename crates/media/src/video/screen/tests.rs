use std::collections::VecDeque;

use super::*;

/// Gives what it was told to give, one after the other.
#[derive(Debug)]
struct Told(VecDeque<Grab>);

/// Width, height and shade; nothing where the screen did not change.
type Grab = Result<Option<(u32, u32, u8)>, &'static str>;

impl ScreenGrabber for Told {
    fn label(&self) -> String {
        "Told".into()
    }

    fn grab(&mut self, into: &mut Pixels) -> Result<bool, SourceError> {
        match self.0.pop_front().expect("told enough") {
            Ok(Some((width, height, grey))) => {
                *into = Pixels { width, height, bytes: vec![grey; (width * height * 4) as usize] };
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(why) => Err(SourceError::Failed(why.into())),
        }
    }
}

fn source(told: impl IntoIterator<Item = Result<Option<(u32, u32, u8)>, &'static str>>) -> ScreenSource {
    ScreenSource {
        grabber: Box::new(Told(told.into_iter().collect())),
        pixels: Pixels::default(),
        before: Pixels::default(),
        most: (1920, 1080),
        gap: Duration::from_secs(1) / CAPTURE_FPS,
        due: Instant::now(),
        last: None,
        scaler: Scaler::default(),
        pool: FramePool::default(),
    }
}

#[test]
fn large_screens_are_made_smaller_and_keep_their_shape() {
    for ((width, height), size) in [
        ((1280, 720), (1280, 720)),
        ((3840, 2160), (1920, 1080)),
        ((3840, 1080), (1920, 540)),
        ((1080, 1920), (1080, 1920)),
        ((641, 479), (640, 478)),
    ] {
        let frame = source([Ok(Some((width, height, 200)))]).picture().expect("a picture").expect("changed");
        assert_eq!((frame.width, frame.height), size);
        assert!((180..200).contains(&frame.i420[0]), "{}", frame.i420[0]);
    }
}

#[test]
fn an_unchanged_screen_is_sent_again_only_now_and_then() {
    let seen = Ok(Some((64, 64, 9)));
    let mut source = source([seen, seen, seen, Ok(None), Ok(Some((64, 64, 10))), Ok(None)]);
    let first = source.picture().expect("a picture").expect("the first");
    assert!(source.picture().expect("nothing new").is_none());
    let long_ago = first.at - UNCHANGED_REPEAT_INTERVAL * 2;
    let forget = |source: &mut ScreenSource| source.last.as_mut().expect("seen").at = long_ago;
    forget(&mut source);
    let again = source.picture().expect("a picture").expect("it is due");
    assert_eq!(again.i420, first.i420);
    assert!(again.at >= first.at, "with the time of now");
    // A minimised window is what it was.
    forget(&mut source);
    assert_eq!(source.picture().expect("a picture").expect("it is due").i420, first.i420);
    assert_ne!(source.picture().expect("a picture").expect("changed").i420, first.i420);
    assert!(source.picture().expect("nothing").is_none());
}

#[test]
fn a_screen_that_is_not_there_yet_is_nothing_and_one_that_is_gone_an_error() {
    let mut source = source([Ok(None), Ok(Some((64, 64, 9))), Err("closed")]);
    assert!(source.picture().expect("nothing yet").is_none());
    assert!(source.picture().expect("a picture").is_some());
    assert!(matches!(source.picture(), Err(SourceError::Failed(_))));
}

#[test]
fn windows_are_numbers() {
    assert_eq!(
        (number("42"), number("0x2a"), number("0"), number("-1"), number("x")),
        (Some(42), Some(42), None, None, None)
    );
}

#[cfg(target_os = "linux")]
mod on_x11 {
    use x11rb::protocol::xproto::Rectangle;

    use super::*;
    use crate::video::image::Planes;
    use crate::video::tests::display::{SIZE, display};
    use crate::video::tests::pipeline::{WAIT_LIMIT, middle};
    use crate::video::{list_screens, open_source, screen_preview};

    const RED: u32 = 0xc8_2828;
    const BLUE: u32 = 0x28_28c8;

    fn open(window: Option<u32>) -> Box<dyn VideoSource> {
        let name = window.map(|id| id.to_string()).unwrap_or_default();
        let format = VideoFormat { width: 1920, height: 1080, fps: CAPTURE_FPS };
        open_source(&format!("screen:{name}"), format).expect("the screen opens")
    }

    /// The first picture that is as wanted.
    fn see(source: &mut dyn VideoSource, what: &str, wanted: impl Fn(&VideoFrame) -> bool) -> VideoFrame {
        let until = Instant::now() + WAIT_LIMIT;
        loop {
            if let Some(frame) = source.next_frame(Duration::from_millis(200)).expect("a picture")
                && wanted(&frame)
            {
                return frame;
            }
            assert!(Instant::now() < until, "never seen: {what}");
        }
    }

    fn is_red(frame: &VideoFrame) -> bool {
        let [luma, u, v] = middle(frame);
        luma.abs_diff(91) < 8 && u.abs_diff(104) < 8 && v.abs_diff(198) < 8
    }

    fn is_blue(frame: &VideoFrame) -> bool {
        let [luma, u, v] = middle(frame);
        luma.abs_diff(66) < 8 && u.abs_diff(198) < 8 && v.abs_diff(117) < 8
    }

    #[test]
    fn a_monitor_is_a_part_of_the_screen() {
        let display = display();
        let red = display.window("Left", (0, 0), SIZE, RED);
        let blue =
            display.window("Right", (i16::try_from(SIZE.0 / 2).unwrap(), 0), (SIZE.0 / 2, SIZE.1), BLUE);
        // The one of Xvfb by its name: it is all of the screen.
        let (connection, screen) = x11::connect().expect("the screen");
        let root = x11rb::connection::Connection::setup(&connection).roots[screen].root;
        let halves = [("left", 0), ("right", SIZE.0 / 2)];
        for (name, x) in halves {
            display.monitor(name, (x, 0), (SIZE.0 / 2, SIZE.1));
        }
        let known = x11_windows::monitors(&connection, root);
        let listed = list_screens();
        for (name, _) in halves {
            assert!(known.iter().any(|monitor| monitor.name == name), "{known:?}");
            let id = format!("screen:monitor:{name}");
            assert!(listed.iter().any(|source| source.id == id && !source.window), "{listed:?}");
        }
        let format = VideoFormat { width: 1920, height: 1080, fps: CAPTURE_FPS };
        let mut left = open_source("screen:monitor:left", format).expect("the left half");
        let mut right = open_source("screen:monitor:right", format).expect("the right half");
        let seen = see(&mut *left, "the left half", is_red);
        assert_eq!((seen.width, seen.height), ((SIZE.0 / 2).into(), SIZE.1.into()));
        see(&mut *right, "the right half", is_blue);
        display.forget_monitor("right");
        let until = Instant::now() + WAIT_LIMIT;
        while right.next_frame(Duration::from_millis(200)).is_ok() {
            assert!(Instant::now() < until, "a monitor that is gone is an error");
        }
        display.forget_monitor("left");
        display.close(red);
        display.close(blue);
    }

    #[test]
    fn a_window_is_seen_whole_though_another_is_in_front() {
        let display = display();
        let red = display.window("Red one", (40, 40), (400, 300), RED);
        let blue = display.window("Blue one", (0, 0), SIZE, BLUE);
        let (mut window, mut screen) = (open(Some(red)), open(None));
        assert_eq!((window.describe().as_str(), screen.describe().as_str()), ("Red one", "Whole screen"));
        let seen = see(&mut *window, "the window behind", is_red);
        assert_eq!((seen.width, seen.height), (400, 300));
        let seen = see(&mut *screen, "the window in front", is_blue);
        assert_eq!((seen.width, seen.height), (SIZE.0.into(), SIZE.1.into()));

        let listed = list_screens();
        let labels: Vec<_> = listed.iter().map(|source| source.label.as_str()).collect();
        assert_eq!(labels, ["Whole screen", "Blue one", "Red one"]);
        assert_eq!(listed[2].id, format!("screen:{red}"));
        assert_eq!(listed.iter().map(|source| source.window).collect::<Vec<_>>(), [false, true, true]);
        // Small pictures of both, the one behind included.
        for (id, most, colour) in
            [(&listed[0].id, (320, 180), [40, 40, 200]), (&listed[2].id, (320, 180), [200, 40, 40])]
        {
            let png = screen_preview(id, most.0, most.1).expect("a preview");
            let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().expect("a picture");
            let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
            let about = reader.next_frame(&mut pixels).expect("a picture");
            assert!(about.width <= most.0 && about.height <= most.1 && about.width > 100, "{about:?}");
            let middle = ((about.height / 2 * about.width + about.width / 2) * 3) as usize;
            let near = pixels[middle..middle + 3].iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 12);
            assert!(near, "{id}: {:?}", &pixels[middle..middle + 3]);
        }
        assert!(screen_preview("screen:monitor:NONE", 320, 180).is_none());
        assert!(screen_preview("camera:x", 320, 180).is_none());

        // What changes on it is seen, and so is its new size.
        display.recolour(red, BLUE);
        see(&mut *window, "the other colour", is_blue);
        display.resize(red, (500, 200));
        see(&mut *window, "the new size", |frame| (frame.width, frame.height) == (500, 200));
        display.raise(red);
        display.hide(red);
        see(&mut *window, "what was there before it was hidden", |frame| frame.width == 500);
        display.close(red);
        let until = Instant::now() + WAIT_LIMIT;
        let error = loop {
            match window.next_frame(Duration::from_millis(200)) {
                Ok(_) => assert!(Instant::now() < until, "a closed window is an error"),
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains("closed"), "{error}");
        let format = VideoFormat::default();
        assert!(matches!(open_source(&format!("screen:{red}"), format), Err(SourceError::NotFound(_))));
        display.close(blue);
    }

    #[test]
    fn text_and_the_pointer_are_in_the_picture() {
        let display = display();
        let page = display.window("Page", (0, 0), SIZE, 0xff_ffff);
        let area = Rectangle { x: 100, y: 100, width: 60, height: 40 };
        display.draw(page, area, 0, "Bellwire");
        display.point((900, 500), [0, 0xffff, 0]);
        let mut screen = open(None);
        let at = |frame: &VideoFrame, x: usize, y: usize| {
            let planes = Planes::of(frame).expect("a sound picture");
            let width = frame.width as usize;
            [planes.y[y * width + x], planes.u[y / 2 * (width / 2) + x / 2]]
        };
        let frame = see(&mut *screen, "the page", |frame| middle(frame)[0] > 220);
        assert!(at(&frame, 130, 120)[0] < 30, "the box is black");
        // White, black, white: letters.
        let planes = Planes::of(&frame).expect("a sound picture");
        let lines = (105..125).map(|y| &planes.y[y * 1280 + 200..y * 1280 + 260]);
        let dark: usize = lines.map(|line| line.iter().filter(|luma| **luma < 100).count()).sum();
        assert!((20..600).contains(&dark), "{dark} dark pixels are no word");
        // The pointer is green and 16 pixels wide, from its tip on.
        let frame = see(&mut *screen, "the pointer", |frame| at(frame, 908, 508)[0] < 200);
        assert!(
            at(&frame, 908, 508)[1] < 100 && at(&frame, 890, 490)[0] > 220 && at(&frame, 930, 530)[0] > 220
        );
    }
}
