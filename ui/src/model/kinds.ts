// Kinds and titles of meetings that are not written by people, in the reader's language. Pure.

import type { Text } from '../text/en';

/** What kind of meeting it is; a code that is not known stays as it is. */
export function kindOf(label: string, text: Text): string {
  return own(text.slots.labels, label.toLowerCase()) ?? label;
}

/** What a call is about, as a ring says it: a meeting without a title is about nothing but itself. */
export function aboutOf(label: string, text: Text): string {
  return own(text.slots.untitled, label.toLowerCase()) ?? text.ring.about(label);
}

/** A title as people wrote it, or what a meeting without one is called. */
export function titled(label: string, text: Text): string {
  return own(text.slots.untitled, label.toLowerCase()) ?? label;
}

function own(words: Record<string, string>, code: string): string | undefined {
  return Object.hasOwn(words, code) ? words[code] : undefined;
}
