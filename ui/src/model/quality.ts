// One word and one reason for how well a call runs, from its figures. Pure but for what the meter
// remembers: a single bad second changes nothing, and nothing flickers.

import type { CallStats } from '../generated/bindings';
import type { Text } from '../text/en';

type Grade = 'good' | 'fair' | 'poor';
export type Why = keyof Text['incall']['quality'];

export interface Quality {
  grade: Grade;
  why: Why;
}

/** What can be done about it; empty where all is well. */
export function adviceOf(why: Why, text: Text): string {
  return why === 'none' || why === 'sound' ? '' : text.incall.advice[why];
}

/** What the figures alone do not say. */
export interface About {
  /** Their camera is on, so that pictures are due. */
  remoteVideo: boolean;
  /** They share a screen: it stands still for good reasons. */
  remoteSharing: boolean;
  /** We share ours. */
  sharing: boolean;
  voice: boolean;
  /** How long the call has been connected. */
  seconds: number;
}

/** Readings, one a second, that are looked at for freezes. */
const WINDOW = 10;
/** So many readings in a row make it worse, better, or change the reason. */
const WORSE = 2;
const BETTER = 5;
const OTHER = 3;

const RANK: Record<Grade, number> = { good: 0, fair: 1, poor: 2 };

interface Reading {
  stats: CallStats;
  seconds: number;
}

/** The fraction of the pictures since the last reading that this computer was too busy to encode. */
function left(stats: CallStats, last: CallStats | undefined): number {
  if (last === undefined) return 0;
  const dropped = Math.max(0, stats.frames_dropped - last.frames_dropped);
  const all = dropped + Math.max(0, stats.frames_sent - last.frames_sent);
  return all === 0 ? 0 : dropped / all;
}

/** Judges one reading by itself, with the readings before it, oldest first. */
export function judge(stats: CallStats, before: Reading[], about: About): Quality {
  const found: Quality[] = [];
  const mark = (why: Why, poor: boolean, fair: boolean) => {
    if (poor) found.push({ grade: 'poor', why });
    else if (fair) found.push({ grade: 'fair', why });
  };

  mark('loss', stats.loss >= 0.08, stats.loss >= 0.02);
  mark('delay', stats.rtt_ms >= 600, stats.rtt_ms >= 250);

  const sends = !about.voice && stats.frames_sent > 0 && (!stats.camera_off || about.sharing);
  const room = stats.target_kbps;
  const last = before.at(-1);
  // Said before the upload: a computer that is too busy sends late, and its network is blamed for it.
  const lost = left(stats, last?.stats);
  // There is room for many pictures and few are made; a camera in the dark still makes more.
  const few = !about.sharing && last !== undefined && last.stats.frames_sent > 0 && room >= 600;
  mark('busy', sends && (lost >= 0.5 || (few && stats.fps_sent < 4)), sends && (lost >= 0.25 || (few && stats.fps_sent < 8)));
  mark('paused', sends && stats.picture_paused, false);
  const waits = sends && lost < 0.25 && room > 0;
  mark('upload', waits && room < 150, waits && room < 300);

  const first = before[0];
  const due = !about.voice && about.remoteVideo && !about.remoteSharing && stats.frames_received > 0;
  if (due && last !== undefined) {
    const span = Math.max(1, before.length) * 1000;
    const still = first === undefined ? 0 : Math.max(0, stats.freeze_ms - first.stats.freeze_ms) / span;
    mark('late', still >= 0.25 || stats.fps_received < 8, still >= 0.08 || stats.fps_received < 15);
  }

  if (first !== undefined && about.seconds > first.seconds) {
    // The figure is of the whole call; what counts is the part since the window began.
    const made = (stats.concealed * about.seconds - first.stats.concealed * first.seconds) / (about.seconds - first.seconds);
    mark('gaps', made >= 0.15, made >= 0.05);
  }

  return found.find(({ grade }) => grade === 'poor') ?? found[0] ?? { grade: 'good', why: about.voice ? 'sound' : 'none' };
}

/** Remembers enough of a call to say how it runs without flickering. */
export class QualityMeter {
  #before: Reading[] = [];
  #shown: Quality | null = null;
  #next: { quality: Quality; times: number } | null = null;

  read(stats: CallStats, about: About): Quality {
    const heard = judge(stats, this.#before, about);
    this.#before = [...this.#before, { stats, seconds: about.seconds }].slice(-WINDOW);
    if (this.#shown === null) this.#shown = { grade: 'good', why: about.voice ? 'sound' : 'none' };
    const shown = this.#shown;
    if (heard.grade === shown.grade && heard.why === shown.why) {
      this.#next = null;
      return shown;
    }
    const way = Math.sign(RANK[heard.grade] - RANK[shown.grade]);
    const same = this.#next !== null && Math.sign(RANK[this.#next.quality.grade] - RANK[shown.grade]) === way;
    const times = same && this.#next !== null ? this.#next.times + 1 : 1;
    // Of several readings the mildest is believed.
    const quality =
      same && this.#next !== null && RANK[this.#next.quality.grade] < RANK[heard.grade] && way > 0 ? this.#next.quality : heard;
    this.#next = { quality, times };
    const enough = way > 0 ? WORSE : way < 0 ? BETTER : OTHER;
    if (times >= enough) {
      this.#shown = quality;
      this.#next = null;
    }
    return this.#shown;
  }
}
