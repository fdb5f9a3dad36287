// Asks the backend for an account's list, and again while somebody types. The list itself comes in
// the view; what is kept here is only whether it was asked for and what went wrong.

import type { AccountId } from '../generated/bindings';
import type { Session } from './session.svelte';

const TYPING_MS = 250;

export class Listing {
  search = $state('');
  busy = $state(false);
  /** The words of the failure; may be empty. */
  error = $state<string | null>(null);

  /** Lines of the whole list, as far as it was seen without a search. */
  all = $state(0);

  /** What the lines that are there were searched by; `null`: not known. */
  answered = $state<string | null>(null);

  #session: Pick<Session, 'host' | 'wordsOf'>;
  #account: AccountId;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Pick<Session, 'host' | 'wordsOf'>, account: AccountId) {
    this.#session = session;
    this.#account = account;
  }

  async load(): Promise<void> {
    clearTimeout(this.#timer);
    const mine = (this.#asked += 1);
    this.busy = true;
    this.error = null;
    try {
      const search = this.search.trim();
      this.answered = null;
      await this.#session.host.refreshContacts(this.#account, search);
      if (mine === this.#asked) this.answered = search;
    } catch (failure) {
      if (mine === this.#asked) this.error = this.#session.wordsOf(failure);
    } finally {
      if (mine === this.#asked) this.busy = false;
    }
  }

  /** How many lines there are, and of how many where a search left some out. */
  counted(n: number, found: (n: number) => string, foundOf: (n: number, all: number) => string): string {
    return this.search.trim() !== '' && this.all > n ? foundOf(n, this.all) : found(n);
  }

  /** The search changed: asks once the typing pauses. */
  typed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), TYPING_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
