import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';

import { en } from '../src/text/en';
import { draw, lastOf } from './drawn';

const words = en.missing;

describe('a device that is missing', () => {
  it('is said on its button, which opens the list of devices', async () => {
    const { host, user } = await draw('no-devices');
    for (const [id, word] of [
      ['call-mute', words.noMicrophone],
      ['call-camera', words.noCamera],
    ] as const) {
      const button = screen.getByTestId(id);
      expect(button.textContent).toContain(word);
      expect(button.dataset['on']).toBe('false');
      expect(button.getAttribute('aria-pressed')).toBeNull();
    }
    expect(screen.getByTestId('self-view').textContent).toContain(words.noCamera);

    await user.click(screen.getByTestId('call-camera'));
    expect(document.getElementById('call-devices')).not.toBeNull();
    expect(lastOf(host, 'setCamera')).toBeUndefined();
  });

  it('is told of the other side instead of a wait', async () => {
    await draw('remote-no-camera');
    const hint = await screen.findByTestId('remote-camera-off');
    expect(hint.textContent).toContain('has no camera');
  });

  it('is not called muted: a microphone that is not there is said and announced', async () => {
    const { host } = await draw('remote-no-microphone');
    const mark = await screen.findByTestId('remote-no-microphone');
    expect(mark.textContent).toMatch(/Ada Okafor.* has no microphone/);
    expect(screen.queryByTestId('remote-muted')).toBeNull();
    const news = screen.getByTestId('remote-news');
    await waitFor(() => expect(news.textContent).toMatch(/has no microphone\.$/));
    expect(document.querySelector('main')?.textContent).not.toContain('muted');

    const become = (over: object) =>
      host.push((view) => ({ ...view, phone: { ...view.phone, calls: view.phone.calls.map((call) => ({ ...call, ...over })) } }));
    become({ remote_has_microphone: true });
    await waitFor(() => expect(news.textContent).toMatch(/is muted\.$/));
    expect(screen.getByTestId('remote-muted')).toBeTruthy();
    become({ remote_has_microphone: false });
    await waitFor(() => expect(news.textContent).toMatch(/has no microphone\.$/));
    become({ remote_has_microphone: true, remote_audio: true });
    await waitFor(() => expect(news.textContent).toMatch(/has a microphone now\.$/));
    expect(screen.queryByTestId('remote-no-microphone')).toBeNull();
    become({ remote_video: false, remote_has_camera: false });
    await waitFor(() => expect(news.textContent).toMatch(/has no camera\.$/));
  });
});

describe('quitting', () => {
  it('is asked for by Ctrl+Q, and at once outside a call', async () => {
    const { host } = await draw('seller');
    await fireEvent.keyDown(document.body, { key: 'q', ctrlKey: true });
    await waitFor(() => expect(lastOf(host, 'quit')).toEqual([]));
  });

  it('in a call needs a yes', async () => {
    const { host, user } = await draw('connected');
    await fireEvent.keyDown(document.body, { key: 'q', ctrlKey: true });
    await screen.findByTestId('quit-question');
    await user.click(screen.getByTestId('quit-no'));
    await waitFor(() => expect(screen.queryByTestId('quit-question')).toBeNull());
    expect(lastOf(host, 'quit')).toBeUndefined();
    await fireEvent.keyDown(document.body, { key: 'q', ctrlKey: true });
    await user.click(await screen.findByTestId('quit-yes'));
    expect(lastOf(host, 'quit')).toEqual([]);
  });
});

describe('the page after a call', () => {
  it('goes by itself where there is nothing to read', async () => {
    const { host } = await draw('ended-hung-up');
    await waitFor(() => expect(lastOf(host, 'dismiss')).toBeDefined(), { timeout: 20_000 });
  }, 30_000);

  it('stays where it has something to say', async () => {
    const { host } = await draw('ended-connection-lost');
    await new Promise((done) => setTimeout(done, 8000));
    expect(lastOf(host, 'dismiss')).toBeUndefined();
    expect(screen.getByTestId('ended-reason')).toBeTruthy();
  }, 30_000);
});

describe('a ring that ends under the pointer', () => {
  it('takes the click with it', async () => {
    const { host, user } = await draw('seller-ringing');
    await screen.findByTestId('ring-name');
    // The time of the page stands still: on a busy machine the click may come late.
    const now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(now);
    const missed = { is: 'ended' as const, reason: { why: 'missed' as const } };
    host.push((old) => ({
      ...old,
      phone: {
        ...old.phone,
        calls: old.phone.calls.map((one) => (one.state.is === 'ringing' ? { ...one, state: missed } : one)),
      },
    }));
    await waitFor(() => expect(screen.queryByTestId('ring-name')).toBeNull());
    const call = screen.getAllByTestId('contact-call')[0]!;
    await user.click(call);
    expect(lastOf(host, 'dial')).toBeUndefined();
    clock.mockReturnValue(now + 700);
    await user.click(call);
    clock.mockRestore();
    await waitFor(() => expect(lastOf(host, 'dial')).toBeDefined());
  });

  it('takes no click beside its card', async () => {
    const { host, user } = await draw('seller-ringing');
    await screen.findByTestId('ring-name');
    const card = document.querySelector('.card')!;
    card.getBoundingClientRect = () => new DOMRect(300, 100, 400, 500);
    const missed = { is: 'ended' as const, reason: { why: 'missed' as const } };
    host.push((old) => ({
      ...old,
      phone: {
        ...old.phone,
        calls: old.phone.calls.map((one) => (one.state.is === 'ringing' ? { ...one, state: missed } : one)),
      },
    }));
    await waitFor(() => expect(screen.queryByTestId('ring-name')).toBeNull());
    await user.pointer({ keys: '[MouseLeft]', target: screen.getByTestId('history-tab'), coords: { clientX: 80, clientY: 150 } });
    expect(screen.getByTestId('history-tab').getAttribute('aria-current')).toBe('page');
  });
});

describe('a picture that cannot be shown', () => {
  it('says why, in the call too, until it can', async () => {
    const { host } = await draw('waiting-for-picture');
    const told = (happened: 'lost' | 'back', problem: 'interlaced' | null) => {
      host.notice({
        kind: 'device',
        text: '',
        code: null,
        call: null,
        device: { device: 'received_video', happened, name: '', problem },
      });
    };
    told('lost', 'interlaced');
    await waitFor(() => expect(screen.getAllByText(words.unshown.interlaced).length).toBe(2));
    told('back', null);
    await waitFor(() => expect(screen.queryByText(en.call.noPicture)).not.toBeNull());
  });
});
