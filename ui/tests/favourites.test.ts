import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { Favourite, Settings } from '../src/generated/bindings';
import { STATES } from '../src/host/fake';
import { dealer, TARIQ } from '../src/host/fake/backends';
import { ADA, LEILA, LONG, seller } from '../src/host/fake/people';
import { favouritesFirst, found, isFavourite, MOST_FAVOURITES, toggled } from '../src/model/favourites';
import { draw, lastOf } from './drawn';

const SHOP = seller();
const adas: Favourite = { dialect: 'storefront', server: SHOP.server, person: ADA.id, name: ADA.name };

describe('favourites', () => {
  it('belong to an account of a server, not to an id alone', () => {
    expect(isFavourite([adas], SHOP, ADA)).toBe(true);
    expect(isFavourite([adas], seller({ server: 'elsewhere' }), ADA)).toBe(false);
    expect(isFavourite([adas], dealer({ server: SHOP.server }), ADA)).toBe(false);
    expect(isFavourite([adas], SHOP, LEILA)).toBe(false);
  });

  it('are taken in and out, up to a limit', () => {
    expect(toggled([], SHOP, ADA)).toEqual([adas]);
    expect(toggled([adas], SHOP, ADA)).toEqual([]);
    const full = Array.from({ length: MOST_FAVOURITES }, (_, n) => ({ ...adas, person: `p${n}` }));
    expect(toggled(full, SHOP, ADA)).toBeNull();
    expect(toggled(full, SHOP, { ...ADA, id: 'p3' })).toHaveLength(MOST_FAVOURITES - 1);
  });

  it('keep names that settings can keep', () => {
    expect(toggled([], SHOP, { ...ADA, name: ' A\u0000\nda ' })?.[0]?.name).toBe('A da');
    expect([...(toggled([], SHOP, { ...ADA, name: '😀'.repeat(500) })?.[0]?.name ?? '')]).toHaveLength(100);
  });

  it('are found again, also where nobody is signed in', () => {
    const away = { ...adas, server: 'elsewhere' };
    const [here, gone, unlisted] = found([adas, away, { ...adas, person: 'gone', name: 'Gone' }], [SHOP]);
    expect([here?.account?.id, here?.contact?.person.id]).toEqual([1, ADA.id]);
    expect([gone?.account, gone?.person.name]).toEqual([null, ADA.name]);
    expect([unlisted?.account?.id, unlisted?.contact, unlisted?.person.id]).toEqual([1, null, 'gone']);
    expect(
      favouritesFirst(SHOP.contacts, [{ ...adas, person: LONG.id }], SHOP)
        .map((one) => one.person.id)
        .slice(0, 2),
    ).toEqual([LONG.id, ADA.id]);
  });
});

describe('stars and the row of favourites', () => {
  it('are set in the list of people, and call', async () => {
    const { host, user } = await draw('seller');
    expect(screen.queryByTestId('favourites')).toBeNull();
    const row = () => screen.getAllByTestId('contact-row').find((one) => one.dataset['person'] === LEILA.id)!;

    await user.click(within(row()).getAllByTestId('star')[0]!);
    const { favourites } = lastOf(host, 'setSettings')![0] as Settings;
    expect(favourites).toEqual([{ dialect: 'storefront', server: SHOP.server, person: LEILA.id, name: LEILA.name }]);
    await waitFor(() => expect(screen.getAllByTestId('contact-row')[0]?.dataset['person']).toBe(LEILA.id));
    await user.click(screen.getByTestId('favourite'));
    expect(lastOf(host, 'dial')?.slice(0, 3)).toEqual([1, LEILA, 'video']);
  });

  it('say who is there and who cannot be reached', async () => {
    await draw('favourites');
    await waitFor(() => expect(screen.getAllByTestId('favourite')).toHaveLength(5));
    const of = (id: string) => screen.getAllByTestId<HTMLButtonElement>('favourite').find((one) => one.dataset['person'] === id)!;

    expect(of(ADA.id).textContent).toContain('online');
    expect(of(LONG.id).textContent).not.toContain('online');
    expect(of(TARIQ.id).disabled).toBe(false);
    const away = screen.getAllByTestId<HTMLButtonElement>('favourite').at(-1)!;
    expect([away.disabled, away.title]).toEqual([true, 'Not signed in to elsewhere.example']);
  });

  it('come first among rooms, with a mark', async () => {
    await draw('favourites-rooms');
    await waitFor(() => expect(within(screen.getAllByTestId('room-row')[0]!).getByTestId('room-favourite')).toBeTruthy());
    expect(screen.getAllByTestId('room-row')[0]?.textContent).toContain('Maximiliane');
    expect(screen.getAllByTestId('room-favourite')).toHaveLength(1);
  });

  it('say when there is no room for more', async () => {
    const full = Array.from({ length: MOST_FAVOURITES }, (_, n) => ({ ...adas, person: `p${n}` }));
    STATES['made-full'] = { ...STATES['seller']!, settings: { favourites: full } };
    onTestFinished(() => void delete STATES['made-full']);
    const { host, user } = await draw('made-full');

    await user.click((await screen.findAllByTestId('star'))[0]!);

    expect((await screen.findByTestId('toast')).textContent).toContain('You can have up to 24 favourites');
    expect(lastOf(host, 'setSettings')).toBeUndefined();
  });

  it('are left alone where an administrator fixed them', async () => {
    STATES['made-locked'] = { ...STATES['seller']!, locked: ['favourites'] };
    onTestFinished(() => void delete STATES['made-locked']);
    const { session } = await draw('made-locked');
    await waitFor(() => expect(session.settings).not.toBeNull());
    expect(screen.queryByTestId('star')).toBeNull();
  });
});

describe('a message that did not get through', () => {
  it('is sent again', async () => {
    const { host, user } = await draw('dealer-chat-failed');

    await user.click(await screen.findByTestId('message-again'));

    expect(lastOf(host, 'retryMessages')).toEqual([2, 'room-tariq']);
    expect(await screen.findByTestId('message-sending')).toBeTruthy();
    expect(screen.queryByTestId('message-again')).toBeNull();
  });
});
