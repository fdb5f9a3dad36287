import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { CallState, CallView, EndReason } from '../src/generated/bindings';
import { STATES } from '../src/host/fake';
import { call } from '../src/host/fake/people';
import { en } from '../src/text/en';
import { draw, lastOf } from './drawn';

const key = (name: string, more: KeyboardEventInit = {}) => fireEvent.keyDown(document.body, { key: name, ...more });

describe('a ring', () => {
  it('is answered, declined and silenced by button', async () => {
    const { host, user } = await draw('ring');

    expect(screen.getByTestId('ring-name').textContent).toBe('Ada Okafor');
    expect(screen.getByTestId('ring-subject').textContent).toBe('About Order #1042');
    await user.click(screen.getByTestId('ring-silence'));
    expect(lastOf(host, 'silence')).toEqual([7]);
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>('ring-silence').disabled).toBe(true));
    await user.click(screen.getByTestId('ring-accept'));
    expect(lastOf(host, 'accept')).toEqual([7]);
    expect(lastOf(host, 'decline')).toBeUndefined();
    expect(await screen.findByText('No one is calling')).toBeTruthy();
  });

  it('is declined', async () => {
    const { host, user } = await draw('customer-ringing');

    await user.click(screen.getByTestId('ring-decline'));

    expect(lastOf(host, 'decline')).toEqual([7]);
    expect((await screen.findByTestId('ended-reason')).dataset['why']).toBe('declined');
  });

  it('is shown by one window: the main one shows none while the answer window does', async () => {
    const { host } = await draw('customer-ringing');

    expect(screen.getByTestId('ring-accept')).toBeTruthy();
    host.pushDesktop((old) => ({ ...old, answer_window: true }));
    await waitFor(() => expect(screen.queryByTestId('ring-accept')).toBeNull());
    host.pushDesktop((old) => ({ ...old, answer_window: false }));
    expect(await screen.findByTestId('ring-accept')).toBeTruthy();
  });

  it('hears Enter and Escape, but not at once', async () => {
    // The clock stands, however long a busy computer takes to draw.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
    onTestFinished(() => clock.mockRestore());
    const { host } = await draw('seller-ringing');

    await key('Enter');
    expect(lastOf(host, 'accept')).toBeUndefined();
    clock.mockReturnValue(1799);
    await key('Enter');
    expect(lastOf(host, 'accept')).toBeUndefined();
    clock.mockReturnValue(1800);
    await key('Escape');
    expect(lastOf(host, 'silence')).toEqual([7]);
    await key('Enter');
    expect(lastOf(host, 'accept')).toEqual([7]);
  });

  it('ends the call going on when it is answered from the small window', async () => {
    const { host, user } = await draw('ring-waiting');

    await user.click(screen.getByTestId('ring-accept'));

    expect(lastOf(host, 'endAndAccept')).toEqual([9]);
  });

  it('covers the home, which takes no input meanwhile', async () => {
    await draw('seller-ringing');

    // jsdom keeps `inert` as a property only.
    let around: HTMLElement | null = screen.getByTestId('contact-search');
    while (around !== null && !around.inert) around = around.parentElement;
    expect(around?.className).toContain('below');
    expect(document.activeElement?.getAttribute('role')).toBe('alertdialog');
  });
});

describe('a call', () => {
  const words: [string, CallState['is'], string][] = [
    ['calling', 'calling', 'Calling…'],
    ['calling-ringing', 'calling', 'Ringing…'],
    ['connecting', 'connecting', 'Connecting…'],
    ['connected', 'connected', 'Connected'],
    ['reconnecting', 'reconnecting', 'Reconnecting…'],
  ];
  it.each(words)('in state %s says so', async (state, is, word) => {
    await draw(state);

    const line = screen.getByTestId('call-state');
    expect(line.dataset['state']).toBe(is);
    expect(line.textContent).toBe(word);
    expect(screen.queryByTestId('call-timer') === null).toBe(is === 'calling' || is === 'connecting');
  });

  it('counts on from the snapshot', async () => {
    await draw('connected');

    expect(screen.getByTestId('call-timer').textContent).toMatch(/^3:0[5-9]$/);
    const before = screen.getByTestId('call-timer').textContent;
    await waitFor(() => expect(screen.getByTestId('call-timer').textContent).not.toBe(before));
  });

  it('announces what the other person does', async () => {
    const { host } = await draw('connected');
    const news = await screen.findByTestId('remote-news');
    expect(news.getAttribute('role')).toBe('status');
    expect(news.textContent).toBe('');

    const theirs = (over: Partial<CallView>) =>
      host.push((view) => ({ ...view, phone: { ...view.phone, calls: view.phone.calls.map((one) => ({ ...one, ...over })) } }));
    theirs({ remote_audio: false });
    await waitFor(() => expect(news.textContent).toBe('Ada Okafor is muted.'));
    theirs({ remote_audio: true, remote_sharing: true });
    await waitFor(() => expect(news.textContent).toBe('Ada Okafor is no longer muted. Ada Okafor is sharing their screen.'));
    theirs({ remote_sharing: false, remote_video: false });
    await waitFor(() => expect(news.textContent).toBe('Ada Okafor’s camera is off. Ada Okafor stopped sharing.'));
  });

  it('has no single keys where they are switched off, while others work', async () => {
    const { host } = await draw('connected');
    host.pushSettings((old) => ({ ...old, settings: { ...old.settings, letter_keys: false } }));
    await waitFor(() => expect(screen.getByTestId('call-mute').title).toBe('Mute'));
    for (const name of ['m', 'v', 's', 'd', 'p', 'f', '1', '?']) await key(name);
    const asked = ['setMicrophone', 'setCamera', 'setSharing', 'setMini', 'setFullScreen'];
    expect(host.said.some(([command]) => asked.includes(command))).toBe(false);
    expect(screen.queryByTestId('stats-panel')).toBeNull();
    expect(screen.queryByTestId('keys-sheet')).toBeNull();
    await key('h', { ctrlKey: true });
    expect(lastOf(host, 'hangUp')).toEqual([7]);
  });

  it('mutes, stops the camera and ends by button and by key', async () => {
    const { host, user } = await draw('connected');

    await user.click(screen.getByTestId('call-mute'));
    expect(lastOf(host, 'setMicrophone')).toEqual([false]);
    // The name says what a press does; a pressed state beside it would say the opposite.
    await waitFor(() => expect(screen.getByTestId('call-mute').textContent?.trim()).toBe('Unmute'));
    expect(screen.getByTestId('call-mute').hasAttribute('aria-pressed')).toBe(false);
    expect(screen.getByTestId('call-camera').textContent?.trim()).toBe('Turn camera off');
    await key('m');
    expect(lastOf(host, 'setMicrophone')).toEqual([true]);
    await user.click(screen.getByTestId('call-camera'));
    expect(lastOf(host, 'setCamera')).toEqual([false]);
    await waitFor(() => expect(screen.getByText('Your camera is off', { selector: '.none p' })).toBeTruthy());
    await key('v');
    expect(lastOf(host, 'setCamera')).toEqual([true]);
    await key('h', { ctrlKey: true });
    expect(lastOf(host, 'hangUp')).toEqual([7]);
    expect((await screen.findByTestId('ended-reason')).dataset['why']).toBe('hung_up');
  });

  it('without pictures has no camera and no self-view', async () => {
    await draw('voice');

    expect(screen.queryByTestId('call-camera')).toBeNull();
    expect(screen.queryByTestId('self-canvas')).toBeNull();
  });

  it('marks what the other side sends', async () => {
    await draw('remote-off');
    expect(screen.getByTestId('remote-muted').textContent).toContain('Ada Okafor is muted');
    expect(screen.getByTestId('remote-camera-off').textContent).toContain('Ada Okafor’s camera is off');
  });

  it('says that the screen is shared', async () => {
    await draw('sharing');
    expect(screen.getByTestId('remote-sharing').textContent).toContain('is sharing their screen');
  });

  it.each([
    ['reconnecting', `${en.incall.reconnecting.tries} ${en.incall.reconnecting.network}`],
    ['signaling-lost', en.call.signalingLost],
  ])('in trouble (%s) says what is going on', async (state, expected) => {
    await draw(state);
    expect(screen.getByTestId('call-trouble').textContent).toBe(expected);
  });

  it('moves the self-view to any corner by keys', async () => {
    await draw('connected');
    const self = screen.getByTestId('self-view');

    for (const [arrow, corner] of [
      ['ArrowUp', 'start-end'],
      ['ArrowLeft', 'start-start'],
      ['ArrowDown', 'end-start'],
      ['ArrowRight', 'end-end'],
    ] as const) {
      await fireEvent.keyDown(self, { key: arrow });
      expect(self.dataset['corner']).toBe(corner);
    }
  });

  it('shows the security code and the figures', async () => {
    const { user } = await draw('connected');

    await user.click(screen.getByTestId('call-details'));

    expect((await screen.findByTestId('security-code')).textContent).toBe('4821 0937 5526');
    expect(screen.getByTestId('stats-panel').textContent).toContain('1280×720');
    const diagnostics = screen.getByTestId('stats-diagnostics') as HTMLDetailsElement;
    expect(diagnostics.open).toBe(false);
    await user.click(screen.getByText('Diagnostics'));
    const lines = [...diagnostics.querySelectorAll('dl > div, tbody > tr')].map((line) =>
      [...line.children].map((cell) => cell.textContent).join(' '),
    );
    expect(lines).toContain('Capture to display 70 ms');
    expect(lines).toContain('Loss-based estimate –');
    expect(lines).toContain('Packets requested 3 2');
    await key('Escape');
    expect(screen.queryByTestId('stats-panel')).toBeNull();
  });

  it('lets a second call be taken or declined', async () => {
    const { host, user } = await draw('call-waiting');

    expect(screen.getByTestId('ring-name').textContent).toContain('is calling');
    await user.click(screen.getByTestId('ring-accept'));

    expect(lastOf(host, 'endAndAccept')).toEqual([9]);
    await waitFor(() => expect(screen.getByTestId('call-state').dataset['state']).toBe('connecting'));
    expect(screen.queryByTestId('waiting-banner')).toBeNull();
  });

  it('shows notices of the engine', async () => {
    await draw('call-notices');

    const toasts = await screen.findAllByTestId('toast');
    expect(toasts.map((toast) => toast.textContent?.trim())).toEqual([
      'The microphone was unplugged. Using the built-in one.',
      'The camera is used by another program.',
    ]);
  });
});

describe('a voice call', () => {
  it('rings as one', async () => {
    await draw('provider-ringing');
    expect(screen.getByTestId('ring-kind').textContent).toBe('Incoming voice call');
  });

  it('shows a name and an avatar, and neither camera nor sharing', async () => {
    await draw('provider-voice');

    expect(screen.getByTestId('call-kind').dataset['kind']).toBe('voice');
    expect(screen.getByTestId('call-view').textContent).toContain('Carla Mendes');
    for (const id of ['call-camera', 'call-share', 'self-view', 'remote-camera-off']) expect(screen.queryByTestId(id)).toBeNull();
  });

  it('sets up no picture', async () => {
    const { host } = await draw('provider-ringing');
    await host.accept(7);
    expect(await screen.findByText('Setting up audio')).toBeTruthy();
  });

  it('hears no key for the camera or the screen', async () => {
    const { host } = await draw('provider-voice');
    await key('v');
    await key('s');
    expect(lastOf(host, 'setCamera')).toBeUndefined();
    expect(lastOf(host, 'setSharing')).toBeUndefined();
  });
});

describe('a waiting room', () => {
  it('does not claim that anything rings', async () => {
    await draw('clinic-room');

    expect(screen.getByTestId('call-state').textContent).toBe('Waiting');
    expect(screen.getByTestId('call-view').textContent).toContain('Waiting for Nadia Rahman to join');
    expect(screen.getByTestId('call-end').textContent).toContain('Leave');
  });

  it('alerts as somebody who waits, not as somebody who calls', async () => {
    const { host, user } = await draw('clinic-waits');

    expect(screen.getByTestId('ring-kind').textContent).toBe('Patient is waiting');
    expect(screen.getByTestId('ring-decline').textContent).toContain('Not now');
    expect(screen.getByTestId('ring-accept').textContent).toContain('Admit');
    await user.click(screen.getByTestId('ring-accept'));
    expect(lastOf(host, 'accept')).toEqual([7]);
  });

  it.each([
    ['clinic-left', 'Nadia Rahman waited for you, then left.'],
    ['clinic-ended', 'Nadia Rahman left.'],
    ['clinic-nobody-came', 'Nadia Rahman didn’t join.'],
  ])('in state %s says what became of it', async (state, words) => {
    await draw(state);
    expect((await screen.findByTestId('ended-reason')).textContent).toBe(words);
  });
});

describe('sharing the screen', () => {
  it('is offered only to those who may', async () => {
    await draw('patient-call');
    expect(screen.queryByTestId('call-share')).toBeNull();
    expect(screen.getByTestId('remote-sharing').textContent).toContain('Dr. Johanna Berg is sharing their screen');
  });

  it('is not offered where the backend knows none', async () => {
    await draw('dealer-call');
    expect(screen.queryByTestId('call-share')).toBeNull();
  });

  it('starts, is marked, and is stopped at the mark', async () => {
    const { host, user } = await draw('clinic-call');

    await user.click(screen.getByTestId('call-share'));
    await screen.findAllByTestId('share-source');
    await user.click(screen.getByTestId('share-start'));
    expect(lastOf(host, 'setSharing')).toEqual(['screen:']);
    expect((await screen.findByTestId('sharing')).textContent).toContain('You’re sharing Entire screen');
    expect(screen.getByTestId('call-share').textContent?.trim()).toBe('Stop sharing');
    expect(screen.getByTestId('self-view').textContent).toContain('Your screen');
    await user.click(screen.getByTestId('sharing-stop'));
    expect(lastOf(host, 'setSharing')).toEqual([null]);
    await waitFor(() => expect(screen.queryByTestId('sharing')).toBeNull());
    await key('s');
    expect(await screen.findByTestId('share-picker')).toBeTruthy();
  });

  it('says why it did not start', async () => {
    const { user } = await draw('clinic-share-failed');

    await user.click(screen.getByTestId('call-share'));
    await screen.findAllByTestId('share-source');
    await user.click(screen.getByTestId('share-start'));

    expect((await screen.findByTestId('toast')).textContent).toContain('No screen could be captured.');
    expect(screen.queryByTestId('sharing')).toBeNull();
  });

  it('waits until the call is connected', async () => {
    await draw('clinic-room');
    expect(screen.queryByTestId('call-share')).toBeNull();
  });
});

describe('a notice about a call', () => {
  const missed = call({ is: 'ended', reason: { why: 'missed' } }, { id: 5, direction: 'incoming' });

  it('is put in words when the view no longer has the call', async () => {
    const { host } = await draw('seller');

    host.notice({ kind: 'missed', text: '', call: missed, device: null, code: null });

    expect((await screen.findByTestId('toast')).textContent?.trim()).toBe('You missed a call from Ada Okafor.');
  });

  it('is not said twice', async () => {
    const { host } = await draw('seller-missed');

    host.notice({ kind: 'missed', text: '', call: missed, device: null, code: null });
    host.notice({ kind: 'device', text: 'A camera was plugged in.', call: null, device: null, code: null });

    await screen.findByTestId('toast');
    expect(screen.getAllByTestId('toast').map((toast) => toast.textContent?.trim())).toEqual(['A camera was plugged in.']);
  });
});

describe('an ended call', () => {
  const reasons = Object.entries(STATES).flatMap(([state, { view }]): [string, EndReason, 'incoming' | 'outgoing'][] => {
    const first = view.phone.calls[0];
    return state.startsWith('ended-') && state !== 'ended-merged' && first?.state.is === 'ended'
      ? [[state, first.state.reason, first.direction]]
      : [];
  });

  it.each(reasons)('%s says why', async (state, reason, direction) => {
    await draw(state);

    const line = screen.getByTestId('ended-reason');
    expect(line.dataset['why']).toBe(reason.why);
    expect(line.textContent).toBe(en.ended.reason(reason, direction, STATES[state]!.view.phone.calls[0]!.peer.name));
    expect(screen.getByTestId('ended-close')).toBeTruthy();
  });

  it('covers every reason', () => {
    expect(new Set(reasons.map(([, reason]) => reason.why)).size).toBe(15);
  });

  it('is closed, and called again about the same order', async () => {
    const { host, user } = await draw('ended-no-answer');

    await user.click(screen.getByTestId('ended-call-back'));

    expect(lastOf(host, 'dial')?.[3]).toEqual({ id: 'o1042', label: 'Order #1042' });
    await waitFor(() => expect(lastOf(host, 'dismiss')).toEqual([7]));
    expect((await screen.findByTestId('call-state')).dataset['state']).toBe('calling');
  });

  it('leads back home when it is closed', async () => {
    const { user } = await draw('ended-hung-up');

    expect(screen.getByTestId('ended-duration').textContent).toMatch(/^12 mins? 34 secs?$/);
    await user.click(screen.getByTestId('ended-close'));

    await waitFor(() => expect(screen.queryByTestId('ended-reason')).toBeNull());
    expect(screen.getAllByTestId('contact-row').length).toBeGreaterThan(0);
  });

  it('is never shown when it was merged into another', async () => {
    const { host } = await draw('ended-merged');

    await waitFor(() => expect(lastOf(host, 'dismiss')).toEqual([7]));
    expect(screen.queryByTestId('ended-reason')).toBeNull();
  });
});
