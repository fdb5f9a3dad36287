// Do-not-disturb that ends by itself. Pure.

import type { Language } from '../text/text';
import { daysBetween, timeOf } from './format';
import { wallNow } from './wallclock';

const MORNING = 7;
/** Before this hour the night still belongs to the day before. */
const NIGHT_ENDS = 4;

export function inAnHour(now: Date = wallNow()): Date {
  return new Date(now.getTime() + 3_600_000);
}

/** The coming morning, by the calendar: days are not always 24 hours long. */
export function tomorrow(now: Date = wallNow()): Date {
  const away = now.getHours() < NIGHT_ENDS ? 0 : 1;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + away, MORNING);
}

/** `14:32` today, `Tue 07:00` on another day; empty for no time. */
export function untilWhen(at: Date, language: Language, now: Date = wallNow()): string {
  if (Number.isNaN(at.getTime())) return '';
  const time = timeOf(at, language);
  if (daysBetween(now, at) === 0) return time;
  return `${new Intl.DateTimeFormat(language.tag, { weekday: 'short' }).format(at)} ${time}`;
}
