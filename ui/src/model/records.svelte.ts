// Earlier calls as far as they were read: page by page, read anew when something happened, taken out
// with a moment to think again. The records are the engine's; what is kept here is what is drawn.

import type { HistoryEntry } from '../generated/bindings';
import { filterOf, joined, keyOf, type Narrowing } from './history';
import type { Session } from './session.svelte';

const TYPING_MS = 250;
/** How long a deleted call can be brought back. */
export const UNDO_MS = 6000;

export class Records {
  entries = $state.raw<HistoryEntry[]>([]);
  /** Pages read; 0 until the first one came. */
  page = $state(0);
  pages = $state(0);
  /** Calls that were not understood, of the pages read. */
  leftOut = $state(0);
  busy = $state(false);
  /** The words of the failure; may be empty. */
  error = $state<string | null>(null);
  /** Keys of calls about to be deleted. */
  leaving = $state.raw<ReadonlySet<string>>(new Set());

  #session: Pick<Session, 'host' | 'wordsOf'>;
  #by: () => Narrowing;
  #failed: (entry: HistoryEntry, failure: string) => void;
  #asked = 0;
  /** What the calls in `entries` were filtered by; `null`: none were read. */
  #read: string | null = null;
  #leftOut = new Map<number, number>();
  #typing: ReturnType<typeof setTimeout> | undefined;
  #deleting = new Map<string, { entry: HistoryEntry; timer: ReturnType<typeof setTimeout> }>();

  constructor(
    session: Pick<Session, 'host' | 'wordsOf'>,
    by: () => Narrowing,
    failed: (entry: HistoryEntry, failure: string) => void,
  ) {
    this.#session = session;
    this.#by = by;
    this.#failed = failed;
  }

  /** Another list is wanted: begins at its first page. */
  begin(): Promise<void> {
    return this.#load(1, false);
  }

  /** The same list, perhaps with newer calls; what was read of it stays. */
  refresh(): Promise<void> {
    return this.#load(1, this.page > 1);
  }

  async more(): Promise<void> {
    if (!this.busy && this.page > 0 && this.page < this.pages) await this.#load(this.page + 1, true);
  }

  /** The words changed: asks once the typing pauses. */
  typed(): void {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.begin(), TYPING_MS);
  }

  /** Calls of another filter are never kept: a page that is loaded before the typing pauses is the first of a new list. */
  async #load(next: number, extend: boolean): Promise<void> {
    clearTimeout(this.#typing);
    const mine = (this.#asked += 1);
    const filter = filterOf(this.#by());
    const filtered = JSON.stringify(filter);
    const keep = extend && filtered === this.#read;
    const wanted = keep ? next : 1;
    this.busy = true;
    this.error = null;
    try {
      const got = await this.#session.host.history(filter, wanted);
      if (mine !== this.#asked) return;
      this.#read = filtered;
      if (!keep) this.entries = got.entries;
      else this.entries = wanted === 1 ? joined(got.entries, this.entries) : joined(this.entries, got.entries);
      this.page = keep ? Math.max(wanted, this.page) : wanted;
      this.pages = got.pages;
      if (!keep) this.#leftOut.clear();
      this.#leftOut.set(wanted, got.left_out);
      this.leftOut = [...this.#leftOut.values()].reduce((sum, n) => sum + n, 0);
    } catch (failure) {
      if (mine === this.#asked) this.error = this.#session.wordsOf(failure);
    } finally {
      if (mine === this.#asked) this.busy = false;
    }
  }

  /** Deletes in a moment, unless it is brought back before. */
  remove(entry: HistoryEntry): void {
    const key = keyOf(entry);
    if (entry.id === 0 || this.#deleting.has(key)) return;
    this.#deleting.set(key, { entry, timer: setTimeout(() => void this.#delete(key), UNDO_MS) });
    this.#mark();
  }

  undo(entry: HistoryEntry): void {
    clearTimeout(this.#deleting.get(keyOf(entry))?.timer);
    this.#deleting.delete(keyOf(entry));
    this.#mark();
  }

  #mark(): void {
    this.leaving = new Set(this.#deleting.keys());
  }

  async #delete(key: string): Promise<void> {
    const deleting = this.#deleting.get(key);
    if (deleting === undefined) return;
    clearTimeout(deleting.timer);
    let failure: string | null = null;
    try {
      if (!(await this.#session.host.deleteRecord(deleting.entry.id))) failure = '';
    } catch (error) {
      failure = this.#session.wordsOf(error);
    }
    this.#deleting.delete(key);
    if (failure === null) this.entries = this.entries.filter((one) => keyOf(one) !== key);
    else this.#failed(deleting.entry, failure);
    this.#mark();
  }

  /** Nobody looks any more: what is to be deleted goes at once. */
  stop(): void {
    clearTimeout(this.#typing);
    for (const key of [...this.#deleting.keys()]) void this.#delete(key);
  }
}
