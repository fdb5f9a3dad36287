// Writes a picture of every view: node screens.mjs FOLDER [PART-OF-NAME] [VARIANT,VARIANT]

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { open, sizeOf, views } from './browser.mjs';
import { turn, VARIANTS } from './browser-variants.mjs';

const [folder, part = '', only = ''] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node screens.mjs FOLDER [PART-OF-NAME] [VARIANT,VARIANT]');
  process.exit(2);
}

await mkdir(folder, { recursive: true });
const session = await open();
let failed = 0;
for (const [name, [state, act]] of await views(session)) {
  if (!name.includes(part)) continue;
  const size = sizeOf(state);
  const { page, problems, close } = await session.page(state, { ...size, act });
  for (const [variant, how] of Object.entries(VARIANTS)) {
    if (only !== '' && !only.split(',').includes(variant)) continue;
    if (size !== undefined && how.width !== undefined) continue;
    await turn(page, how, size);
    await page.screenshot({ path: join(folder, `${name}.${variant}.png`) });
  }
  for (const problem of problems) console.error(`${name}: ${problem}`);
  failed += problems.length;
  await close();
}
await session.close();
process.exit(failed === 0 ? 0 : 1);
