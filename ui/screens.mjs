// Writes a picture of every view: node screens.mjs FOLDER [PART-OF-NAME] [VARIANT,VARIANT]

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { open, views } from './browser.mjs';

const [folder, part = '', only = ''] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node screens.mjs FOLDER [PART-OF-NAME] [VARIANT,VARIANT]');
  process.exit(2);
}

const VARIANTS = {
  light: { scheme: 'light' },
  dark: { scheme: 'dark' },
  narrow: { scheme: 'light', width: 360, height: 640 },
  rtl: { scheme: 'dark', query: '&dir=rtl' },
  gpu: { scheme: 'light', query: '&gpu' },
};
/** The size the shell gives its answer window. */
const RING = { width: 380, height: 220 };

await mkdir(folder, { recursive: true });
const session = await open();
let failed = 0;
for (const [name, [state, act]] of await views(session)) {
  if (!name.includes(part)) continue;
  for (const [variant, options] of Object.entries(VARIANTS)) {
    if (only !== '' && !only.split(',').includes(variant)) continue;
    if (state.startsWith('ring') && variant === 'narrow') continue;
    const { page, problems, close } = await session.page(state, { ...options, ...(state.startsWith('ring') ? RING : {}), act });
    await page.screenshot({ path: join(folder, `${name}.${variant}.png`) });
    for (const problem of problems) console.error(`${name}.${variant}: ${problem}`);
    failed += problems.length;
    await close();
  }
}
await session.close();
process.exit(failed === 0 ? 0 : 1);
