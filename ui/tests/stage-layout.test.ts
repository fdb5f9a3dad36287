import { describe, expect, it } from 'vitest';

import { GAP, MIN_WIDTH, nextTile, stageLayout, type Rect, type StageLayout } from '../src/model/stage-layout';

/** Windows from a phone to 4K, with what header and controls take. */
const WINDOWS = [
  [360, 640],
  [480, 480],
  [480, 360],
  [800, 600],
  [1100, 720],
  [1920, 1080],
  [3840, 2160],
] as const;
const HEAD = 90;
const FOOT = 100;

const tiles = (n: number) => Array.from({ length: n }, (_, at) => at + 1);

function laid(n: number, [width, height]: readonly [number, number], over: Partial<Parameters<typeof stageLayout>[0]> = {}) {
  const area = { x: 8, y: HEAD, width: width - 16, height: height - HEAD - FOOT };
  return { area, ...stageLayout({ tiles: tiles(n), main: null, area, window: { width, height }, rtl: false, page: 0, ...over }) };
}

const inside = (rect: Rect, area: Rect) =>
  rect.x >= area.x - 0.01 &&
  rect.y >= area.y - 0.01 &&
  rect.x + rect.width <= area.x + area.width + 0.01 &&
  rect.y + rect.height <= area.y + area.height + 0.01;
const apart = (a: Rect, b: Rect) =>
  a.x + a.width <= b.x + 0.01 || b.x + b.width <= a.x + 0.01 || a.y + a.height <= b.y + 0.01 || b.y + b.height <= a.y + 0.01;

function sound({ places, pager, area }: StageLayout & { area: Rect }) {
  const all = [...places.values(), ...(pager === null ? [] : [pager])];
  for (const [at, rect] of all.entries()) {
    expect(rect.width).toBeGreaterThan(0);
    expect(inside(rect, area)).toBe(true);
    for (const other of all.slice(at + 1)) expect(apart(rect, other)).toBe(true);
  }
}

describe.each(WINDOWS)('in a window of %i x %i', (width, height) => {
  it('one tile fills it, whatever stands around', () => {
    expect([...laid(1, [width, height]).places.values()]).toEqual([{ x: 0, y: 0, width, height }]);
  });

  it.each([2, 3, 4, 5, 6, 7, 8])('%i tiles of a grid are in the area, apart, of one shape and none too small', (n) => {
    const made = laid(n, [width, height]);
    sound(made);
    const sizes = [...made.places.values()];
    for (const rect of sizes) {
      expect(rect.width / rect.height).toBeCloseTo(16 / 9);
      expect(rect.width).toBeCloseTo(sizes[0]!.width);
      expect(rect.width).toBeGreaterThanOrEqual(MIN_WIDTH);
    }
  });

  it.each([3, 5, 8])('all of %i tiles are on some page', (n) => {
    const { pages } = laid(n, [width, height]);
    const seen = Array.from({ length: pages }, (_, page) => [...laid(n, [width, height], { page }).places.keys()]).flat();
    expect(seen).toEqual(tiles(n));
  });

  it.each([2, 3, 5, 8])('one of %i tiles takes the stage, and a strip of whole tiles has the others', (n) => {
    const made = laid(n, [width, height], { main: 2 });
    sound(made);
    const main = made.places.get(2)!;
    for (const [one, rect] of made.places) if (one !== 2) expect(rect.width).toBeLessThan(main.width);
    const seen = Array.from({ length: made.pages }, (_, page) => [
      ...laid(n, [width, height], { main: 2, page }).places.keys(),
    ]).flat();
    expect([...new Set(seen)].sort()).toEqual(tiles(n));
  });

  it.each([null, 3])('from the right to the left it is mirrored (stage: %s)', (main) => {
    const [ltr, rtl] = [false, true].map((rtl) => laid(5, [width, height], { main, rtl }));
    for (const [one, rect] of ltr!.places) {
      const other = rtl!.places.get(one)!;
      expect(other.y).toBe(rect.y);
      expect(other.x + other.width / 2 + rect.x + rect.width / 2).toBeCloseTo(width);
    }
  });
});

describe('a grid', () => {
  it('uses the area best', () => {
    const columns = (n: number, window: readonly [number, number]) =>
      new Set([...laid(n, window).places.values()].map(({ x, y }) => `${Math.round(x)}/${Math.round(y)}`)).size /
      new Set([...laid(n, window).places.values()].map(({ y }) => Math.round(y))).size;
    expect(columns(2, [1100, 720])).toBe(2);
    expect(columns(4, [1100, 720])).toBe(2);
    expect(columns(6, [1100, 720])).toBe(3);
    expect(columns(2, [360, 640])).toBe(1);
    expect(columns(8, [360, 640])).toBe(2);
  });

  it('centres the last row', () => {
    const { places, area } = laid(3, [1100, 720]);
    const last = places.get(3)!;
    expect(last.x + last.width / 2).toBeCloseTo(area.x + area.width / 2);
    expect(last.y).toBeCloseTo(places.get(1)!.y + places.get(1)!.height + GAP);
  });

  it('turns pages where tiles would be too small, of equal size on each', () => {
    const all = [0, 1, 2].map((page) => laid(8, [480, 360], { page }));
    expect(all[0]!.pages).toBeGreaterThan(1);
    expect(all[0]!.pager).not.toBeNull();
    const widths = all.flatMap(({ places }) => [...places.values()].map((rect) => Math.round(rect.width)));
    expect(new Set(widths).size).toBe(1);
    // A page there is no longer shows the last one.
    expect(laid(8, [480, 360], { page: 99 }).page).toBe(all[0]!.pages - 1);
  });

  it('has no sizes before the area was measured, and leaves nobody out', () => {
    expect(laid(8, [0, 0]).places.size).toBe(8);
  });
});

describe('a strip', () => {
  it('has smaller tiles rather than pages, down to the smallest', () => {
    const { places, pages } = laid(7, [1100, 720], { main: 1 });
    expect(pages).toBe(1);
    expect(places.get(2)!.width).toBeGreaterThanOrEqual(MIN_WIDTH);
    expect(laid(8, [800, 600], { main: 1 }).pages).toBeGreaterThan(1);
  });

  it('is beside the stage in a wide window, below it in a high one', () => {
    const wide = laid(4, [1920, 1080], { main: 1 }).places;
    expect(wide.get(2)!.x).toBeGreaterThan(wide.get(1)!.x + wide.get(1)!.width);
    const high = laid(4, [360, 640], { main: 1 }).places;
    expect(high.get(2)!.y).toBeGreaterThan(high.get(1)!.y + high.get(1)!.height);
  });
});

it('arrow keys go to the nearest tile that way', () => {
  // 1 2 3
  //  4 5
  const { places } = laid(5, [1100, 600]);
  expect(nextTile(places, 1, 'ArrowRight')).toBe(2);
  expect(nextTile(places, 2, 'ArrowLeft')).toBe(1);
  expect(nextTile(places, 1, 'ArrowDown')).toBe(4);
  expect(nextTile(places, 5, 'ArrowUp')).not.toBeNull();
  expect(nextTile(places, 3, 'ArrowRight')).toBeNull();
  expect(nextTile(places, 3, 'Home')).toBe(1);
  expect(nextTile(places, 1, 'End')).toBe(5);
  expect(nextTile(places, 1, 'x')).toBeNull();
});
