// What jsdom lacks: sizes never change there, nothing is drawn and no preference is set.

import { configure } from '@testing-library/svelte';
import { vi } from 'vitest';

import { setWallClock } from '../src/model/wallclock';

// The clock stands for as long as a file's tests run: at the hour the surroundings name, or the hour it is.
// Node takes a zone set here for all dates from now on.
const { BELLWIRE_NOW, BELLWIRE_TZ } = process.env;
if (BELLWIRE_TZ !== undefined) process.env['TZ'] = BELLWIRE_TZ;
setWallClock(BELLWIRE_NOW === undefined ? new Date() : new Date(BELLWIRE_NOW));

// Of a computer with much else to do.
configure({ asyncUtilTimeout: 20_000 });

class NoResize implements ResizeObserver {
  observe = vi.fn();
  unobserve = vi.fn();
  disconnect = vi.fn();
}
globalThis.ResizeObserver ??= NoResize;
HTMLCanvasElement.prototype.getContext = vi.fn(() => null) as unknown as typeof HTMLCanvasElement.prototype.getContext;

globalThis.matchMedia ??= (media) =>
  Object.assign(new EventTarget(), { media, matches: false, onchange: null }) as MediaQueryList;
