// A call between two Chromium processes in namespaces of their own, recorded for `bellwire-lab`.
//
// The only argument is a JSON object: enter (words before a command, per host), chromium, film, voice, folder,
// suffix, oneWay, record. Prints JSON lines ({"kind": "connected"} …) and listens for `cut`, `restore` (of the
// signaling between the pages) and `finish` on standard input. Records lie in `folder` afterwards.

import { createInterface } from 'node:readline';
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium } from 'playwright-core';

import { page as pageScript } from './lab/page.mjs';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required',
  '--disable-renderer-backgrounding', '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows',
  '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--disable-features=WebRtcHideLocalIpsWithMdns,HttpsUpgrades',
];
/** A browser app of our quality restarts ICE when a path is lost, and tries again after this long. */
const RESTART_AGAIN_MS = 2500;

const plan = JSON.parse(process.argv[2]);
const tell = (kind, fields = {}) => console.log(JSON.stringify({ kind, ...fields }));
const file = (name) => join(plan.folder, name);

class Side {
  static async open(name, entry, sends) {
    const side = new Side();
    side.name = `${name}${plan.suffix}`;
    side.sends = sends;
    side.profile = mkdtempSync(file(`profile-${side.name}-`));
    const start = join(side.profile, 'start');
    writeFileSync(start, `#!/bin/sh\nexec ${entry.map((word) => `'${word}'`).join(' ')} '${plan.chromium}' "$@"\n`);
    chmodSync(start, 0o755);
    side.context = await chromium.launchPersistentContext(join(side.profile, 'data'), {
      executablePath: start, headless: true, ignoreDefaultArgs: ['--mute-audio'], viewport: { width: 800, height: 600 },
      args: [...FLAGS, `--use-file-for-fake-video-capture=${plan.film}`, `--use-file-for-fake-audio-capture=${plan.voice}`],
    });
    // A secure origin, which nothing is fetched from.
    await side.context.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><body></body>' }));
    side.page = side.context.pages()[0] ?? await side.context.newPage();
    await side.page.goto('https://lab.example/');
    await side.page.exposeFunction('sendCandidate', (candidate) => side.hand(candidate));
    await side.page.exposeFunction('writeRecord', (kind, text) => appendFileSync(file(`${side.name}.${kind}`), text));
    await side.page.exposeFunction('writeSound', (kind, base64) => appendFileSync(file(`${side.name}.${kind}.pcm`), Buffer.from(base64, 'base64')));
    writeFileSync(file(`${side.name}.frames.csv`), '');
    await side.page.evaluate(pageScript);
    await side.page.evaluate((options) => window.prepare(options), { film: sends, record: plan.record });
    return side;
  }

  /** Candidates reach the other page unless the signaling is cut; then when it is there again. */
  async hand(candidate) {
    while (signaling.cut) await sleep(50);
    await this.other?.page.evaluate((c) => window.addCandidate(c), candidate).catch(() => {});
  }

  async close() {
    await this.context.close().catch(() => {});
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const signaling = { cut: false };

async function negotiate(caller, callee) {
  const offer = await caller.page.evaluate(() => window.offer());
  const answer = await callee.page.evaluate((sdp) => window.answer(sdp), offer);
  await caller.page.evaluate((sdp) => window.accept(sdp), answer);
}

/** Restarts ICE as long as the caller's page has lost its path. */
async function guard(caller, callee, ended) {
  while (!ended.yes) {
    await sleep(100);
    try {
      const state = await caller.page.evaluate(() => pc.iceConnectionState);
      if (signaling.cut || (state !== 'disconnected' && state !== 'failed')) continue;
      tell('restart');
      await caller.page.evaluate(() => pc.restartIce());
      await negotiate(caller, callee);
      await sleep(RESTART_AGAIN_MS);
    } catch { /* the page is busy or closing */ }
  }
}

const [caller, callee] = await Promise.all([
  Side.open('caller', plan.enter[0], true),
  Side.open('callee', plan.enter[1], !plan.oneWay),
]);
caller.other = callee;
callee.other = caller;
// Devices and recorders have settled.
await sleep(1500);
await negotiate(caller, callee);
await Promise.all([caller, callee].map((side) => side.page.waitForFunction(() => pc.connectionState === 'connected', null, { timeout: 30_000 })));
tell('connected', { version: caller.context.browser()?.version() ?? '' });
const ended = { yes: false };
const guarding = guard(caller, callee, ended);

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'cut') signaling.cut = true;
  if (line === 'restore') signaling.cut = false;
  if (line === 'finish') break;
}
ended.yes = true;
await guarding;
for (const side of [caller, callee]) await side.page.evaluate(() => window.finish()).catch((error) => tell('problem', { side: side.name, text: String(error) }));
tell('finished');
await Promise.all([caller.close(), callee.close()]);
process.exit(0);
