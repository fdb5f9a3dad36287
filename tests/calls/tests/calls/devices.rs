//! Tests of devices that come, go and change during a call, of ring outputs and of the device test. Speakers
//! are null sinks of a real sound server, and what they play is recorded.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwire_engine::{
    DeviceChange, DeviceEvent, DeviceKind, DeviceList, DeviceProblem, Devices, EchoTest, Handle, Levels,
    Notice, RingConfig,
};
use bellwire_tests_calls::{CUSTOMER, SELLER, Setup, TestClient, TestServer, WAIT_LIMIT, asset};
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// dBFS above which something is heard, and below which nothing is.
const AUDIBLE_DBFS: f32 = -40.0;
const SILENT_DBFS: f32 = -75.0;

/// A loudspeaker that can be unplugged, with an ear at it.
struct Loudspeaker {
    name: String,
    module: Option<String>,
}

fn pactl(words: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("pactl").args(words).output()?;
    ensure!(output.status.success(), "pactl: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

impl Loudspeaker {
    fn new(name: &str) -> anyhow::Result<Self> {
        let mut new = Self { name: format!("{name}{}", std::process::id()), module: None };
        new.plug_in()?;
        Ok(new)
    }

    fn plug_in(&mut self) -> anyhow::Result<()> {
        let (name, label) = (&self.name, self.label());
        self.module = Some(pactl(&[
            "load-module",
            "module-null-sink",
            &format!("sink_name={name}"),
            "rate=48000",
            &format!("sink_properties=device.description={label}"),
        ])?);
        Ok(())
    }

    fn unplug(&mut self) -> anyhow::Result<()> {
        let module = self.module.take().context("it is plugged in")?;
        pactl(&["unload-module", &module]).map(drop)
    }

    fn label(&self) -> String {
        format!("Speaker-{}", self.name)
    }

    fn id(&self) -> String {
        format!("pulseaudio:{}?label={}", self.name, self.label())
    }

    fn listen(&self) -> anyhow::Result<Ear> {
        Ear::at(&format!("{}.monitor", self.name))
    }
}

impl Drop for Loudspeaker {
    fn drop(&mut self) {
        let _ = self.unplug();
    }
}

/// Hears the last half second of a sink.
struct Ear {
    heard: Arc<Mutex<Vec<f32>>>,
    _parec: tokio::process::Child,
}

impl Ear {
    fn at(source: &str) -> anyhow::Result<Self> {
        let mut parec = tokio::process::Command::new("parec")
            .args(["-d", source, "--latency-msec=20", "--format=s16le", "--rate=48000", "--channels=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut pipe = parec.stdout.take().context("no output")?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let store = heard.clone();
        tokio::spawn(async move {
            let mut piece = vec![0_u8; 9600];
            while pipe.read_exact(&mut piece).await.is_ok() {
                let samples =
                    piece.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0);
                let mut heard = store.lock().expect("no reader panicked");
                heard.extend(samples);
                let old = heard.len().saturating_sub(24_000);
                heard.drain(..old);
            }
        });
        Ok(Self { heard, _parec: parec })
    }

    /// dBFS of the last half second; `None` before that was heard.
    fn level(&self) -> Option<f32> {
        let heard = self.heard.lock().expect("the recorder did not panic");
        let power = heard.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() / 24_000.0;
        (heard.len() == 24_000).then(|| (10.0 * power.max(1e-12).log10()) as f32)
    }

    async fn until(&self, what: &str, wanted: impl Fn(f32) -> bool) -> anyhow::Result<()> {
        let end = Instant::now() + WAIT_LIMIT;
        while !self.level().is_some_and(&wanted) {
            ensure!(Instant::now() < end, "waited until {what}: {:?} dB", self.level());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn sound(&self, what: &str) -> anyhow::Result<()> {
        self.until(what, |level| level > AUDIBLE_DBFS).await
    }

    async fn silence(&self, what: &str) -> anyhow::Result<()> {
        self.until(what, |level| level < SILENT_DBFS).await
    }
}

async fn devices(
    engine: &Handle,
    what: &str,
    wanted: impl FnMut(&Arc<DeviceList>) -> bool,
) -> anyhow::Result<Arc<DeviceList>> {
    let mut list: watch::Receiver<_> = engine.devices();
    let found = timeout(WAIT_LIMIT, list.wait_for(wanted)).await.map(|found| found.map(|list| list.clone()));
    match found {
        Ok(list) => Ok(list?),
        Err(_) => anyhow::bail!("waited for {what}: {:?}", list.borrow()),
    }
}

/// The next news of a device.
async fn news(client: &mut TestClient) -> anyhow::Result<DeviceEvent> {
    loop {
        let notice = timeout(WAIT_LIMIT, client.notices.recv()).await.context("no news of a device")?;
        if let Notice::Device { news, text } = notice.context("the engine stopped")? {
            ensure!(!text.is_empty(), "news without words: {news:?}");
            return Ok(news);
        }
    }
}

fn chosen(microphone: &str, speaker: &str, camera: &str) -> Devices {
    Devices {
        microphone: microphone.into(),
        speaker: speaker.into(),
        camera: camera.into(),
        echo: true,
        noise: true,
        gain: true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_speaker_unplugged_in_a_call_is_replaced_and_taken_up_again() -> anyhow::Result<()> {
    let mut headset = Loudspeaker::new("headset")?;
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let setup = Setup { speaker: headset.id(), ..Setup::default() };
    let mut customer = TestClient::sign_in(&server, "customer", CUSTOMER, setup).await?;
    let listed = devices(customer.engine(), "the headset in the list", |list| {
        list.speakers.iter().any(|speaker| speaker.id == headset.id())
    })
    .await?;
    ensure!(listed.speakers.iter().any(|speaker| speaker.default), "{listed:?}");
    seller.reach(CUSTOMER, &customer).await?;
    headset.listen()?.sound("the tone in the headset").await?;
    let in_use = headset.label();
    devices(customer.engine(), "the headset in use", |list| list.in_use.speaker == in_use).await?;

    headset.unplug()?;
    let told = news(&mut customer).await?;
    ensure!(
        (told.device, told.happened, told.problem)
            == (DeviceKind::Speaker, DeviceChange::Switched, Some(DeviceProblem::Missing)),
        "{told:?}"
    );
    let other = told.name.clone();
    ensure!(!other.is_empty() && other != in_use);
    devices(customer.engine(), "another one in use", |list| {
        list.in_use.speaker == other && !list.speakers.iter().any(|speaker| speaker.label == in_use)
    })
    .await?;
    customer.stats("the sound goes on", |stats| stats.audio_level_received_db > -30.0).await?;

    // Plugged in elsewhere the system may call it something else: it is the same by its label.
    headset.name = format!("{}.2", headset.name);
    let (id, label) = (format!("pulseaudio:{}", headset.name), in_use.clone());
    headset.module = Some(pactl(&[
        "load-module",
        "module-null-sink",
        &format!("sink_name={}", headset.name),
        "rate=48000",
        &format!("sink_properties=device.description={label}"),
    ])?);
    let told = news(&mut customer).await?;
    ensure!(
        told == DeviceEvent {
            device: DeviceKind::Speaker,
            happened: DeviceChange::Back,
            name: label.clone(),
            problem: None
        },
        "{told:?}"
    );
    headset.listen()?.sound("the tone in the headset again").await?;
    let list = devices(customer.engine(), "the headset", |list| list.in_use.speaker == label).await?;
    ensure!(
        !list.speakers.iter().any(|speaker| speaker.id.starts_with(&id)),
        "still the chosen one: {list:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_chosen_in_a_call_are_used_at_once() -> anyhow::Result<()> {
    let (first, second) = (Loudspeaker::new("first")?, Loudspeaker::new("second")?);
    let (red, blue) = ([200, 40, 40], [40, 40, 200]);
    let server = TestServer::start().await?;
    let setup = Setup { speaker: first.id(), camera: "test:c82828".into(), ..Setup::default() };
    let seller = TestClient::seller(&server, SELLER).await?;
    let customer = TestClient::sign_in(&server, "customer", CUSTOMER, setup).await?;
    seller.reach(CUSTOMER, &customer).await?;
    let (one, other) = (first.listen()?, second.listen()?);
    one.sound("the first speaker").await?;
    seller.see_colour(red).await?;
    seller.stats("the tone", |stats| stats.audio_level_received_db > -30.0).await?;

    customer.engine().set_devices(chosen("none", &second.id(), "test:2828c8")).await;
    other.sound("the second speaker").await?;
    one.silence("nothing in the first").await?;
    seller.see_colour(blue).await?;
    seller.stats("no tone", |stats| stats.audio_level_received_db < -70.0).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_rings_on_two_speakers_as_settings_change_and_the_caller_hears_ring_back() -> anyhow::Result<()>
{
    let (desk, hall, ear) = (Loudspeaker::new("desk")?, Loudspeaker::new("hall")?, Loudspeaker::new("ear")?);
    let server = TestServer::start().await?;
    let calls = Setup { speaker: ear.id(), tones: true, ..Setup::default() };
    let rings = Setup { tones: true, ..Setup::default() };
    let seller = TestClient::sign_in(&server, "seller", SELLER, calls).await?;
    let customer = TestClient::sign_in(&server, "customer", CUSTOMER, rings).await?;
    let (desk_ear, hall_ear, caller_ear) = (desk.listen()?, hall.listen()?, ear.listen()?);
    let ring = RingConfig {
        device: desk.id(),
        second_device: Some(hall.id()),
        volume: 1.0,
        ..RingConfig::default()
    };
    customer.engine().set_ring(ring.clone()).await;
    let id = seller.dial(CUSTOMER).await?;
    tokio::try_join!(
        desk_ear.sound("the ring on the desk"),
        hall_ear.sound("the ring in the hall"),
        caller_ear.sound("ring-back for the caller"),
    )?;
    // Do not disturb, and no more of it, while it rings.
    customer.engine().set_ring(RingConfig { audible: false, ..ring.clone() }).await;
    tokio::try_join!(desk_ear.silence("quiet on the desk"), hall_ear.silence("quiet in the hall"))?;
    let only = RingConfig { second_device: None, ..ring };
    customer.engine().set_ring(only).await;
    desk_ear.sound("the ring on the desk again").await?;
    hall_ear.silence("no ring in the hall").await?;

    let ringing = customer.ringing().await?;
    customer.engine().silence(ringing.id).await;
    desk_ear.silence("silenced").await?;
    customer.ringing().await.context("silenced is not declined")?;
    seller.engine().hang_up(id).await;
    customer.ended().await?;
    caller_ear.silence("the end of ring-back").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_tried_outside_a_call_and_a_call_ends_that() -> anyhow::Result<()> {
    let speaker = Loudspeaker::new("device-test")?;
    let voice = format!("file:{}", asset("media/voice-22s-48k.wav").display());
    let server = TestServer::start().await?;
    let setup = Setup {
        microphone: voice,
        speaker: speaker.id(),
        camera: "test:28c828".into(),
        tones: true,
        ..Setup::default()
    };
    let seller = TestClient::seller(&server, SELLER).await?;
    let customer = TestClient::sign_in(&server, "customer", CUSTOMER, setup).await?;
    let (engine, heard) = (customer.engine().clone(), speaker.listen()?);

    engine.test_speaker().await;
    devices(&engine, "the test of the speaker", |list| list.test.speaker).await?;
    heard.sound("the notes").await?;
    devices(&engine, "its end", |list| !list.test.speaker).await?;

    engine.test_devices(true, true).await;
    customer.own.see(5).await?;
    let mut levels = engine.levels();
    timeout(WAIT_LIMIT, levels.wait_for(|levels| levels.microphone_db > -40.0))
        .await
        .context("no level")??;
    let list = devices(&engine, "names of what is tried", |list| !list.in_use.camera.is_empty()).await?;
    ensure!(list.test.camera && list.test.microphone && list.test.faults.is_empty(), "{list:?}");

    heard.silence("the notes are over").await?;
    engine.test_echo(true).await;
    for stage in [EchoTest::Recording, EchoTest::Playing] {
        devices(&engine, "the echo", |list| list.test.echo == stage).await?;
    }
    heard.sound("one's own voice").await?;
    devices(&engine, "the end of the echo", |list| list.test.echo == EchoTest::Idle).await?;

    engine.test_ring(true).await;
    devices(&engine, "the test of the ring", |list| list.test.ring).await?;
    engine.set_devices(chosen("none", &speaker.id(), "camera:Nobody has this one")).await;
    let list = devices(&engine, "the fault", |list| !list.test.faults.is_empty()).await?;
    ensure!(list.test.faults[0].device == DeviceKind::Camera, "{list:?}");
    ensure!(list.test.faults[0].problem == DeviceProblem::Missing, "{list:?}");

    engine.set_devices(chosen("none", "none", "test:28c828")).await;
    seller.reach(CUSTOMER, &customer).await?;
    let list = devices(&engine, "the end of all trials", |list| list.test == Default::default()).await?;
    ensure!(list.test.faults.is_empty());
    seller.see_colour([40, 200, 40]).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_while_muted_is_told() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let voice = format!("file:{}", asset("media/voice-22s-48k.wav").display());
    let seller = TestClient::seller(&server, SELLER).await?;
    // The other end is heard all the while, and taken out of what the microphone hears.
    let setup = Setup { microphone: voice, processing: true, ..Setup::default() };
    let customer = TestClient::sign_in(&server, "customer", CUSTOMER, setup).await?;
    seller.reach(CUSTOMER, &customer).await?;
    let mut levels = customer.engine().levels();
    timeout(WAIT_LIMIT, levels.wait_for(|levels| levels.microphone_db > -40.0))
        .await
        .context("no level")??;
    ensure!(!levels.borrow().muted_speech, "the microphone is on");
    customer.engine().set_microphone(false).await;
    let told: Result<_, _> = timeout(WAIT_LIMIT, levels.wait_for(|levels| levels.muted_speech)).await;
    let Levels { microphone_db, .. } = told.context("never told")??.clone();
    ensure!(microphone_db < -60.0, "nothing of it is sent: {microphone_db} dB");
    customer.engine().set_microphone(true).await;
    timeout(WAIT_LIMIT, levels.wait_for(|levels| !levels.muted_speech)).await.context("told for ever")??;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_screen_arrives_in_full_size_and_its_end_is_told() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let mut customer = TestClient::customer(&server, CUSTOMER).await?;
    seller.reach(CUSTOMER, &customer).await?;
    customer.engine().set_sharing(Some("test:c82828".into())).await;
    seller.see_colour([200, 40, 40]).await?;
    let stats =
        seller.stats("1920x1080", |stats| (stats.width_received, stats.height_received) == (1920, 1080));
    println!("shared: {:?}", stats.await?);
    // A window that is not there (any more) ends the sharing, with the reason.
    customer.engine().set_sharing(Some("screen:4294967295".into())).await;
    let told = news(&mut customer).await?;
    ensure!((told.device, told.happened) == (DeviceKind::Sharing, DeviceChange::Lost), "{told:?}");
    ensure!(told.problem.is_some(), "{told:?}");
    customer.until("nothing is shared", |view| !view.phone.sharing).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_device_a_call_goes_on() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    for (microphone, speaker, camera) in
        [("none", "none", "none"), ("test:tone", "none", "none"), ("none", "none", "test:28c828")]
    {
        let setup = Setup {
            microphone: microphone.into(),
            speaker: speaker.into(),
            camera: camera.into(),
            ..Setup::default()
        };
        let customer = TestClient::sign_in(&server, "customer", CUSTOMER, setup).await?;
        seller.reach(CUSTOMER, &customer).await?;
        customer.remote.see(5).await?;
        if microphone != "none" {
            seller.stats("a tone", |stats| stats.audio_level_received_db > -30.0).await?;
        }
        if camera != "none" {
            seller.see_colour([40, 200, 40]).await?;
        }
        let call = customer.connected().await?;
        customer.engine().hang_up(call.id).await;
        seller
            .until("the end", |view| {
                view.phone
                    .calls
                    .iter()
                    .all(|call| matches!(call.state, bellwire_engine::CallState::Ended { .. }))
            })
            .await?;
        customer.leave().await;
    }
    Ok(())
}
