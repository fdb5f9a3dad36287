import { describe, expect, it } from 'vitest';

import { historyPage } from '../src/host/fake/history';
import { call, seller } from '../src/host/fake/people';
import { i420Size, packFrame, parseFrame } from '../src/host/frames';
import { wordsOf } from '../src/host/host';
import { hiddenBy, ringOf, scene } from '../src/model/calls';
import { clock, initials, outcome, when } from '../src/model/format';
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

  it.each([
    ['Ada Okafor', 'AO'],
    ['Wen', 'W'],
    ['  ', ''],
    ['ليلى حداد', 'لح'],
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
    expect([wordsOf('a'), wordsOf({ message: 'b' }), wordsOf(new Error('c')), wordsOf(null), wordsOf({ message: 1 })]).toEqual(['a', 'b', 'c', '', '']);
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
      [0, 2],
      [16, 0],
      [20, 9000],
    ] as const) {
      const bad = good.slice(0);
      new DataView(bad).setUint32(at, value, true);
      expect(parseFrame(bad)).toBeNull();
    }
  });

  it.each([
    [[235, 128, 128], [255, 255, 255]],
    [[16, 128, 128], [0, 0, 0]],
    [[81, 90, 240], [255, 0, 0]],
    [[145, 54, 34], [0, 255, 0]],
    [[41, 240, 110], [0, 0, 255]],
  ])('of Y, U, V %j are %j in RGB', ([y, u, v], expected) => {
    const planes = new Uint8Array([y!, y!, y!, y!, u!, v!]);
    const out = new Uint8ClampedArray(16);
    expect(toRgba(planes, 2, 2, out)).toBe(true);
    for (const pixel of [0, 4, 8, 12]) {
      [...out.subarray(pixel, pixel + 3)].forEach((value, index) => expect(Math.abs(value - expected[index]!)).toBeLessThanOrEqual(2));
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
