import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import type { DeviceEvent, UiNotice } from '../src/generated/bindings';
import { DEVICES } from '../src/host/fake/surroundings';
import { choicesOf, newsOf } from '../src/model/devices';
import { en } from '../src/text/en';
import { language } from '../src/text/text';
import { draw, lastOf } from './drawn';

const words = en.hardware;
const radios = (kind: string) => within(screen.getByTestId(`devices-${kind}`)).getAllByRole<HTMLInputElement>('radio');
const chosen = (kind: string) => radios(kind).find((one) => one.checked)?.value;

async function open(state: string) {
  const drawn = await draw(state);
  const { user } = drawn;
  await user.click(screen.getByTestId('notes-devices'));
  await screen.findByTestId('devices-page');
  return drawn;
}

describe('the choices', () => {
  const english = language('en');

  it('are the system’s, each device and none', () => {
    const all = choicesOf('microphone', DEVICES.microphones, 'default', english);
    expect(all.map(({ id }) => id)).toEqual(['default', 'pulseaudio:usb-mic', 'pulseaudio:lid-mic', 'none']);
    expect(all[0]?.said).toContain('Blue Yeti');
  });

  it('keep one that is gone', () => {
    const gone = (kind: 'camera' | 'microphone', id: string) =>
      choicesOf(kind, DEVICES.cameras, id, english).find((one) => one.gone);
    expect(gone('camera', 'camera:usb?bus=1-2:1.0')).toMatchObject({ id: 'camera:usb?bus=1-2:1.0', said: 'usb' });
    expect(gone('microphone', 'pulseaudio:x?label=Rode NT-USB')?.said).toBe('Rode NT-USB');
    expect(gone('microphone', 'pulseaudio:x')?.said).toBe(words.chosenGone);
    expect(choicesOf('camera', [], 'none', english).some(({ gone }) => gone)).toBe(false);
  });
});

describe('the device page', () => {
  it('tries camera and microphone at once and closes both when it is left', async () => {
    const { user, host } = await open('devices');
    expect(lastOf(host, 'testDevices')).toEqual([true, true]);
    expect((await screen.findByTestId('hearing')).dataset['hearing']).toBeDefined();

    await user.click(screen.getByTestId('settings-back'));

    expect(lastOf(host, 'testDevices')).toEqual([false, false]);
    expect(screen.queryByTestId('devices-page')).toBeNull();
  });

  it('chooses at once and marks what is in use', async () => {
    const { user, host } = await open('devices');
    expect(chosen('microphone')).toBe('default');
    expect(screen.getByTestId('devices-microphone').textContent).toContain(words.inUse);

    await user.click(radios('microphone')[2]!);

    expect((lastOf(host, 'setSettings')?.[0] as { microphone: string }).microphone).toBe('pulseaudio:lid-mic');
    await waitFor(() => expect(chosen('microphone')).toBe('pulseaudio:lid-mic'));
  });

  it('stays with what was chosen when it could not be changed, and says so there', async () => {
    const { user } = await open('devices-refused');

    await user.click(radios('speaker')[1]!);

    await waitFor(() =>
      expect(screen.getByTestId('devices-speaker').textContent).toContain('The settings could not be written.'),
    );
    expect(chosen('speaker')).toBe('default');
  });

  it('shows what is plugged in while it is open', async () => {
    const { host } = await open('devices');

    host.pushDevices((old) => ({ ...old, speakers: [...old.speakers, { id: 'hdmi', label: 'HDMI monitor', default: false }] }));

    await waitFor(() => expect(screen.getByTestId('devices-speaker').textContent).toContain('HDMI monitor'));
  });

  it('says that a chosen device is not plugged in and what is used instead', async () => {
    await open('devices-gone');

    expect(screen.getByTestId('devices-microphone').textContent).toContain('Rode NT-USB');
    expect(screen.getByTestId('devices-camera').textContent).toContain(words.unplugged);
    const [first] = screen.getAllByTestId('device-gone');
    expect(first?.textContent).toContain('Integrated camera');
  });

  it('says in words what is wrong', async () => {
    await open('devices-busy');

    const faults = screen.getAllByTestId('device-fault').map((one) => one.textContent?.trim());
    expect(faults).toEqual([words.faults.camera.busy, words.faults.microphone.denied]);
    expect(screen.getByTestId('camera-preview').dataset['shown']).toBe('false');
  });

  it('has words for a computer without any device', async () => {
    await open('devices-none');
    expect(screen.getByText(words.nothing)).toBeTruthy();
    for (const kind of ['microphone', 'speaker', 'camera'])
      expect(radios(kind).map((one) => one.value)).toEqual(['default', 'none']);
  });

  it('tries nothing that was chosen away', async () => {
    const { host } = await open('devices-off');
    expect(lastOf(host, 'testDevices')).toEqual([false, false]);
    expect(screen.getByText(words.previewNone)).toBeTruthy();
    expect(screen.queryByTestId('echo-test')).toBeNull();
    expect(screen.getByTestId<HTMLButtonElement>('speaker-test').disabled).toBe(true);
  });

  it('leaves what an administrator fixed', async () => {
    await open('devices-locked');
    expect(screen.getByTestId<HTMLFieldSetElement>('devices-microphone').disabled).toBe(true);
    expect(screen.getByTestId<HTMLInputElement>('set-noise_suppression').disabled).toBe(true);
    expect(screen.getByTestId<HTMLInputElement>('set-echo_cancellation').disabled).toBe(false);
  });

  it('switches the clean-up of the sound', async () => {
    const { user, host } = await open('devices');
    await user.click(screen.getByTestId('set-automatic_gain'));
    expect((lastOf(host, 'setSettings')?.[0] as { automatic_gain: boolean }).automatic_gain).toBe(false);
  });

  it('plays a sound, rings, records and plays back', async () => {
    const { user, host } = await open('devices');

    await user.click(screen.getByTestId('speaker-test'));
    expect(lastOf(host, 'testSpeaker')).toEqual([]);
    host.pushDevices((old) => ({ ...old, test: { ...old.test, speaker: true } }));
    await waitFor(() => expect(screen.getByTestId('speaker-test').textContent).toContain(words.speakerPlaying));

    await user.click(screen.getByTestId('ring-test'));
    expect(lastOf(host, 'testRing')).toEqual([true]);
    await waitFor(() => expect(screen.getByTestId('ring-test').textContent).toContain('Stop ringing'));

    await user.click(screen.getByTestId('echo-test'));
    expect(lastOf(host, 'testEcho')).toEqual([true]);
    await waitFor(() => expect(screen.getByTestId('echo').dataset['step']).toBe('recording'));
    host.pushDevices((old) => ({ ...old, test: { ...old.test, echo: 'playing' } }));
    await waitFor(() => expect(screen.getByTestId('echo').textContent).toContain(words.playing));
    await user.click(screen.getByTestId('echo-stop'));
    expect(lastOf(host, 'testEcho')).toEqual([false]);
  });

  it('shows the picture again after it was stopped by itself', async () => {
    const { user, host } = await open('devices');
    host.pushDevices((old) => ({ ...old, test: { ...old.test, camera: false, microphone: false } }));
    await user.click(await screen.findByTestId('preview-start'));
    expect(lastOf(host, 'testDevices')).toEqual([true, false]);
    await user.click(screen.getByTestId('microphone-start'));
    expect(lastOf(host, 'testDevices')).toEqual([true, true]);
  });

  it.each([
    ['devices-loud', 'tooLoud'],
    ['devices-silent', 'saySomething'],
  ])('in state %s says how loud one is', async (state, hearing) => {
    await open(state);
    await waitFor(() => expect(screen.getByTestId('hearing').dataset['hearing']).toBe(hearing));
  });
});

describe('the devices of a call', () => {
  it('open beside the buttons, apply at once and close with Escape', async () => {
    const { host, user } = await draw('connected');

    await user.click(screen.getByTestId('call-sound-devices'));
    expect(screen.getByTestId('device-popover')).toBeTruthy();
    await user.click(radios('speaker')[2]!);
    expect((lastOf(host, 'setSettings')?.[0] as { speaker: string }).speaker).toBe('pulseaudio:headset');
    await fireEvent.keyDown(screen.getByTestId('device-popover'), { key: 'Escape' });
    expect(screen.queryByTestId('device-popover')).toBeNull();

    await user.click(screen.getByTestId('call-cameras'));
    expect(screen.getByTestId('devices-camera')).toBeTruthy();
    await user.click(screen.getByTestId('call-cameras'));
    expect(screen.queryByTestId('device-popover')).toBeNull();
    // Nothing is tried beside a call.
    expect(lastOf(host, 'testDevices')).toBeUndefined();
  });
});

describe('news of a device', () => {
  const news = (over: Partial<DeviceEvent>): DeviceEvent => ({
    device: 'microphone',
    happened: 'lost',
    name: 'Blue Yeti',
    problem: null,
    ...over,
  });
  const english = language('en');

  it.each<[Partial<DeviceEvent>, string]>([
    [{}, 'Microphone disconnected: \u2068Blue Yeti\u2069. The other person can’t hear you.'.replace(/[\u2068\u2069]/g, '')],
    [{ name: '' }, 'Microphone disconnected. The other person can’t hear you.'],
    [{ problem: 'busy' }, words.faults.microphone.busy],
    [{ happened: 'back', device: 'speaker', name: 'Jabra' }, 'Speaker reconnected: Jabra.'],
    [{ happened: 'switched', device: 'camera', name: 'Lid' }, 'Switched to another camera: Lid.'],
    [
      { happened: 'switched', device: 'camera', name: 'Lid', problem: 'busy' },
      'Another program is using the camera. Switched to another camera: Lid.',
    ],
    [{ device: 'sharing', name: 'Offer.odt' }, 'The shared window or screen is gone. Sharing has ended.'],
  ])('%j', (over, expected) => {
    expect(newsOf(news(over), english).replace(/[\u2066-\u2069]/g, '')).toBe(expected);
  });

  it('comes in the reader’s language, not in the program’s', async () => {
    const { host } = await draw('connected');
    const notice: UiNotice = { kind: 'device', text: 'lost the microphone', call: null, device: news({}), code: null };

    host.pushSettings((old) => ({ ...old, settings: { ...old.settings, language: 'de' } }));
    await waitFor(() => expect(document.documentElement.lang).toMatch(/^de/));
    host.notice(notice);

    expect((await screen.findByTestId('toast')).textContent).toContain('Die Gegenseite hört nichts.');
  });
});
