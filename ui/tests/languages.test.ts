import { describe, expect, it } from 'vitest';

import type { EndReason } from '../src/generated/bindings';
import { en } from '../src/text/en';
import { CATALOGUES, chosen, language, type Code } from '../src/text/text';

/** Parameters with these names are numbers; all others are words. */
const NUMBERS = new Set(['all', 'n', 'hours', 'minutes', 'seconds', 'percent']);
/** What is the same in German as in English: names and words both languages have. Add a path only if a German would say it so. */
const SAME_IN_GERMAN = new Set([
  'app',
  'call.details',
  'desktop.optional',
  'incall.figures.path',
  'history.narrow',
  'figures.name',
  'group.also',
  'figures.bar',
  'home.accountAt',
  'home.callWas',
  'home.lastOrder',
  'home.onlineMark',
  'rooms.online',
  'rooms.offline',
  'incall.figures.codec',
  'settings.keys.milliseconds',
  'desktop.managed.server',
  'settings.secrets.passphrase',
  'signIn.roles.admin',
  'signIn.roles.patient',
]);
/** What is printed on keys is often the same. */
const onKeys = (path: string) => path.startsWith('keycaps.');
/** Where there is nothing to say. */
const EMPTY = new Set(['settings.secrets.problems.none']);
/** What has no Arabic letter in it. */
const SAME_IN_ARABIC = new Set(['app']);

const REASONS: EndReason[] = [
  ...(
    [
      'hung_up',
      'remote_hung_up',
      'cancelled',
      'remote_cancelled',
      'declined',
      'remote_declined',
      'remote_busy',
      'missed',
      'remote_offline',
      'answered_elsewhere',
      'declined_elsewhere',
      'merged',
      'connection_lost',
      'connect_failed',
    ] as const
  ).map((why) => ({ why })),
  { why: 'refused', message: '' },
  { why: 'failed', message: '' },
];

type Words = (...values: unknown[]) => unknown;

/** Every text of a catalogue by its path. */
function leaves(from: object, path = ''): Map<string, string | Words> {
  const found = new Map<string, string | Words>();
  for (const [key, value] of Object.entries(from) as [string, unknown][]) {
    const here = path === '' ? key : `${path}.${key}`;
    if (typeof value === 'string') found.set(here, value);
    else if (typeof value === 'function') found.set(here, value as Words);
    else if (typeof value === 'object' && value !== null) for (const [at, leaf] of leaves(value, here)) found.set(at, leaf);
    else throw new Error(`${here} is neither words nor a section`);
  }
  return found;
}

/** Names of a function's parameters, as it was written. */
function parameters(of: Words): string[] {
  const list = /^\(?([^)=]*)\)?\s*=>/.exec(String(of))?.[1] ?? '';
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

const ALL = leaves(en);
const number = (code: Code, n: number) => new Intl.NumberFormat(language(code).tag).format(n);

/** What a function says, for words and for numbers of every plural class. */
function said(path: string, words: Words, names: string[]): { args: unknown[]; text: unknown }[] {
  if (path.startsWith('ended.') && names[0] === 'reason') {
    return REASONS.flatMap((reason) =>
      ['incoming', 'outgoing'].map((direction) => ({ args: [reason, direction, 'Ada'], text: words(reason, direction, 'Ada') })),
    );
  }
  return [0, 1, 2, 3, 11, 100, 102, 4711].map((n) => {
    const args = names.map((name, at) => (NUMBERS.has(name) ? n : `Wort${String.fromCharCode(65 + at)}`));
    return { args, text: words(...args) };
  });
}

describe.each(Object.keys(CATALOGUES) as Code[])('the catalogue of %s', (code) => {
  const own = leaves(CATALOGUES[code]);

  it('has every text, and no other', () => {
    expect([...own.keys()].sort()).toEqual([...ALL.keys()].sort());
  });

  it('has no empty text, no spaces at the edges and no three dots', () => {
    const bad = [...own].filter(
      ([path, text]) =>
        typeof text === 'string' && !EMPTY.has(path) && (text.trim() === '' || text !== text.trim() || text.includes('...')),
    );
    expect(bad.map(([path]) => path)).toEqual([]);
  });

  it('says all it is given, for words and for numbers of every class', () => {
    const bad: string[] = [];
    for (const [path, english] of ALL) {
      if (typeof english === 'string') continue;
      const names = parameters(english);
      const words = own.get(path);
      if (typeof words !== 'function') {
        bad.push(`${path}: is not a function`);
        continue;
      }
      const theirs = said(path, english, names);
      for (const [at, { args, text }] of said(path, words, names).entries()) {
        const reference = theirs[at]?.text;
        if (reference === null && text === null) continue;
        if (typeof text !== 'string' || text.trim() === '' || typeof reference !== 'string') {
          bad.push(`${path}(${args.join()}): says nothing`);
          continue;
        }
        for (const word of args.filter((arg) => typeof arg === 'string' && /^(Wort.|Ada)$/.test(arg)) as string[]) {
          const there = (words: string) => words.toLowerCase().includes(word.toLowerCase());
          if (there(reference) !== there(text))
            bad.push(`${path}(${args.join()}): ${word} is ${there(text) ? 'said' : 'left out'}`);
        }
        // One and two are words in Arabic, and nothing is.
        for (const n of args.filter((arg) => typeof arg === 'number' && arg > 2) as number[]) {
          if (reference.includes(number('en', n)) && !text.includes(number(code, n)))
            bad.push(`${path}(${args.join()}): the number is left out`);
        }
        if (text.includes('#') || text.includes('undefined') || text.includes('NaN'))
          bad.push(`${path}(${args.join()}): ${text}`);
      }
    }
    expect(bad).toEqual([]);
  });
});

describe('translations', () => {
  /** What a text says, with words for its parameters. */
  const flat = (path: string, text: string | Words, names: string[]) =>
    typeof text === 'string'
      ? text
      : said(path, text, names)
          .map(({ text }) => String(text))
          .join('\n');
  const texts = (code: Code) =>
    [...ALL].map(([path, english]) => {
      const names = typeof english === 'string' ? [] : parameters(english);
      const own = leaves(CATALOGUES[code]).get(path) ?? '';
      return { path, english: flat(path, english, names), own: flat(path, own, names) };
    });

  it('leave nothing in English in German', () => {
    const left = texts('de').filter(
      ({ path, english, own }) => own === english && !SAME_IN_GERMAN.has(path) && !onKeys(path) && /\p{L}{2}/u.test(own),
    );
    expect(left.map(({ path }) => path)).toEqual([]);
  });

  it('leave nothing in English in Arabic', () => {
    const left = texts('ar').filter(
      ({ path, own }) =>
        own !== '' && !/[\u0600-\u06ff]/.test(own) && !SAME_IN_ARABIC.has(path) && !onKeys(path) && !/^WortA، WortB/.test(own),
    );
    expect(left.map(({ path }) => path)).toEqual([]);
  });

  it('use the signs of their own language', () => {
    // A comma, a question mark or a semicolon of the Latin script inside Arabic words.
    const foreign = texts('ar').filter(({ own }) => /[\u0600-\u06ff]\s?[,;?]/.test(own));
    expect(foreign.map(({ path }) => path)).toEqual([]);
    const informal = texts('de').filter(({ own }) => /\b(du|dich|dein|deine|deinen|deinem|deiner|dir)\b/i.test(own));
    expect(informal.map(({ path }) => path)).toEqual([]);
  });

  it('have a form for each of the six Arabic classes', () => {
    const { unread } = CATALOGUES.ar.home;
    expect([0, 1, 2, 3, 11, 100].map(unread)).toEqual([
      'لا رسائل غير مقروءة',
      'رسالة واحدة غير مقروءة',
      'رسالتان غير مقروءتين',
      '3 رسائل غير مقروءة',
      '11 رسالة غير مقروءة',
      '100 رسالة غير مقروءة',
    ]);
  });
});

describe('the language', () => {
  it('is the chosen one, else that of the system, else English', () => {
    expect(chosen(null, 'de-AT')).toBe('de-AT');
    expect(chosen('ar', 'de-AT')).toBe('ar');
    expect(language('fr-FR').code).toBe('en');
    expect(language('fr-FR').tag).toBe('en');
    expect(language('de_DE.UTF-8').code).toBe('de');
  });

  it('keeps the region of the system for dates', () => {
    expect(chosen('en', 'en-GB')).toBe('en-GB');
    expect(language(chosen('de', 'de-CH')).tag).toBe('de-CH');
  });

  it('writes Arabic from right to left with the digits of the backends', () => {
    const arabic = language('ar-EG');
    expect(arabic.direction).toBe('rtl');
    expect(new Intl.NumberFormat(arabic.tag).format(1204)).toBe('1,204');
    expect(
      new Intl.DateTimeFormat(arabic.tag, { hour: 'numeric', minute: '2-digit' }).format(new Date(2026, 1, 3, 9, 5)),
    ).toMatch(/^9:05/);
    expect(arabic.isolate('Ada')).toBe('\u2068Ada\u2069');
  });
});
