// The requests for the contact list of an account: while it is online, and after each pause in typing a search.
// The list itself comes in the snapshot; this holds the state of the request.

import { untrack } from 'svelte';

import type { AccountView } from '../generated/bindings';
import { listProblem } from './service';
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

  #session: Session;
  #account: () => AccountView;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  reachable = $derived.by(() => this.#account().link === 'online');

  /** Why there is no list: the failure of the last request, else that of a refresh in the background. */
  problem = $derived.by(() => {
    const account = this.#account();
    return this.error ?? (account.list_error === null ? null : listProblem(account, this.#session.language));
  });

  /** Of a component while it starts; ends with it. */
  constructor(session: Session, account: () => AccountView) {
    this.#session = session;
    this.#account = account;
    $effect(() => {
      const { contacts_loaded, contacts } = account();
      if (contacts_loaded && this.answered === '') this.all = contacts.length;
    });
    $effect(() => {
      if (this.reachable) untrack(() => void this.load());
      return () => this.stop();
    });
  }

  async load(): Promise<void> {
    clearTimeout(this.#timer);
    const mine = (this.#asked += 1);
    this.busy = true;
    this.error = null;
    try {
      const search = this.search.trim();
      this.answered = null;
      await this.#session.host.refreshContacts(this.#account().id, search);
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
