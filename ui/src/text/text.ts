// Picks the catalogue and the writing direction for a language.

import { en, type Text } from './en';

const CATALOGUES: Record<string, Text> = { en };
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur']);

export interface Language {
  /** What dates and numbers are written in, BCP 47. */
  tag: string;
  direction: 'ltr' | 'rtl';
  text: Text;
}

export function language(tag: string, direction?: 'ltr' | 'rtl'): Language {
  const base = tag.toLowerCase().split('-')[0] ?? 'en';
  const known = CATALOGUES[base];
  const usable = known === undefined ? 'en' : tag;
  return {
    tag: valid(usable) ? usable : 'en',
    direction: direction ?? (known !== undefined && RIGHT_TO_LEFT.has(base) ? 'rtl' : 'ltr'),
    text: known ?? en,
  };
}

function valid(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
