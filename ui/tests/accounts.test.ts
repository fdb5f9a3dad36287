import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import { TARIQ } from '../src/host/fake/backends';
import { draw, lastOf } from './drawn';

const account = (id: number) =>
  [...screen.getAllByTestId('account-other'), screen.getByTestId('account-button')].find(
    (one) => one.dataset['account'] === String(id),
  )!;

describe('several accounts', () => {
  it('are named with their backend, how they are linked and what waits there', async () => {
    await draw('accounts');

    expect(account(2).textContent).toContain('DealerDesk · Connecting…');
    expect(account(2).textContent).toContain('16 unread messages');
    expect(within(account(4)).getByTestId('link-state').dataset['state']).toBe('signed_out');
    expect(account(5).textContent).toContain('1 person is waiting');
  });

  it('each show their own list', async () => {
    const { user } = await draw('accounts');

    for (const [id, title] of [
      [2, 'Rooms'],
      [3, 'Conversations'],
      [4, 'Sessions'],
      [5, 'Appointments'],
      [1, 'Customers'],
    ] as const) {
      await user.click(account(id));
      expect(await screen.findByRole('heading', { level: 1, name: title })).toBeTruthy();
      expect(screen.getByTestId('people-tab').textContent).toContain(title);
    }
  });

  it('lead back to the sign-in of the one that expired, and keep its place', async () => {
    const { host, user } = await draw('accounts');
    const strip = screen.getByTestId('expired');
    expect(strip.textContent).toContain('You’re signed out of Ruth Adeyemi · Hearth and can’t receive calls there.');

    await user.click(within(strip).getByRole('button', { name: 'Sign in again' }));
    expect((await screen.findByTestId('signin-at')).textContent).toBe('hearth.example.com');
    expect(screen.queryByTestId('signin-dialect-storefront')).toBeNull();
    await user.click(screen.getByTestId('signin-cancel'));

    expect(await screen.findByTestId('expired')).toBeTruthy();
    expect(host.said.filter(([name]) => name === 'signOut')).toEqual([]);
  });

  it('sign in again where they were', async () => {
    const { host, user } = await draw('accounts');

    await user.click(screen.getByRole('button', { name: 'Sign in again' }));
    await user.type(await screen.findByTestId('signin-email'), 'ruth@hearth.example');
    await user.type(screen.getByTestId('signin-password'), 'secret{Enter}');

    await waitFor(() => expect(screen.queryByTestId('expired')).toBeNull());
    expect(lastOf(host, 'signIn')).toMatchObject([
      { server: 'hearth.example.com', dialect: 'hearth', email: 'ruth@hearth.example' },
    ]);
    expect(screen.getAllByTestId('account-other')).toHaveLength(4);
  });

  it('sign in again with what was typed the last time', async () => {
    const { host, user } = await draw('accounts');
    const typed = {
      server: 'hearth.example.com',
      dialect: 'hearth',
      role: 'user',
      email: 'ruth@hearth.example',
      rest_base: null,
      socket_base: null,
      login_path: '/sso/login',
      extra_ca: '/etc/ssl/company.pem',
      proxy: 'http://proxy.example:3128',
    };
    host.typed = () => Promise.resolve(typed);

    await user.click(screen.getByRole('button', { name: 'Sign in again' }));
    await user.type(await screen.findByTestId('signin-password'), 'secret{Enter}');

    await waitFor(() => expect(screen.queryByTestId('expired')).toBeNull());
    const { email, login_path, extra_ca, proxy } = typed;
    expect(lastOf(host, 'signIn')).toMatchObject([
      { server: typed.server, email, login_path, extra_ca, proxy, password: 'secret' },
    ]);
  });

  it('can be joined by another and signed out one by one', async () => {
    const { host, user } = await draw('accounts');

    await user.click(account(3));
    await user.click(account(3));
    await user.click(await screen.findByTestId('sign-out'));
    expect(lastOf(host, 'signOut')).toEqual([3]);
    await user.click(screen.getByTestId('account-button'));
    await user.click(await screen.findByTestId('add-account'));
    expect(await screen.findByTestId('signin-server')).toBeTruthy();
  });

  it('close their menu by Escape and by a click elsewhere', async () => {
    const { user } = await draw('accounts');

    await user.click(screen.getByTestId('account-button'));
    await user.keyboard('{Escape}');
    expect(screen.queryByTestId('sign-out')).toBeNull();
    expect(document.activeElement).toBe(screen.getByTestId('account-button'));
    await user.click(screen.getByTestId('account-button'));
    await user.click(screen.getByTestId('contact-search'));
    expect(screen.queryByTestId('sign-out')).toBeNull();
  });

  it('are named in a ring, a call, a second call, its end and a missed one', async () => {
    const { host } = await draw('accounts-ringing');
    const tag = 'For Dr. Johanna Berg · Clinic';
    expect((await screen.findByTestId('ring-account')).textContent).toBe(tag);
    await host.accept(7);
    expect((await screen.findByTestId('call-account')).textContent).toBe('Dr. Johanna Berg · Clinic');
    await host.hangUp(7);
    await waitFor(() => expect(screen.getByTestId('ended-account').textContent).toBe('Dr. Johanna Berg · Clinic'));
  });

  it('are named in the banner of a second call', async () => {
    await draw('accounts-waiting');
    expect((await screen.findByTestId('ring-account')).textContent).toBe('For Nordlicht Keramik · Storefront');
  });

  it('are not named where there is one', async () => {
    await draw('dealer-call');
    expect(screen.queryByTestId('call-account')).toBeNull();
  });

  it('tell in a missed call which one was meant, and call back by voice', async () => {
    const { host, user } = await draw('accounts-missed');
    const lines = screen.getAllByTestId('ended-reason').map((one) => one.closest('.line')!);

    expect(lines[0]!.textContent).toContain('Nadia Rahman waited for you, then left.');
    expect(lines[0]!.textContent).toContain('Dr. Johanna Berg · Clinic');
    expect(lines[1]!.textContent).toContain('You missed a call from Tariq Aziz.');
    await user.click(within(lines[1] as HTMLElement).getByRole('button', { name: 'Call back' }));
    expect(lastOf(host, 'dial')).toEqual([2, TARIQ, 'voice', { id: 'room-tariq', label: 'Listing 4471' }]);
  });

  it('keep the call of one that expired', async () => {
    await draw('accounts-expired-call');
    expect(screen.getByTestId('call-state').dataset['state']).toBe('connected');
    expect(screen.getByTestId('call-trouble').textContent).toContain('Your sign-in has expired. The call continues');
  });
});

describe('the history of all accounts', () => {
  const open = async (state = 'accounts') => {
    const drawn = await draw(state);
    const { user } = drawn;
    await user.click(screen.getByTestId('history-tab'));
    await screen.findAllByTestId('history-row');
    return drawn;
  };

  it('names the account of each call', async () => {
    const { host } = await open();

    expect(lastOf(host, 'history')).toEqual([{}, 1]);
    const labels = screen.getAllByTestId('history-account-label').map((one) => one.textContent);
    expect(labels).toContain('Dana Brandt · DealerDesk');
    expect(labels).toContain('Dr. Johanna Berg · Clinic');
  });

  it('is narrowed by account, by missed calls and by words', async () => {
    const { user, host } = await open();

    await user.selectOptions(screen.getByTestId('history-account'), '3');
    await waitFor(() => expect(lastOf(host, 'history')).toEqual([{ account: 3 }, 1]));
    await waitFor(() =>
      expect(new Set(screen.getAllByTestId('history-account-label').map((one) => one.textContent))).toEqual(
        new Set(['Mia Lindqvist · Marketplace']),
      ),
    );
    await user.click(screen.getByTestId('history-missed'));
    await waitFor(() => expect(lastOf(host, 'history')).toEqual([{ account: 3, missed: true }, 1]));
    await waitFor(() =>
      expect(new Set(screen.getAllByTestId('history-row').map((one) => one.dataset['outcome']))).toEqual(new Set(['missed'])),
    );
    await user.type(screen.getByTestId('history-search'), 'daniel');
    await waitFor(() => expect(lastOf(host, 'history')).toEqual([{ account: 3, missed: true, search: 'daniel' }, 1]));
    expect(screen.getByTestId('history-missed').getAttribute('aria-pressed')).toBe('true');
  });

  it('tells nothing found from nothing there', async () => {
    const { user } = await open();
    await user.type(screen.getByTestId('history-search'), 'zzz');
    expect(await screen.findByText('No matching calls')).toBeTruthy();
  });

  it('calls back the way the call was, and nobody who sits in a waiting room', async () => {
    const { user, host } = await open();
    const rows = screen.getAllByTestId('history-row');
    const of = (label: string) => rows.filter((one) => one.textContent!.includes(label));

    expect(of('Clinic').every((one) => within(one).queryByTestId('history-call') === null)).toBe(true);
    const voice = of('Marketplace').find((one) => one.textContent!.includes('Voice call'))!;
    await user.click(within(voice).getByTestId('history-call'));
    expect(lastOf(host, 'dial')?.[2]).toBe('voice');
  });

  it('cannot call back where the account is signed out', async () => {
    await open();
    const rows = screen.getAllByTestId('history-row').filter((one) => one.textContent!.includes('Hearth'));
    for (const one of rows) expect(within(one).getByTestId<HTMLButtonElement>('history-call').disabled).toBe(true);
    expect(rows.length).toBeGreaterThan(0);
  });

  it('has no choice of account where there is one', async () => {
    await open('seller');
    expect(screen.queryByTestId('history-account')).toBeNull();
    expect(screen.queryByTestId('history-account-label')).toBeNull();
  });
});
