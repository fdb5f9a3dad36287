import { screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { draw, lastOf, PATIENT } from './drawn';

const field = (id: string) => screen.getByTestId<HTMLInputElement>(`signin-${id}`);

describe('signing in', () => {
  it('sends what was typed and shows the home of the role', async () => {
    const user = userEvent.setup();
    const { host } = await draw('signin');

    await user.type(field('server'), ' calls.example.com ');
    await user.click(field('role-customer'));
    await user.type(field('email'), 'ada@example.com');
    await user.type(field('password'), ' secret ');
    await user.click(field('submit'));

    expect(await screen.findByTestId('waiting', undefined, PATIENT)).toBeTruthy();
    expect(lastOf(host, 'signIn')).toEqual([
      {
        server: 'calls.example.com',
        dialect: null,
        role: 'customer',
        email: 'ada@example.com',
        password: ' secret ',
        rest_base: null,
        socket_base: null,
      },
    ]);
  });

  it('takes addresses by hand instead of a server', async () => {
    const user = userEvent.setup();
    const { host } = await draw('signin');

    await user.click(screen.getByText('Advanced'));
    await user.type(screen.getByTestId('signin-rest'), 'https://shop.example.com/api/v2');
    await user.type(screen.getByTestId('signin-socket'), 'https://shop.example.com:4000');
    await user.type(field('email'), 'ada@example.com');
    await user.type(field('password'), 'secret{Enter}');

    await screen.findByTestId('history-tab', undefined, PATIENT);
    expect(lastOf(host, 'signIn')).toMatchObject([
      { server: '', rest_base: 'https://shop.example.com/api/v2', socket_base: 'https://shop.example.com:4000' },
    ]);
  });

  it('names the missing field, goes to it and asks nobody', async () => {
    const user = userEvent.setup();
    const { host } = await draw('signin-prefilled');

    await user.click(field('submit'));

    expect(screen.getByTestId('signin-error').textContent).toContain('Enter your password.');
    expect(document.activeElement).toBe(field('password'));
    expect(lastOf(host, 'signIn')).toBeUndefined();
  });

  it("shows the host's words when it is refused and can be tried again", async () => {
    const user = userEvent.setup();
    await draw('signin-error');

    await user.type(field('password'), 'wrong');
    await user.click(field('submit'));

    expect((await screen.findByTestId('signin-error', undefined, PATIENT)).textContent).toContain('The e-mail or the password is not right.');
    expect(field('submit').disabled).toBe(false);
    expect(field('password').value).toBe('wrong');
  });

  it('cannot be sent twice while it is busy', async () => {
    const user = userEvent.setup();
    const { host } = await draw('signin-busy');

    await user.type(field('password'), 'secret{Enter}{Enter}');

    expect(field('submit').disabled).toBe(true);
    expect(field('submit').textContent).toContain('Signing in…');
    expect(host.said.filter(([name]) => name === 'signIn')).toHaveLength(1);
  });

  it('shows the password on request', async () => {
    const user = userEvent.setup();
    await draw('signin');

    expect(field('password').type).toBe('password');
    await user.click(screen.getByRole('button', { name: 'Show password' }));
    expect(field('password').type).toBe('text');
  });
});
