// Serves the fake build and opens Chromium on it; shared by screens.mjs and a11y.mjs.

import { preview } from 'vite';
import { chromium } from 'playwright-core';

/** Where a system Chromium is found; the variable wins. */
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** When every picture is taken: a Tuesday morning, far from midnight and from a change of the clocks. */
export const NOW = '2026-03-17T10:40:00';

/** The size the shell gives its answer window before the call is drawn; then it is as high as it needs. */
export const RING = { width: 400, height: 236, fits: true };

/** The size the shell gives its small window of a call. */
export const MINI = { width: 320, height: 200 };

/** Pages at once: one more than the smallest machine has processors, as each waits for a while. */
export const PAGES = 3;

/** The size of a window that has its own. */
export function sizeOf(state) {
  if (state.startsWith('ring')) return RING;
  return state.startsWith('mini') ? MINI : undefined;
}

/** Serves the fake build; gives the server and its address. */
export async function serve() {
  const server = await preview({
    build: { outDir: 'dist-fake' },
    preview: { port: 0, strictPort: false, host: '127.0.0.1' },
    logLevel: 'error',
  });
  return { server, base: `http://127.0.0.1:${server.httpServer.address().port}/` };
}

export async function open() {
  const { server, base } = await serve();
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--headless'] });

  return {
    browser,
    context: ({ width = 1100, height = 720, scheme = 'light' } = {}) =>
      browser.newContext({
        timezoneId: 'Europe/Berlin',
        viewport: { width, height },
        colorScheme: scheme,
        reducedMotion: 'reduce',
        bypassCSP: false,
      }),
    /** A page in a state, settled enough to be looked at; in a context of its own unless one is given. */
    async page(state, { width = 1100, height = 720, scheme = 'light', query = '', act, context: shared } = {}) {
      const context = shared ?? (await this.context({ width, height, scheme }));
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      const problems = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      await page.goto(`${base}?fake=${state}&now=${NOW}${query}`);
      await page.waitForFunction(() => document.querySelector('#app')?.children.length > 0);
      await page.evaluate(() => document.fonts.ready);
      const view = page.getByTestId('call-view');
      if ((await view.count()) > 0) await page.waitForTimeout(700);
      await act?.(page);
      await page.waitForTimeout(250);
      return { page, problems, close: () => (shared === undefined ? context : page).close() };
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

const click = (id) => (page) => page.getByTestId(id).first().click();

/** A page of the settings, and what to do there. */
const settings = (section, then) => async (page) => {
  const later = page.getByTestId('passphrase-cancel');
  if (await later.isVisible()) await later.click();
  await page.keyboard.press('Control+,');
  await page.getByTestId(`section-${section}`).click();
  await then?.(page);
};

/** Views that need a click after the fake host's state: name → [state, what to do]. */
export const STEPS = {
  'settings-general': ['settings', settings('general')],
  'settings-sound': ['settings', settings('sound')],
  'settings-ringing': ['settings', settings('ringing')],
  'settings-ringing-quiet': ['settings-problems', settings('ringing')],
  'settings-keys': ['settings', settings('keys')],
  'settings-keys-listening': ['settings', settings('keys', click('key-answer-change'))],
  'settings-keys-problems': ['settings-problems', settings('keys')],
  'settings-calls': ['settings', settings('calls')],
  'settings-calls-usual': ['seller', settings('calls')],
  'settings-accounts': ['settings', settings('accounts')],
  'settings-accounts-leaving': ['settings', settings('accounts', click('settings-sign-out'))],
  'settings-accounts-locked': ['settings-problems', settings('accounts')],
  'settings-passphrase': ['settings', settings('accounts', click('secrets-file'))],
  'settings-help': ['settings', settings('help', click('support-show'))],
  'settings-fixed': ['settings-locked', settings('ringing')],
  'settings-fixed-keys': ['settings-locked', settings('keys')],
  'settings-not-stored': ['settings-failing', settings('general', click('set-start_at_login'))],
  'seller-expanded': ['seller', (page) => page.getByTestId('contact-row').first().locator('.who').click()],
  'seller-search-none': [
    'seller',
    async (page) => {
      await page.getByTestId('contact-search').fill('zzz');
      await page.getByText('No one matches').waitFor();
    },
  ],
  'seller-found-one': [
    'seller',
    async (page) => {
      await page.getByTestId('contact-search').fill('leila');
      await page.waitForTimeout(600);
    },
  ],
  'quick-call': [
    'favourites',
    async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByTestId('quick-person').first().waitFor();
    },
  ],
  'quick-call-none': [
    'favourites',
    async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByTestId('quick-search').fill('zzz');
      await page.getByTestId('quick-none').waitFor();
    },
  ],
  'quick-call-busy': [
    'connected',
    async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByTestId('quick-busy').waitFor();
    },
  ],
  'quiet-menu': ['seller', click('dnd')],
  'clinic-searched': [
    'clinic',
    async (page) => {
      await page.getByTestId('slot-search').fill('omar');
      await page.waitForTimeout(600);
    },
  ],
  'seller-menu': ['seller', click('account-button')],
  'accounts-menu': ['accounts', click('account-button')],
  'accounts-history': ['accounts', click('history-tab')],
  'accounts-history-missed': [
    'accounts',
    async (page) => {
      await page.getByTestId('history-tab').click();
      await page.getByTestId('history-missed').click();
      await page.waitForTimeout(200);
    },
  ],
  'accounts-history-none': [
    'accounts',
    async (page) => {
      await page.getByTestId('history-tab').click();
      await page.getByTestId('history-search').fill('zzz');
      await page.getByText('No matching calls').waitFor();
    },
  ],
  'accounts-clinic': ['accounts', (page) => page.getByTestId('account-other').last().click()],
  'dealer-chat-open': ['dealer', (page) => page.getByTestId('room-row').first().getByRole('button').click()],
  'dealer-chat-none': ['dealer-chat-empty', (page) => page.getByTestId('room-row').last().getByRole('button').click()],
  'dealer-chat-waits': ['dealer-chat-loading', (page) => page.getByTestId('room-row').first().getByRole('button').click()],
  'dealer-chat-kept': [
    'dealer-chat-unsent',
    async (page) => {
      await page.getByTestId('room-row').first().getByRole('button').click();
      await page.getByTestId('composer').fill('On my way.\nTen minutes.');
      await page.getByTestId('composer-send').click();
      await page.getByTestId('composer-error').waitFor();
    },
  ],
  'dealer-chat-down': ['dealer-offline', (page) => page.getByTestId('room-row').first().getByRole('button').click()],
  'provider-search-none': [
    'provider',
    async (page) => {
      await page.getByTestId('room-search').fill('zzz');
      await page.getByText('No one matches').waitFor();
    },
  ],
  'signin-chosen': [
    'signin-several',
    async (page) => {
      await page.getByTestId('signin-dialect-clinic').click();
    },
  ],
  'signin-none-chosen': [
    'signin-several',
    async (page) => {
      await page.getByTestId('signin-submit').click();
    },
  ],
  'seller-history': ['seller', click('history-tab')],
  'history-empty': ['history-empty', click('history-tab')],
  'history-error': ['history-error', click('history-tab')],
  'history-loading': ['history-loading', click('history-tab')],
  'history-missed-seen': ['history-missed', click('history-tab')],
  'history-opened': [
    'accounts',
    async (page) => {
      await page.getByTestId('history-tab').click();
      await page.getByTestId('history-open').nth(1).click();
    },
  ],
  'history-narrowed': [
    'accounts',
    async (page) => {
      await page.getByTestId('history-tab').click();
      await page.getByTestId('history-narrow').click();
      await page.getByTestId('history-backend').selectOption('storefront');
      await page.getByTestId('history-span-own').click();
      await page.getByTestId('history-until').fill('2030-01-31');
      await page.getByTestId('history-open').first().click();
    },
  ],
  'history-deleted': [
    'accounts',
    async (page) => {
      await page.getByTestId('history-tab').click();
      await page.getByTestId('history-open').nth(2).press('Delete');
    },
  ],
  'history-export': [
    'seller',
    async (page) => {
      await page.getByTestId('history-tab').click();
      await page.getByTestId('history-export').click();
    },
  ],
  'history-exported': [
    'seller',
    async (page) => {
      await page.getByTestId('history-tab').click();
      await page.getByTestId('history-export').click();
      await page.getByTestId('history-export-csv').click();
      await page.getByTestId('toast').waitFor();
    },
  ],
  ...Object.fromEntries(
    ['seller', 'figures-empty', 'figures-error', 'figures-loading', 'figures-two'].map((state) => [
      state === 'seller' ? 'figures' : state,
      [
        state,
        async (page) => {
          await page.getByTestId('history-tab').click();
          await page.getByTestId('history-figures').click();
        },
      ],
    ]),
  ),
  'figures-table': [
    'seller',
    async (page) => {
      await page.getByTestId('history-tab').click();
      await page.getByTestId('history-figures').click();
      await page.getByTestId('figures-table').click();
    },
  ],
  'ring-reply': ['ring-reply', click('reply-open')],
  'ring-reply-own': ['ring-reply-own', click('reply-open')],
  'dealer-reply': ['dealer-ringing', click('reply-open')],
  'waiting-reply': ['waiting-reply', click('reply-open')],
  'customer-history': ['customer', click('history-tab')],
  'signin-advanced': ['signin', click('signin-advanced')],
  'signin-missing': ['signin', click('signin-next')],
  'signin-error': [
    'signin-error',
    async (page) => {
      await page.getByTestId('signin-password').fill('wrong');
      await page.getByTestId('signin-submit').click();
    },
  ],
  'signin-busy': [
    'signin-busy',
    async (page) => {
      await page.getByTestId('signin-password').fill('secret');
      await page.getByTestId('signin-submit').click();
    },
  ],
  ...Object.fromEntries(
    ['devices', 'devices-none', 'devices-gone', 'devices-off', 'devices-busy', 'devices-failed', 'devices-locked'].map(
      (state) => [state, [state, click('notes-devices')]],
    ),
  ),
  'devices-recording': [
    'devices',
    async (page) => {
      await page.getByTestId('notes-devices').click();
      await page.getByTestId('echo-test').click();
      await page.getByTestId('echo-stop').waitFor();
    },
  ],
  ...Object.fromEntries(
    ['share', 'share-many', 'share-none', 'share-error', 'share-wayland', 'share-looking'].map((state) => [
      state,
      [state, click('call-share')],
    ]),
  ),
  'sharing-window': [
    'share',
    async (page) => {
      await page.getByTestId('call-share').click();
      await page.getByTestId('share-source').nth(1).click();
      await page.getByTestId('share-start').click();
      await page.getByTestId('sharing').waitFor();
    },
  ],
  'group-speaker': [
    'group-five',
    async (page) => {
      await page.waitForTimeout(600);
      await page.keyboard.press('g');
    },
  ],
  'group-eight-speaker': [
    'group-eight',
    async (page) => {
      await page.waitForTimeout(600);
      await page.keyboard.press('g');
    },
  ],
  'group-pinned': ['group-five', click('tile-pin')],
  'group-people': ['group-troubles', click('call-people')],
  'group-stats': ['group-eight', click('call-details')],
  'group-keys': ['group-five', (page) => page.keyboard.press('?')],
  'contacts-selection': [
    'therapist',
    async (page) => {
      await page.getByTestId('select-start').click();
      for (const at of [0, 1, 3]) await page.getByTestId('select-box').nth(at).click();
    },
  ],
  'contacts-selection-full': [
    'therapist',
    async (page) => {
      await page.getByTestId('select-start').click();
      for (const at of [0, 1, 2, 3, 4, 5, 6, 7]) await page.getByTestId('select-box').nth(at).click();
    },
  ],
  'group-end': [
    'group-five',
    async (page) => {
      await page.getByTestId('call-people').click();
      await page.getByTestId('end-for-all').click();
    },
  ],
  'group-details': ['group-five', (page) => page.getByTestId('call-details').click()],
  'group-add': [
    'group-five',
    async (page) => {
      await page.getByTestId('call-people').click();
      await page.getByTestId('people-add').click();
      await page.getByTestId('select-box').first().click();
    },
  ],
  'call-keys': ['connected', (page) => page.keyboard.press('?')],
  'waiting-over-keys': ['call-waiting', (page) => page.keyboard.press('?')],
  'waiting-over-share': ['call-waiting', click('call-share')],
  'call-sound': ['connected', click('call-sound-devices')],
  'call-cameras': ['connected', click('call-cameras')],
  stats: [
    'connected',
    async (page) => {
      await page.getByTestId('call-details').click();
      await page.getByTestId('security-code').waitFor();
    },
  ],
  'stats-diagnostics': [
    'poor',
    async (page) => {
      await page.getByTestId('call-details').click();
      await page.getByTestId('security-code').waitFor();
      await page.getByTestId('stats-diagnostics-open').click();
    },
  ],
  'stats-poor': [
    'poor',
    async (page) => {
      await page.locator('[data-testid="quality"][data-grade="poor"]').waitFor();
      await page.getByTestId('call-details').click();
      await page.getByTestId('security-code').waitFor();
    },
  ],
};

/** Every view there is: the fake host's states as the page lists them, and the steps above. */
export async function views(session) {
  const { page, close } = await session.page('signin');
  const states = await page.evaluate(() => globalThis.bellwireFakeStates);
  await close();
  const all = new Map(states.map((state) => [state, [state, undefined]]));
  for (const [name, step] of Object.entries(STEPS)) all.set(name, step);
  return all;
}
