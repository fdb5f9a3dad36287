import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { CallView } from '../src/generated/bindings';
import { fakeHost, STATES, type FakeHost } from '../src/host/fake';
import { Session } from '../src/model/session.svelte';
import { lastOf } from './drawn';
import WithReply from './WithReply.svelte';

async function menu(state: string, change: (host: FakeHost) => void = () => undefined) {
  const host = fakeHost(state);
  change(host);
  const session = new Session(host);
  onTestFinished(() => session.close());
  await waitFor(() => expect(session.settings).not.toBeNull());
  await waitFor(() => expect(session.view).not.toBeNull());
  const call = STATES[state]?.view.phone.calls.find((one) => one.state.is === 'ringing') as CallView;
  render(WithReply, { session, call });
  return { host, session, user: userEvent.setup() };
}

describe('declining with a message', () => {
  it('sends one of the usual replies', async () => {
    const { host, user } = await menu('dealer-ringing');

    await user.click(screen.getByTestId('reply-open'));
    const replies = screen.getAllByTestId('reply').map((one) => one.textContent);
    expect(replies).toEqual(['I’ll call you back', 'Can’t talk now', 'On my way']);
    await user.click(screen.getByText('Can’t talk now'));

    expect(lastOf(host, 'declineWith')).toEqual([STATES['dealer-ringing']!.view.phone.calls[0]!.id, 'Can’t talk now']);
  });

  it('sends own words, and its Enter answers nothing', async () => {
    const outside = vi.fn();
    window.addEventListener('keydown', outside);
    onTestFinished(() => window.removeEventListener('keydown', outside));
    const { host, user } = await menu('dealer-ringing');

    await user.click(screen.getByTestId('reply-open'));
    expect(screen.getByTestId<HTMLButtonElement>('reply-send').disabled).toBe(true);
    await user.type(screen.getByTestId('reply-own'), '  Five minutes  {Enter}');

    expect(lastOf(host, 'declineWith')?.[1]).toBe('Five minutes');
    expect(outside).not.toHaveBeenCalled();
  });

  it('goes by keyboard and closes with Escape', async () => {
    const { user } = await menu('dealer-ringing');

    screen.getByTestId('reply-open').focus();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(document.activeElement?.textContent).toBe('I’ll call you back'));
    await user.keyboard('{ArrowUp}');
    expect(document.activeElement).toBe(screen.getByTestId('reply-own'));
    await user.keyboard('{ArrowDown}{ArrowDown}');
    expect(document.activeElement?.textContent).toBe('Can’t talk now');
    await fireEvent.keyDown(document.activeElement!, { key: 'Escape' });
    await waitFor(() => expect(screen.queryByTestId('reply-menu')).toBeNull());
    expect(document.activeElement).toBe(screen.getByTestId('reply-open'));
  });

  it('offers the user’s own replies', async () => {
    const { session, user } = await menu('dealer-ringing');
    await session.set({ replies: ['  In the car ', '', 'In the car', 'Later today'] });

    await user.click(screen.getByTestId('reply-open'));

    expect(screen.getAllByTestId('reply').map((one) => one.textContent)).toEqual(['In the car', 'Later today']);
  });

  it('is not there where nobody can be written to', async () => {
    await menu('ring');
    expect(screen.queryByTestId('reply-open')).toBeNull();
  });

  it('is not there for a caller without a thread, nor without a connection', async () => {
    const { session } = await menu('dealer-ringing', (host) =>
      host.push((view) => ({
        ...view,
        accounts: view.accounts.map((one) => ({ ...one, contacts: one.contacts.map((line) => ({ ...line, thread: null })) })),
      })),
    );
    expect(session.view?.phone.calls.length).toBe(1);
    expect(screen.queryByTestId('reply-open')).toBeNull();
  });

  it('says so when the message was not sent, and the call can still be answered', async () => {
    STATES['test-unsent-reply'] = { ...STATES['dealer-ringing']!, failing: { declineWith: '' } };
    onTestFinished(() => void delete STATES['test-unsent-reply']);
    const { session, user } = await menu('test-unsent-reply');

    await user.click(screen.getByTestId('reply-open'));
    await user.click(screen.getByText('On my way'));

    await waitFor(() => expect(session.toasts.map((one) => one.text)).toEqual(['The message wasn’t sent.']));
    expect(screen.getByText<HTMLButtonElement>('On my way').disabled).toBe(false);
  });
});
