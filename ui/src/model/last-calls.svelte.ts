// The newest calls with each person, from the log on this computer. No backend is asked for it.

import type { AccountId, HistoryEntry, PersonId } from '../generated/bindings';
import type { Host } from '../host/host';

/** As many as the log gives at once. */
const LOOKED_AT = 500;

const keyOf = (account: AccountId, person: PersonId) => `${account}/${person}`;

export class Lately {
  #calls = $state.raw<ReadonlyMap<string, HistoryEntry[]>>(new Map());
  #host: Pick<Host, 'recentCalls'>;
  #asked = 0;

  constructor(host: Pick<Host, 'recentCalls'>) {
    this.#host = host;
  }

  /** Reads the log anew. Lists do without where that fails. */
  async read(): Promise<void> {
    const mine = (this.#asked += 1);
    const page = await this.#host.recentCalls(LOOKED_AT).catch(() => null);
    if (page === null || mine !== this.#asked) return;
    const calls = new Map<string, HistoryEntry[]>();
    // Newest first.
    for (const entry of page.entries) {
      if (entry.account === null || entry.status === 'ongoing') continue;
      const key = keyOf(entry.account, entry.peer.id);
      const before = calls.get(key);
      if (before === undefined) calls.set(key, [entry]);
      else before.push(entry);
    }
    this.#calls = calls;
  }

  with(account: AccountId, person: PersonId): HistoryEntry | null {
    return this.all(account, person)[0] ?? null;
  }

  /** Newest first. */
  all(account: AccountId, person: PersonId): HistoryEntry[] {
    return this.#calls.get(keyOf(account, person)) ?? [];
  }
}
