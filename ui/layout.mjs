// Whether the layout of every view holds at every width, in Chromium and without pictures, which takes
// little time (webkit.mjs looks at the same in WebKitGTK, where each page takes longer).
// Arguments, both optional: part of a view's name (or names with commas between), variants with commas
// between. Ends with an error on any problem.

import { open, PAGES, sizeOf, views } from './browser.mjs';
import { REPEATED } from './browser-variants.mjs';
import { layoutProblems } from './layout-checks.mjs';

const [part = '', only = ''] = process.argv.slice(2);
const WIDTHS = [1920, 1100, 960, 800, 740, 550, 360];
const HEIGHT = 720;

/** `zoom` is the text size: a page at 200 % has half the room, in width and in height. */
const VARIANTS = {
  light: { sizes: WIDTHS.map((width) => ({ width, height: HEIGHT })) },
  zoomed: { sizes: [{ width: 550, height: 360 }] },
  german: { language: 'de', sizes: [{ width: 360, height: HEIGHT }] },
  arabic: { language: 'ar', sizes: [{ width: 360, height: HEIGHT }] },
};

const session = await open();
const variants = Object.entries(VARIANTS).filter(([name]) => only === '' || only.split(',').includes(name));
const wanted = part.split(',');
const waiting = [...(await views(session))].filter(
  ([name, [state]]) =>
    sizeOf(state) === undefined &&
    !(part === '' && REPEATED.test(name)) &&
    wanted.some((one) => (wanted.length === 1 ? name.includes(one) : name === one)),
);
let checked = 0;
let broken = 0;

async function speak(page, language) {
  await page.evaluate(
    (language) =>
      globalThis.bellwireFakeHost.pushSettings(({ settings, ...rest }) => ({ ...rest, settings: { ...settings, language } })),
    language,
  );
}

async function check(context, name, state, act) {
  const { page, close } = await session.page(state, { act, context });
  await page.setViewportSize({ width: 1100, height: HEIGHT });
  let said = null;
  for (const [variant, { language = null, sizes }] of variants) {
    if (said !== language) await speak(page, language);
    said = language;
    for (const size of sizes) {
      await page.setViewportSize(size);
      // Two frames: one in which the change is drawn, one in which sizes have been measured.
      const problems = await page.evaluate(
        `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done((${layoutProblems.toString()})()))))`,
      );
      for (const problem of problems) console.error(`${name}.${variant}.${size.width}: ${problem}`);
      broken += problems.length;
      checked += 1;
    }
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
        broken += 1;
        console.error(`${name}: ${error}`);
      }
    }
  }
}

const began = Date.now();
await Promise.all(Array.from({ length: PAGES }, work));
await session.close();
console.log(`${checked} layouts checked, ${broken} problems, ${Math.round((Date.now() - began) / 1000)} s`);
process.exit(broken === 0 && checked > 0 ? 0 : 1);
