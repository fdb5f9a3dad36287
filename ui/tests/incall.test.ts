import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import { SOURCES } from '../src/host/fake/surroundings';
import { accelerator, keyOf } from '../src/model/keys';
import { move, sorted } from '../src/model/sources';
import { en } from '../src/text/en';
import { draw, lastOf } from './drawn';

const key = (name: string, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key: name, ...more });
const words = en.incall;

describe('the share picker', () => {
  it('shows screens first, and shares what is chosen by name', async () => {
    const { host, user } = await draw('share');

    await user.click(screen.getByTestId('call-share'));
    const cards = await screen.findAllByTestId('share-source');
    expect(cards.map((one) => one.dataset['source'])).toEqual(SOURCES.map(({ id }) => id));
    expect(cards[0]?.getAttribute('aria-checked')).toBe('true');
    await user.click(cards[2]!);
    await user.click(screen.getByTestId('share-start'));

    expect(lastOf(host, 'setSharing')).toEqual(['screen:32']);
    await waitFor(() => expect(screen.queryByTestId('share-picker')).toBeNull());
    expect(screen.getByTestId('sharing').textContent).toContain('Glasuren.ods');
  });

  it('is used by keyboard alone', async () => {
    const { host } = await draw('share');

    await key('s');
    await screen.findAllByTestId('share-source');
    await waitFor(() => expect(document.activeElement?.getAttribute('data-source')).toBe('screen:'));
    // Nothing has a size here, so all stand beside each other.
    await key('ArrowRight');
    await waitFor(() => expect(document.activeElement?.getAttribute('data-source')).toBe('screen:31'));
    // Keys of the call are not heard meanwhile.
    await key('m');
    expect(lastOf(host, 'setMicrophone')).toBeUndefined();
    await key('Enter');
    expect(lastOf(host, 'setSharing')).toEqual(['screen:31']);
  });

  it('closes with Escape and gives the focus back', async () => {
    const { user } = await draw('share');

    await user.click(screen.getByTestId('call-share'));
    await screen.findAllByTestId('share-source');
    await key('Escape');

    await waitFor(() => expect(screen.queryByTestId('share-picker')).toBeNull());
    expect(document.activeElement).toBe(screen.getByTestId('call-share'));
  });

  it('looks again', async () => {
    const { host, user } = await draw('share');
    await user.click(screen.getByTestId('call-share'));
    await screen.findAllByTestId('share-source');

    await user.click(screen.getByTestId('share-refresh'));

    expect(host.said.filter(([name]) => name === 'shareSources').length).toBe(2);
  });

  it('changes what is shared without stopping first', async () => {
    const { host, user } = await draw('clinic-sharing');

    await user.click(screen.getByTestId('sharing-change'));
    const cards = await screen.findAllByTestId('share-source');
    await user.click(cards[1]!);
    await user.click(screen.getByTestId('share-start'));

    expect(host.said.filter(([name]) => name === 'setSharing').map(([, source]) => source)).toEqual(['screen:31']);
    expect((await screen.findByTestId('sharing')).textContent).toContain('LibreOffice Writer');
  });

  it.each([
    ['share-error', 'The display does not answer.'],
    ['share-wayland', words.share.wayland],
  ])('in state %s says why nothing can be shared', async (state, reason) => {
    const { user } = await draw(state);
    await user.click(screen.getByTestId('call-share'));
    expect((await screen.findByTestId('share-error')).textContent).toContain(reason);
    expect(screen.getByTestId<HTMLButtonElement>('share-start').disabled).toBe(true);
  });

  it('has words for a desktop with nothing on it, and for looking', async () => {
    const { user } = await draw('share-none');
    await user.click(screen.getByTestId('call-share'));
    expect(await screen.findByText(words.share.empty)).toBeTruthy();
  });

  it('finds its way through a grid in both directions', () => {
    const all = [...sorted(SOURCES).screens, ...sorted(SOURCES).windows];
    expect(move('ArrowRight', all, 'screen:', 2, 'ltr')).toBe('screen:31');
    expect(move('ArrowLeft', all, 'screen:', 2, 'rtl')).toBe('screen:31');
    expect(move('ArrowDown', all, 'screen:', 2, 'ltr')).toBe('screen:32');
    expect(move('ArrowUp', all, 'screen:', 2, 'ltr')).toBeNull();
    expect(move('End', all, 'screen:', 2, 'ltr')).toBe('screen:32');
    expect(move('x', all, 'screen:', 2, 'ltr')).toBeNull();
  });
});

describe('the view of a call', () => {
  it('fills the screen with F and F11, and leaves it with Escape', async () => {
    const { host } = await draw('connected');

    await key('f');
    expect(lastOf(host, 'setFullScreen')).toEqual([true]);
    await waitFor(() => expect(screen.getByTestId('call-full-screen').getAttribute('aria-label')).toBe('Exit full screen'));
    await key('Escape');
    expect(lastOf(host, 'setFullScreen')).toEqual([false]);
    await waitFor(() => expect(screen.getByTestId('call-full-screen').getAttribute('aria-label')).toBe('Full screen'));
    await key('F11');
    expect(lastOf(host, 'setFullScreen')).toEqual([true]);
  });

  it('leaves the full screen when the call is over', async () => {
    const { host } = await draw('full-screen');
    await host.hangUp(7);
    await screen.findByTestId('ended-reason');
    expect(lastOf(host, 'setFullScreen')).toEqual([false]);
  });

  it('opens the small window by button and by key', async () => {
    const { host, user } = await draw('connected');
    await user.click(screen.getByTestId('call-mini'));
    expect(lastOf(host, 'setMini')).toEqual([true]);
    await waitFor(() => expect(screen.getByTestId('call-mini').getAttribute('aria-label')).toBe('Back to the main window'));
    await key('p');
    expect(lastOf(host, 'setMini')).toEqual([false]);
  });

  it('lists its keys', async () => {
    await draw('connected');
    await key('?');
    const sheet = await screen.findByTestId('keys-sheet');
    for (const line of [words.keys.mute, words.keys.share, words.keys.fullScreen, words.keys.hangUp])
      expect(sheet.textContent).toContain(line);
    expect(sheet.textContent).toContain('Ctrl+Shift+M');
    await key('Escape');
    await waitFor(() => expect(screen.queryByTestId('keys-sheet')).toBeNull());
  });

  it('hears its keys on keyboards of every script', async () => {
    const { host } = await draw('connected');
    await key('ة', { code: 'KeyM' });
    expect(lastOf(host, 'setMicrophone')).toEqual([false]);
    // Where the letters are Latin, what is written on the key counts and not where it is.
    expect(keyOf(new KeyboardEvent('keydown', { key: 'z', code: 'KeyY' }))).toBe('z');
    expect(keyOf(new KeyboardEvent('keydown', { key: 'F11', code: 'F11' }))).toBe('f11');
  });

  it('writes accelerators as they stand on keyboards', () => {
    expect(accelerator('CmdOrCtrl+Shift+KeyM')).toBe('Ctrl+Shift+M');
    expect(accelerator('Alt+Digit4')).toBe('Alt+4');
    expect(accelerator('F9')).toBe('F9');
  });

  it('mirrors the own picture as the user likes it', async () => {
    const { host } = await draw('connected');
    expect(screen.getByTestId('self-canvas').classList.contains('mirrored')).toBe(true);
    host.pushSettings((old) => ({ ...old, settings: { ...old.settings, mirror_self: false } }));
    await waitFor(() => expect(screen.getByTestId('self-canvas').classList.contains('mirrored')).toBe(false));
  });

  it('shows a shared screen pixel by pixel when it is asked to', async () => {
    const { user } = await draw('remote-sharing');

    // The figures say how large their screen is; here a window has no size at all.
    await user.click(await screen.findByTestId('actual-size'));
    expect(screen.getByTestId('remote-pan').getAttribute('role')).toBe('region');
    expect(screen.getByTestId('remote-pan').tabIndex).toBe(0);
    await key('1');
    await waitFor(() => expect(screen.getByTestId('remote-pan').getAttribute('role')).toBeNull());
  });

  it.each([
    ['poor', 'loss'],
    ['slow-upload', 'upload'],
    ['busy-computer', 'busy'],
  ] as const)('in state %s says why it is not good', async (state, why) => {
    await draw(state);
    expect((await screen.findByTestId('quality-reason')).textContent).toContain(words.quality[why]);
    expect(screen.getByTestId('quality').dataset['why']).toBe(why);
  });

  it('says since when it is interrupted and what is tried, with one way to hang up and no grade', async () => {
    const { host, user } = await draw('reconnecting');
    expect(screen.getByTestId('quality').dataset['grade']).toBe('none');
    expect(screen.getAllByRole('button', { name: 'Hang up' })).toHaveLength(1);
    expect(screen.getByTestId('reconnecting-since').textContent).toMatch(/^Lost connection 0:0\d ago$/);
    expect(screen.getByTestId('call-trouble').textContent).toContain(words.reconnecting.tries);
    await user.click(screen.getByTestId('call-end'));
    expect(lastOf(host, 'hangUp')).toEqual([7]);
  });
});

describe('a microphone that is off', () => {
  it('warns whoever speaks into it, and goes on at the button', async () => {
    const { host, user } = await draw('muted-speech');
    expect((await screen.findByTestId('muted-speech')).textContent).toContain(words.mutedSpeech);
    await user.click(screen.getByTestId('muted-speech-unmute'));
    expect(lastOf(host, 'setMicrophone')).toEqual([true]);
    await waitFor(() => expect(screen.queryByTestId('muted-speech')).toBeNull());
  });

  it('says which key lets one talk, and that one is heard while it is held', async () => {
    const { host } = await draw('push-to-talk');
    expect(screen.getByTestId('talk-hint').textContent).toContain('Ctrl+Space');
    host.pushDesktop((old) => ({ ...old, talking: true }));
    expect((await screen.findByTestId('talking')).textContent).toContain(words.talking);
    expect(screen.queryByTestId('talk-hint')).toBeNull();
  });
});

describe('a ring', () => {
  it('can be answered without being seen', async () => {
    const { host, user } = await draw('ring');

    await user.click(screen.getByTestId('ring-accept-voice'));
    await waitFor(() => expect(lastOf(host, 'acceptWithCameraOff')).toEqual([7]));
    expect(lastOf(host, 'accept')).toBeUndefined();
  });

  it('has nothing to choose where it is a voice call', async () => {
    await draw('ring-voice');
    expect(screen.queryByTestId('ring-accept-voice')).toBeNull();
  });

  it('tells the window that it is drawn', async () => {
    const { host } = await draw('ring');
    await waitFor(() => expect(lastOf(host, 'ringDrawn')?.[0]).toBe(7));
  });
});

describe('an ended call', () => {
  it('says what may help', async () => {
    await draw('ended-connection-lost');
    expect(screen.getByTestId('ended-hint').textContent).toBe(words.ended.hint.connection_lost);
  });

  it('leads to the messages where there are some', async () => {
    const { host, user } = await draw('provider-ended');

    await user.click(screen.getByTestId('ended-message'));

    await waitFor(() => expect(lastOf(host, 'openThread')?.[1]).toBe('c-carla'));
    expect(await screen.findByTestId('composer')).toBeTruthy();
  });

  it('offers no messages where there are none', async () => {
    await draw('ended-hung-up');
    expect(screen.queryByTestId('ended-message')).toBeNull();
  });
});

describe('the small window', () => {
  it('mutes, stops the camera, hangs up and leads back', async () => {
    const { host, user } = await draw('mini');
    expect(screen.getByTestId('mini-window').textContent).toContain('Ada Okafor');
    expect(screen.getByTestId('mini-timer').textContent).toMatch(/^3:0\d$/);

    await user.click(screen.getByTestId('mini-mute'));
    expect(lastOf(host, 'setMicrophone')).toEqual([false]);
    await user.click(screen.getByTestId('mini-camera'));
    expect(lastOf(host, 'setCamera')).toEqual([false]);
    await key('m');
    expect(lastOf(host, 'setMicrophone')).toEqual([true]);
    await key('Escape');
    await waitFor(() => expect(lastOf(host, 'setMini')).toEqual([false]));
    // This window is gone with it.
    expect(host.said.map(([name]) => name).slice(-2)).toEqual(['showMain', 'setMini']);
    await user.click(screen.getByTestId('mini-end'));
    expect(lastOf(host, 'hangUp')).toEqual([7]);
    expect(await screen.findByTestId('mini-none')).toBeTruthy();
  });

  it('has no camera in a voice call', async () => {
    await draw('mini-voice');
    expect(screen.queryByTestId('mini-camera')).toBeNull();
  });

  it('shows a second call and takes it', async () => {
    const { host, user } = await draw('mini-waiting');
    expect(within(screen.getByTestId('mini-ring')).getByText(/is calling/)).toBeTruthy();
    await user.click(screen.getByTestId('mini-accept'));
    expect(lastOf(host, 'endAndAccept')).toEqual([9]);
  });

  it('answers a call that rings while it is open', async () => {
    const { host, user } = await draw('mini-ringing');
    await user.click(screen.getByTestId('mini-accept'));
    expect(lastOf(host, 'accept')).toEqual([7]);
  });

  it('stops sharing', async () => {
    const { host, user } = await draw('mini-long');
    await user.click(screen.getByTestId('mini-stop'));
    expect(lastOf(host, 'setSharing')).toEqual([null]);
  });
});
