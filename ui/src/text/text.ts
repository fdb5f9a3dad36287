// Picks the catalogue and the writing direction for a language.

import { ar } from './ar';
import { de } from './de';
import { en, type Text } from './en';

/** The languages there are, with the names they give themselves. */
export const LANGUAGES = { en: 'English', de: 'Deutsch', ar: 'العربية' } as const;
export type Code = keyof typeof LANGUAGES;

export const CATALOGUES: Record<Code, Text> = { en, de, ar };
const RIGHT_TO_LEFT: ReadonlySet<Code> = new Set<Code>(['ar']);

export interface Language {
  /** Which catalogue. */
  code: Code;
  /** What dates and numbers are written in, BCP 47. */
  tag: string;
  direction: 'ltr' | 'rtl';
  text: Text;
  /** Readies a name for the middle of a sentence: one written the other way must not turn it round. */
  isolate: (name: string) => string;
}

const WRITTEN_RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** The language of a tag; English for what there is no catalogue for. */
export function language(tag: string, direction?: 'ltr' | 'rtl'): Language {
  const base = baseOf(tag);
  const code = isCode(base) ? base : 'en';
  const usable = base === code && valid(tag) ? tag : code;
  const writes = direction ?? (RIGHT_TO_LEFT.has(code) ? 'rtl' : 'ltr');
  return {
    code,
    // Western digits in Arabic, as in everything a backend sends: amounts, order numbers, times.
    tag: code === 'ar' && !usable.includes('-u-') ? `${usable}-u-nu-latn` : usable,
    direction: writes,
    text: CATALOGUES[code],
    isolate: (name) => (WRITTEN_RIGHT_TO_LEFT.test(name) === (writes === 'rtl') ? name : `\u2068${name}\u2069`),
  };
}

/** The chosen language, with the region of the system's where both are the same language. */
export function chosen(setting: string | null, system: string): string {
  return setting === null || baseOf(setting) === baseOf(system) ? system : setting;
}

function baseOf(tag: string): string {
  return tag.toLowerCase().split(/[-_.]/)[0] ?? '';
}

function isCode(base: string): base is Code {
  return Object.hasOwn(LANGUAGES, base);
}

function valid(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
