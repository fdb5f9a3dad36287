// A call between two bellwire-cli processes.

import { setTimeout as sleep } from 'node:timers/promises';

import { Program } from './programs.mjs';
import { CUSTOMER, PASSWORD, SELLER } from './stage.mjs';
import { meter } from './tree.mjs';

export class Bellwire {
  constructor(stage, program) {
    this.stage = stage;
    this.program = program;
  }

  #start(name, verb, role, email, camera, more) {
    const options = [verb, '--server', this.stage.rest.replace(/\/api\/v2$/, ''), '--role', role, '--email', email,
      '--camera', camera, '--microphone', 'test:tone', '--speaker', 'none', '--patience', '60', ...more];
    return new Program(`bellwire-cli ${name}`, this.program, options, { BELLWIRE_PASSWORD: PASSWORD });
  }

  /** Seller calls customer and hangs up after `seconds`; `during` runs while both are connected. */
  async #call(seconds, camera, more, during) {
    const callee = this.#start('callee', 'answer', 'customer', CUSTOMER, camera, more);
    let caller;
    try {
      await callee.until('the sign-in', ofKind('signed_in'));
      // Signed in is a moment before the socket is open.
      await sleep(1000);
      await this.stage.mayCall();
      caller = this.#start('caller', 'call', 'seller', SELLER, camera, ['--to', CUSTOMER, '--seconds', String(seconds), ...more]);
      const sides = { caller, callee };
      await both(sides, (side) => side.until('the connection', connected));
      const result = await during(sides);
      await both(sides, (side) => side.until('the end of the call', ofKind('ended'), (seconds + 60) * 1000));
      return result;
    } finally {
      await Promise.all([caller?.stop('SIGINT'), callee.stop('SIGINT')]);
    }
  }

  /** Milliseconds from the answer to the first picture and sound, per side. */
  answerTimes() {
    return this.#call(3, 'test:pattern', [], (sides) => both(sides, async (side) => {
      const stats = await side.until('first picture and sound', (s) => figures(s).findLast(
        (line) => line.answer_to_video_ms !== null && line.answer_to_audio_ms !== null));
      return { shown: stats.answer_to_video_ms, decoded: stats.answer_to_video_ms, audio: stats.answer_to_audio_ms };
    }));
  }

  /** Processor and memory over a steady `window` of seconds, per side. `watch` may look at both sides meanwhile. */
  load(source, { settle, window }, watch = async () => {}) {
    const camera = source === 'film' ? `file:${this.stage.film.packed}` : 'test:pattern';
    return this.#call(settle + window + 3, camera, ['--start-bitrate', '2000000', '--max-bitrate', '2000000'], async (sides) => {
      await sleep(settle * 1000);
      const measure = await both(sides, async (side) => ({ used: meter(side.pid), from: figures(side).length, first: figures(side).at(-1) }));
      await Promise.all([sleep(window * 1000), watch(sides)]);
      return both(sides, async (side, name) => {
        const used = measure[name].used();
        const seen = figures(side).slice(measure[name].from);
        const [first, last] = [measure[name].first ?? seen[0], seen.at(-1)];
        if (!last) throw new Error('no figures during the window');
        const mean = (key) => seen.reduce((sum, line) => sum + line[key], 0) / seen.length;
        return { ...used, width: last.width_received, codec: last.codec_received, fpsIn: mean('fps_received'), fpsOut: mean('fps_sent'),
          kbps: mean('video_kbps_received'), freezes: last.freezes - (first?.freezes ?? 0), encoder: 'OpenH264' };
      });
    });
  }
}

/** Does the same on both sides at once; the results by side. */
export async function both(sides, act) {
  const done = await Promise.all(Object.entries(sides).map(async ([name, side]) => [name, await act(side, name)]));
  return Object.fromEntries(done);
}

function parsed(side) {
  side.parsed ??= [];
  while (side.parsed.length < side.lines.length) side.parsed.push(JSON.parse(side.lines[side.parsed.length]));
  return side.parsed;
}

const figures = (side) => parsed(side).filter((line) => line.kind === 'stats');
const ofKind = (kind) => (side) => parsed(side).find((line) => line.kind === kind);
const connected = (side) => parsed(side).find((line) => {
  if (line.kind === 'ended' || line.kind === 'error') throw new Error(`${side.name}: ${JSON.stringify(line)}`);
  return line.kind === 'state' && line.state?.is === 'connected';
});
