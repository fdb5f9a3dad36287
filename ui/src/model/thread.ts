// A thread of messages as it is drawn: by day, with the place where the unread ones begin. Pure.

import type { Message } from '../generated/bindings';
import { daysBetween } from './format';

interface Bubble {
  key: string;
  message: Message;
  /** First of several by the same side, close in time. */
  first: boolean;
  /** Last of such: carries the time. */
  last: boolean;
  sending: boolean;
}

export interface Stretch {
  key: string;
  /** `null` where the backend gave no times. */
  date: Date | null;
  bubbles: Bubble[];
}

/** Messages further apart than this are not drawn as one. */
const TOGETHER_MS = 5 * 60_000;

export function stretches(messages: Message[], breakAt: string | null): Stretch[] {
  const made: Stretch[] = [];
  let before: Message | null = null;
  for (const [index, message] of messages.entries()) {
    const date = dateOf(message.at);
    let stretch = made.at(-1);
    if (stretch === undefined || !sameDay(stretch.date, date)) {
      stretch = { key: message.id || `at-${index}`, date, bubbles: [] };
      made.push(stretch);
      before = null;
    }
    const joined = before !== null && together(before, message) && message.id !== breakAt;
    const above = stretch.bubbles.at(-1);
    if (joined && above !== undefined) above.last = false;
    stretch.bubbles.push({
      key: message.id || `sending-${index}`,
      message,
      first: !joined,
      last: true,
      sending: message.id === '' && message.from_me,
    });
    before = message;
  }
  return made;
}

/** The first message nobody had read when the thread was opened with `unread` of them. */
export function firstUnread(messages: Message[], unread: number): string | null {
  const theirs = messages.filter((message) => !message.from_me && message.id !== '');
  const marked = theirs.find((message) => !message.read);
  if (marked !== undefined) return marked.id;
  // Opening the thread may have marked them already.
  return unread > 0 ? (theirs[Math.max(0, theirs.length - unread)]?.id ?? null) : null;
}

function dateOf(at: string): Date | null {
  const date = new Date(at);
  return at === '' || Number.isNaN(date.getTime()) ? null : date;
}

function sameDay(a: Date | null, b: Date | null): boolean {
  if (a === null || b === null) return a === b || b === null;
  return daysBetween(a, b) === 0;
}

function together(a: Message, b: Message): boolean {
  if (a.from_me !== b.from_me || a.sender !== b.sender || a.call !== undefined || b.call !== undefined) return false;
  const [from, to] = [dateOf(a.at), dateOf(b.at)];
  return from === null || to === null || Math.abs(to.getTime() - from.getTime()) < TOGETHER_MS;
}
