import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import { draw, lastOf } from './drawn';

const field = (id: string) => screen.getByTestId<HTMLInputElement>(`signin-${id}`);
const found = (id: string) => screen.findByTestId<HTMLInputElement>(`signin-${id}`);

const NOTHING_BY_HAND = { rest_base: null, socket_base: null, login_path: null, extra_ca: null, proxy: null };

describe('signing in', () => {
  it('finds the server, sends what was typed and shows the home of the role', async () => {
    const { host, user } = await draw('signin');

    await user.type(field('server'), ' calls.example.com ');
    await user.click(field('next'));
    await user.click(await found('role-customer'));
    await user.type(field('email'), 'ada@example.com');
    await user.type(field('password'), ' secret ');
    await user.click(field('submit'));

    expect(await screen.findByTestId('waiting')).toBeTruthy();
    expect(lastOf(host, 'discover')).toEqual(['calls.example.com']);
    expect(lastOf(host, 'signIn')).toEqual([
      {
        server: 'calls.example.com',
        dialect: 'storefront',
        role: 'customer',
        email: 'ada@example.com',
        password: ' secret ',
        ...NOTHING_BY_HAND,
      },
    ]);
  });

  it('asks at once about the server it was started with', async () => {
    const { host } = await draw('signin-prefilled');

    await found('submit');

    expect(lastOf(host, 'discover')).toEqual(['calls.nordlicht.example']);
    expect(field('email').value).toBe('hello@nordlicht.example');
    await waitFor(() => expect(document.activeElement).toBe(field('password')));
  });

  it('takes addresses by hand and asks no server then', async () => {
    const { host, user } = await draw('signin');

    await user.click(screen.getByText('Advanced'));
    await user.type(field('rest'), 'https://shop.example.com/api/v2');
    await user.type(field('socket'), 'https://shop.example.com:4000 ');
    await user.type(field('login'), '/auth/enter');
    await user.type(field('ca'), '/etc/ssl/company.pem');
    await user.type(field('proxy'), 'http://proxy.example.com:3128{Enter}');
    await user.click(await found('dialect-storefront'));
    await user.type(field('email'), 'ada@example.com');
    await user.type(field('password'), 'secret{Enter}');

    await screen.findByTestId('history-tab');
    expect(lastOf(host, 'discover')).toBeUndefined();
    expect(lastOf(host, 'signIn')).toEqual([
      {
        server: '',
        dialect: 'storefront',
        role: 'seller',
        email: 'ada@example.com',
        password: 'secret',
        rest_base: 'https://shop.example.com/api/v2',
        socket_base: 'https://shop.example.com:4000',
        login_path: '/auth/enter',
        extra_ca: '/etc/ssl/company.pem',
        proxy: 'http://proxy.example.com:3128',
      },
    ]);
  });

  it('lets one of several services be chosen, and none by itself', async () => {
    const { host, user } = await draw('signin-several');

    await found('dialect-storefront');
    expect(screen.getByText('This server has more than one service. Choose yours.')).toBeTruthy();
    expect(screen.queryByTestId('signin-dialect-hearth')).toBeNull();
    expect(screen.queryByTestId('signin-email')).toBeNull();
    await user.click(field('submit'));
    expect((await found('error')).textContent).toContain('Choose your service.');

    await user.click(field('dialect-clinic'));
    await user.click(field('role-patient'));
    await user.type(field('email'), 'nadia@example.com');
    await user.type(field('password'), 'secret{Enter}');

    await screen.findAllByTestId('slot-row');
    expect(lastOf(host, 'signIn')).toMatchObject([{ dialect: 'clinic', role: 'patient' }]);
  });

  it('offers all services where the server does not say', async () => {
    await draw('signin-all');

    await found('dialect-storefront');
    for (const id of ['dealerdesk', 'marketplace', 'hearth', 'clinic']) expect(field(`dialect-${id}`)).toBeTruthy();
    expect(screen.getByText('This server doesn’t say which service it runs. Choose yours.')).toBeTruthy();
  });

  it('lets a technician in without a password, and with one where the server wants it', async () => {
    const { host, user } = await draw('signin-technician');

    expect((await found('password')).required).toBe(false);
    expect(screen.getByLabelText('Password (optional)')).toBeTruthy();
    await user.type(field('email'), 'tariq@fieldtech.example{Enter}');

    await screen.findAllByTestId('room-row');
    expect(lastOf(host, 'signIn')).toMatchObject([
      { dialect: 'dealerdesk', role: 'technician', email: 'tariq@fieldtech.example', password: '' },
    ]);
  });

  it('sends the password of a technician', async () => {
    const { host, user } = await draw('signin-technician');

    await user.type(await found('email'), 'tariq@fieldtech.example');
    await user.type(field('password'), 'secret{Enter}');

    await waitFor(() => expect(lastOf(host, 'signIn')).toMatchObject([{ role: 'technician', password: 'secret' }]));
  });

  it('wants the password of a dealer', async () => {
    const { user } = await draw('signin-technician');

    await user.click(await found('role-dealer'));

    await waitFor(() => expect(field('password').required).toBe(true));
  });

  it('has no choice of role where there is one', async () => {
    const { user } = await draw('signin-all');

    await user.click(await found('dialect-hearth'));

    expect(await found('email')).toBeTruthy();
    expect(screen.queryByText('I am a')).toBeNull();
  });

  it('says when no server answers, and lets the user go on by hand', async () => {
    const { user } = await draw('signin-unreachable');

    expect((await found('error')).textContent).toContain('The server could not be reached: connection refused.');
    await user.click(await found('anyway'));

    expect(await found('dialect-marketplace')).toBeTruthy();
    expect(screen.queryByTestId('signin-error')).toBeNull();
  });

  it('can be stopped while it looks, and the address changed', async () => {
    const { user } = await draw('signin-looking');

    await user.click(await found('stop'));

    expect(field('next').disabled).toBe(false);
    expect(field('server').disabled).toBe(false);
  });

  it('leads back to the address', async () => {
    const { user } = await draw('signin-prefilled');

    await user.click(await found('change'));

    expect(field('server').value).toBe('calls.nordlicht.example');
    await waitFor(() => expect(document.activeElement).toBe(field('server')));
  });

  it('names the missing field, goes to it and asks nobody', async () => {
    const { host, user } = await draw('signin-prefilled');

    await user.click(await found('submit'));

    expect((await found('error')).textContent).toContain('Enter your password.');
    await waitFor(() => expect(document.activeElement).toBe(field('password')));
    expect(lastOf(host, 'signIn')).toBeUndefined();
  });

  it('names the missing address', async () => {
    const { host, user } = await draw('signin');

    await user.click(field('next'));

    expect((await found('error')).textContent).toContain('Enter the address of your server.');
    expect(lastOf(host, 'discover')).toBeUndefined();
  });

  it("shows the host's words when it is refused and can be tried again", async () => {
    const { user } = await draw('signin-error');

    await user.type(await found('password'), 'wrong');
    await user.click(field('submit'));

    expect((await found('error')).textContent).toContain('Wrong e-mail or password.');
    expect(field('submit').disabled).toBe(false);
    expect(field('password').value).toBe('wrong');
  });

  it('cannot be sent twice while it is busy', async () => {
    const { host, user } = await draw('signin-busy');

    await user.type(await found('password'), 'secret{Enter}{Enter}');

    expect(field('submit').disabled).toBe(true);
    expect(field('submit').textContent).toContain('Signing in…');
    expect(host.said.filter(([name]) => name === 'signIn')).toHaveLength(1);
  });

  it('shows the password on request', async () => {
    const { user } = await draw('signin-prefilled');

    expect((await found('password')).type).toBe('password');
    await user.click(screen.getByRole('button', { name: 'Show password' }));
    expect(field('password').type).toBe('text');
  });

  it('puts the focus into the first field, at the start and beside other accounts', async () => {
    const { user } = await draw('signin');
    await waitFor(() => expect(document.activeElement).toBe(field('server')));
    await user.keyboard('calls.example.com{Enter}');
    expect(await found('submit')).toBeTruthy();
  });

  it('folds the chosen service to a line with the way back', async () => {
    const { user } = await draw('signin-several');

    await user.click(await found('dialect-clinic'));

    expect((await found('service')).textContent).toContain('Clinic');
    expect(screen.queryByTestId('signin-dialect-storefront')).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(field('email')));

    await user.click(field('change-service'));
    expect(await found('dialect-storefront')).toBeTruthy();
  });

  it('leaves the list of services open for the arrow keys, and folds it with Enter', async () => {
    const { user } = await draw('signin-several');

    (await found('dialect-storefront')).querySelector('input')!.focus();
    await user.keyboard(' ');
    expect(await found('email')).toBeTruthy();
    expect(field('dialect-clinic')).toBeTruthy();

    await user.keyboard('{Enter}');
    expect(await found('service')).toBeTruthy();
    expect(screen.queryByTestId('signin-error')).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(field('email')));
  });

  it('says what is missing at the field', async () => {
    const { user } = await draw('signin-prefilled');

    await user.click(await found('submit'));

    const error = await found('error');
    expect(field('password').getAttribute('aria-describedby')).toBe(error.id);
    expect(field('password').getAttribute('aria-invalid')).toBe('true');
    expect(error.closest('.field')).toBe(field('password').closest('.field'));
  });

  it('says that a password is wrong at the password, which is ready to be typed over', async () => {
    const { host, user } = await draw('signin-prefilled');
    host.signIn = () => Promise.reject({ code: 'wrong_credentials', message: 'English words.' });

    await user.type(await found('password'), 'wrong');
    await user.click(field('submit'));

    expect((await found('error')).closest('.field')).toBe(field('password').closest('.field'));
    await waitFor(() => expect(document.activeElement).toBe(field('password')));
    expect([field('password').selectionStart, field('password').selectionEnd]).toEqual([0, 5]);
  });

  it('shows the account that was added, and as whom', async () => {
    const { user } = await draw('seller');

    await user.click(screen.getByTestId('account-button'));
    await user.click(screen.getByTestId('add-account'));
    await waitFor(() => expect(document.activeElement).toBe(field('server')));
    await user.keyboard('shop.example.com{Enter}');
    await user.click(await found('role-customer'));
    await user.type(field('email'), 'mia@example.com');
    await user.type(field('password'), 'secret{Enter}');

    const chosen = await screen.findByTestId('account-button');
    expect(chosen.dataset['account']).toBe('2');
    expect((await screen.findByTestId('toast')).textContent).toContain('Signed in as');
  });
});
