// Earlier calls: what narrows their list, and how it falls into days. Pure.

import type { AccountView, HistoryEntry, HistoryFilter, Person } from '../generated/bindings';
import type { Language } from '../text/text';
import { nameOf } from './accounts';
import { daysBetween, dayTitle } from './format';
import { wallNow } from './wallclock';

/** What a user narrows the list by; empty and `null` do not. */
export interface Narrowing {
  search: string;
  missed: boolean;
  account: number | null;
  dialect: string | null;
  /** Ids of people are a backend's own. */
  person: { who: Person; dialect: string } | null;
  /** Days as a date field gives them, `YYYY-MM-DD`; both included. */
  from: string;
  until: string;
}

export const EVERYTHING: Narrowing = {
  search: '',
  missed: false,
  account: null,
  dialect: null,
  person: null,
  from: '',
  until: '',
};

/** Everybody else who was in a call, whoever called or was called first before the others. */
export function peopleOf({ peer, members }: Pick<HistoryEntry, 'peer' | 'members'>): Person[] {
  return [peer, ...members.filter((one) => one.id !== peer.id)];
}

/** What one chip takes away again. */
export interface Chip {
  key: keyof Narrowing;
  label: string;
}

/** The first moment of a day of this computer's calendar, or of the one after; `null` for no date. */
export function midnight(day: string, after = 0): Date | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (parts === null) return null;
  const [, year, month, date] = parts.map(Number);
  const made = new Date(year ?? 0, (month ?? 1) - 1, (date ?? 1) + after);
  return Number.isNaN(made.getTime()) ? null : made;
}

export function filterOf(by: Narrowing): HistoryFilter {
  const wanted: HistoryFilter = {};
  if (by.account !== null) wanted.account = by.account;
  const dialect = by.person?.dialect ?? by.dialect;
  if (dialect !== null) wanted.dialect = dialect;
  if (by.person !== null) wanted.person = by.person.who.id;
  if (by.missed) wanted.missed = true;
  if (by.search.trim() !== '') wanted.search = by.search.trim();
  const [from, until] = [midnight(by.from), midnight(by.until, 1)];
  if (from !== null) wanted.from = from.toISOString();
  if (until !== null) wanted.until = until.toISOString();
  return wanted;
}

/** The last day is before the first: nothing can be found. */
export function backwards(by: Narrowing): boolean {
  return by.from !== '' && by.until !== '' && by.from > by.until;
}

/** Stretches of days that have a name; `own` is any other. */
export const SPANS = ['any', 'today', 'week', 'month', 'own'] as const;
export type Span = (typeof SPANS)[number];

const written = (date: Date) =>
  [
    `${date.getFullYear()}`.padStart(4, '0'),
    `${date.getMonth() + 1}`.padStart(2, '0'),
    `${date.getDate()}`.padStart(2, '0'),
  ].join('-');

/** The days of a stretch that ends now. `own` begins as the last week, so that its fields show what is looked for. */
export function daysOf(span: Span, now: Date = wallNow()): Pick<Narrowing, 'from' | 'until'> {
  const day = (date: number) => written(new Date(now.getFullYear(), now.getMonth(), date));
  switch (span) {
    case 'any':
      return { from: '', until: '' };
    case 'today':
      return { from: day(now.getDate()), until: '' };
    case 'week':
      return { from: day(now.getDate() - 6), until: '' };
    case 'month':
      return { from: day(1), until: '' };
    case 'own':
      return { from: day(now.getDate() - 6), until: day(now.getDate()) };
  }
}

/** On the first of a month `today` and `month` are the same days: the shorter name wins. */
export function spanOf(by: Narrowing, now: Date = wallNow()): Span {
  return SPANS.find((span) => span !== 'own' && daysOf(span, now).from === by.from && by.until === '') ?? 'own';
}

/** What is narrowed beside the words and the missed ones, which are seen in their own places. */
export function chips(by: Narrowing, accounts: AccountView[], language: Language): Chip[] {
  const { text, isolate } = language;
  const shown = (day: string) => {
    const date = midnight(day);
    return date === null ? day : new Intl.DateTimeFormat(language.tag, { dateStyle: 'medium' }).format(date);
  };
  const made: Chip[] = [];
  const account = accounts.find((one) => one.id === by.account);
  if (account !== undefined) made.push({ key: 'account', label: isolate(nameOf(account)) });
  if (by.dialect !== null)
    made.push({ key: 'dialect', label: accounts.find((one) => one.dialect === by.dialect)?.label ?? by.dialect });
  if (by.person !== null) made.push({ key: 'person', label: text.history.with(isolate(by.person.who.name || text.someone)) });
  const span = spanOf(by);
  if (midnight(by.from) !== null)
    made.push({ key: 'from', label: span === 'own' ? text.history.since(shown(by.from)) : text.history.span[span] });
  if (midnight(by.until) !== null) made.push({ key: 'until', label: text.history.upTo(shown(by.until)) });
  return made;
}

export function isNarrowed(by: Narrowing): boolean {
  return Object.keys(filterOf(by)).length > 0;
}

/** The backends there are, once each. */
export function backends(accounts: AccountView[]): { dialect: string; label: string }[] {
  const seen = new Map(accounts.map((one) => [one.dialect, one.label]));
  return [...seen].map(([dialect, label]) => ({ dialect, label }));
}

export const keyOf = (entry: HistoryEntry): string => (entry.id === 0 ? `${entry.account}/${entry.call}` : `${entry.id}`);

/** Newly read calls before those known; each once, as it is now. */
export function joined(first: HistoryEntry[], then: HistoryEntry[]): HistoryEntry[] {
  const seen = new Set(first.map(keyOf));
  return [...first, ...then.filter((entry) => !seen.has(keyOf(entry)))];
}

export interface Day {
  key: string;
  /** Empty where nobody knows when it was. */
  title: string;
  entries: HistoryEntry[];
}

export function days(entries: HistoryEntry[], language: Language, now: Date = wallNow()): Day[] {
  const made: Day[] = [];
  let last: Date | null | undefined;
  for (const entry of entries) {
    const at = new Date(entry.started_at);
    const date = entry.started_at === '' || Number.isNaN(at.getTime()) ? null : at;
    const same = last !== undefined && (date === null ? last === null : last !== null && daysBetween(last, date) === 0);
    if (same) made.at(-1)?.entries.push(entry);
    else made.push({ key: keyOf(entry), title: date === null ? '' : dayTitle(date, language, now), entries: [entry] });
    last = date;
  }
  return made;
}

/** Whether somebody is in none of the account's lists any more; unknown counts as there. */
export function isGone(entry: HistoryEntry, account: AccountView | null): boolean {
  if (account === null || !account.contacts_loaded || !account.capabilities.contacts || account.contacts.length === 0)
    return false;
  return !account.contacts.some((one) => one.person.id === entry.peer.id);
}
