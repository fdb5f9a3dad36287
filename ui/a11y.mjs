// Runs axe-core with colour contrast in Chromium on every view, light and dark, wide and narrow.
// Arguments, both optional: part of a view's name, variants with commas between. Ends with an error on any violation, error message or refused resource.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { open, views } from './browser.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [part = '', only = ''] = process.argv.slice(2);

const VARIANTS = {
  light: { scheme: 'light' },
  dark: { scheme: 'dark' },
  narrow: { scheme: 'light', width: 360, height: 640 },
};

const session = await open();
let checked = 0;
let violations = 0;
for (const [name, [state, act]] of await views(session)) {
  if (!name.includes(part)) continue;
  for (const [variant, options] of Object.entries(VARIANTS)) {
    if (only !== '' && !only.split(',').includes(variant)) continue;
    const { page, problems, close } = await session.page(state, { ...options, act });
    await page.evaluate(axe);
    const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (wide) problems.push('wider than the window');
    for (const { id, help, nodes } of result.violations) {
      for (const node of nodes) problems.push(`${id}: ${help}: ${node.target.join(' ')} ${node.any[0]?.message ?? ''}`);
    }
    for (const problem of problems) console.error(`${name}.${variant}: ${problem}`);
    violations += problems.length;
    checked += 1;
    await close();
  }
}
await session.close();
console.log(`${checked} views checked, ${violations} violations`);
process.exit(violations === 0 && checked > 0 ? 0 : 1);
