// One client in a call of several on the hearth backend; the others are robots of ours.

import { setTimeout as sleep } from 'node:timers/promises';

import { Browser } from './chromium.mjs';
import { Program } from './programs.mjs';
import { PASSWORD } from './stage.mjs';
import { meter } from './tree.mjs';

/** Of the demo data; the first one is measured, the second one calls. */
const PEOPLE = ['ana', 'ben', 'cleo', 'therapist', 'nada', 'yoko', 'therapist2', 'farid'].map((name) => `${name}@demo.example`);

const parsed = (side) => {
  side.parsed ??= [];
  while (side.parsed.length < side.lines.length) side.parsed.push(JSON.parse(side.lines[side.parsed.length]));
  return side.parsed;
};
const figures = (side) => parsed(side).filter((line) => line.kind === 'stats');
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export class Group {
  constructor(stage, { cli, browser, plan }) {
    Object.assign(this, { stage, cli, browser, plan });
  }

  #robot(verb, email, more = []) {
    const rate = String(this.plan.picture.kbps * 1000);
    const options = [verb, '--server', this.stage.server_url, '--dialect', 'hearth', '--role', 'user', '--email', email,
      '--camera', `file:${this.stage.film.packed}`, '--microphone', 'test:tone', '--speaker', 'none', '--raw-audio',
      '--start-bitrate', rate, '--max-bitrate', rate, '--patience', '60', ...more];
    return new Program(`bellwire-cli ${email}`, this.cli, options, { BELLWIRE_PASSWORD: PASSWORD });
  }

  async #rest(method, path, body, token) {
    const reply = await fetch(`${this.stage.rest}${path}`, {
      method, headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`${path}: ${reply.status}`);
    return reply.json();
  }

  /** Everybody's id, as the list of people has no e-mail addresses. It names whom one has met: the caller meets them all. */
  async #everybody() {
    if (this.ids) return this.ids;
    const logins = await Promise.all(PEOPLE.map((email) => this.#rest('POST', '/auth/login', { email, password: PASSWORD })));
    const ids = logins.map((login) => login.user.id);
    const { token } = logins[1];
    const participants = ids.filter((_, at) => at !== 1);
    const { data } = await this.#rest('POST', '/video-call/initiate', { sessionType: 'group', participants }, token);
    await this.#rest('POST', `/video-call/session/${data.sessionId}/end`, {}, token);
    this.ids = new Map(PEOPLE.map((email, at) => [email, ids[at]]));
    return this.ids;
  }

  /** Figures of the measured client over a steady window. */
  async run(kind, size) {
    const [measured, caller, ...others] = PEOPLE.slice(0, size);
    await this.stage.mayCall();
    const ids = await this.#everybody();
    const robots = others.map((email) => this.#robot('answer', email));
    let client;
    try {
      await Promise.all(robots.map((robot) => robot.until('the sign-in', (side) => parsed(side).find((line) => line.kind === 'signed_in'))));
      client = kind === 'bellwire' ? new Ours(this.#robot('answer', measured)) : await Theirs.open(this, measured);
      await client.ready();
      // Signed in is a moment before the socket is open.
      await sleep(1000);
      const seconds = this.plan.settle + this.plan.window + 30;
      const called = [measured, ...others].map((email) => ids.get(email));
      robots.push(this.#robot('call', caller, ['--seconds', String(seconds), ...called.flatMap((id) => ['--to', id])]));
      await client.connected(size - 1);
      await sleep(this.plan.settle * 1000);
      const before = await client.figures();
      const used = meter(client.pid);
      await sleep(this.plan.window * 1000);
      const cost = used();
      const after = await client.figures();
      const run = { ...cost, ...client.between(before, after, this.plan) };
      if (run.members !== size - 1) throw new Error(`${run.members} of ${size - 1} members were there`);
      if (run.fpsIn < this.plan.picture.fps * 0.9) throw new Error(`only ${run.fpsIn.toFixed(1)} fps came in`);
      return run;
    } catch (error) {
      // Whose fault it was, only their own last words say.
      const words = robots.map((robot) => [...robot.lines.slice(-1), ...robot.complaints.slice(-1)].map((line) => `${robot.name}: ${line.slice(0, 400)}`));
      error.message = [error.message, ...words.flat()].join('\n    ');
      throw error;
    } finally {
      await Promise.all([client?.close(), ...robots.map((robot) => robot.stop('SIGINT'))]);
    }
  }
}

/** bellwire-cli as the measured client. */
class Ours {
  constructor(program) { this.program = program; }

  get pid() { return this.program.pid; }

  ready() { return this.program.until('the sign-in', (side) => parsed(side).find((line) => line.kind === 'signed_in')); }

  connected(members) {
    const all = (line) => line.members?.length === members && line.members.every((member) => member.fps > 0);
    return this.program.until('everybody', (side) => figures(side).find(all));
  }

  async figures() { return { at: Date.now(), line: figures(this.program).at(-1), count: figures(this.program).length }; }

  between(before, after) {
    const [from, to] = [before.line, after.line];
    const seen = figures(this.program).slice(before.count, after.count);
    return {
      members: to.members.length,
      encodes: (to.frames_sent - from.frames_sent) / Math.max(1, to.frames_captured - from.frames_captured),
      upload: mean(seen.map((line) => line.upload_kbps)),
      fpsIn: mean(seen.map((line) => Math.min(...line.members.map((member) => member.fps)))),
    };
  }

  close() { return this.program.stop('SIGINT'); }
}

/** A page with a connection and an encoder for each of the others. */
class Theirs {
  static async open({ stage, browser, plan }, email) {
    const theirs = new Theirs();
    const flags = [`--use-file-for-fake-audio-capture=${stage.tone}`, `--use-file-for-fake-video-capture=${stage.film.unpacked}`];
    theirs.browser = await Browser.open('member', browser, stage.scratch, flags);
    const { width, height, fps, kbps } = plan.picture;
    const query = new URLSearchParams({ rest: stage.rest, socket: stage.socket, password: PASSWORD, email, do: 'answer', width, height, fps, kbps });
    await theirs.browser.page.goto(`${stage.page.origin}/hearth-group.html?${query}`);
    return theirs;
  }

  get pid() { return this.browser.pid; }

  ready() { return this.browser.until('the sign-in', (report) => report.state === 'online'); }

  connected(members) {
    const up = (peer) => peer.state === 'connected' && peer.framesDecoded > 0;
    return this.browser.until('everybody', (report) => Object.values(report.peers).filter(up).length === members);
  }

  async figures() {
    // Its own look at its statistics is no part of a call: once at each end of the window.
    return this.browser.page.evaluate('(async () => { clearInterval(window.watching); await watch(); return { at: performance.now(), peers: structuredClone(report.peers) }; })()');
  }

  between(before, after, plan) {
    const seconds = (after.at - before.at) / 1000;
    const change = (key) => Object.entries(after.peers).map(([id, peer]) => (peer[key] ?? 0) - (before.peers[id]?.[key] ?? 0));
    const captured = plan.picture.fps * seconds;
    return {
      members: Object.keys(after.peers).length,
      encodes: change('framesEncoded').reduce((sum, frames) => sum + frames, 0) / captured,
      upload: (change('bytesSent').reduce((sum, bytes) => sum + bytes, 0) * 8) / 1000 / seconds,
      fpsIn: Math.min(...change('framesDecoded')) / seconds,
    };
  }

  close() { return this.browser.close(); }
}
