// The people who can be called from any account, and those that some letters find. Pure.

import type { AccountId, AccountView, Contact, MediaKind } from '../generated/bindings';

export interface Callable {
  /** Unique over all accounts. */
  key: string;
  account: AccountView;
  contact: Contact;
  online: boolean;
}

/** People shown at once; more letters leave fewer. */
export const MOST_SHOWN = 40;
/** Lines kept of an account whose list is searched meanwhile. */
const MOST_KEPT = 5000;

/** Lines of each account's list as last seen: a search in the list does not narrow this. */
export type Known = ReadonlyMap<AccountId, ReadonlyMap<string, Contact>>;

/** What is known once a snapshot came. */
export function remember(known: Known, accounts: AccountView[]): Known {
  const next = new Map<AccountId, ReadonlyMap<string, Contact>>();
  for (const account of accounts) {
    const lines = new Map(known.get(account.id) ?? []);
    if (lines.size > MOST_KEPT) lines.clear();
    for (const contact of account.contacts) lines.set(contact.id, contact);
    next.set(account.id, lines);
  }
  return next;
}

/** Each person once for each account: by the line where they wait, else by one without a time. */
export function callable(known: Known, accounts: AccountView[]): Callable[] {
  return accounts
    .filter((account) => account.link === 'online')
    .flatMap((account) => {
      const shown = new Set(account.contacts.map((contact) => contact.id));
      const made = new Map<string, Callable>();
      for (const contact of known.get(account.id)?.values() ?? []) {
        if (!(contact.voice || contact.video) || contact.slot?.phase === 'ended' || contact.slot?.phase === 'cancelled') continue;
        const key = `${account.id}/${contact.person.id}`;
        const before = made.get(key)?.contact;
        if (before !== undefined && rank(before) <= rank(contact)) continue;
        // Who is hidden by a search may have left since.
        made.set(key, { key, account, contact, online: contact.online && shown.has(contact.id) });
      }
      return [...made.values()];
    });
}

function rank({ slot }: Contact): number {
  if (slot?.they_wait === true) return 0;
  if (slot === null) return 1;
  return slot.phase === 'in_progress' || slot.phase === 'waiting' ? 2 : 3;
}

/** Video where there is both. */
export function usualKind(contact: Contact | null): MediaKind {
  return contact !== null && !contact.video && contact.voice ? 'voice' : 'video';
}

/** Best first: names that begin with the letters, then words of names, then the rest of the line. */
export function matching(all: Callable[], letters: string, lastCall: (one: Callable) => string): Callable[] {
  const wanted = plain(letters);
  const graded = all.flatMap((one) => {
    const grade = gradeOf(one, wanted);
    return grade === null ? [] : [{ one, grade, at: lastCall(one) }];
  });
  graded.sort(
    (a, b) =>
      a.grade - b.grade ||
      Number(b.one.online) - Number(a.one.online) ||
      b.at.localeCompare(a.at) ||
      a.one.contact.person.name.localeCompare(b.one.contact.person.name),
  );
  return graded.map(({ one }) => one);
}

function gradeOf({ contact }: Callable, wanted: string): number | null {
  if (wanted === '') return 0;
  const name = plain(contact.person.name);
  if (name.startsWith(wanted)) return 0;
  if (name.split(/[\s-]+/u).some((word) => word.startsWith(wanted))) return 1;
  return fits(contact, wanted) ? 2 : null;
}

/** Whether the letters stand in what a line says: name, detail, or what a call can be about. */
function fits(contact: Contact, letters: string): boolean {
  const wanted = plain(letters);
  const said = [
    contact.person.name,
    contact.detail,
    contact.subject?.label ?? '',
    ...contact.subjects.map((one) => one.subject.label),
  ];
  return said.some((text) => plain(text).includes(wanted));
}

/** Without case and without marks on letters: "Muller" finds "Müller". */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .trim()
    .toLowerCase();
}

/** The one line that the letters leave, if it can be called now; else `null`. */
export function onlyMatch(account: AccountView, letters: string): Contact | null {
  if (letters.trim() === '' || account.link !== 'online') return null;
  const [first, ...others] = account.contacts.filter((contact) => fits(contact, letters));
  return first !== undefined && others.length === 0 && (first.voice || first.video) ? first : null;
}
