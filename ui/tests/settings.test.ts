import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import type { Settings } from '../src/generated/bindings';
import { draw, lastOf } from './drawn';

const by = <E extends HTMLElement = HTMLElement>(id: string) => screen.getByTestId<E>(id);
const found = <E extends HTMLElement = HTMLElement>(id: string) => screen.findByTestId<E>(id);

async function open(state: string, section: string) {
  const drawn = await draw(state);
  const { user } = drawn;
  // A file that is locked asks for its passphrase first.
  const later = screen.queryByTestId('passphrase-cancel');
  if (later !== null) await user.click(later);
  await user.keyboard('{Control>},{/Control}');
  await user.click(await found(`section-${section}`));
  const sent = () => (lastOf(drawn.host, 'setSettings') as [Settings] | undefined)?.[0];
  return { sent, ...drawn };
}

describe('settings', () => {
  it('open from the corner and by a key, close by Escape, and leave the home as it was', async () => {
    const { user } = await draw('settings');

    await user.click(by('history-tab'));
    await user.click(by('settings-open'));
    await found('settings');
    await user.keyboard('{Escape}');

    await waitFor(() => expect(screen.queryByTestId('settings')).toBeNull());
    expect(by('history-tab').getAttribute('aria-current')).toBe('page');
    await waitFor(() => expect(document.activeElement).toBe(by('settings-open')));
    await user.keyboard('{Control>},{/Control}');
    expect(await found('settings')).toBeTruthy();
  });

  it('open without any account', async () => {
    const { user } = await draw('signin');

    await user.keyboard('{Control>},{/Control}');

    expect(await found('settings')).toBeTruthy();
  });

  it('do not open over a call', async () => {
    const { user } = await draw('connected');

    await user.keyboard('{Control>},{/Control}');

    expect(screen.queryByTestId('settings')).toBeNull();
  });

  it('walk from kind to kind by arrows', async () => {
    const { user } = await open('settings', 'general');

    by('section-general').focus();
    await user.keyboard('{ArrowDown}{ArrowDown}');

    expect(by('section-ringing').getAttribute('aria-current')).toBe('page');
    expect(document.activeElement).toBe(by('section-ringing'));
    await user.keyboard('{End}');
    expect(by('section-help').getAttribute('aria-current')).toBe('page');
  });

  it('change the language at once, with its direction', async () => {
    const { user, sent } = await open('settings', 'general');

    await user.selectOptions(by('set-language'), 'ar');

    await waitFor(() => expect(document.documentElement.dir).toBe('rtl'));
    expect(sent()?.language).toBe('ar');
    expect(screen.getByRole('heading', { name: 'الإعدادات' })).toBeTruthy();
    await user.selectOptions(by('set-language'), 'de');
    await waitFor(() => expect(document.documentElement.lang).toBe('de'));
    expect(document.documentElement.dir).toBe('ltr');
    await user.selectOptions(by('set-language'), 'system');
    await waitFor(() => expect(document.documentElement.lang).toBe('en-GB'));
    expect(sent()?.language).toBeNull();
  });

  it('change the theme at once', async () => {
    const { user } = await open('settings', 'general');

    await user.selectOptions(by('set-theme'), 'high_contrast');

    await waitFor(() => expect(document.documentElement.dataset['contrast']).toBe('more'));
    expect(document.documentElement.dataset['theme']).toBe('high_contrast');
    await user.selectOptions(by('set-theme'), 'dark');
    await waitFor(() => expect(document.documentElement.dataset['scheme']).toBe('dark'));
    expect(document.documentElement.dataset['contrast']).toBeUndefined();
  });

  it('stay as they were where they could not be stored, and say so there', async () => {
    const { user } = await open('settings-failing', 'general');

    await user.click(by('set-start_at_login'));

    expect((await found('problem')).textContent).toContain('The settings could not be stored.');
    expect(by<HTMLInputElement>('set-start_at_login').checked).toBe(false);
  });

  it('cannot change what an administrator fixed', async () => {
    const { user, host } = await open('settings-locked', 'general');

    expect(by<HTMLSelectElement>('set-theme').disabled).toBe(true);
    await user.click(by('set-start_at_login'));

    expect(lastOf(host, 'setSettings')).toBeUndefined();
    expect(screen.getAllByText('Managed by your organisation')).toHaveLength(4);
    await user.click(by('section-keys'));
    expect(by<HTMLButtonElement>('key-mute-change').disabled).toBe(true);
  });

  it('send one change after the other, so that none is lost', async () => {
    const { session, sent } = await open('settings', 'general');

    await Promise.all([session.put({ notify_calls: false }), session.put({ media_keys: false }), session.put({ theme: 'dark' })]);

    expect(sent()).toMatchObject({ notify_calls: false, media_keys: false, theme: 'dark' });
  });
});

describe('ringing', () => {
  it('plays the chosen tone, and falls silent when one leaves', async () => {
    const { user, host, sent } = await open('settings', 'ringing');

    await user.selectOptions(by('set-ringtone'), 'soft');
    await user.click(by('ring-test'));

    await waitFor(() => expect(by('ring-test').getAttribute('aria-label')).toBe('Stop'));
    expect(sent()?.ringtone).toBe('soft');
    await user.click(by('section-help'));
    await waitFor(() => expect(lastOf(host, 'testRing')).toEqual([false]));
  });

  it('rings on a second device, or on none', async () => {
    const { user, sent } = await open('settings', 'ringing');

    await user.selectOptions(by('set-ring_second_device'), 'pulseaudio:headset');
    await waitFor(() => expect(sent()?.ring_second_device).toBe('pulseaudio:headset'));
    await user.selectOptions(by('set-ring_second_device'), 'none');
    await waitFor(() => expect(sent()?.ring_second_device).toBeNull());
  });

  it('shows a device that is not plugged in', async () => {
    await open('settings-problems', 'ringing');

    const chosen = by<HTMLSelectElement>('set-ring_device').selectedOptions[0];
    expect(chosen?.textContent).toBe('Conference speaker (not connected)');
  });

  it('has quiet hours with days, and says when they never begin', async () => {
    const { user, sent } = await open('settings-problems', 'ringing');

    expect(by('quiet-note').textContent).toBe('Until the next morning.');
    for (const at of [0, 1, 2, 3]) await user.click(by(`quiet-day-${at}`));

    await waitFor(() => expect(sent()?.quiet_hours.days).toEqual(Array(7).fill(false)));
    await waitFor(() => expect(by('quiet-note').textContent).toContain('will never start'));
  });
});

describe('keys', () => {
  it('take what is pressed', async () => {
    const { user, sent } = await open('settings', 'keys');

    await user.click(by('key-answer-change'));
    await waitFor(() => expect(document.activeElement).toBe(by('key-answer-listening')));
    await user.keyboard('{Control>}{Shift>}[KeyA]{/Shift}{/Control}');

    await waitFor(() => expect(sent()?.keys.answer).toBe('CmdOrCtrl+Shift+A'));
    expect(await within(by('key-answer')).findByText('Shift')).toBeTruthy();
  });

  it('refuse a letter alone, and a key that is used twice', async () => {
    const { user, host } = await open('settings', 'keys');

    await user.click(by('key-answer-change'));
    await user.keyboard('a');
    expect((await found('problem')).textContent).toContain('Add Ctrl, Alt or Super');
    await user.keyboard('{Control>}{Shift>}[KeyM]{/Shift}{/Control}');
    await waitFor(() => expect(by('problem').textContent).toContain('Already used for: Mute or unmute.'));
    await user.keyboard('{Escape}');

    await waitFor(() => expect(screen.queryByTestId('key-answer-listening')).toBeNull());
    expect(screen.queryByTestId('settings')).toBeTruthy();
    expect(lastOf(host, 'setSettings')).toBeUndefined();
  });

  it('of one letter can be switched off', async () => {
    const { user, sent } = await open('settings', 'keys');
    expect(screen.getByText('Mute or unmute during a call')).toBeTruthy();
    await user.click(by('set-letter_keys'));
    await waitFor(() => expect(sent()?.letter_keys).toBe(false));
    await waitFor(() => expect(screen.queryByText('Mute or unmute during a call')).toBeNull());
  });

  it('say which ones do not work, and can be removed', async () => {
    const { user, sent } = await open('settings-problems', 'keys');

    expect(within(by('key-mute')).getByText(/Another program is using this shortcut/)).toBeTruthy();
    expect(within(by('key-push_to_talk')).getByText(/doesn’t support global shortcuts/)).toBeTruthy();
    await user.click(by('key-mute-remove'));

    await waitFor(() => expect(sent()?.keys.mute).toBeNull());
  });
});

describe('replies', () => {
  it('are added, changed and removed', async () => {
    const { user, sent } = await open('settings', 'calls');

    await user.type(by('reply-new'), ' In a meeting {Enter}');
    await waitFor(() => expect(sent()?.replies.at(-1)).toBe('In a meeting'));
    const first = screen.getAllByTestId<HTMLInputElement>('reply')[0]!;
    await user.clear(first);
    await user.type(first, 'Later{Tab}');
    await waitFor(() => expect(sent()?.replies[0]).toBe('Later'));
    await user.click(screen.getAllByTestId('reply-remove')[0]!);

    await waitFor(() => expect(sent()?.replies).toEqual(['سأعاود الاتصال بك', 'In a meeting']));
  });
});

describe('accounts and passwords', () => {
  it('sign out after a question only', async () => {
    const { user, host } = await open('settings', 'accounts');

    await user.click(by('settings-sign-out'));
    await found('confirm-sign-out');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByTestId('confirm-sign-out')).toBeNull());
    expect(lastOf(host, 'signOut')).toBeUndefined();
    await user.click(by('settings-sign-out'));
    await user.click(await found('sign-out-confirm'));

    expect(lastOf(host, 'signOut')).toEqual([1]);
  });

  it('lead to the form for another account', async () => {
    const { user } = await open('settings', 'accounts');

    await user.click(by('settings-add'));

    expect(await found('signin-server')).toBeTruthy();
    expect(screen.queryByTestId('settings')).toBeNull();
  });

  it('keep sign-ins in a file only with a passphrase, typed twice', async () => {
    const { user, host } = await open('settings', 'accounts');

    await user.click(by('secrets-file'));
    await user.type(await found('passphrase-words'), 'short{Enter}');
    expect((await found('problem')).textContent).toContain('at least 8 characters');
    await user.clear(by('passphrase-words'));
    await user.type(by('passphrase-words'), 'correct horse');
    await user.type(by('passphrase-again'), 'correct house{Enter}');
    await waitFor(() => expect(by('problem').textContent).toContain('don’t match'));
    expect(lastOf(host, 'useSecrets')).toBeUndefined();
    await user.clear(by('passphrase-again'));
    await user.type(by('passphrase-again'), 'correct horse{Enter}');

    await waitFor(() => expect(screen.queryByTestId('passphrase')).toBeNull());
    expect(lastOf(host, 'useSecrets')).toEqual(['file', 'correct horse']);
    expect(by<HTMLInputElement>('secrets-file').checked).toBe(true);
  });

  it('say what is wrong, and unlock', async () => {
    const { user, host } = await open('settings-problems', 'accounts');

    expect(by('problem').textContent).toContain('The file is locked.');
    await user.click(by('secrets-unlock'));
    await user.type(await found('passphrase-words'), 'correct horse{Enter}');

    await waitFor(() => expect(lastOf(host, 'unlockSecrets')).toEqual(['correct horse']));
    await waitFor(() => expect(screen.queryByTestId('secrets-unlock')).toBeNull());
  });
});

describe('help', () => {
  it('shows the text before it is copied', async () => {
    const { user } = await open('settings', 'help');

    await user.click(by('support-show'));
    expect((await found<HTMLTextAreaElement>('support-text')).value).toContain('Bellwire 0.1.0 on Linux');
    await user.click(by('support-copy'));

    expect(await screen.findByText('Copied')).toBeTruthy();
    expect(await navigator.clipboard.readText()).toContain('INFO Signed in');
  });

  it('says when there is no text', async () => {
    const { user } = await open('settings-failing', 'help');

    await user.click(by('support-show'));

    expect((await found('problem')).textContent).toContain('couldn’t be collected');
  });
});
