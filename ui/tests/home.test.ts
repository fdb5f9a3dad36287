import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';

import { ADA, LONG } from '../src/host/fake/people';
import { draw, lastOf } from './drawn';

describe("a seller's home", () => {
  it('calls a customer, and a customer about an order', async () => {
    const { host, user } = await draw('seller');
    const row = screen.getAllByTestId('contact-row')[0]!;

    await user.click(within(row).getByRole('button', { expanded: false }));
    await user.click(within(row).getByRole('button', { name: 'Call about Order #1042' }));
    expect(lastOf(host, 'dial')).toEqual([1, ADA, 'video', { id: 'o1042', label: 'Order #1042' }]);

    await draw('seller').then(async ({ host: second }) => {
      await user.click(screen.getAllByRole('button', { name: 'Video call Ada Okafor' }).at(-1)!);
      expect(lastOf(second, 'dial')).toEqual([1, ADA, 'video', null]);
    });
  });

  it('shows who is online, the last order and the totals', async () => {
    await draw('seller');
    const row = screen.getAllByTestId('contact-row')[0]!;

    expect(row.textContent).toContain('online');
    expect(row.textContent).toContain('ada.okafor@example.com');
    expect(row.textContent).toContain('Order #1042');
    expect(row.textContent).toContain('7 orders');
    expect(row.textContent).toContain('566.30 in total');
  });

  it('asks the backend for what is searched', async () => {
    const { host, user } = await draw('seller');

    await user.type(screen.getByTestId('contact-search'), '1031');

    await waitFor(() => expect(lastOf(host, 'refreshContacts')).toEqual([1, '1031']));
    await waitFor(() => expect(screen.getAllByTestId('contact-row')).toHaveLength(1));
    expect(screen.getByTestId('contact-row').textContent).toContain(LONG.name);
  });

  it('says so when nobody matches', async () => {
    const { user } = await draw('seller');

    await user.type(screen.getByTestId('contact-search'), 'zzz');

    expect(await screen.findByText('No one matches “zzz”')).toBeTruthy();
  });

  it('offers another try when the list cannot be loaded', async () => {
    const { host, user } = await draw('seller-error');

    await screen.findByText('The server took too long to answer.');
    const before = host.said.filter(([name]) => name === 'refreshContacts').length;
    await user.click(screen.getByRole('button', { name: 'Try again' }));

    expect(host.said.filter(([name]) => name === 'refreshContacts')).toHaveLength(before + 1);
  });

  it('cannot call while offline and says why', async () => {
    await draw('seller-offline');

    expect(screen.getByText(/No connection to the server/)).toBeTruthy();
    for (const button of screen.getAllByTestId<HTMLButtonElement>('contact-call')) expect(button.disabled).toBe(true);
  });

  it('leads back to signing in when the token was refused', async () => {
    const { user } = await draw('seller-signed-out');

    await user.click(screen.getByRole('button', { name: 'Sign in again' }));

    expect((await screen.findByTestId('signin-at')).textContent).toBe('calls.nordlicht.example');
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(screen.getAllByTestId('contact-row').length).toBeGreaterThan(0);
  });

  it('changes between accounts and signs out', async () => {
    const { host, user } = await draw('seller-two-accounts');

    await user.click(screen.getByTestId('account-other'));
    expect(screen.getByTestId('waiting')).toBeTruthy();

    await user.click(screen.getByTestId('account-button'));
    await user.click(screen.getByTestId('sign-out'));
    expect(lastOf(host, 'signOut')).toEqual([2]);
  });

  it('tells of missed calls until they are closed', async () => {
    const { host, user } = await draw('seller-missed');

    expect(screen.getAllByTestId('ended-reason').map((line) => line.dataset['why'])).toEqual(['remote_cancelled', 'missed']);
    await user.click(screen.getAllByTestId('ended-close')[1]!);

    expect(lastOf(host, 'dismiss')).toEqual([5]);
    await waitFor(() => expect(screen.getAllByTestId('ended-reason')).toHaveLength(1));
  });
});

describe("a customer's home", () => {
  it('waits, with the earlier calls below', async () => {
    await draw('customer');

    expect(screen.getByRole('heading', { name: 'You’re ready for calls' })).toBeTruthy();
    expect((await screen.findAllByTestId('history-row')).length).toBeGreaterThan(0);
  });

  it('does not promise calls while offline', async () => {
    await draw('customer-offline');

    expect(screen.getByRole('heading', { name: 'You can’t receive calls right now' })).toBeTruthy();
  });
});

describe('the history', () => {
  it('reads on by pages and calls back about the same order', async () => {
    const { host, user } = await draw('seller');

    await user.click(screen.getByTestId('history-tab'));
    expect(await screen.findAllByTestId('history-row')).toHaveLength(6);
    await user.click(screen.getByTestId('history-more'));
    await waitFor(() => expect(screen.getAllByTestId('history-row')).toHaveLength(12));
    await user.click(screen.getByTestId('history-more'));
    await waitFor(() => expect(screen.getAllByTestId('history-row')).toHaveLength(18));
    expect(screen.queryByTestId('history-more')).toBeNull();
    await user.click(screen.getAllByTestId('history-call')[0]!);

    expect(lastOf(host, 'dial')).toEqual([1, ADA, 'video', { id: 'o1042', label: 'Order #1042' }]);
  });

  it('tells missed from unanswered and declined', async () => {
    const { user } = await draw('seller');

    await user.click(screen.getByTestId('history-tab'));
    const rows = await screen.findAllByTestId('history-row');

    expect(rows.map((row) => row.dataset['outcome'])).toEqual([
      'outgoing',
      'missed',
      'declinedByThem',
      'incoming',
      'noAnswer',
      'failed',
    ]);
    expect(rows[0]!.textContent).toContain('12:34');
  });

  it('is read again when a call has ended', async () => {
    const { host, user } = await draw('connected');
    await user.click(screen.getByTestId('history-tab'));
    const asked = () => host.said.filter(([name]) => name === 'history').length;
    await waitFor(() => expect(asked()).toBe(1));

    await host.hangUp(7);

    await waitFor(() => expect(asked()).toBe(2));
  });
});

describe('several notices at once', () => {
  const high = (px: number) => vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(px);
  const rect = (bottom: number) => ({ top: 0, bottom }) as DOMRect;
  const displayed = (id: string) => screen.getByTestId(id).closest('.notices')!.classList.contains('folded') === false;

  it('are one and a button where they would take too much room', async () => {
    const measured = high(300);
    const placed = vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(function (this: HTMLElement) {
      return rect(
        this.parentElement?.classList.contains('notices') === true
          ? 50 * (1 + [...this.parentElement.children].indexOf(this))
          : 0,
      );
    });
    try {
      const { host, user } = await draw('notices-many');
      const more = await screen.findByTestId('notices-more');
      // No connection comes first; the keyring, the devices and the question wait.
      expect(more.textContent?.trim()).toBe('3 more notices');
      expect(more.getAttribute('aria-expanded')).toBe('false');
      expect(displayed('notes-devices')).toBe(false);
      expect(screen.getByTestId('notices').querySelector('.notices')!.firstElementChild!.textContent).toContain('No connection');
      await user.click(more);
      expect(more.getAttribute('aria-expanded')).toBe('true');
      expect(displayed('notes-devices')).toBe(true);
      await user.click(screen.getByTestId('ask-login-no'));
      await user.click(more);
      await waitFor(() => expect(more.textContent?.trim()).toBe('2 more notices'));

      measured.mockReturnValue(90);
      host.push((view) => ({ ...view, accounts: view.accounts.map((one) => ({ ...one, link: 'online' })) }));
      await waitFor(() => expect(screen.queryByTestId('notices-more')).toBeNull());
      expect(displayed('notes-devices')).toBe(true);
    } finally {
      measured.mockRestore();
      placed.mockRestore();
    }
  });
});
