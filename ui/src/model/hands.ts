// Raised hands of a call of several: in which order they went up, and which are news. Pure but for what is remembered.

import type { MemberId } from '../generated/bindings';

/** Whoever was seen with a hand up so recently has only been away: their path was lost for a moment. */
const AWAY_MS = 10_000;

/** Hands that are up, the one that waits longest first. */
export function inOrder(before: ReadonlySet<MemberId>, up: readonly MemberId[]): MemberId[] {
  return [...[...before].filter((id) => up.includes(id)), ...up.filter((id) => !before.has(id))];
}

export class HandNews {
  /** When each hand was seen up last. */
  #seen = new Map<MemberId, number>();

  /** Takes the hands that are up now; gives those to be told. `now` in milliseconds. */
  see(up: Iterable<MemberId>, now: number): MemberId[] {
    const news = [];
    for (const id of up) {
      if (now - (this.#seen.get(id) ?? Number.NEGATIVE_INFINITY) > AWAY_MS) news.push(id);
      this.#seen.set(id, now);
    }
    return news;
  }
}
