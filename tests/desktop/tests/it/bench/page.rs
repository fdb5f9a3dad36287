//! The reference page in Chromium: for a ring it only changes its colour and plays a melody.

use std::fmt::Write as _;

use anyhow::Context;
use bellwire_tests_calls::RawSocket;
use bellwire_tests_desktop::{Running, Screen, Session, until};

const TITLE: &str = "Ring page";

pub(super) struct Page {
    _browser: Running,
    spot: (i32, i32),
}

impl Page {
    /// Opens it, signed in as `who` and ready to ring, on the loudspeaker `page`.
    pub(super) async fn open(
        session: &Session,
        screen: &Screen,
        socket: &str,
        who: &RawSocket,
    ) -> anyhow::Result<Self> {
        let root = std::env::var("BELLWIRE_ROOT").context("BELLWIRE_ROOT: run `cargo xtask bench ring`")?;
        let client = std::fs::read_to_string(format!(
            "{root}/tests/browser/node_modules/socket.io-client/dist/socket.io.js"
        ))?;
        let melody = std::fs::read(format!("{root}/assets/ringtones/ringtone.wav"))?;
        let mut bytes = String::new();
        for byte in melody {
            write!(bytes, "{byte},")?;
        }
        let page = format!(
            "<!doctype html><meta charset=utf-8><title>Loading</title><body style='margin:0;background:#fff'>\
             <script>{client}</script><script>\
             const audio = new AudioContext({{ latencyHint: 'interactive' }}); let playing = null; \
             audio.decodeAudioData(new Uint8Array([{bytes}]).buffer).then((melody) => {{ \
             const socket = io('{socket}', {{ auth: {{ token: '{token}' }}, transports: ['websocket'] }}); \
             socket.on('incomingVideoCall', () => {{ document.body.style.background = '#127a4d'; \
               playing = audio.createBufferSource(); playing.buffer = melody; playing.loop = true; \
               playing.connect(audio.destination); playing.start(); }}); \
             const over = () => {{ document.body.style.background = '#fff'; playing?.stop(); playing = null; }}; \
             socket.on('callStatusUpdate', over); socket.on('callEnded', over); \
             socket.on('connect', () => {{ socket.emit('addUser', '{id}'); document.title = '{TITLE}'; }}); }});\
             </script>",
            token = who.token,
            id = who.id,
        );
        let file = session.folder().join("ring.html");
        std::fs::write(&file, page)?;
        let mut command = session.command("chromium");
        command.env("PULSE_SINK", "page").args([
            "--no-sandbox",
            "--no-first-run",
            "--disable-gpu",
            "--autoplay-policy=no-user-gesture-required",
            "--disable-background-timer-throttling",
            "--disable-backgrounding-occluded-windows",
            "--window-position=20,560",
            "--window-size=420,300",
        ]);
        command.arg(format!("--user-data-dir={}", session.folder().join("chromium").display()));
        command.arg(format!("--app=file://{}", file.display()));
        let browser = session.spawn("chromium", command)?;
        until("the page is connected", async || Ok(screen.shown(TITLE)?.map(|_| ())))
            .await
            .with_context(|| browser.said())?;
        let (left, top, width, height) = screen.window(TITLE).await?.place()?;
        let middle = |from: i32, length: u32| from + i32::try_from(length / 2).unwrap_or_default();
        Ok(Self { _browser: browser, spot: (middle(left, width), middle(top, height)) })
    }

    /// A place that changes its colour.
    pub(super) fn spot(&self) -> (i32, i32) {
        self.spot
    }
}
