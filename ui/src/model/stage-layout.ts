// Where the tiles of a call go: one alone fills the window, several share the area between header and controls as a
// grid, or one of them takes it with the others in a strip beside it. Pure arithmetic in CSS pixels.

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface StageInput {
  /** Every tile, in order. */
  tiles: readonly number[];
  /** The one that takes the stage; `null`: a grid. */
  main: number | null;
  /** What header, controls and panels leave. */
  area: Rect;
  /** The whole view, which a single tile fills. */
  window: { width: number; height: number };
  rtl: boolean;
  /** Where tiles do not fit all at once: which of their pages is wanted, from 0. */
  page: number;
}

export interface StageLayout {
  /** Tiles that are not here are on another page. */
  places: ReadonlyMap<number, Rect>;
  page: number;
  pages: number;
  /** Where the buttons that turn pages go; `null`: there is one page. */
  pager: Rect | null;
}

const ASPECT = 16 / 9;
export const GAP = 8;
/** A face is still known in a tile of this width. */
export const MIN_WIDTH = 128;
const PAGER = 40;
/** Of a strip's tiles. */
const STRIP = { share: 0.2, least: MIN_WIDTH, most: 264 };

export function stageLayout({ tiles, main, area, window, rtl, page }: StageInput): StageLayout {
  const [first] = tiles;
  if (first === undefined) return { places: new Map(), page: 0, pages: 1, pager: null };
  if (tiles.length === 1) {
    return { places: new Map([[first, { x: 0, y: 0, ...window }]]), page: 0, pages: 1, pager: null };
  }
  if (area.width < 1 || area.height < 1) {
    // Not measured yet, or there is no room at all.
    const none = { x: area.x, y: area.y, width: 0, height: 0 };
    return { places: new Map(tiles.map((one) => [one, none])), page: 0, pages: 1, pager: null };
  }
  const made = main !== null && tiles.includes(main) ? staged(tiles, main, area, page) : grid(tiles, area, page);
  return rtl ? mirrored(made, area) : made;
}

function mirrored({ places, pager, ...rest }: StageLayout, area: Rect): StageLayout {
  const turn = (rect: Rect): Rect => ({ ...rect, x: 2 * area.x + area.width - rect.x - rect.width });
  return {
    ...rest,
    places: new Map([...places].map(([one, rect]) => [one, turn(rect)])),
    pager: pager === null ? null : turn(pager),
  };
}

interface Cells {
  columns: number;
  width: number;
  height: number;
}

/** The number of columns with which so many tiles are largest. */
function bestCells(count: number, width: number, height: number): Cells {
  let best: Cells = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const across = (width - GAP * (columns - 1)) / columns;
    const down = (height - GAP * (rows - 1)) / rows;
    const fitting = Math.max(0, Math.min(across, down * ASPECT));
    if (fitting > best.width + 0.5) best = { columns, width: fitting, height: fitting / ASPECT };
  }
  return best;
}

function grid(tiles: readonly number[], area: Rect, wanted: number): StageLayout {
  const whole = bestCells(tiles.length, area.width, area.height);
  if (whole.width >= MIN_WIDTH) return { places: filled(tiles, area, whole), page: 0, pages: 1, pager: null };
  const room = { ...area, height: Math.max(0, area.height - PAGER) };
  let most = tiles.length;
  while (most > 1 && bestCells(most, room.width, room.height).width < MIN_WIDTH) most -= 1;
  const { page, pages, from, to } = paged(tiles.length, most, wanted);
  const here = tiles.slice(from, to);
  // The same size on every page.
  const cells = bestCells(Math.ceil(tiles.length / pages), room.width, room.height);
  const pager = { x: area.x, y: area.y + room.height, width: area.width, height: area.height - room.height };
  return { places: filled(here, room, cells), page, pages, pager: pages > 1 ? pager : null };
}

/** Which of `count` are on a page where `most` fit; the pages are as equal as they can be. */
function paged(count: number, most: number, wanted: number): { page: number; pages: number; from: number; to: number } {
  const pages = Math.max(1, Math.ceil(count / Math.max(1, most)));
  const each = Math.ceil(count / pages);
  const page = Math.min(Math.max(0, wanted), pages - 1);
  return { page, pages, from: page * each, to: Math.min(count, (page + 1) * each) };
}

/** Rows of cells in the middle of the area, the last row in the middle too. */
function filled(tiles: readonly number[], area: Rect, { columns, width, height }: Cells): Map<number, Rect> {
  const rows = Math.ceil(tiles.length / columns);
  const top = area.y + (area.height - rows * height - (rows - 1) * GAP) / 2;
  return new Map(
    tiles.map((one, at) => {
      const row = Math.floor(at / columns);
      const inRow = Math.min(columns, tiles.length - row * columns);
      const left = area.x + (area.width - inRow * width - (inRow - 1) * GAP) / 2;
      return [one, { x: left + (at % columns) * (width + GAP), y: top + row * (height + GAP), width, height }];
    }),
  );
}

/** How large a picture of the usual shape is in a box. */
const pictured = (width: number, height: number) => Math.min(width, height * ASPECT);

function staged(tiles: readonly number[], main: number, area: Rect, wanted: number): StageLayout {
  const others = tiles.filter((one) => one !== main);
  const usual = Math.min(STRIP.most, Math.max(STRIP.least, area.width * STRIP.share), Math.max(0, area.width / 2));
  /** Somewhat smaller tiles rather than some on another page. */
  const shrunk = (width: number, room: number) => (room >= STRIP.least ? Math.min(width, room) : width);
  const each = (length: number) => (length - GAP * (others.length - 1)) / others.length;
  const across = shrunk(usual, each(area.height) * ASPECT);
  // Below, a strip takes height, which there is less of.
  const short = shrunk(Math.min(usual, Math.max(0, (area.height / 3) * ASPECT)), each(area.width));
  const beside = pictured(area.width - across - GAP, area.height);
  const below = pictured(area.width, area.height - short / ASPECT - GAP);
  return beside >= below ? column(others, main, area, across, wanted) : row(others, main, area, short, wanted);
}

/** The strip at the end of the area's width, from top to bottom, its tiles as wide as that. */
function column(others: readonly number[], main: number, area: Rect, width: number, wanted: number): StageLayout {
  return strip(others, main, area, { width, height: width / ASPECT }, wanted);
}

/** The strip at the area's foot: a column with the axes changed over. */
function row(others: readonly number[], main: number, area: Rect, width: number, wanted: number): StageLayout {
  const layout = strip(others, main, transposed(area), { width: width / ASPECT, height: width }, wanted);
  const places = new Map([...layout.places].map(([one, place]) => [one, transposed(place)]));
  return { ...layout, places, pager: layout.pager && transposed(layout.pager) };
}

function transposed({ x, y, width, height }: Rect): Rect {
  return { x: y, y: x, width: height, height: width };
}

function strip(
  others: readonly number[],
  main: number,
  area: Rect,
  { width, height }: { width: number; height: number },
  wanted: number,
): StageLayout {
  const fits = (room: number) => Math.max(1, Math.floor((room + GAP) / (height + GAP)));
  const all = fits(area.height) >= others.length;
  /** The buttons stand one behind the other at the strip's end. */
  const room = all ? area.height : Math.max(0, area.height - PAGER);
  const { page, pages, from, to } = paged(others.length, all ? others.length : fits(room), wanted);
  const x = area.x + area.width - width;
  const here = others.slice(from, to);
  const top = area.y + Math.max(0, (room - here.length * height - (here.length - 1) * GAP) / 2);
  const places = new Map<number, Rect>([[main, { ...area, width: area.width - width - GAP }]]);
  here.forEach((one, at) => places.set(one, { x, y: top + at * (height + GAP), width, height }));
  const pager = { x, y: area.y + room, width, height: area.height - room };
  return { places, page, pages, pager: pages > 1 ? pager : null };
}

/** The tile an arrow key leads to: the nearest that way; `null`: there is none. */
export function nextTile(places: ReadonlyMap<number, Rect>, from: number, key: string): number | null {
  const order = [...places.keys()];
  if (key === 'Home') return order[0] ?? null;
  if (key === 'End') return order.at(-1) ?? null;
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  const here = places.get(from);
  const [across = 0, down = 0] = way ?? [];
  if (way === undefined || here === undefined) return null;
  let best: { one: number; far: number } | null = null;
  for (const [one, rect] of places) {
    const x = rect.x + rect.width / 2 - here.x - here.width / 2;
    const y = rect.y + rect.height / 2 - here.y - here.height / 2;
    const along = x * across + y * down;
    if (one === from || along < 1) continue;
    const far = along + 2 * Math.abs(x * down + y * across);
    if (best === null || far < best.far) best = { one, far };
  }
  return best?.one ?? null;
}
