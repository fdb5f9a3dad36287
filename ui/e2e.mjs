// Whole stories on the fake host in Chromium, by keyboard alone: what is not reached by Tab, or has no
// visible focus, fails. One argument, optional: part of a story's name.

import assert from 'node:assert/strict';

import { open } from './browser.mjs';

const [part = ''] = process.argv.slice(2);
const PATIENT = { timeout: 60_000 };
/** More stops than any view has. */
const MOST_STOPS = 120;

const session = await open();
const by = (page, id) => page.getByTestId(id);

/** Presses Tab until something has the focus, and sees that the focus shows. */
async function reach(page, id, { back = false } = {}) {
  await by(page, id).first().waitFor(PATIENT);
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    const at = await page.evaluate((id) => {
      const { activeElement } = document;
      return activeElement?.closest(`[data-testid="${id}"]`) === activeElement && activeElement !== null;
    }, id);
    if (at) {
      const shown = await page.evaluate(() => {
        const shows = (one) =>
          one !== null && (getComputedStyle(one).outlineStyle !== 'none' || shows(one.parentElement?.closest('label') ?? null));
        return shows(document.activeElement);
      });
      assert.ok(shown, `${id} has the focus, and nothing shows it`);
      return;
    }
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
  }
  assert.fail(`${id} is not reached by Tab`);
}

async function press(page, id, key = 'Enter', options = {}) {
  await reach(page, id, options);
  await page.keyboard.press(key);
}

/** The last call of a command of the host, once there is one. */
async function said(page, command) {
  const handle = await page.waitForFunction(
    (command) => globalThis.bellwireFakeHost.said.filter(([name]) => name === command).at(-1),
    command,
    PATIENT,
  );
  return (await handle.jsonValue()).slice(1);
}

const state = (page, wanted) =>
  page.waitForFunction(
    (wanted) => document.querySelector('[data-testid="call-state"]')?.dataset.state === wanted,
    wanted,
    PATIENT,
  );

/** A ring that just came is deaf for a moment, so that no key of other work answers it. */
async function silence(page) {
  const silenced = () => page.evaluate(() => globalThis.bellwireFakeHost.said.some(([name]) => name === 'silence'));
  for (let tries = 0; tries < 200 && !(await silenced()); tries += 1) {
    await page.keyboard.press('Escape');
    await page.waitForTimeout(100);
  }
  await said(page, 'silence');
}

const root = (page, check) => page.waitForFunction(check, undefined, PATIENT);

/** Waits until so many tiles have pictures of their own. */
const moving = (page, count) =>
  page.waitForFunction(
    (count) =>
      [...document.querySelectorAll('[data-testid="tile-canvas"]')].filter((one) => {
        const { visibility } = getComputedStyle(one);
        return visibility === 'visible' && one.width > 0 && one.width !== 300;
      }).length >= count,
    count,
    PATIENT,
  );

/** Who has the stage of a call of several; `undefined`: nobody. */
const staged = (page, name) =>
  page.waitForFunction(
    (name) => document.querySelector('[data-main="true"] [data-testid="tile"]')?.dataset.name === name,
    name,
    PATIENT,
  );

/** Streams by whether the host was last asked for them. */
const asked = (page) =>
  page.evaluate(() => {
    const last = new Map();
    for (const [command, stream, width] of globalThis.bellwireFakeHost.said) if (command === 'show') last.set(stream, width);
    const streams = [...last.keys()];
    return { shown: streams.filter((one) => last.get(one) > 0), hidden: streams.filter((one) => last.get(one) === 0) };
  });

const STORIES = {
  'sign in, call, mute, hang up': [
    'signin',
    async (page) => {
      await reach(page, 'signin-server');
      await page.keyboard.type('calls.example.com');
      await page.keyboard.press('Enter');
      await reach(page, 'signin-email');
      await page.keyboard.type('hello@nordlicht.example');
      await reach(page, 'signin-password');
      await page.keyboard.type('secret');
      await page.keyboard.press('Enter');
      await by(page, 'contact-row').first().waitFor(PATIENT);
      const [request] = await said(page, 'signIn');
      assert.equal(request.server, 'calls.example.com');

      // A list is one stop; arrow keys go from control to control.
      await reach(page, 'contact-who');
      await page.keyboard.press('End');
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await press(page, 'contact-call');
      await state(page, 'connected');
      await page.keyboard.press('m');
      assert.deepEqual(await said(page, 'setMicrophone'), [false]);
      await page.waitForFunction(
        () => document.querySelector('[data-testid="call-mute"]')?.dataset['on'] === 'false',
        undefined,
        PATIENT,
      );
      await press(page, 'call-mute', 'Space');
      await page.waitForFunction(
        () => document.querySelector('[data-testid="call-mute"]')?.dataset['on'] === 'true',
        undefined,
        PATIENT,
      );
      await page.keyboard.press('Control+h');
      await state(page, 'ended');
      await press(page, 'ended-close');
      await by(page, 'contact-row').first().waitFor(PATIENT);
    },
  ],
  'answer a ring, silence another': [
    'seller-ringing',
    async (page) => {
      await by(page, 'ring-accept').waitFor(PATIENT);
      await silence(page);
      await press(page, 'ring-accept');
      await said(page, 'accept');
      await state(page, 'connected');
      await press(page, 'call-end');
      await state(page, 'ended');
    },
  ],
  'end a call for the one that waits': [
    'call-waiting',
    async (page) => {
      await state(page, 'connected');
      await press(page, 'ring-accept');
      await said(page, 'endAndAccept');
      await state(page, 'connected');
    },
  ],
  'change the language, the theme and a key': [
    'settings',
    async (page) => {
      await by(page, 'contact-row').first().waitFor(PATIENT);
      await page.keyboard.press('Control+,');
      await by(page, 'settings').waitFor(PATIENT);
      await reach(page, 'set-language');
      await page.keyboard.press('End');
      await root(page, () => document.documentElement.dir === 'rtl');
      await page.keyboard.press('ArrowUp');
      await root(page, () => document.documentElement.lang === 'de' && document.documentElement.dir === 'ltr');
      await reach(page, 'set-theme');
      await page.keyboard.press('End');
      await root(page, () => document.documentElement.dataset.contrast === 'more');
      await reach(page, 'section-general', { back: true });
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await press(page, 'key-answer-change');
      await by(page, 'key-answer-listening').waitFor(PATIENT);
      await page.keyboard.press('Control+Alt+P');
      await by(page, 'key-answer').getByText('Strg').waitFor(PATIENT);
      const [settings] = await said(page, 'setSettings');
      assert.equal(settings.keys.answer, 'CmdOrCtrl+Alt+P');
      assert.equal(settings.language, 'de');
      assert.equal(settings.theme, 'high_contrast');
      await page.keyboard.press('Escape');
      await by(page, 'settings').waitFor({ state: 'detached', ...PATIENT });
      await by(page, 'people-tab').getByText('Kunden').waitFor(PATIENT);
    },
  ],
  'find somebody in the list and call': [
    'seller',
    async (page) => {
      await by(page, 'contact-row').first().waitFor(PATIENT);
      await page.keyboard.press('Control+f');
      await reach(page, 'contact-search');
      await page.keyboard.type('leila');
      await by(page, 'list-count').getByText('1 of 6').waitFor(PATIENT);
      await page.keyboard.press('Enter');
      const [, who] = await said(page, 'dial');
      assert.equal(who.id, 'c2');
      await state(page, 'connected');
    },
  ],
  'walk through a list from right to left': [
    'seller',
    async (page) => {
      await root(page, () => document.documentElement.dir === 'rtl');
      await reach(page, 'contact-who');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      await press(page, 'contact-call');
      const [, who] = await said(page, 'dial');
      assert.equal(who.id, 'c2');
    },
    '&lang=ar',
  ],
  'call by a few letters': [
    'favourites',
    async (page) => {
      await by(page, 'contact-row').first().waitFor(PATIENT);
      await press(page, 'history-tab');
      await page.keyboard.press('Control+k');
      await reach(page, 'quick-search');
      await page.keyboard.press('Escape');
      await by(page, 'quick-call').waitFor({ state: 'detached', ...PATIENT });
      await reach(page, 'history-tab');
      await page.keyboard.press('Control+k');
      await page.keyboard.type('tar');
      await page.waitForFunction(
        () => document.querySelectorAll('[data-testid="quick-person"]').length === 1,
        undefined,
        PATIENT,
      );
      await page.keyboard.press('Enter');
      const [account, who] = await said(page, 'dial');
      assert.equal(account, 2);
      assert.equal(who.name, 'Tariq Aziz');
      await state(page, 'connected');
    },
  ],
  'find missed calls and call back': [
    'seller',
    async (page) => {
      await press(page, 'history-tab');
      await by(page, 'history-row').first().waitFor(PATIENT);
      await press(page, 'history-missed');
      await page.waitForFunction(
        () => {
          const rows = [...document.querySelectorAll('[data-testid="history-row"]')];
          return rows.length > 0 && rows.every((row) => row.dataset.outcome === 'missed');
        },
        undefined,
        PATIENT,
      );
      await reach(page, 'history-search', { back: true });
      await page.keyboard.type('zzz');
      await page.waitForFunction(() => document.querySelectorAll('[data-testid="history-row"]').length === 0, undefined, PATIENT);
      for (let at = 0; at < 3; at += 1) await page.keyboard.press('Backspace');
      await by(page, 'history-row').first().waitFor(PATIENT);
    },
  ],
  'a link asks for a call': [
    'pending-call',
    async (page) => {
      await by(page, 'pending-call').waitFor(PATIENT);
      await press(page, 'pending-call-now');
      assert.deepEqual(await said(page, 'confirmCall'), [1]);
    },
  ],
  'sign out in Arabic': [
    'settings',
    async (page) => {
      await root(page, () => document.documentElement.dir === 'rtl');
      await press(page, 'settings-open');
      await by(page, 'settings').waitFor(PATIENT);
      await reach(page, 'section-general');
      await page.keyboard.press('End');
      await page.keyboard.press('ArrowUp');
      await press(page, 'settings-sign-out');
      await by(page, 'confirm-sign-out').waitFor(PATIENT);
      await press(page, 'sign-out-confirm');
      assert.deepEqual(await said(page, 'signOut'), [1]);
      await page.keyboard.press('Escape');
      await by(page, 'signin-server').waitFor(PATIENT);
    },
    '&lang=ar',
  ],
  'keep sign-ins in a file': [
    'secrets-session',
    async (page) => {
      await press(page, 'secrets-choose');
      await reach(page, 'secrets-session');
      await page.keyboard.press('ArrowUp');
      await by(page, 'passphrase').waitFor(PATIENT);
      await reach(page, 'passphrase-words');
      await page.keyboard.type('correct horse');
      await reach(page, 'passphrase-again');
      await page.keyboard.type('correct horse');
      await page.keyboard.press('Enter');
      assert.deepEqual(await said(page, 'useSecrets'), ['file', 'correct horse']);
      await by(page, 'passphrase').waitFor({ state: 'detached', ...PATIENT });
    },
  ],
  'group of three: every picture moves, one is pinned by keys': [
    'group-three',
    async (page) => {
      await state(page, 'connected');
      await moving(page, 3);
      await reach(page, 'tile-pin');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await staged(page, 'Omar Farouk');
      await page.keyboard.press('Enter');
      await staged(page, undefined);
    },
  ],
  'group of eight: tiles of one size, none over another, each asked for in its size': [
    'group-eight',
    async (page) => {
      // Two have their cameras off.
      await moving(page, 6);
      const boxes = await page.evaluate(() =>
        [...document.querySelectorAll('[data-testid="tile"], [data-testid="tile-self"]')].map((one) => {
          const { left, top, right, bottom } = one.getBoundingClientRect();
          return { left, top, right, bottom };
        }),
      );
      assert.equal(boxes.length, 8);
      for (const [at, one] of boxes.entries()) {
        assert.ok(Math.abs(one.right - one.left - (boxes[0].right - boxes[0].left)) < 1);
        for (const other of boxes.slice(at + 1)) {
          const apart = one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;
          assert.ok(apart, `${JSON.stringify(one)} and ${JSON.stringify(other)}`);
        }
      }
      const [, width] = await said(page, 'show');
      assert.ok(Math.abs(width - (boxes[0].right - boxes[0].left)) <= 1);
    },
  ],
  'speaker view: whoever speaks is large, tiles on another page are not asked for': [
    'group-eight',
    async (page) => {
      await page.setViewportSize({ width: 800, height: 480 });
      await moving(page, 5);
      await page.keyboard.press('g');
      await staged(page, 'Jonas Weber');
      const first = await asked(page);
      assert.ok(first.hidden.length > 0 && first.shown.length > 0, JSON.stringify(first));
      await press(page, 'stage-after');
      const second = await asked(page);
      assert.ok(
        first.hidden.some((one) => second.shown.includes(one)),
        JSON.stringify([first, second]),
      );
      await page.keyboard.press('g');
      await staged(page, undefined);
    },
  ],
  'sharing in a group: the screen takes the stage, with ourselves beside it': [
    'group-sharing',
    async (page) => {
      await staged(page, 'ليلى حداد');
      await by(page, 'remote-sharing').waitFor(PATIENT);
      assert.equal(await by(page, 'self-canvas').count(), 0);
      await press(page, 'call-view-toggle');
      await staged(page, undefined);
    },
  ],
  'ringing group': [
    'group-ringing',
    async (page) => {
      await by(page, 'ring-people').getByText('Daniel Osei').waitFor(PATIENT);
      await silence(page);
      await press(page, 'ring-accept');
      await said(page, 'accept');
      await state(page, 'connected');
      await by(page, 'tile').first().waitFor(PATIENT);
    },
  ],
  'people panel: end the call for everyone': [
    'group-five',
    async (page) => {
      await state(page, 'connected');
      await page.keyboard.press('l');
      await by(page, 'people-panel').waitFor(PATIENT);
      await press(page, 'end-for-all');
      await by(page, 'end-for-all-sheet').waitFor(PATIENT);
      await press(page, 'end-for-all-yes');
      await said(page, 'endForAll');
      await state(page, 'ended').catch(() => by(page, 'ended-reason').waitFor(PATIENT));
    },
  ],
  'people panel: ask two more to join': [
    'group-three',
    async (page) => {
      await state(page, 'connected');
      await page.keyboard.press('l');
      await press(page, 'people-add');
      await by(page, 'add-people').waitFor(PATIENT);
      await reach(page, 'select-box');
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Shift+Space');
      await by(page, 'add-count').getByText('2 selected').waitFor(PATIENT);
      await press(page, 'add-yes');
      const [, people] = await said(page, 'addPeople');
      assert.equal(people.length, 2);
      await by(page, 'add-people').waitFor({ state: 'detached', ...PATIENT });
      await page.waitForFunction(
        () => document.querySelectorAll('[data-testid="person"][data-state="invited"]').length === 2,
        undefined,
        PATIENT,
      );
    },
  ],
  'contacts selection: call three people': [
    'therapist',
    async (page) => {
      await press(page, 'select-start');
      await reach(page, 'select-box');
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Shift+Space');
      await by(page, 'select-count').getByText('3 selected').waitFor(PATIENT);
      await press(page, 'select-video');
      const [, people] = await said(page, 'callPeople');
      assert.equal(people.length, 3);
      await state(page, 'connected');
      await moving(page, 4);
    },
  ],
};

let told = 0;
let failed = 0;
for (const [name, [start, story, query = '']] of Object.entries(STORIES)) {
  if (!name.includes(part)) continue;
  const { page, problems, close } = await session.page(start, { query });
  try {
    await story(page);
  } catch (error) {
    problems.push(error.stack ?? String(error));
    if (process.env.SHOT !== undefined) await page.screenshot({ path: process.env.SHOT });
  }
  for (const problem of problems) console.error(`${name}: ${problem}`);
  failed += problems.length > 0 ? 1 : 0;
  told += 1;
  await close();
}
await session.close();
console.log(`${told} stories told, ${failed} failed`);
process.exit(failed === 0 && told > 0 ? 0 : 1);
