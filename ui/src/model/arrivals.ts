// Since when people wait in rooms. Backends say that a person waits, not since when: it is known only
// where the change was seen. Pure.

import type { EngineView } from '../generated/bindings';
import { waits } from './accounts';
import type { Known } from './quick';

/** Moments on the clock of `performance.now()`, by account and line. */
export type Arrivals = ReadonlyMap<string, number>;

export const arrivalKey = (account: number, line: string): string => `${account}/${line}`;

export function arrivals(known: Arrivals, before: EngineView | null, lines: Known, view: EngineView, now: number): Arrivals {
  const next = new Map<string, number>();
  for (const account of view.accounts) {
    const old = before?.accounts.find((one) => one.id === account.id);
    // After a gap in the connection the person may have been there for long.
    const watched = old !== undefined && old.link === 'online' && old.contacts_loaded && account.link === 'online';
    for (const line of account.contacts) {
      if (!waits(line)) continue;
      const key = arrivalKey(account.id, line.id);
      const since = known.get(key);
      const last = lines.get(account.id)?.get(line.id);
      if (since !== undefined) next.set(key, since);
      else if (watched && last !== undefined && !waits(last)) next.set(key, now);
    }
  }
  return next;
}
