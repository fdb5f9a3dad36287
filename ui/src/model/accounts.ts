// What the interface wants to know of accounts: their words, what waits for attention. Pure.

import type { AccountView, CallView, Contact, EngineView, Person } from '../generated/bindings';
import type { Language } from '../text/text';

export function accountOf(view: EngineView | null, id: number): AccountView | null {
  return view?.accounts.find((account) => account.id === id) ?? null;
}

/** How an account is told from the others: `Dr. Berg · Clinic`. Empty where there is only one. */
export function tagOf(view: EngineView | null, id: number): string {
  const account = accountOf(view, id);
  if (account === null || (view?.accounts.length ?? 0) < 2) return '';
  const name = nameOf(account);
  // Two shops of the same people are told apart by where they are.
  const twice = view?.accounts.some((one) => one.id !== id && nameOf(one) === name) === true;
  return twice ? `${name} · ${account.server}` : name;
}

export function nameOf(account: AccountView): string {
  return account.me.name === '' ? account.label : `${account.me.name} · ${account.label}`;
}

/** The role in the reader's words; the backend's own where there are none. */
export function roleOf(account: AccountView, language: Language): string {
  return language.text.signIn.roles[account.role.toLowerCase()] ?? account.role;
}

/** Nobody is rung for these calls: one is in a room until the other comes. */
export function inRoom(account: AccountView | null, call: Pick<CallView, 'subject'>): boolean {
  if (account === null) return false;
  const { ring_timeout_s, list } = account.capabilities;
  return ring_timeout_s === null || (list === 'sessions' && call.subject !== null);
}

/** One call has room for all of them and for us. */
export function fitOneCall(account: AccountView | null, people: readonly Person[]): boolean {
  return people.length < (account?.capabilities.seats ?? 2);
}

/** Lets others in rather than being let in. */
export function admits(account: AccountView | null): boolean {
  return account?.role.toLowerCase() === 'practitioner';
}

/** The account's list shows this picture of them: it has been fetched, so drawing it tells nobody anything new. */
export function isListed(account: AccountView | null, { id, avatar }: Person): boolean {
  return account?.contacts.some(({ person }) => person.id === id && person.avatar === avatar) === true;
}

function isOpen(contact: Contact): boolean {
  return contact.slot !== null && contact.slot.phase !== 'ended' && contact.slot.phase !== 'cancelled';
}

/** The other side is in the room, we are not, and can come in. */
export function waits(contact: Contact): boolean {
  return isOpen(contact) && contact.slot?.they_wait === true && (contact.video || contact.voice);
}

/** What a badge beside the account counts. */
export function attention(account: AccountView): { unread: number; waiting: number } {
  return {
    unread: account.contacts.reduce((sum, one) => sum + one.unread, 0),
    waiting: account.capabilities.list === 'appointments' ? account.contacts.filter(waits).length : 0,
  };
}

/** Whether any call at all can be placed with a person of this account by name alone. */
export function callsPeople(account: AccountView | null): boolean {
  return account !== null && account.capabilities.ring_timeout_s !== null;
}
