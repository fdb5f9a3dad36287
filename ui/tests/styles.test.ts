import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import { draw } from './drawn';

const SOURCES = join(import.meta.dirname, '..', 'src');
const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.svelte'));
/** The looks of a button, which are words for text as well. */
const LOOKS = ['soft', 'bad', 'quiet', 'primary', 'take', 'end'];

/** Classes a component gives its buttons. */
function looksOf(markup: string): string[] {
  const classes = [...markup.matchAll(/class="([^"]*\bbutton\b[^"]*)"/g)].map(([, names]) => names ?? '');
  return LOOKS.filter((look) => classes.some((names) => new RegExp(`(^|[\\s'{])${look}($|[\\s'}])`).test(names)));
}

/** Rules that colour or size everything of a class, buttons too: a component's own styles win over those of all. */
function slips(source: string): string[] {
  const at = source.lastIndexOf('<style>');
  if (at < 0) return [];
  const found: string[] = [];
  for (const [, selectors = '', declarations = ''] of source.slice(at).matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    if (!/^\s*(color|background|font-size):/m.test(declarations)) continue;
    const bare = selectors.split(',').map((one) => one.trim().split('\n').at(-1)!.trim());
    for (const look of looksOf(source.slice(0, at))) if (bare.includes(`.${look}`)) found.push(`.${look}`);
  }
  return found;
}

describe('the styles of a component', () => {
  it('are read by this test', () => {
    expect(slips('<button class="button soft">x</button><style>\n  .soft {\n    color: grey;\n  }\n</style>')).toEqual(['.soft']);
    expect(
      slips(
        "<button class=\"button {on ? 'good' : 'soft'}\">x</button><style>\n  .day,\n  .soft {\n    color: grey;\n  }\n</style>",
      ),
    ).toEqual(['.soft']);
    expect(
      slips('<button class="button soft">x</button><style>\n  .soft:not(.button) {\n    color: grey;\n  }\n</style>'),
    ).toEqual([]);
  });

  it.each(files)('do not make its buttons look like text: %s', (name) => {
    expect(slips(readFileSync(join(SOURCES, name), 'utf8'))).toEqual([]);
  });
});

describe('the ground of a call', () => {
  it('is the photo of the person where there is no other picture', async () => {
    const { host } = await draw('voice');
    expect(screen.queryByTestId('ground')).toBeNull();

    const avatar = 'data:image/png;base64,iVBORw0KGgo=';
    host.push((view) => ({
      ...view,
      phone: { ...view.phone, calls: view.phone.calls.map((call) => ({ ...call, peer: { ...call.peer, avatar } })) },
    }));

    await waitFor(() => expect(screen.getByTestId('ground').getAttribute('src')).toBe(avatar));
  });

  it('is no picture from another server over plain HTTP', async () => {
    const { host } = await draw('voice');
    host.push((view) => ({
      ...view,
      phone: {
        ...view.phone,
        calls: view.phone.calls.map((call) => ({
          ...call,
          peer: { ...call.peer, name: 'Mia', avatar: 'http://pictures.example.org/mia.png' },
        })),
      },
    }));
    await waitFor(() => expect(screen.getByTestId('call-view').querySelector('.face .letters')?.textContent).toBe('M'));
    expect(screen.queryByTestId('ground')).toBeNull();
  });
});
