//! Devices as the interface is sent them.

use bellwire_engine::{
    Choice, DeviceChange, DeviceFault, DeviceKind, DeviceList, DeviceNews, DeviceProblem, DeviceTest,
    EchoTest, InUse, ShareKind, ShareSource, SoundDevice,
};
use serde_json::{Value, json};

use crate::devices::DevicesView;

pub(super) fn sample() -> Value {
    let sound = |id: &str, label: &str| SoundDevice { id: id.into(), label: label.into(), default: true };
    let problems = [
        DeviceProblem::Missing,
        DeviceProblem::Busy,
        DeviceProblem::Denied,
        DeviceProblem::Failed,
        DeviceProblem::TooLarge,
        DeviceProblem::Interlaced,
        DeviceProblem::BitDepth,
        DeviceProblem::Chroma,
    ];
    let kinds = [
        DeviceKind::Microphone,
        DeviceKind::Speaker,
        DeviceKind::Camera,
        DeviceKind::Sharing,
        DeviceKind::ReceivedVideo,
    ];
    let list = DeviceList {
        microphones: vec![sound("pulseaudio:yeti?label=Blue Yeti", "Blue Yeti")],
        speakers: vec![sound("pulseaudio:lid?label=Speakers", "Speakers")],
        cameras: vec![Choice { id: "camera:Lid?bus=1-2:1.0".into(), label: "Lid".into() }],
        in_use: InUse { microphone: "Blue Yeti".into(), speaker: String::new(), camera: "Lid".into() },
        test: DeviceTest {
            camera: true,
            microphone: true,
            speaker: false,
            ring: false,
            echo: EchoTest::Recording,
            faults: vec![DeviceFault { device: DeviceKind::Camera, problem: DeviceProblem::Busy }],
        },
    };
    let source = ShareSource {
        id: "screen:31".into(),
        label: "Glaze.ods".into(),
        kind: ShareKind::Window,
        preview: Some("data:image/png;base64,AAAA".into()),
    };
    json!({
        "view": DevicesView {
            list,
            ringtones: vec![Choice { id: "classic".into(), label: "Classic".into() }],
        },
        "echo": [EchoTest::Idle, EchoTest::Recording, EchoTest::Playing],
        "kinds": kinds,
        "problems": problems,
        "changes": [DeviceChange::Lost, DeviceChange::Back, DeviceChange::Switched],
        "news": DeviceNews {
            device: DeviceKind::Speaker,
            happened: DeviceChange::Switched,
            name: "Speakers".into(),
            problem: Some(DeviceProblem::Missing),
        },
        "share_source": source,
        "share_kinds": [ShareKind::Screen, ShareKind::Window],
    })
}
