import { describe, expect, it } from 'vitest';

import type { Message, Phase } from '../src/generated/bindings';
import { historyPage } from '../src/host/fake/history';
import { dealer, practitioner, therapist } from '../src/host/fake/backends';
import { call, person, plain, seller } from '../src/host/fake/people';
import { i420Size, packFrame, parseFrame } from '../src/host/frames';
import { wordsOf } from '../src/host/host';
import { attention, inRoom, roleOf, tagOf } from '../src/model/accounts';
import { agenda } from '../src/model/agenda';
import { hiddenBy, ringOf, scene } from '../src/model/calls';
import { brief, clock, dayTitle, initials, nearly, outcome, shortly, when } from '../src/model/format';
import { firstUnread, stretches } from '../src/model/thread';
import { language } from '../src/text/text';
import { fitFor, place } from '../src/video/fit';
import { toRgba } from '../src/video/i420';

const ringing = (id: number) => call({ is: 'ringing', silenced: false }, { id, direction: 'incoming' });
const ended = (id: number) => call({ is: 'ended', reason: { why: 'hung_up' } }, { id });
const missed = (id: number) => call({ is: 'ended', reason: { why: 'missed' } }, { id, direction: 'incoming' });
const live = (id: number) => call({ is: 'connected' }, { id, connected_ms: 0 });

describe('what is drawn where', () => {
  it('gives the stage to the call going on and the banner to the one that rings', () => {
    const drawn = scene([ended(1), live(2), ringing(3)]);
    expect([drawn.stage?.id, drawn.ringing, drawn.waiting?.id]).toEqual([2, null, 3]);
  });

  it('rings over an ended call', () => {
    const drawn = scene([ended(1), ringing(2)]);
    expect([drawn.stage, drawn.ringing?.id]).toEqual([null, 2]);
  });

  it('keeps missed calls off the stage', () => {
    const drawn = scene([missed(1), missed(2)]);
    expect([drawn.stage, drawn.unanswered.map(({ id }) => id)]).toEqual([null, [2, 1]]);
  });

  it('closes older ended calls with the newest, not missed ones', () => {
    const calls = [ended(1), missed(2), ended(3)];
    expect(hiddenBy(calls[2]!, calls).map(({ id }) => id)).toEqual([1, 3]);
  });

  it('knows in the small window whether another call would end', () => {
    expect(ringOf([ringing(1)])?.waiting).toBe(false);
    expect(ringOf([live(1), ringing(2)])?.waiting).toBe(true);
    expect(ringOf([live(1)])).toBeNull();
  });
});

describe('words for times and names', () => {
  it.each([
    [0, '0:00'],
    [-5, '0:00'],
    [59_999, '0:59'],
    [185_000, '3:05'],
    [3_723_000, '1:02:03'],
  ])('%d ms reads %s', (ms, expected) => expect(clock(ms)).toBe(expected));

  it('says how long a call was', () => {
    const said = (ms: number, tag: string) => brief(ms, language(tag));
    // The units are written as the system's data has them.
    expect(said(59_999, 'en-GB')).toMatch(/^59 sec/);
    expect(said(754_000, 'en-GB')).toMatch(/^12 min\w* 34 sec/);
    expect(said(3_783_000, 'en-GB')).toMatch(/^1 h\w* 3 min/);
    expect(said(754_000, 'de')).toMatch(/^12 Min\S* 34 Sek/);
    expect(brief(754_000, language('ar'))).toMatch(/^12 .*34 /);
  });

  it.each([
    ['Ada Okafor', 'AO'],
    ['Wen', 'W'],
    ['  ', ''],
    // Two joined letters would be a word.
    ['ليلى حداد', 'ل'],
    ['ليلى Haddad', 'ل'],
    ['émile (support) zola', 'ÉZ'],
    ['🎈 Ben', 'B'],
  ])('%s has initials %s', (name, expected) => expect(initials(name)).toBe(expected));

  it('names today and yesterday, and no date for nonsense', () => {
    const now = new Date(2026, 4, 10, 0, 30);
    const english = language('en-GB');
    expect(when(new Date(2026, 4, 10, 0, 5).toISOString(), english, now)).toMatch(/^Today, /);
    expect(when(new Date(2026, 4, 9, 23, 55).toISOString(), english, now)).toMatch(/^Yesterday, /);
    expect(when(new Date(2025, 4, 9, 12, 0).toISOString(), english, now)).toMatch(/2025/);
    expect(when('never', english, now)).toBe('');
  });

  it('reads a status by direction', () => {
    const entry = historyPage([seller()], {}, 1).entries[0]!;
    expect(outcome({ ...entry, outgoing: false, status: 'missed' })).toBe('missed');
    expect(outcome({ ...entry, outgoing: false, status: 'cancelled' })).toBe('missed');
    expect(outcome({ ...entry, outgoing: true, status: 'busy' })).toBe('busy');
    expect(outcome({ ...entry, outgoing: false, status: 'completed' })).toBe('incoming');
    expect(outcome({ ...entry, outgoing: true, status: 'missed' })).toBe('noAnswer');
    expect(outcome({ ...entry, outgoing: true, status: 'something new' })).toBe('outgoing');
  });

  it('falls back to English for languages there are no words for, and isolates names', () => {
    expect(language('xx-not a tag').tag).toBe('en');
    expect(language('en-GB').direction).toBe('ltr');
    expect(language('en').isolate('Ada')).toBe('Ada');
    expect(language('en').isolate('ليلى')).toBe('\u2068ليلى\u2069');
    expect(language('en', 'rtl').isolate('Ada')).toBe('\u2068Ada\u2069');
  });

  it('finds the words of an error in any shape', () => {
    expect([wordsOf('a'), wordsOf({ message: 'b' }), wordsOf(new Error('c')), wordsOf(null), wordsOf({ message: 1 })]).toEqual([
      'A.',
      'B.',
      'C.',
      '',
      '',
    ]);
    expect(wordsOf('the server could not be reached')).toBe('The server could not be reached.');
    expect(wordsOf(' Is it on? ')).toBe('Is it on?');
    expect(wordsOf('كلمة المرور خاطئة')).toBe('كلمة المرور خاطئة.');
  });
});

describe('pictures', () => {
  const frame = (width: number, height: number) => ({
    stream: 1 as const,
    seq: 9,
    captured: 1234.5,
    width,
    height,
    planes: new Uint8Array(i420Size(width, height)).fill(7),
  });

  it('come back as they were packed, odd sizes too', () => {
    expect(parseFrame(packFrame(frame(5, 3)))).toEqual(frame(5, 3));
  });

  it('are refused when they are cut, empty, huge or of an unknown stream', () => {
    const good = packFrame(frame(4, 2));
    expect(parseFrame(good.slice(0, 20))).toBeNull();
    expect(parseFrame(good.slice(0, -1))).toBeNull();
    for (const [at, value] of [
      [0, 0],
      [16, 0],
      [20, 9000],
    ] as const) {
      const bad = good.slice(0);
      new DataView(bad).setUint32(at, value, true);
      expect(parseFrame(bad)).toBeNull();
    }
  });

  it.each([
    [
      [235, 128, 128],
      [255, 255, 255],
    ],
    [
      [16, 128, 128],
      [0, 0, 0],
    ],
    [
      [81, 90, 240],
      [255, 0, 0],
    ],
    [
      [145, 54, 34],
      [0, 255, 0],
    ],
    [
      [41, 240, 110],
      [0, 0, 255],
    ],
  ])('of Y, U, V %j are %j in RGB', ([y, u, v], expected) => {
    const planes = new Uint8Array([y!, y!, y!, y!, u!, v!]);
    const out = new Uint8ClampedArray(16);
    expect(toRgba(planes, 2, 2, out)).toBe(true);
    for (const pixel of [0, 4, 8, 12]) {
      [...out.subarray(pixel, pixel + 3)].forEach((value, index) =>
        expect(Math.abs(value - expected[index]!)).toBeLessThanOrEqual(2),
      );
      expect(out[pixel + 3]).toBe(255);
    }
  });

  it('do not overrun what they are given', () => {
    expect(toRgba(new Uint8Array(5), 2, 2, new Uint8ClampedArray(16))).toBe(false);
    expect(toRgba(new Uint8Array(6), 2, 2, new Uint8ClampedArray(12))).toBe(false);
  });

  it('fill a tile unless too much would be cut, and never for a shared screen', () => {
    const wide = { width: 1280, height: 720 };
    expect(fitFor(wide, { width: 1100, height: 720 }, false)).toBe('cover');
    expect(fitFor(wide, { width: 360, height: 640 }, false)).toBe('contain');
    expect(fitFor(wide, { width: 1100, height: 720 }, true)).toBe('contain');
    expect(place(wide, { x: 0, y: 0, width: 640, height: 640 }, 'contain')).toEqual({ x: 0, y: 140, width: 640, height: 360 });
    expect(place(wide, { x: 10, y: 0, width: 360, height: 360 }, 'cover')).toEqual({ x: -130, y: 0, width: 640, height: 360 });
  });
});

const message = (id: string, over: Partial<Message> = {}): Message => ({
  id,
  thread: 't',
  from_me: false,
  sender: 'Ada',
  text: id,
  at: '',
  read: true,
  ...over,
});

describe('a thread of messages', () => {
  it('is cut by day, and joins what one side said in a row', () => {
    const at = (day: number, minute: number) => new Date(2026, 4, day, 10, minute).toISOString();
    const made = stretches(
      [
        message('a', { at: at(1, 0) }),
        message('b', { at: at(1, 2) }),
        message('c', { at: at(1, 3), from_me: true }),
        message('d', { at: at(2, 0) }),
      ],
      null,
    );
    expect(made.map((one) => one.bubbles.map(({ message, first, last }) => [message.id, first, last]))).toEqual([
      [
        ['a', true, false],
        ['b', false, true],
        ['c', true, true],
      ],
      [['d', true, true]],
    ]);
  });

  it('keeps messages apart that lie far apart or on either side of the mark', () => {
    const at = (minute: number) => new Date(2026, 4, 1, 10, minute).toISOString();
    const firsts = (mark: string | null) =>
      stretches([message('a', { at: at(0) }), message('b', { at: at(1) }), message('c', { at: at(20) })], mark)[0]!.bubbles.map(
        (one) => one.first,
      );
    expect(firsts(null)).toEqual([true, false, true]);
    expect(firsts('b')).toEqual([true, true, true]);
  });

  it('needs neither times nor ids', () => {
    const made = stretches([message('', { from_me: true }), message('', { from_me: true }), message('x', { at: 'never' })], null);
    expect(made).toHaveLength(1);
    expect(made[0]!.bubbles.map(({ sending }) => sending)).toEqual([true, true, false]);
    expect(new Set(made[0]!.bubbles.map(({ key }) => key)).size).toBe(3);
  });

  it.each<[string, Message[], number, string | null]>([
    ['the first marked one', [message('a'), message('b', { read: false }), message('c', { read: false })], 0, 'b'],
    ['by number where none is marked', [message('a'), message('b'), message('me', { from_me: true }), message('c')], 2, 'b'],
    ['the first of all where there are more than came', [message('a')], 9, 'a'],
    ['nowhere if all is read', [message('a')], 0, null],
    ['never at our own', [message('a', { from_me: true, read: false })], 0, null],
  ])('has its new ones begin at %s', (_, messages, unread, expected) => {
    expect(firstUnread(messages, unread)).toBe(expected);
  });
});

describe('an agenda', () => {
  const now = new Date(2026, 4, 10, 12, 0);
  const line = (id: string, at: Date | string, phase: Phase, they_wait = false) =>
    plain(person(id, id), {
      slot: { starts_at: typeof at === 'string' ? at : at.toISOString(), minutes: 30, phase, they_wait, label: '' },
    });
  const ids = (visits: { contact: { id: string } }[]) => visits.map(({ contact }) => contact.id);

  it('puts who waits first and sorts the rest by day and time', () => {
    const made = agenda(
      [
        line('late', new Date(2026, 4, 10, 23, 30), 'upcoming'),
        line('next', new Date(2026, 4, 12, 8), 'upcoming'),
        line('early', new Date(2026, 4, 10, 0, 10), 'ended'),
        line('waits', new Date(2026, 4, 11, 9), 'waiting', true),
        line('runs', new Date(2026, 4, 9, 9), 'in_progress'),
        line('morrow', new Date(2026, 4, 11, 0, 5), 'unconfirmed'),
        line('past', new Date(2026, 4, 8, 9), 'upcoming'),
        line('older', new Date(2026, 4, 7, 9), 'cancelled'),
        plain(person('ada', 'Ada')),
      ],
      now,
    );
    expect(ids(made.waiting)).toEqual(['waits']);
    expect(ids(made.running)).toEqual(['runs']);
    expect(ids(made.today)).toEqual(['early', 'late']);
    expect(made.later.map((one) => [one.away, ids(one.visits)])).toEqual([
      [1, ['morrow']],
      [2, ['next']],
    ]);
    expect(ids(made.earlier)).toEqual(['past', 'older']);
    expect(made.people.map(({ id }) => id)).toEqual(['ada']);
  });

  it('believes nobody waits in a room that is over', () => {
    expect(agenda([line('gone', now, 'ended', true)], now).waiting).toEqual([]);
  });

  it('keeps what has no time that can be read', () => {
    const made = agenda([line('a', '', 'upcoming'), line('b', 'soon', 'upcoming'), line('c', '', 'ended')], now);
    expect([ids(made.undated), ids(made.earlier)]).toEqual([['a', 'b'], ['c']]);
  });
});

describe('an account', () => {
  const view = {
    accounts: [seller(), practitioner()],
    phone: { calls: [], microphone: true, camera: true, sharing: false, has_microphone: true, has_camera: true },
    chats: [],
  };

  it('is named only where there are several', () => {
    expect(tagOf(view, 5)).toBe('Dr. Johanna Berg · Clinic');
    expect(tagOf({ ...view, accounts: [seller()] }, 1)).toBe('');
    expect(tagOf(view, 99)).toBe('');
    const twice = [seller(), seller({ id: 2, server: 'other.example' })];
    expect(tagOf({ ...view, accounts: twice }, 2)).toBe('Nordlicht Keramik · Storefront · other.example');
  });

  it('knows whether somebody rings or waits in a room', () => {
    expect(inRoom(practitioner(), { subject: null })).toBe(true);
    expect(inRoom(therapist(), { subject: { id: 's', label: '' } })).toBe(true);
    expect(inRoom(therapist(), { subject: null })).toBe(false);
    expect(inRoom(seller(), { subject: { id: 'o', label: '' } })).toBe(false);
  });

  it('counts what is unread, and who waits where people are admitted', () => {
    expect(attention(dealer())).toEqual({ unread: 16, waiting: 0 });
    expect(attention(practitioner())).toEqual({ unread: 0, waiting: 1 });
    expect(attention(therapist()).waiting).toBe(0);
  });

  it('has its role in words, or in the backend’s own', () => {
    expect(roleOf(practitioner({ role: 'Practitioner' }), language('en'))).toBe('Practitioner');
    expect(roleOf(seller({ role: 'wizard' }), language('en'))).toBe('wizard');
  });
});

describe('days and times', () => {
  const english = language('en-GB');
  const now = new Date(2026, 4, 10, 12, 0);

  it('are short in lists', () => {
    expect(shortly(new Date(2026, 4, 10, 9, 5).toISOString(), english, now)).toBe('9:05');
    expect(shortly(new Date(2026, 4, 9, 9, 5).toISOString(), english, now)).toBe('Yesterday');
    expect(shortly(new Date(2026, 4, 6, 9, 5).toISOString(), english, now)).toBe('Wed');
    expect(shortly(new Date(2026, 3, 6, 9, 5).toISOString(), english, now)).toBe('6 Apr');
    expect(shortly('', english, now)).toBe('');
  });

  it('are named near now', () => {
    expect(dayTitle(new Date(2026, 4, 11, 0, 1), english, now)).toBe('Tomorrow');
    expect(dayTitle(new Date(2026, 4, 14), english, now)).toBe('Thursday 14 May');
    expect(nearly(new Date(2026, 4, 10, 12, 12), english, now)).toBe('in 12 minutes');
    expect(nearly(new Date(2026, 4, 10, 14, 12), english, now)).toBe('');
  });
});
