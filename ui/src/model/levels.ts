// Loudness as people see it on a bar. Pure.

/** Below this a bar is empty, in dBFS. */
export const FLOOR_DB = -60;
/** From here on somebody speaks. */
export const SPEECH_DB = -42;
const TOO_LOUD_DB = -3;
const QUIET_DB = -50;

/** How far a bar is filled, 0..1; even steps in dB are even steps on it. */
export function filled(db: number): number {
  return Number.isFinite(db) ? Math.min(1, Math.max(0, (db - FLOOR_DB) / -FLOOR_DB)) : 0;
}

export type Hearing = 'saySomething' | 'heard' | 'quiet' | 'tooLoud' | 'notHeard';

const FRESH_MS = 2500;
const PATIENCE_MS = 8000;

/** What a microphone's level has come to, told calmly. */
export class Ear {
  #since: number;
  #heard = Number.NEGATIVE_INFINITY;
  #loud = Number.NEGATIVE_INFINITY;
  #quiet = Number.NEGATIVE_INFINITY;

  constructor(now: number) {
    this.#since = now;
  }

  hear(db: number, now: number): Hearing {
    if (db >= TOO_LOUD_DB) this.#loud = now;
    if (db >= SPEECH_DB) this.#heard = now;
    else if (db >= QUIET_DB) this.#quiet = now;
    if (now - this.#loud < FRESH_MS) return 'tooLoud';
    if (now - this.#heard < FRESH_MS) return 'heard';
    const last = Math.max(this.#since, this.#heard);
    if (now - last < PATIENCE_MS) return 'saySomething';
    return now - this.#quiet < PATIENCE_MS ? 'quiet' : 'notHeard';
  }
}
