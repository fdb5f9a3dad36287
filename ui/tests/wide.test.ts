// A wide window: the page of a person beside the list.

import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { draw, lastOf } from './drawn';

const page = () => screen.findByTestId('person-page');
const shows = (person: string) => waitFor(() => expect(screen.getByTestId('person-page').dataset['person']).toBe(person));
const current = () =>
  [...document.querySelectorAll<HTMLElement>('[data-line][aria-current="true"]')].map((row) => row.dataset['line']);

function widen(wide: boolean): void {
  vi.stubGlobal('matchMedia', (media: string) =>
    Object.assign(new EventTarget(), { media, matches: wide && media.includes('100rem'), onchange: null }),
  );
}

describe('a wide window', () => {
  beforeEach(() => {
    widen(true);
    return () => vi.unstubAllGlobals();
  });

  it('shows the page of the first person, and of whichever line the keys reach', async () => {
    const { host, user } = await draw('seller');
    expect((await page()).textContent).toContain('Ada Okafor');
    expect(current()).toEqual(['c1']);
    const ada = within(screen.getByTestId('person-page'));
    expect(ada.getAllByTestId('order-call')).toHaveLength(3);
    await waitFor(() => expect(ada.getByTestId('person-calls').querySelectorAll('li').length).toBeGreaterThan(0));

    const first = document.querySelector<HTMLElement>('[data-line="c1"] [data-testid="contact-who"]')!;
    first.focus();
    await user.keyboard('{ArrowDown}');
    await shows('c2');
    expect(current()).toEqual(['c2']);
    expect(screen.getByTestId('person-calls').querySelector('[data-outcome="missed"]')).not.toBeNull();

    const row = document.activeElement!;
    expect(row.getAttribute('aria-expanded')).toBe('false');
    await user.keyboard('{Enter}');
    expect(row.getAttribute('aria-expanded')).toBe('true');
    expect(lastOf(host, 'dial')).toBeUndefined();

    await user.click(screen.getByTestId('person-call'));
    expect((lastOf(host, 'dial')?.[1] as { id: string }).id).toBe('c2');
  });

  it('takes what stands first once the chosen line is gone', async () => {
    const { host } = await draw('seller');
    await page();
    await fireEvent.click(document.querySelector('[data-line="c3"]')!);
    await shows('c3');
    host.push((view) => ({
      ...view,
      accounts: view.accounts.map((one) => ({ ...one, contacts: one.contacts.filter(({ id }) => id !== 'c3') })),
    }));
    await shows('c1');
  });

  it('has the appointments with a patient and the way in', async () => {
    const { host } = await draw('clinic');
    const nadia = within(await page());
    expect(nadia.getAllByTestId('slot-row')).toHaveLength(2);
    expect(nadia.getByTestId('slot-join').textContent).toContain('Admit');
    await userEvent.setup().click(nadia.getByTestId('slot-join'));
    expect(lastOf(host, 'dial')).toBeDefined();
  });
});

it('another window shows the list alone', async () => {
  widen(false);
  await draw('seller');
  await screen.findAllByTestId('contact-row');
  expect(screen.queryByTestId('person-page')).toBeNull();
  expect(current()).toEqual([]);
  vi.unstubAllGlobals();
});
