// Who speaks in a call of several, from levels that come ten times a second, and whose connection is bad. The own
// voice is not among the levels. Pure but for what is remembered.

import type { MemberId, MemberLevel, MemberQuality } from '../generated/bindings';
import { SPEECH_DB } from './levels';

/** So long somebody has to speak before they take the stage: a cough is shorter. */
const ATTACK_MS = 300;
/** So long they stay there at least, so that the picture does not flicker in a lively talk. */
const HOLD_MS = 2000;
/** A pause between words. */
const PAUSE_MS = 300;

interface Voice {
  /** When they began to speak; pauses between words do not count. */
  since: number;
  last: number;
}

export class ActiveSpeaker {
  /** Keeps who spoke last while nobody speaks; `null`: nobody has. */
  speaker: MemberId | null = null;
  #since = Number.NEGATIVE_INFINITY;
  #voices = new Map<MemberId, Voice>();

  /** Takes what was heard now; `can` leaves out who is not in the call or muted. `now` in milliseconds. */
  hear(levels: readonly Pick<MemberLevel, 'member' | 'db'>[], can: (member: MemberId) => boolean, now: number): MemberId | null {
    for (const member of this.#voices.keys()) if (!can(member)) this.#voices.delete(member);
    for (const { member, db } of levels) {
      if (db < SPEECH_DB || !can(member)) continue;
      const voice = this.#voices.get(member);
      if (voice === undefined || now - voice.last > PAUSE_MS) this.#voices.set(member, { since: now, last: now });
      else voice.last = now;
    }
    const present = this.speaker;
    const speaks = (member: MemberId) => now - (this.#voices.get(member)?.last ?? Number.NEGATIVE_INFINITY) <= PAUSE_MS;
    // Whoever has the stage keeps it while speaking, and for a while in any case.
    if (present !== null && can(present) && (speaks(present) || now - this.#since < HOLD_MS)) return present;
    let next: { member: MemberId; since: number } | null = null;
    for (const [member, { since, last }] of this.#voices) {
      // Of several whoever began first.
      if (speaks(member) && last - since >= ATTACK_MS && (next === null || since < next.since)) next = { member, since };
    }
    if (next !== null && next.member !== present) {
      this.speaker = next.member;
      this.#since = now;
    }
    return this.speaker;
  }

  /** Everybody who speaks now. */
  speaking(now: number): MemberId[] {
    return [...this.#voices].filter(([, voice]) => now - voice.last <= PAUSE_MS).map(([member]) => member);
  }
}

/** Readings, one a second, until a connection is called bad, and until it no longer is. */
const WORSE = 2;
const BETTER = 4;

export class WeakConnections {
  #counts = new Map<MemberId, { weak: boolean; other: number }>();

  /** Whose connection is bad, after the newest figures. */
  read(members: readonly Pick<MemberQuality, 'member' | 'quality'>[]): MemberId[] {
    for (const member of this.#counts.keys()) {
      if (!members.some((one) => one.member === member)) this.#counts.delete(member);
    }
    for (const { member, quality } of members) {
      const count = this.#counts.get(member) ?? { weak: false, other: 0 };
      this.#counts.set(member, count);
      if ((quality === 'poor') === count.weak) count.other = 0;
      else count.other += 1;
      if (count.other >= (count.weak ? BETTER : WORSE)) {
        count.weak = !count.weak;
        count.other = 0;
      }
    }
    return [...this.#counts].filter(([, { weak }]) => weak).map(([member]) => member);
  }
}
