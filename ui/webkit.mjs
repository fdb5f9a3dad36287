// The views in WebKitGTK, which is what people on Linux see: pictures of them, and whether their layout
// holds at every width. Needs WebKitWebDriver, Xvfb where there is no display (2000x1300 at least), and
// `npm run build:fake` before.
// Arguments, all optional: part of a view's name (or names with commas between; `some`: one of each kind), variants and widths with
// commas between, a folder for pictures. Ends with an error on any problem of the layout.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { NOW, serve, STEPS } from './browser.mjs';
import { layoutProblems } from './layout-checks.mjs';

const [part = '', kinds = 'light', widths = '360,550,740,800,960,1100,1920', folder = ''] = process.argv.slice(2);
const VARIANTS = {
  light: {},
  dark: { theme: 'dark' },
  contrast: { theme: 'high_contrast' },
  german: { language: 'de' },
  arabic: { language: 'ar', theme: 'dark' },
};
/** One of each kind of view, for a look in bounded time. */
const SOME =
  'signin-several,signin-error,seller-expanded,accounts-menu,accounts-missed,dealer-chat-failed,provider-chat,therapist,clinic,accounts-history,history-opened,history-narrowed,figures,settings-sound,settings-keys,connected,call-waiting,stats,stats-diagnostics,share,ended-remote-hung-up,pending-unknown,restoring-some,seller-ringing,voice';
const HEIGHT = 720;
const PATIENCE_MS = 20_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A virtual screen of its own, wide enough for every width, where the environment has none. */
async function screen() {
  if ((process.env.DISPLAY ?? '') !== '') return null;
  const xvfb = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '2000x1300x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  xvfb.once('error', (error) => {
    console.error(`Xvfb cannot be started: ${error.message}`);
    process.exit(1);
  });
  const [number] = await once(xvfb.stdio[3], 'data');
  process.env.DISPLAY = `:${String(number).trim()}`;
  return xvfb;
}

const display = await screen();
const { server, base } = await serve();
const port = await freePort();
const driver = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  // Without a graphics card its pictures are black otherwise.
  env: { ...process.env, WEBKIT_DISABLE_DMABUF_RENDERER: '1' },
});
driver.once('error', (error) => {
  console.error(`WebKitWebDriver cannot be started: ${error.message}`);
  process.exit(1);
});

async function ask(method, path, body) {
  const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const { value } = await reply.json();
  if (!reply.ok) throw new Error(`${path}: ${value?.message ?? reply.status}`);
  return value;
}

async function patiently(what, look) {
  for (const end = Date.now() + PATIENCE_MS; ; await pause(50)) {
    const found = await look().catch(() => null);
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
}

await patiently('the driver', () => ask('GET', '/status').then(() => true));
const { sessionId } = await ask('POST', '/session', { capabilities: { alwaysMatch: {} } });
const here = `/session/${sessionId}`;
const run = (script, ...args) => ask('POST', `${here}/execute/sync`, { script, args });

/** A page in a frame has any width, which a window of the driver's browser has not. */
let frame;
/** Where the page begins on the screen. */
const tall = { top: 0 };

const enter = (id) => ask('POST', `${here}/frame`, { id });

async function resize(width) {
  await enter(null);
  await run('arguments[0].style.width = `${arguments[1]}px`', frame, width);
  await enter(frame);
  await pause(120);
  const inner = await run('return innerWidth');
  if (inner !== width) throw new Error(`the page is ${inner} px wide, not ${width}`);
}

/** As much of Playwright's page as the steps to a view use. */
function page() {
  const of = (selector, text) => {
    const find = `const all = [...document.querySelectorAll(arguments[0])].filter((one) => arguments[1] === null || one.textContent.includes(arguments[1]));`;
    const make = (at) => ({
      first: () => make(0),
      last: () => make(-1),
      nth: (n) => make(n),
      locator: (inner) => of(`${selector} ${inner}`, null),
      getByRole: (role) => of(`${selector} ${role}`, null),
      isVisible: () =>
        run(
          `${find} const one = all.at(arguments[2]); return one !== undefined && one.getClientRects().length > 0`,
          selector,
          text,
          at,
        ),
      waitFor: () => patiently(selector, () => run(`${find} return all.length > 0`, selector, text)),
      click: () =>
        patiently(selector, () =>
          run(
            `${find} const one = all.at(arguments[2]); one?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1, view: window })); return one !== undefined`,
            selector,
            text,
            at,
          ),
        ),
      fill: (value) =>
        patiently(selector, () =>
          run(
            `${find} const one = all.at(arguments[2]); if (one === undefined) return false; one.value = arguments[3]; one.dispatchEvent(new Event('input', { bubbles: true })); one.dispatchEvent(new Event('change', { bubbles: true })); return true`,
            selector,
            text,
            at,
            value,
          ),
        ),
      selectOption: (value) => make(at).fill(value),
      press: (key) =>
        run(
          `${find} all.at(arguments[2])?.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[3], bubbles: true, cancelable: true })); return true`,
          selector,
          text,
          at,
          key,
        ),
    });
    return make(0);
  };
  return {
    getByTestId: (id) => of(`[data-testid="${id}"]`, null),
    getByText: (text) => of('p, h1, h2, h3, span', text),
    waitForTimeout: pause,
    keyboard: {
      press: (keys) => {
        const parts = keys.split('+');
        const key = parts.at(-1);
        return run(
          `(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], ctrlKey: arguments[1], bubbles: true, cancelable: true })); return true`,
          key === '' ? '+' : key,
          parts.includes('Control'),
        );
      },
    },
  };
}

async function show(state, act) {
  await enter(null);
  await run('arguments[0].src = arguments[1]', frame, `${base}?fake=${state}&now=${NOW}`);
  await pause(100);
  await enter(frame);
  await patiently('the page', () =>
    run('return location.search.includes(arguments[0]) && document.querySelector("#app")?.children.length > 0', `fake=${state}&`),
  );
  await pause(150);
  await act?.(page());
  await pause(150);
}

async function turn({ theme = 'light', language = null }) {
  await run(
    'globalThis.bellwireFakeHost.pushSettings(({ settings, ...rest }) => ({ ...rest, settings: { ...settings, theme: arguments[0], language: arguments[1] } }))',
    theme,
    language,
  );
  await pause(120);
}

/** Of the screen: the driver's own pictures are black or never come without a graphics card. */
async function picture(file, width) {
  await pause(250);
  const { top } = tall;
  const shot = spawn('import', ['-window', 'root', '-crop', `${width}x${HEIGHT}+0+${top}`, '+repage', file], {
    stdio: 'inherit',
  });
  const [code] = await once(shot, 'exit');
  if (code !== 0) throw new Error(`no picture of the screen (import ended with ${code})`);
}

let checked = 0;
let broken = 0;
try {
  await ask('POST', `${here}/window/rect`, { x: 0, y: 0, width: 1990, height: HEIGHT + 200 });
  await ask('POST', `${here}/url`, { url: base });
  // Through the object model: the page's policy allows no style attributes.
  await run(
    `document.body.replaceChildren(document.createElement('iframe'));
    document.body.style.margin = 0;
    Object.assign(document.querySelector('iframe').style, { border: 0, width: '1100px', height: arguments[0] + 'px' });`,
    HEIGHT,
  );
  tall.top = await run('return outerHeight - innerHeight');
  frame = await ask('POST', `${here}/element`, { using: 'css selector', value: 'iframe' });
  await show('signin');
  const states = await run('return globalThis.bellwireFakeStates');
  const all = new Map([...states.map((state) => [state, [state, undefined]]), ...Object.entries(STEPS)]);
  const wanted = (part === 'some' ? SOME : part).split(',');
  for (const one of part === 'some' ? wanted : []) if (!all.has(one)) throw new Error(`there is no view ${one}`);
  if (folder !== '') await mkdir(folder, { recursive: true });
  for (const [name, [state, act]] of all) {
    // The windows of a ring and of the small call have sizes of their own.
    if (state.startsWith('ring') || state.startsWith('mini')) continue;
    if (!wanted.some((one) => name === one || (wanted.length === 1 && name.includes(one)))) continue;
    try {
      await resize(1100);
      await show(state, act);
      for (const kind of kinds.split(',')) {
        await turn(VARIANTS[kind]);
        for (const width of widths.split(',').map(Number)) {
          await resize(width);
          await pause(80);
          const problems = await run(`return (${layoutProblems.toString()})()`);
          for (const problem of problems) console.error(`${name}.${kind}.${width}: ${problem}`);
          broken += problems.length;
          checked += 1;
          if (folder !== '') await picture(join(folder, `${name}.${kind}.${width}.png`), width);
        }
      }
    } catch (error) {
      broken += 1;
      console.error(`${name}: ${error.message}`);
    }
  }
} finally {
  await ask('DELETE', here).catch(() => undefined);
  driver.kill();
  display?.kill();
  await server.close();
}
console.log(`${checked} pictures looked at in WebKitGTK, ${broken} problems`);
process.exit(broken === 0 && checked > 0 ? 0 : 1);
