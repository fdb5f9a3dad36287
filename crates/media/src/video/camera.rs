//! Cameras by nokhwa, which only this file names. Drivers block without end and stop without an error, so
//! each camera has its own thread, which can be abandoned.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, CameraInfo, FrameFormat, RequestedFormat, RequestedFormatType,
    frame_formats,
};
use nokhwa::{Camera, NokhwaError};
use tracing::{debug, info};

use super::convert::{PixelLayout, to_i420};
use super::frame_pool::FramePool;
use super::source::{SourceInfo, VideoFormat};
use crate::identity;
use crate::slot::{Slot, Taken};
use crate::thread::Thread;
use crate::{SourceError, VideoFrame, VideoSource};

/// Longest time to open a camera; on macOS the user may first have to allow it.
const OPEN_TIMEOUT: Duration = Duration::from_secs(if cfg!(target_os = "macos") { 60 } else { 8 });
/// A camera without a frame for this long has failed.
const FRAME_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a camera may take to close before its thread is abandoned.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(800);
/// After so many broken frames in a row the camera has failed.
const MAX_BROKEN_FRAMES: u32 = 60;

/// The cameras there are, by ids that survive a restart and another socket.
pub(crate) fn list() -> Vec<SourceInfo> {
    offered("")
}

/// As [`list`], but the camera that `chosen` means is called so.
pub(crate) fn offered(chosen: &str) -> Vec<SourceInfo> {
    let cameras = named();
    let ids: Vec<_> = cameras.iter().map(|camera| identity::camera(&camera.name, &camera.bus)).collect();
    let found = |kept: &str| find(kept.strip_prefix("camera:")?, &cameras);
    let called = |index| identity::called(index, &ids, &[chosen], found);
    let names = cameras.iter().enumerate();
    names.map(|(index, camera)| SourceInfo { id: called(index), label: camera.name.clone() }).collect()
}

/// Whether the camera that is meant by what follows `camera:` is connected.
pub(crate) fn is_there(kept: &str) -> bool {
    find(kept, &named()).is_some()
}

/// A camera that is connected.
#[derive(Clone, Debug)]
struct ConnectedCamera {
    /// The second of two alike is called `name #2`.
    name: String,
    /// As the camera calls itself.
    plain: String,
    /// Where it is connected; empty where the system does not say.
    bus: String,
    index: CameraIndex,
}

fn named() -> Vec<ConnectedCamera> {
    let found = match nokhwa::query(ApiBackend::Auto) {
        Ok(found) => found,
        Err(error) => {
            debug!(%error, "Cameras could not be listed");
            return Vec::new();
        }
    };
    let mut cameras: Vec<&CameraInfo> = found.iter().filter(|camera| captures(camera.index())).collect();
    cameras.sort_by(|one, other| one.index().cmp(other.index()));
    let mut named: Vec<ConnectedCamera> = Vec::new();
    for camera in cameras {
        let plain = camera.human_name().trim().to_owned();
        let mut name = plain.clone();
        let mut number = 2;
        while named.iter().any(|known| known.name == name) {
            name = format!("{plain} #{number}");
            number += 1;
        }
        named.push(ConnectedCamera { name, plain, bus: bus(camera), index: camera.index().clone() });
    }
    named
}

/// The camera that is meant: by name and bus, otherwise by name.
fn find(kept: &str, cameras: &[ConnectedCamera]) -> Option<usize> {
    let (name, bus) = identity::camera_parts(kept);
    // Two alike change their numbers with the order they are connected in, but not their places.
    let plain = name.rsplit_once(" #").map_or(name, |(plain, _)| plain);
    let alike = |camera: &ConnectedCamera| camera.plain == name || camera.plain == plain;
    let placed = bus.and_then(|bus| cameras.iter().position(|camera| camera.bus == bus && alike(camera)));
    placed.or_else(|| cameras.iter().position(|camera| camera.name == name))
}

/// Where a camera is connected, e.g. `1-2:1.0`; elsewhere than on Linux the system's own lasting name of it.
fn bus(camera: &CameraInfo) -> String {
    let CameraIndex::Index(number) = camera.index() else { return camera.misc() };
    if !cfg!(target_os = "linux") {
        return camera.misc();
    }
    let device = std::fs::canonicalize(format!("/sys/class/video4linux/video{number}/device"));
    let place = device.ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    place.unwrap_or_default()
}

/// On Linux a camera has more device nodes than the one that gives pictures; the first is the one.
fn captures(index: &CameraIndex) -> bool {
    let CameraIndex::Index(number) = index else { return true };
    let path = format!("/sys/class/video4linux/video{number}/index");
    std::fs::read_to_string(path).map_or(true, |text| text.trim() == "0")
}

/// An open camera.
#[derive(Debug)]
pub(crate) struct CameraSource {
    name: String,
    pictures: Arc<Slot<Result<VideoFrame, SourceError>>>,
    stop: Arc<AtomicBool>,
    last: Instant,
    thread: Option<Thread>,
}

impl CameraSource {
    /// Opens the camera listed by this name and waits until it runs.
    pub(crate) fn open(name: &str, format: VideoFormat) -> Result<Self, SourceError> {
        let mut cameras = named();
        let found = find(name, &cameras).ok_or_else(|| SourceError::NotFound(format!("camera:{name}")))?;
        let ConnectedCamera { name, index, .. } = cameras.swap_remove(found);
        let pictures = Arc::new(Slot::default());
        let stop = Arc::new(AtomicBool::new(false));
        // One answer, so the thread never waits to give it.
        let (opened, answer) = mpsc::sync_channel(1);
        let thread = Thread::spawn("camera", {
            let (pictures, stop) = (pictures.clone(), stop.clone());
            move || match start(index, format) {
                Ok(camera) => {
                    let _ = opened.send(Ok(()));
                    deliver(camera, &pictures, &stop);
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            }
        });
        let mut this = Self { name, pictures, stop, last: Instant::now(), thread: Some(thread) };
        match answer.recv_timeout(OPEN_TIMEOUT) {
            Ok(Ok(())) => {
                this.last = Instant::now();
                Ok(this)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(SourceError::Failed("the camera does not answer".into())),
        }
    }
}

impl VideoSource for CameraSource {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn next_frame(&mut self, timeout: Duration) -> Result<Option<VideoFrame>, SourceError> {
        match self.pictures.take(timeout) {
            Taken::Value(Ok(frame)) => {
                self.last = Instant::now();
                Ok(Some(frame))
            }
            Taken::Value(Err(error)) => Err(error),
            Taken::Closed => Err(SourceError::Failed("the camera stopped".into())),
            Taken::Nothing if self.last.elapsed() > FRAME_TIMEOUT => {
                Err(SourceError::Failed("the camera gives no more pictures".into()))
            }
            Taken::Nothing => Ok(None),
        }
    }
}

impl Drop for CameraSource {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let Some(thread) = self.thread.take() else { return };
        let until = Instant::now() + CLOSE_TIMEOUT;
        while !thread.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        if !thread.is_finished() {
            thread.abandon();
        }
    }
}

fn start(index: CameraIndex, format: VideoFormat) -> Result<Camera, SourceError> {
    if cfg!(target_os = "macos") && !nokhwa::nokhwa_check() {
        let (allowed, answer) = mpsc::sync_channel(1);
        nokhwa::nokhwa_initialize(move |granted| {
            let _ = allowed.try_send(granted);
        });
        if !answer.recv_timeout(OPEN_TIMEOUT).unwrap_or(false) {
            return Err(SourceError::Denied);
        }
    }
    let any = RequestedFormat::with_formats(RequestedFormatType::None, frame_formats());
    let mut camera = Camera::new(index, any).map_err(plain)?;
    let formats = camera.compatible_camera_formats().unwrap_or_default();
    if let Some(best) = formats.iter().copied().min_by_key(|offer| cost(offer, format))
        && let Err(error) = camera.set_camera_requset(RequestedFormat::with_formats(
            RequestedFormatType::Exact(best),
            frame_formats(),
        ))
    {
        // It still runs in the format it had.
        debug!(%error, "Camera refused a format it had offered");
    }
    camera.open_stream().map_err(plain)?;
    let chosen = camera.camera_format();
    info!(width = chosen.width(), height = chosen.height(), fps = chosen.frame_rate(), "Camera opened");
    Ok(camera)
}

/// How far an offer is from what is wanted; the least is best.
fn cost(offer: &CameraFormat, wanted: VideoFormat) -> (u32, u32, u32) {
    let pixels = |width: u32, height: u32| width.saturating_mul(height);
    let (has, wants) = (pixels(offer.width(), offer.height()), pixels(wanted.width, wanted.height));
    // Too small a picture cannot be mended, too large a one only costs time.
    let size = if has < wants { (wants - has).saturating_mul(4) } else { has - wants };
    let slow = wanted.fps.min(30).saturating_sub(offer.frame_rate());
    let layout = match offer.format() {
        FrameFormat::NV12 => 0,
        FrameFormat::YUYV => 1,
        FrameFormat::MJPEG => 2,
        FrameFormat::RAWRGB | FrameFormat::RAWBGR => 3,
        FrameFormat::GRAY => 9,
    };
    // Below 20 frames a second the size is not worth it.
    (if slow > 10 { slow } else { 0 }, size, slow * 4 + layout)
}

fn deliver(mut camera: Camera, pictures: &Slot<Result<VideoFrame, SourceError>>, stop: &AtomicBool) {
    let (mut broken, mut pool) = (0, FramePool::default());
    while !stop.load(Ordering::Acquire) {
        let buffer = match camera.frame() {
            Ok(buffer) => buffer,
            Err(error) => {
                pictures.put(Err(plain(error)));
                return;
            }
        };
        let at = Instant::now();
        let size = buffer.resolution();
        let layout = match buffer.source_frame_format() {
            FrameFormat::MJPEG => PixelLayout::Mjpeg,
            FrameFormat::YUYV => PixelLayout::Yuyv,
            FrameFormat::NV12 => PixelLayout::Nv12,
            FrameFormat::GRAY => PixelLayout::Grey,
            FrameFormat::RAWRGB => PixelLayout::Rgb,
            FrameFormat::RAWBGR => PixelLayout::Bgr,
        };
        match to_i420(&mut pool, layout, size.width(), size.height(), buffer.buffer()) {
            Ok(picture) => {
                broken = 0;
                let (width, height, i420) = (picture.width, picture.height, picture.bytes);
                pictures.put(Ok(VideoFrame { width, height, i420, at, timestamp: 0 }));
            }
            Err(error) => {
                debug!(%error, "Camera picture was broken");
                broken += 1;
                if broken > MAX_BROKEN_FRAMES {
                    pictures.put(Err(SourceError::Failed("the camera gives broken pictures".into())));
                    return;
                }
            }
        }
    }
}

/// Drivers report in prose; the reasons a person can act on are picked out of it.
fn plain(error: NokhwaError) -> SourceError {
    let text = error.to_string();
    let lower = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["busy", "os error 16", "in use", "0x80070020", "0xc00d3704"]) {
        SourceError::Busy
    } else if has(&["permission", "denied", "os error 13", "not authorized"]) {
        SourceError::Denied
    } else if has(&["no such file", "no such device", "os error 2)", "os error 19", "not found"]) {
        SourceError::Gone("the camera is not connected".into())
    } else {
        SourceError::Failed(text)
    }
}

#[cfg(test)]
mod tests {
    use nokhwa::utils::Resolution;

    use super::*;

    fn offer(width: u32, height: u32, format: FrameFormat, fps: u32) -> CameraFormat {
        CameraFormat::new(Resolution::new(width, height), format, fps)
    }

    #[test]
    fn the_offer_nearest_to_the_wish_is_taken() {
        let offers = [
            offer(640, 480, FrameFormat::YUYV, 30),
            offer(1280, 720, FrameFormat::YUYV, 10),
            offer(1280, 720, FrameFormat::MJPEG, 30),
            offer(1920, 1080, FrameFormat::MJPEG, 30),
        ];
        let best = |format| offers.into_iter().min_by_key(|offer| cost(offer, format)).expect("offers");
        assert_eq!(best(VideoFormat::default()), offers[2]);
        assert_eq!(best(VideoFormat { width: 640, height: 480, fps: 30 }), offers[0]);
    }

    #[test]
    fn a_camera_is_known_by_name_and_socket_and_by_name_in_another_socket() {
        let camera = |name: &str, plain: &str, bus: &str| ConnectedCamera {
            name: name.into(),
            plain: plain.into(),
            bus: bus.into(),
            index: CameraIndex::Index(0),
        };
        let lid = camera("Lid", "Lid", "1-1:1.0");
        // The second of two alike was kept; now it was connected first and has the other's number.
        let both = [lid.clone(), camera("Cam", "Cam", "1-3:1.0"), camera("Cam #2", "Cam", "1-2:1.0")];
        assert_eq!(find("Cam #2?bus=1-3:1.0", &both), Some(1));
        assert_eq!(find("Cam?bus=1-2:1.0", &both), Some(2));
        assert_eq!(find("Cam?bus=9-9:1.0", &both), Some(1), "moved to another socket");
        assert_eq!(find("Cam #2", &both), Some(2));
        assert_eq!(find("Lid?bus=1-3:1.0", &both), Some(0), "another camera is in its old socket");
        assert_eq!(find("Gone?bus=1-2:1.0", &[lid]), None);
    }

    #[test]
    fn reasons_a_person_can_act_on_are_told_apart() {
        let says = |text: &str| plain(NokhwaError::OpenDeviceError("0".into(), text.into()));
        assert!(matches!(says("Device or resource busy (os error 16)"), SourceError::Busy));
        assert!(matches!(says("Permission denied (os error 13)"), SourceError::Denied));
        assert!(matches!(says("No such file or directory (os error 2)"), SourceError::Gone(_)));
        assert!(matches!(says("strange"), SourceError::Failed(_)));
    }
}
