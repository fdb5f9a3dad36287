// Several people of a list, chosen for one call. Kept while a search hides some of them.

import type { Contact, Person } from '../generated/bindings';

export class Selection {
  /** Rows are chosen instead of called. */
  on = $state(false);
  /** In the order they were chosen. */
  people = $state.raw<Person[]>([]);
  /** More were wanted than a call has seats for. */
  refused = $state(false);
  #most: () => number;
  /** Where a range begins: the row that was chosen last. */
  #anchor: string | null = null;

  /** `most`: how many can be called at once. */
  constructor(most: () => number) {
    this.#most = most;
  }

  get full(): boolean {
    return this.people.length >= this.#most();
  }

  get most(): number {
    return this.#most();
  }

  has({ person }: Contact): boolean {
    return this.people.some(({ id }) => id === person.id);
  }

  start(): void {
    this.on = true;
  }

  stop(): void {
    this.on = false;
    this.people = [];
    this.refused = false;
    this.#anchor = null;
  }

  toggle(contact: Contact): void {
    this.#anchor = contact.id;
    this.refused = false;
    if (this.has(contact)) this.people = this.people.filter(({ id }) => id !== contact.person.id);
    else this.#add([contact]);
  }

  /** Chooses every row from the one chosen last to this one; `rows` as they stand in the list. */
  range(contact: Contact, rows: readonly Contact[]): void {
    const from = rows.findIndex(({ id }) => id === this.#anchor);
    const to = rows.findIndex(({ id }) => id === contact.id);
    if (from < 0 || to < 0) return this.toggle(contact);
    this.refused = false;
    const between = rows.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.#add((from <= to ? between : between.reverse()).filter((one) => isCallable(one) && !this.has(one)));
  }

  #add(contacts: readonly Contact[]): void {
    const room = Math.max(0, this.#most() - this.people.length);
    this.refused = contacts.length > room;
    this.people = [...this.people, ...contacts.slice(0, room).map(({ person }) => person)];
  }
}

/** Somebody who can be in a call at all. */
export const isCallable = ({ person, voice, video }: Contact): boolean => person.id !== '' && (voice || video);
