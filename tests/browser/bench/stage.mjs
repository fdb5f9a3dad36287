// What both kinds of call share: bellwire-server with demo data, a web server for the page, the input.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Program } from './programs.mjs';

export const SELLER = 'seller@demo.example';
export const CUSTOMER = 'amira@demo.example';
export const PASSWORD = 'ring-ring-demo';

/** Of the lab's environment, where xtask runs this. */
const FFMPEG = process.env.BELLWIRE_FFMPEG ?? 'ffmpeg';

const FOLDER = new URL('..', import.meta.url);
const FILES = {
  '/storefront.html': ['storefront.html', 'text/html'],
  '/storefront.js': ['storefront.js', 'text/javascript'],
  '/hearth-group.html': ['hearth-group.html', 'text/html'],
  '/hearth-group.js': ['hearth-group.js', 'text/javascript'],
  '/socket.io.js': ['node_modules/socket.io-client/dist/socket.io.min.js', 'text/javascript'],
};

/** Serves the page; the origin and how to stop. */
async function servePage() {
  const server = createServer((request, reply) => {
    const [file, type] = FILES[request.url.split('?')[0]] ?? [];
    if (!file) { reply.writeHead(404).end(); return; }
    reply.writeHead(200, { 'content-type': type }).end(readFileSync(new URL(file, FOLDER)));
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close(); } };
}

/** Everything that stays the same from call to call. */
export class Stage {
  /** `picture`: size and rate of the film, its own where not given. */
  static async open(program, film, { backend = 'storefront', picture } = {}) {
    const stage = new Stage();
    stage.scratch = mkdtempSync(join(tmpdir(), 'bellwire-bench-'));
    // Also when a signal ends us half-way.
    process.once('exit', () => rmSync(stage.scratch, { recursive: true, force: true }));
    stage.page = await servePage();
    stage.tone = tone(join(stage.scratch, 'tone.wav'));
    stage.film = films(film, stage.scratch, picture);
    const listen = backend === 'storefront' ? ['--rest', '127.0.0.1:0', '--socket', '127.0.0.1:0'] : [`--${backend}`, '127.0.0.1:0'];
    const options = ['--demo', '--only', backend, ...listen, '--turn-listen', '127.0.0.1:0', '--allow-origin', stage.page.origin,
      // Everybody signs in from this machine, call after call.
      '--request-limit', '1000000'];
    stage.server = new Program('bellwire-server', program, options, { RUST_LOG: 'warn' });
    // "storefront  <rest>  socket <socket>"
    const address = (word) => (server) => server.lines.find((line) => line.startsWith(`${backend} `))?.split(/\s+/)[word];
    stage.rest = await stage.server.until('the REST address', address(1));
    stage.socket = await stage.server.until('the socket address', address(3));
    stage.server_url = new URL(stage.rest).origin;
    stage.lastCall = 0;
    return stage;
  }

  /** The server lets one user start ten calls a minute: waits until the next is welcome. */
  async mayCall() {
    const wait = this.lastCall + 6_500 - Date.now();
    if (wait > 0) await sleep(wait);
    this.lastCall = Date.now();
  }

  async close() {
    await this.server?.stop();
    this.page?.close();
    if (this.scratch) rmSync(this.scratch, { recursive: true, force: true });
  }
}

/** The engine's `test:tone` as a file: 440 Hz at a fifth of full scale, which loops without a step. */
function tone(path) {
  const rate = 48_000;
  const samples = new Int16Array(rate * 10);
  for (let n = 0; n < samples.length; n += 1) samples[n] = Math.round(0.2 * 32767 * Math.sin((2 * Math.PI * 440 * n) / rate));
  const data = Buffer.from(samples.buffer);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0); head.writeUInt32LE(36 + data.length, 4); head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16); head.writeUInt16LE(1, 20); head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24); head.writeUInt32LE(rate * 2, 28); head.writeUInt16LE(2, 32); head.writeUInt16LE(16, 34);
  head.write('data', 36); head.writeUInt32LE(data.length, 40);
  writeFileSync(path, Buffer.concat([head, data]));
  return path;
}

/** The film at 30 frames per second, or as `picture` says, packed and unpacked; null without ffmpeg. Every frame stays, it only
    runs faster or slower. */
function films(film, scratch, picture) {
  const packed = join(scratch, 'film.mp4');
  const unpacked = join(scratch, 'film.y4m');
  const fps = picture?.fps ?? 30;
  const scale = picture ? `,scale=${picture.width}:${picture.height}` : '';
  const faster = ['-v', 'error', '-y', '-i', film, '-an', '-vf', `setpts=N/${fps}/TB${scale}`, '-r', String(fps), '-pix_fmt', 'yuv420p'];
  try {
    execFileSync(FFMPEG, [...faster, '-c:v', 'libx264', '-profile:v', 'baseline', '-crf', '16', '-g', '30', packed]);
    // What Chromium is given is what the engine's file decodes to.
    execFileSync(FFMPEG, ['-v', 'error', '-y', '-i', packed, '-pix_fmt', 'yuv420p', unpacked]);
    return { packed, unpacked };
  } catch (error) {
    console.log(`  no film: ${String(error.message).split('\n')[0]}`);
    return null;
  }
}
