// Draws the views that docs/screens.md shows, and writes that page. Look at the pictures before you commit
// them: pictures of a program that changed are part of the change. Arguments, optional: the one view to draw
// again, and `--all` for the dark, high-contrast and Arabic variants, which git ignores.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { open, sizeOf, views } from './browser.mjs';
import { turn } from './browser-variants.mjs';

const DOCS = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs');
/** Good enough to read small words; the light pictures together stay below 1.5 MB. */
const QUALITY = 62;
const VARIANTS = {
  light: {},
  dark: { scheme: 'dark' },
  contrast: { scheme: 'dark', theme: 'high_contrast' },
  arabic: { language: 'ar' },
};

/** Heading → view → what it is. Views are those of browser.mjs. */
const PAGES = {
  'Signing in': {
    signin: 'The address of the server comes first',
    'signin-several': 'A server with more than one service',
    'signin-error': 'Refused, with what was typed still there',
    'signin-managed': 'Servers that an administrator named',
    restoring: 'Kept accounts on their way back at the start',
    'restoring-failed': 'Accounts that couldn’t sign in',
    'secrets-sealed': 'The passphrase of the file with the sign-ins',
  },
  'The lists': {
    'seller-expanded': 'Customers and their orders',
    favourites: 'Favourites on top',
    'accounts-menu': 'Several accounts',
    'dealer-chat-open': 'Rooms with messages',
    'provider-chat': 'Conversations',
    therapist: 'Sessions',
    clinic: 'Appointments',
    customer: 'Where one can only be called',
    'seller-missed': 'Missed calls',
    'quiet-hours': 'Quiet hours, told in the corner',
    'secrets-session': 'Sign-ins that will not outlast a restart',
  },
  'Earlier calls': {
    'history-opened': 'All accounts by day, one call opened',
    'history-narrowed': 'Filters',
    'history-exported': 'Exported to a file',
    'figures-two': 'Reports of a shop',
  },
  Ringing: {
    ring: 'The answer window',
    'ring-voice': 'A voice call',
    'ring-reply': 'Declining with a message',
    'seller-ringing': 'Ringing while the main window is open',
    'call-waiting': 'Another call while talking',
    'clinic-waits': 'A patient waits in a room',
  },
  'In a call': {
    'calling-ringing': 'Ringing at the other side',
    connected: 'Talking',
    voice: 'Without pictures',
    muted: 'Microphone and camera off',
    'muted-speech': 'Speaking while muted',
    'sharing-window': 'Sharing a window',
    share: 'What can be shared',
    'remote-sharing': 'A shared screen',
    'stats-poor': 'Details and the reason of a bad connection',
    'call-sound': 'Devices during the call',
    'device-lost': 'A device was disconnected',
    reconnecting: 'Looking for another way',
    'call-keys': 'Every key of a call',
    mini: 'The small window',
    'ended-hung-up': 'Over',
    'ended-connection-lost': 'Over, and why',
  },
  'Calls of several': {
    'contacts-selection': 'People chosen for a call',
    'ring-group': 'Who invites, who else is invited and who is there',
    'group-eight': 'Eight people',
    'group-sharing': 'A shared screen with the others beside it',
    'group-hands': 'Raised hands',
    'group-troubles': 'What is not as it should be',
    'group-end': 'Ending it for everyone',
    'group-details': 'How good each connection is, and its security code',
    'group-add': 'Adding people to a call',
    'mini-group': 'The small window, with whoever speaks',
  },
  Settings: {
    'settings-general': 'General',
    'settings-sound': 'Sound and camera',
    'settings-ringing-quiet': 'Ringing',
    'settings-keys-problems': 'Keys, with some that do not work',
    'settings-calls': 'Calls',
    'settings-accounts': 'Accounts',
    'settings-help': 'Help',
    'settings-fixed': 'Managed by an organisation',
    'settings-passphrase': 'A passphrase for the sign-ins',
  },
  Questions: {
    'explain-close': 'The window was closed for the first time',
    'pending-call': 'A link asks for a call',
    'pending-unknown': 'A link asks for a call with somebody unknown',
    'settings-accounts-leaving': 'Signing out',
  },
};

/** What is told once stays in the language it was told in, so these are opened anew in Arabic. */
const TOLD = new Set(['device-lost']);

const session = await open();
const all = await views(session);
const unknown = Object.values(PAGES)
  .flatMap((page) => Object.keys(page))
  .filter((name) => !all.has(name));
if (unknown.length > 0) {
  await session.close();
  console.error(`no such views: ${unknown.join(', ')}`);
  process.exit(2);
}

const options = process.argv.slice(2);
const only = options.find((option) => option !== '--all');
const variants = Object.entries(VARIANTS).filter(([name]) => options.includes('--all') || name === 'light');

for (const [variant] of variants) {
  if (only === undefined) await rm(join(DOCS, 'images', variant), { recursive: true, force: true });
  await mkdir(join(DOCS, 'images', variant), { recursive: true });
}

const failed = [];
const lines = [
  '# Screens',
  '',
  'Every view of the application; people and calls are invented. `npm run screens:docs` in `ui` draws the pictures',
  'and writes this page. With `-- --all` it also draws each view dark, in high contrast and in Arabic, into folders',
  'of `docs/images` that git ignores.',
];
for (const [heading, page] of Object.entries(PAGES)) {
  lines.push('', `## ${heading}`);
  for (const [name, words] of Object.entries(page)) {
    lines.push('', `**${words}**`, '', `![${words}](images/light/${name}.webp)`);
    if (only !== undefined && only !== name) continue;
    const [state, act] = all.get(name);
    const size = sizeOf(state);
    let shown = await session.page(state, { ...size, act });
    for (const [variant, how] of variants) {
      if (TOLD.has(name) && how.language !== undefined) {
        failed.push(...shown.problems);
        await shown.close();
        shown = await session.page(state, { ...size, act, query: `&lang=${how.language}` });
      }
      await turn(shown.page, how, size);
      const devtools = await shown.page.context().newCDPSession(shown.page);
      const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
      await writeFile(join(DOCS, 'images', variant, `${name}.webp`), Buffer.from(data, 'base64'));
    }
    failed.push(...shown.problems.map((problem) => `${name}: ${problem}`));
    await shown.close();
  }
}
await writeFile(join(DOCS, 'screens.md'), `${lines.join('\n')}\n`);
await session.close();
for (const problem of failed) console.error(problem);
process.exit(failed.length === 0 ? 0 : 1);
