// The search for files, exports and dependencies that nothing uses.

import type { KnipConfig } from 'knip';

export default {
  entry: ['*.mjs'],
  project: ['src/**/*.{ts,svelte}', 'tests/**/*.{ts,svelte}', '*.mjs'],
  // Generated as a whole, used in part.
  ignore: ['src/generated/**', 'tests/serialised.ts'],
  // Only style sheets name the fonts.
  ignoreDependencies: ['@fontsource-variable/*'],
  // Programs of the system.
  ignoreBinaries: ['Xvfb', 'WebKitWebDriver', 'import'],
} satisfies KnipConfig;
