// Appointments and sessions by day, read off the list as the backend gave it. Pure.

import type { Contact, Slot } from '../generated/bindings';
import { waits } from './accounts';
import { daysBetween } from './format';
import { wallNow } from './wallclock';

/** A line that has a time. */
export interface Visit {
  contact: Contact;
  slot: Slot;
  /** `null` where the backend gave no time, or none that can be read. */
  at: Date | null;
}

interface Day {
  /** Days from today: 1 is tomorrow. */
  away: number;
  date: Date;
  visits: Visit[];
}

export interface Agenda {
  /** Somebody is in the room already: before everything else. */
  waiting: Visit[];
  /** Going on without us. */
  running: Visit[];
  today: Visit[];
  later: Day[];
  undated: Visit[];
  /** Newest first. */
  earlier: Visit[];
  /** Lines that are nobody's time: people to call. */
  people: Contact[];
}

export function agenda(contacts: Contact[], now: Date = wallNow()): Agenda {
  const made: Agenda = { waiting: [], running: [], today: [], later: [], undated: [], earlier: [], people: [] };
  const days = new Map<number, Day>();
  for (const contact of contacts) {
    const visit = visitOf(contact);
    if (visit === null) {
      made.people.push(contact);
      continue;
    }
    const { slot } = visit;
    const away = visit.at === null ? null : daysBetween(now, visit.at);
    const over = isOver(visit);
    if (waits(contact)) made.waiting.push(visit);
    else if (!over && (slot.phase === 'in_progress' || slot.they_wait)) made.running.push(visit);
    else if (visit.at === null || away === null) (over ? made.earlier : made.undated).push(visit);
    else if (away < 0) made.earlier.push(visit);
    else if (away === 0) made.today.push(visit);
    else {
      const day = days.get(away) ?? { away, date: visit.at, visits: [] };
      days.set(away, day);
      day.visits.push(visit);
    }
  }
  for (const part of [made.waiting, made.running, made.today]) part.sort(byTime);
  made.earlier.sort((a, b) => byTime(b, a));
  made.later = [...days.values()].sort((a, b) => a.away - b.away);
  for (const day of made.later) day.visits.sort(byTime);
  return made;
}

/** A line as what has a time; `null`: a person to call. */
export function visitOf(contact: Contact): Visit | null {
  return contact.slot === null ? null : { contact, slot: contact.slot, at: dateOf(contact.slot.starts_at) };
}

export function isOver({ slot }: Visit): boolean {
  return slot.phase === 'ended' || slot.phase === 'cancelled';
}

function dateOf(at: string): Date | null {
  const date = new Date(at);
  return at === '' || Number.isNaN(date.getTime()) ? null : date;
}

function byTime(a: Visit, b: Visit): number {
  return (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0) || a.contact.id.localeCompare(b.contact.id);
}
