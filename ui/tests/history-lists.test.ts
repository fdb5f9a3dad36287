import { describe, expect, it } from 'vitest';

import type { HistoryEntry } from '../src/generated/bindings';
import { fakeHost } from '../src/host/fake';
import {
  backwards,
  chips,
  days,
  daysOf,
  EVERYTHING,
  filterOf,
  isGone,
  isNarrowed,
  joined,
  peopleOf,
  midnight,
  spanOf,
  SPANS,
} from '../src/model/history';
import { Records } from '../src/model/records.svelte';
import { ADA, LEILA, seller } from '../src/host/fake/people';
import { language } from '../src/text/text';

const english = language('en-GB');
const entry = (id: number, started_at: string, over: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id,
  account: 1,
  call: `c${id}`,
  peer: ADA,
  members: [],
  outgoing: true,
  status: 'completed',
  started_at,
  duration_s: 0,
  subject: null,
  kind: 'video',
  account_label: 'Storefront',
  dialect: 'storefront',
  ...over,
});

describe('what narrows the history', () => {
  it('says nothing of what is not chosen', () => {
    expect(filterOf(EVERYTHING)).toEqual({});
    expect(isNarrowed(EVERYTHING)).toBe(false);
    expect(filterOf({ ...EVERYTHING, search: '  Ada ', missed: true })).toEqual({ search: 'Ada', missed: true });
    expect(isNarrowed({ ...EVERYTHING, missed: true })).toBe(true);
  });

  it('has stretches of days that end now', () => {
    const now = new Date(2026, 2, 3, 0, 5);
    expect(daysOf('today', now)).toEqual({ from: '2026-03-03', until: '' });
    expect(daysOf('week', now)).toEqual({ from: '2026-02-25', until: '' });
    expect(daysOf('month', now)).toEqual({ from: '2026-03-01', until: '' });
    expect(daysOf('own', now)).toEqual({ from: '2026-02-25', until: '2026-03-03' });
    for (const span of SPANS) expect(spanOf({ ...EVERYTHING, ...daysOf(span, now) }, now)).toBe(span);
    expect(spanOf({ ...EVERYTHING, from: '2026-03-02' }, now)).toBe('own');
  });

  it('knows where a day begins and ends, also when the clocks change', () => {
    expect(midnight('2026-03-29')?.getTime()).toBe(new Date(2026, 2, 29).getTime());
    expect(midnight('2026-12-31', 1)?.getTime()).toBe(new Date(2027, 0, 1).getTime());
    expect([midnight(''), midnight('yesterday'), midnight('2026-1-1')]).toEqual([null, null, null]);
    expect(backwards({ ...EVERYTHING, from: '2026-02-02', until: '2026-02-01' })).toBe(true);
    expect(backwards({ ...EVERYTHING, from: '2026-02-02' })).toBe(false);
  });

  it('asks for a person on their own backend', () => {
    const by = { ...EVERYTHING, dialect: 'clinic', person: { who: LEILA, dialect: 'storefront' } };
    expect(filterOf(by)).toEqual({ person: LEILA.id, dialect: 'storefront' });
  });

  it('is told in words', () => {
    const by = {
      ...EVERYTHING,
      account: 1,
      dialect: 'storefront',
      person: { who: ADA, dialect: 'storefront' },
      from: '2026-02-01',
      until: '2026-02-03',
    };
    expect(chips(by, [seller()], english).map((one) => one.label)).toEqual([
      'Nordlicht Keramik · Storefront',
      'Storefront',
      'With Ada Okafor',
      'From 1 Feb 2026',
      'Until 3 Feb 2026',
    ]);
  });
});

describe('the list', () => {
  it('falls into days of this computer, and keeps what has no time apart', () => {
    const at = (day: number, hour: number) => new Date(2026, 4, day, hour).toISOString();
    const now = new Date(2026, 4, 20, 12);
    const drawn = days([entry(4, at(20, 9)), entry(3, at(20, 1)), entry(2, at(19, 23)), entry(1, '')], english, now);
    expect(drawn.map((one) => [one.title, one.entries.map(({ id }) => id)])).toEqual([
      ['Today', [4, 3]],
      ['Yesterday', [2]],
      ['', [1]],
    ]);
  });

  it('has every call once, as it was read last', () => {
    const old = entry(1, '', { status: 'ongoing' });
    expect(
      joined([entry(2, ''), entry(1, '')], [old, entry(0, '', { call: 'x' })]).map(({ id, status }) => [id, status]),
    ).toEqual([
      [2, 'completed'],
      [1, 'completed'],
      [0, 'completed'],
    ]);
  });

  it('knows who is in no list any more', () => {
    expect(isGone(entry(1, '', { peer: { id: 'gone', name: 'Gone', avatar: null } }), seller())).toBe(true);
    expect(isGone(entry(1, ''), seller())).toBe(false);
    expect(isGone(entry(1, ''), null)).toBe(false);
    expect(isGone(entry(1, ''), seller({ contacts_loaded: false, contacts: [] }))).toBe(false);
  });

  it('takes a thousand calls page by page', async () => {
    const host = fakeHost('seller');
    const PAGES = 60;
    host.history = (_, page) =>
      Promise.resolve({
        entries: Array.from({ length: 20 }, (_one, n) => entry(page * 100 + n + 1, '')),
        page,
        pages: PAGES,
        left_out: 0,
      });
    const records = new Records(
      { host, wordsOf: () => '' },
      () => EVERYTHING,
      () => undefined,
    );
    await records.begin();
    while (records.page < records.pages) await records.more();
    expect([records.entries.length, records.page]).toEqual([20 * PAGES, PAGES]);
    await records.refresh();
    expect([records.entries.length, records.page]).toEqual([20 * PAGES, PAGES]);
    records.stop();
  });

  it.each(['more', 'refresh'] as const)(
    'does not mix the calls of two filters when %s comes while words are typed',
    async (what) => {
      const host = fakeHost('seller');
      const asked: (string | undefined)[] = [];
      host.history = (filter, page) => {
        asked.push(filter.search);
        const found = filter.search === 'zzz' ? [] : [entry(page, '')];
        return Promise.resolve({ entries: found, page, pages: found.length * 9, left_out: 0 });
      };
      let by = EVERYTHING;
      const records = new Records(
        { host, wordsOf: () => '' },
        () => by,
        () => undefined,
      );
      await records.begin();
      await records.more();
      expect(records.entries.length).toBe(2);
      by = { ...EVERYTHING, search: 'zzz' };
      records.typed();
      await records[what]();
      expect([records.entries.length, records.page, records.pages]).toEqual([0, 1, 0]);
      expect(asked).toEqual([undefined, undefined, 'zzz']);
      records.stop();
    },
  );
});

it('a call of several names whoever called first before the others, once', () => {
  expect(peopleOf(entry(1, ''))).toEqual([ADA]);
  expect(peopleOf(entry(1, '', { members: [LEILA, ADA] }))).toEqual([ADA, LEILA]);
});
