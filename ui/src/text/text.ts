// Picks the catalogue and the writing direction for a language.

import { en, type Text } from './en';

const CATALOGUES: Record<string, Text> = { en };
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur']);

export interface Language {
  /** What dates and numbers are written in, BCP 47. */
  tag: string;
  direction: 'ltr' | 'rtl';
  text: Text;
  /** Readies a name for the middle of a sentence: one written the other way must not turn it round. */
  isolate: (name: string) => string;
}

const WRITTEN_RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

export function language(tag: string, direction?: 'ltr' | 'rtl'): Language {
  const base = tag.toLowerCase().split('-')[0] ?? 'en';
  const known = CATALOGUES[base];
  const usable = known === undefined ? 'en' : tag;
  const writes = direction ?? (known !== undefined && RIGHT_TO_LEFT.has(base) ? 'rtl' : 'ltr');
  return {
    tag: valid(usable) ? usable : 'en',
    direction: writes,
    text: known ?? en,
    isolate: (name) => (WRITTEN_RIGHT_TO_LEFT.test(name) === (writes === 'rtl') ? name : `\u2068${name}\u2069`),
  };
}

function valid(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
