// Times, dates and names as people read them. Pure.

import type { HistoryEntry } from '../generated/bindings';
import type { Language } from '../text/text';
import { wallNow } from './wallclock';

/** Milliseconds as `3:05` or `1:02:03`. */
export function clock(ms: number): string {
  const { hours, minutes, seconds } = split(ms);
  const tail = `${hours > 0 ? String(minutes).padStart(2, '0') : minutes}:${String(seconds).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

export function split(ms: number): { hours: number; minutes: number; seconds: number } {
  const all = Math.max(0, Math.floor(ms / 1000));
  return { hours: Math.floor(all / 3600), minutes: Math.floor(all / 60) % 60, seconds: all % 60 };
}

/** Milliseconds in words, at most two units: "12 min 34 sec", "1 hr 3 min". */
export function brief(ms: number, language: Language): string {
  const { hours, minutes, seconds } = split(ms);
  const said = (n: number, unit: string) =>
    new Intl.NumberFormat(language.tag, { style: 'unit', unit, unitDisplay: 'short' }).format(n);
  if (hours > 0) return `${said(hours, 'hour')} ${said(minutes, 'minute')}`;
  return minutes > 0 ? `${said(minutes, 'minute')} ${said(seconds, 'second')}` : said(seconds, 'second');
}

/** A figure with its unit: `1,500 kbit/s`; a dash where it is not known. */
export function measured(value: number | null, unit: string, language: Language, decimals = 0): string {
  if (value === null) return '–';
  return `${new Intl.NumberFormat(language.tag, { maximumFractionDigits: decimals }).format(value)} ${unit}`;
}

/** Scripts whose letters join: two of them side by side would read as a word. */
const JOINING = /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}]/u;

/** One or two letters that stand for a name; empty names give none. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = letter(words[0]);
  const last = words.length > 1 && !JOINING.test(first) ? letter(words[words.length - 1]) : '';
  return (first + last).toLocaleUpperCase();
}

function letter(word: string | undefined): string {
  return word === undefined ? '' : ([...word].find((sign) => /[\p{L}\p{N}]/u.test(sign)) ?? '');
}

/** A number 0..5 that stays with an id, to colour avatars. */
export function hue(id: string): number {
  let sum = 0;
  for (const sign of id) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) >>> 0;
  return sum % 6;
}

/** A day and time near now in words, further away as a date. Empty for what is not a date. */
export function when(at: string, language: Language, now: Date = wallNow()): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  const time = new Intl.DateTimeFormat(language.tag, { hour: 'numeric', minute: '2-digit' }).format(date);
  const days = daysBetween(date, now);
  if (days === 0) return `${language.text.history.today}, ${time}`;
  if (days === 1) return `${language.text.history.yesterday}, ${time}`;
  return `${day(at, language, now)}, ${time}`;
}

/** A date without its time. */
export function day(at: string, language: Language, now: Date = wallNow()): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return new Intl.DateTimeFormat(language.tag, { day: 'numeric', month: 'short', ...year }).format(date);
}

/** Days from one date to the other, by the calendar of this computer. */
export function daysBetween(from: Date, to: Date): number {
  const midnight = (of: Date) => Date.UTC(of.getFullYear(), of.getMonth(), of.getDate());
  return Math.round((midnight(to) - midnight(from)) / 86_400_000);
}

/** Hours and minutes, as the reader's clock shows them. */
export function timeOf(date: Date, language: Language): string {
  return new Intl.DateTimeFormat(language.tag, { hour: 'numeric', minute: '2-digit' }).format(date);
}

/** For short lists: the time today, the weekday within a week, else the date. */
export function shortly(at: string, language: Language, now: Date = wallNow()): string {
  const date = new Date(at);
  if (at === '' || Number.isNaN(date.getTime())) return '';
  const days = daysBetween(date, now);
  if (days === 0) return timeOf(date, language);
  if (days === 1) return language.text.history.yesterday;
  if (days > 1 && days < 7) return new Intl.DateTimeFormat(language.tag, { weekday: 'short' }).format(date);
  return day(at, language, now);
}

/** A day as a heading: near ones in words, others with their weekday. */
export function dayTitle(date: Date, language: Language, now: Date = wallNow()): string {
  const away = daysBetween(now, date);
  if (away === 0) return language.text.history.today;
  if (away === 1) return language.text.slots.tomorrow;
  if (away === -1) return language.text.history.yesterday;
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return new Intl.DateTimeFormat(language.tag, { weekday: 'long', day: 'numeric', month: 'long', ...year }).format(date);
}

/** "in 12 minutes", "5 minutes ago"; empty more than an hour away. */
export function nearly(date: Date, language: Language, now: Date = wallNow()): string {
  const minutes = Math.round((date.getTime() - now.getTime()) / 60_000);
  if (Math.abs(minutes) > 60) return '';
  return new Intl.RelativeTimeFormat(language.tag, { numeric: 'auto' }).format(minutes, 'minute');
}

export type Outcome = keyof Language['text']['history']['status'];

/** How a line of the history reads, from what came of it and the direction. */
export function outcome(entry: HistoryEntry): Outcome {
  switch (entry.status) {
    case 'missed':
      return entry.outgoing ? 'noAnswer' : 'missed';
    case 'declined':
      return entry.outgoing ? 'declinedByThem' : 'declinedByMe';
    case 'failed':
      return 'failed';
    case 'initiated':
    case 'ringing':
      return entry.outgoing ? 'noAnswer' : 'missed';
    case 'cancelled':
      return entry.outgoing ? 'cancelled' : 'missed';
    case 'interrupted':
      return 'interrupted';
    case 'busy':
      return 'busy';
    case 'elsewhere':
      return 'elsewhere';
    case 'ongoing':
    case 'accepted':
      return 'ongoing';
    default:
      // `completed`, a backend's `ended`, and whatever word a backend adds later.
      return entry.outgoing ? 'outgoing' : 'incoming';
  }
}

/** The days of a week, Monday first. */
export function weekdays(language: Language): { short: string; long: string }[] {
  // The first of January 2024 was a Monday.
  return Array.from({ length: 7 }, (_, at) => new Date(2024, 0, 1 + at)).map((date) => ({
    short: new Intl.DateTimeFormat(language.tag, { weekday: 'short' }).format(date),
    long: new Intl.DateTimeFormat(language.tag, { weekday: 'long' }).format(date),
  }));
}
