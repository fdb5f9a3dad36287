// Runs axe-core with colour contrast in Chromium on every view, in every variant (browser-variants.mjs says
// which rules where).
// Arguments, both optional: part of a view's name, variants with commas between. Ends with an error on
// any violation, error message, refused resource, or view wider than its window.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { open, PAGES, sizeOf, views } from './browser.mjs';
import { REPEATED, turn, VARIANTS } from './browser-variants.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [part = '', only = ''] = process.argv.slice(2);

const session = await open();
const variants = Object.entries(VARIANTS).filter(([name]) => only === '' || only.split(',').includes(name));
const waiting = [...(await views(session))].filter(([name]) => name.includes(part));
let checked = 0;
let violations = 0;

async function check(context, name, state, act) {
  const size = sizeOf(state);
  const { page, problems, close } = await session.page(state, { act, context });
  await page.evaluate(axe);
  for (const [variant, how] of REPEATED.test(name) ? variants.slice(0, 1) : variants) {
    await turn(page, how, size);
    const found = await page.evaluate(
      async ({ rules, enhanced }) => {
        const colours = enhanced ? ['color-contrast', 'color-contrast-enhanced'] : ['color-contrast'];
        const { violations } =
          rules === 'width'
            ? { violations: [] }
            : await globalThis.axe.run(document, {
                resultTypes: ['violations'],
                ...(rules === 'colours' ? { runOnly: { type: 'rule', values: colours } } : {}),
              });
        return {
          wide: document.documentElement.scrollWidth > innerWidth,
          broken: violations.flatMap(({ id, help, nodes }) =>
            nodes.map((node) => `${id}: ${help}: ${node.target.join(' ')} ${node.any[0]?.message ?? ''}`),
          ),
        };
      },
      { rules: how.rules, enhanced: how.theme === 'high_contrast' },
    );
    problems.push(...found.broken);
    if (found.wide) problems.push('wider than the window');
    for (const problem of problems) console.error(`${name}.${variant}: ${problem}`);
    violations += problems.length;
    problems.length = 0;
    checked += 1;
  }
  await close();
}

async function work() {
  // One for all: what a page needs is fetched and compiled once.
  const context = await session.context();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [name, [state, act]] = next;
    try {
      await check(context, name, state, act);
    } catch (error) {
      // A page that did not come up says nothing of its view, which is looked at once more.
      console.error(`${name}: looked at again after ${error}`);
      try {
        await check(context, name, state, act);
      } catch (error) {
        violations += 1;
        console.error(`${name}: ${error}`);
      }
    }
  }
}

const began = Date.now();
await Promise.all(Array.from({ length: PAGES }, work));
await session.close();
console.log(`${checked} views checked, ${violations} violations, ${Math.round((Date.now() - began) / 1000)} s`);
process.exit(violations === 0 && checked > 0 ? 0 : 1);
