// The suites that say today, tomorrow or ago, at other hours and in other zones than those of this computer.

import { defineConfig, mergeConfig } from 'vitest/config';

import { SELECTION } from './tests/moments.ts';
import base from './vite.config.ts';

const DRAWN = ['slots', 'history', 'history-lists', 'home', 'rooms'].map((name) => `tests/${name}.test.ts`);

const projects = SELECTION.map(({ zone, date, hour }) => ({
  extends: true as const,
  test: { name: `${date} ${hour} ${zone}`, include: DRAWN, env: { BELLWIRE_TZ: zone, BELLWIRE_NOW: `${date}T${hour}:00` } },
}));

export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  defineConfig({
    test: { projects: [{ extends: true, test: { name: 'every moment', include: ['tests/dates.test.ts'] } }, ...projects] },
  }),
);
