// A call between two Chromium processes that show the storefront page, set up to be at its best: warm
// browsers, camera and AudioContext open before the call, no waiting before the offer.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium } from 'playwright-core';

import { both } from './bellwire.mjs';
import { Program } from './programs.mjs';
import { CUSTOMER, PASSWORD, SELLER } from './stage.mjs';
import { meter } from './tree.mjs';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required',
  '--disable-renderer-backgrounding', '--disable-background-timer-throttling', '--window-size=1280,800',
  '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream=fps=30', '--remote-debugging-port=0',
];

/** Runs in the page before its own script. An AudioContext takes long to open; this one is open already. */
function warmUp() {
  const Context = window.AudioContext;
  const warm = new Context();
  window.AudioContext = function AudioContext() { return warm; };
  const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function request(tell) {
    return ask.call(this, (now, frame) => {
      window.firstFrame ??= { received: frame.receiveTime, decoded: frame.receiveTime + frame.processingDuration * 1000 };
      tell(now, frame);
    });
  };
  const describe = RTCPeerConnection.prototype.setRemoteDescription;
  const early = [];
  RTCPeerConnection.prototype.setRemoteDescription = async function set(description) {
    await describe.call(this, description);
    for (const candidate of early.splice(0)) this.addIceCandidate(candidate).catch(() => {});
  };
  window.keepCandidate = (peer, candidate) => {
    if (peer?.remoteDescription) peer.addIceCandidate(candidate).catch(() => {});
    else early.push(candidate);
  };
}

// The page drops candidates that come before the description, as the deployed one does. At its best Chromium
// keeps them; some calls between two such pages would never connect otherwise.
const KEEP_CANDIDATES = `
  socket.off('ice-candidate');
  socket.on('ice-candidate', (e) => { if (e.callId === callId) keepCandidate(pc, e.candidate); });
  null`;

/** One browser process tree with at most one page. */
export class Browser {
  static async open(name, program, folder, flags) {
    const browser = new Browser();
    browser.profile = mkdtempSync(join(folder, 'profile-'));
    browser.program = new Program(`chromium ${name}`, program, [...FLAGS, ...flags, `--user-data-dir=${browser.profile}`, 'about:blank']);
    try {
      const found = (p) => p.complaints.map((line) => /DevTools listening on (\S+)/.exec(line)?.[1]).find(Boolean);
      browser.link = await chromium.connectOverCDP(await browser.program.until('its debugging address', found));
      browser.page = browser.link.contexts()[0].pages()[0] ?? await browser.link.contexts()[0].newPage();
      await browser.page.addInitScript(warmUp);
      return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  get pid() { return this.program.pid; }

  async goto(stage, wishes) {
    const query = new URLSearchParams({ rest: stage.rest, socket: stage.socket, password: PASSWORD, codec: 'H264', ...wishes });
    await this.page.goto(`${stage.page.origin}/storefront.html?${query}`);
    await this.until('the sign-in', (report) => report.state === 'online');
  }

  async until(what, wanted, patience = 60_000) {
    const end = Date.now() + patience;
    for (;;) {
      const report = await this.page.evaluate('window.report');
      if (report?.error) throw new Error(`${this.program.name}: ${report.error}`);
      if (report && wanted(report)) return report;
      if (Date.now() > end) throw new Error(`${this.program.name}: ${what} did not come: ${JSON.stringify(report)}`);
      await sleep(100);
    }
  }

  /** The figures of the page's connection that a load run needs. */
  figures() {
    return this.page.evaluate(`(async () => {
      const all = [...(await pc.getStats()).values()];
      const video = (type) => all.find((s) => s.type === type && s.kind === 'video') ?? {};
      const [heard, sent] = [video('inbound-rtp'), video('outbound-rtp')];
      return { at: performance.now(), decoded: heard.framesDecoded ?? 0, width: heard.frameWidth ?? 0, bytes: heard.bytesReceived ?? 0,
        freezes: heard.freezeCount ?? 0, sent: sent.framesSent ?? 0, sentWidth: sent.frameWidth ?? 0, encoder: sent.encoderImplementation ?? '',
        limited: sent.qualityLimitationReason ?? '', codec: all.find((s) => s.id === heard.codecId)?.mimeType ?? '' };
    })()`);
  }

  async close() {
    await this.link?.close().catch(() => {});
    await this.program.stop();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class Chromium {
  constructor(stage, program) {
    this.stage = stage;
    this.program = program;
  }

  async #open(video) {
    const flags = [`--use-file-for-fake-audio-capture=${this.stage.tone}`];
    if (video === 'film') flags.push(`--use-file-for-fake-video-capture=${this.stage.film.unpacked}`);
    const caller = await Browser.open('caller', this.program, this.stage.scratch, flags);
    try {
      return { caller, callee: await Browser.open('callee', this.program, this.stage.scratch, flags) };
    } catch (error) {
      await caller.close();
      throw error;
    }
  }

  async #call(sides, during) {
    const { caller, callee } = sides;
    await Promise.all([
      callee.goto(this.stage, { role: 'customer', email: CUSTOMER, do: 'answer' }),
      caller.goto(this.stage, { role: 'seller', email: SELLER, do: 'idle', to: CUSTOMER }),
    ]);
    await both(sides, (side) => side.page.evaluate(KEEP_CANDIDATES));
    // The engine counts from the first it hears of the acceptance, so the page has to as well; it goes on by `userJoinedCall`.
    await caller.page.evaluate(`socket.on('callStatusUpdate', (e) => { if (e.status === 'accepted') window.acceptedAt ??= performance.now(); }); null`);
    await this.stage.mayCall();
    await caller.page.evaluate('placeCall()');
    const result = await during(sides);
    await caller.page.evaluate('hangUp()');
    await both(sides, (side) => side.until('the end of the call', (report) => report.ended));
    await both(sides, (side) => side.page.goto('about:blank'));
    return result;
  }

  /** Browsers that stay open for many calls, and what measures one. */
  async warm() {
    const sides = await this.#open('device');
    return {
      answerTimes: () => this.#call(sides, (at) => both(at, async (side) => {
        const report = await side.until('first picture and sound', (r) => r.firstFrameAt !== null && r.firstAudioAt !== null);
        if (report.codecIn && report.codecIn !== 'video/H264') throw new Error(`video came as ${report.codecIn}`);
        const { acceptedAt, frame } = await side.page.evaluate('({ acceptedAt: window.acceptedAt ?? Infinity, frame: window.firstFrame })');
        const since = Math.min(acceptedAt, report.answeredAt);
        return { shown: report.firstFrameAt - since, decoded: frame.decoded - since, audio: report.firstAudioAt - since };
      })),
      close: () => both(sides, (side) => side.close()),
    };
  }

  /** Processor and memory over a steady `window` of seconds, per side: pictures drawn, then hidden. */
  async load(source, { settle, window }) {
    const sides = await this.#open(source);
    try {
      return await this.#call(sides, async () => {
        await both(sides, (side) => side.until('the connection', (report) => report.state === 'connected' && report.framesDecoded > 0));
        await both(sides, (side) => side.page.evaluate(`(async () => {
          const sender = pc.getSenders().find((s) => s.track.kind === 'video');
          const wish = sender.getParameters();
          wish.encodings[0].maxBitrate = 2_000_000;
          wish.degradationPreference = 'maintain-resolution';
          await sender.setParameters(wish);
          // The page's own look at its statistics five times a second is no part of a call.
          for (let id = 1; id < 100; id += 1) clearInterval(id);
        })()`));
        await sleep(settle * 1000);
        const drawn = await this.#window(sides, window);
        await both(sides, (side) => side.page.evaluate(`for (const v of document.querySelectorAll('video')) v.style.display = 'none'`));
        await sleep(1000);
        return { drawn, hidden: await this.#window(sides, window) };
      });
    } finally {
      await both(sides, (side) => side.close());
    }
  }

  async #window(sides, seconds) {
    const first = await both(sides, async (side) => ({ figures: await side.figures(), used: meter(side.pid) }));
    await sleep(seconds * 1000);
    return both(sides, async (side, name) => {
      const used = first[name].used();
      const [from, to] = [first[name].figures, await side.figures()];
      const s = (to.at - from.at) / 1000;
      return { ...used, width: to.width, codec: to.codec.replace('video/', ''), fpsIn: (to.decoded - from.decoded) / s, fpsOut: (to.sent - from.sent) / s,
        kbps: ((to.bytes - from.bytes) * 8) / 1000 / s, freezes: to.freezes - from.freezes, encoder: to.encoder, limited: to.limited };
    });
  }
}
