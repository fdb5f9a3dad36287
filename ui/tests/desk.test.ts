import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import { draw, lastOf } from './drawn';

const by = <E extends HTMLElement = HTMLElement>(id: string) => screen.getByTestId<E>(id);
const found = <E extends HTMLElement = HTMLElement>(id: string) => screen.findByTestId<E>(id);
const gone = (id: string) => waitFor(() => expect(screen.queryByTestId(id)).toBeNull());

describe('closing the window', () => {
  it('is explained once, and goes on running by Enter as by Escape', async () => {
    const { host, user } = await draw('explain-close');

    await waitFor(() => expect(document.activeElement).toBe(by('close-keep')));
    await user.keyboard('{Escape}');

    await gone('explain-close');
    expect(lastOf(host, 'answerClose')).toEqual([true]);
  });

  it('can end the program', async () => {
    const { host, user } = await draw('explain-close');

    await user.click(await found('close-quit'));

    expect(lastOf(host, 'answerClose')).toEqual([false]);
  });
});

describe('a call that a link asks for', () => {
  it('is not placed by a key that was pressed for something else', async () => {
    const { host, user } = await draw('pending-call');

    await waitFor(() => expect(document.activeElement).toBe(by('pending-cancel')));
    await user.keyboard('{Enter}');

    await gone('pending-call');
    expect(lastOf(host, 'confirmCall')).toBeUndefined();
    expect(lastOf(host, 'cancelPendingCall')).toEqual([]);
  });

  it('is placed after a yes', async () => {
    const { host, user } = await draw('pending-call');

    expect((await found('pending-call')).textContent).toContain('Place a video call?');
    expect(screen.queryByTestId('pending-unknown')).toBeNull();
    await user.click(by('pending-call-now'));

    expect(lastOf(host, 'confirmCall')).toEqual([1]);
    await gone('pending-call');
  });

  it('warns of somebody unknown and lets the account be chosen', async () => {
    const { host, user } = await draw('pending-unknown');

    await found('pending-unknown');
    expect(screen.getAllByTestId('pending-account')).toHaveLength(2);
    await user.click(screen.getAllByTestId('pending-account')[1]!);
    await user.click(by('pending-call-now'));

    expect(lastOf(host, 'confirmCall')).toEqual([3]);
  });

  it('cannot be placed where nobody is signed in', async () => {
    await draw('pending-nobody');

    expect((await found('pending-call')).textContent).toContain('You’re not signed in to an account');
    expect(screen.queryByTestId('pending-call-now')).toBeNull();
  });
});

describe('accounts on their way back', () => {
  it('are shown instead of the sign-in form, which is one step away', async () => {
    const { user } = await draw('restoring');

    expect(screen.getByRole('heading', { name: 'Signing in again…' })).toBeTruthy();
    expect(screen.queryByTestId('signin-server')).toBeNull();
    await user.click(by('restoring-other'));

    expect(await found('signin-server')).toBeTruthy();
    await user.click(by('signin-cancel'));
    expect(await found('restoring')).toBeTruthy();
  });

  it('say why they did not come and can be tried again', async () => {
    const { host, user } = await draw('restoring-failed');

    expect(screen.getByRole('heading', { name: 'Couldn’t sign in to some accounts' })).toBeTruthy();
    expect(screen.getAllByText(/couldn’t be reached/)).toHaveLength(2);
    await user.click(by('restoring-retry'));

    expect(lastOf(host, 'restore')).toEqual([]);
  });

  it('beside others are a line with a way to sign in', async () => {
    const { host, user } = await draw('restoring-some');

    await user.click(await found('restoring-sign-in'));

    await waitFor(() => expect(lastOf(host, 'discover')).toEqual(['calls.praxis-am-see.example']));
  });
});

describe('where sign-ins are kept', () => {
  it('is told when they will not last, until it is put away', async () => {
    const { user } = await draw('secrets-session');

    const bar = await found('secrets-notice');
    expect(bar.textContent).toContain('no keyring');
    expect(bar.textContent).toContain('You’ll have to sign in again after a restart.');
    await user.click(by('secrets-choose'));

    expect((await found('section-accounts')).getAttribute('aria-current')).toBe('page');
  });

  it('asks for the passphrase at the start, once', async () => {
    const { host, user } = await draw('secrets-sealed');

    await user.type(await found('passphrase-words'), 'correct horse{Enter}');
    await gone('passphrase');

    expect(lastOf(host, 'unlockSecrets')).toEqual(['correct horse']);
  });

  it('says when the passphrase is wrong, and can be put off', async () => {
    const { user } = await draw('secrets-wrong');

    await user.type(await found('passphrase-words'), 'wrong{Enter}');
    expect((await found('problem')).textContent).toContain('Wrong passphrase.');
    await user.click(by('passphrase-cancel'));

    await gone('passphrase');
  });

  it('says in plain words what else is wrong', async () => {
    await draw('secrets-keyring-locked');
    expect((await found('secrets-notice')).textContent).toContain('The keyring is locked.');
  });
});

describe('do not disturb', () => {
  it('is switched in the corner', async () => {
    const { host, user } = await draw('seller');

    await user.click(by('dnd'));
    await user.click(await found('dnd-off'));

    await waitFor(() => expect(by('dnd').getAttribute('aria-pressed')).toBe('true'));
    expect(lastOf(host, 'setSettings')).toMatchObject([{ do_not_disturb: true }]);
  });

  it.each([
    ['quiet-own', /^Do not disturb$/],
    ['quiet-hours', /^Quiet until 0?7:30$/],
    ['quiet-system', /^System Do Not Disturb is on$/],
  ])('says why nothing rings: %s', async (state, words) => {
    await draw(state);

    expect((await found('quiet')).textContent?.trim()).toMatch(words);
  });

  it('leaves the number of missed calls on the history', async () => {
    await draw('quiet-own');

    expect(by('history-tab').textContent).toContain('3 missed calls');
  });
});

describe('servers an administrator named', () => {
  it('are all there is to choose from', async () => {
    const { host, user } = await draw('signin-managed');

    expect(screen.getAllByTestId('signin-managed')).toHaveLength(2);
    expect(screen.queryByTestId('signin-managed-other')).toBeNull();
    expect(screen.queryByTestId('signin-server')).toBeNull();
    expect(screen.queryByTestId('signin-advanced')).toBeNull();
    await user.click(by('signin-next'));
    await user.type(await found('signin-email'), 'dana@autohaus.example');
    await user.type(by('signin-password'), 'secret{Enter}');

    await waitFor(() =>
      expect(lastOf(host, 'signIn')).toMatchObject([{ server: 'calls.autohaus.example', dialect: 'dealerdesk' }]),
    );
    expect(lastOf(host, 'discover')).toBeUndefined();
  });

  it('can be passed over where others are allowed', async () => {
    const { host, user } = await draw('signin-suggested');

    await user.click(by('signin-managed-other'));
    await user.type(await found('signin-server'), 'calls.example.com{Enter}');

    await waitFor(() => expect(lastOf(host, 'discover')).toEqual(['calls.example.com']));
  });
});

describe('failures', () => {
  it('are told in the language of the reader where their code is known', async () => {
    const { session, host } = await draw('seller');
    host.pushSettings((old) => ({ ...old, settings: { ...old.settings, language: 'de' } }));

    expect(session.wordsOf({ message: 'the server could not be reached', code: 'unreachable' })).toContain(
      'Der Server ist nicht erreichbar.',
    );
    expect(session.wordsOf({ message: 'something else happened', code: '' })).toBe('Something else happened.');
    expect(session.wordsOf({ message: 'no such thing', code: 'toString' })).toBe('No such thing.');
  });
});
