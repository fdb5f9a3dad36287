// States of the devices, of the small window and of what a call offers beyond talking.

import type { DeviceFault, DeviceEvent, DevicesView, UiNotice } from '../../generated/bindings';
import { CARLA, practitioner, provider } from './backends';
import { call, LEILA, LONG, seller } from './people';
import { preview } from './preview';
import { connected, incoming, view, type FakeState } from './state';
import { DEVICES, SOURCES } from './surroundings';

const mini = { window: 'mini' } as const;
const waiting = incoming({ id: 9, peer: LEILA, subject: null, waiting: true });
const ours = (over: Parameters<typeof connected>[0] = {}) => connected(over);
const calling = (over: Parameters<typeof connected>[0] = {}, on = {}) => view([seller()], [ours(over)], on);

const faulty = (...faults: DeviceFault[]): Partial<DevicesView> => ({ test: { ...DEVICES.test, faults } });
const home = { view: view([seller()]), start: { notes: ['no_camera_found' as const] } };
const heard = (device: DeviceEvent): UiNotice => ({ kind: 'device', text: 'English words.', call: null, device, code: null });

export const CALL_STATES: Record<string, FakeState> = {
  devices: { ...home, devices: { in_use: { microphone: 'Blue Yeti', speaker: '', camera: 'Integrated camera' } } },
  'devices-none': { ...home, devices: { microphones: [], speakers: [], cameras: [] } },
  'devices-gone': {
    ...home,
    settings: { microphone: 'pulseaudio:alsa_input.usb-Rode-00?label=Rode NT-USB', camera: 'camera:Logitech C920?bus=1-2:1.0' },
    devices: { in_use: { microphone: 'Blue Yeti', speaker: 'Built-in speakers', camera: 'Integrated camera' } },
  },
  'devices-off': { ...home, settings: { microphone: 'none', speaker: 'none', camera: 'none' } },
  'devices-busy': {
    ...home,
    devices: faulty({ device: 'camera', problem: 'busy' }, { device: 'microphone', problem: 'denied' }),
  },
  'devices-failed': {
    ...home,
    devices: faulty({ device: 'speaker', problem: 'failed' }, { device: 'microphone', problem: 'missing' }),
  },
  'devices-locked': { ...home, locked: ['microphone', 'noise_suppression'] },
  'devices-refused': { ...home, failing: { setSettings: 'The settings could not be written.' } },
  'devices-silent': { ...home, levels: { microphone_db: -88 } },
  'devices-loud': { ...home, levels: { microphone_db: -1 } },

  'waiting-for-picture': { view: calling({ connected_ms: 0 }), noRemote: true },
  'no-camera': { view: calling({}, { has_camera: false }) },
  'no-devices': { view: calling({}, { has_camera: false, has_microphone: false }) },
  'remote-no-microphone': { view: calling({ remote_audio: false, remote_has_microphone: false }) },
  'remote-no-camera': { view: calling({ remote_video: false, remote_has_camera: false }) },
  'muted-speech': { view: calling({}, { microphone: false }), levels: { muted_speech: true } },
  'push-to-talk': {
    view: calling({}, { microphone: false }),
    settings: { keys: { mute: null, push_to_talk: 'CmdOrCtrl+Space', answer: null, hang_up: null } },
  },
  talking: {
    view: calling({}, { microphone: false }),
    settings: { keys: { mute: null, push_to_talk: 'CmdOrCtrl+Space', answer: null, hang_up: null } },
    desktop: { talking: true },
  },
  'full-screen': { view: calling(), desktop: { full_screen: true } },
  'slow-upload': { view: calling(), stats: { target_kbps: 180, video_kbps_sent: 170, width_sent: 320, height_sent: 180 } },
  'busy-computer': { view: calling(), stats: { fps_sent: 3 } },
  'device-lost': {
    view: calling(),
    notices: [heard({ device: 'microphone', happened: 'lost', name: 'Blue Yeti', problem: 'missing' })],
  },
  'device-switched': {
    view: calling(),
    notices: [heard({ device: 'camera', happened: 'switched', name: 'Integrated camera', problem: 'busy' })],
  },
  'remote-sharing': { view: calling({ remote_sharing: true }), stats: { width_received: 1920, height_received: 1080 } },
  everything: {
    view: view(
      [seller(), provider()],
      [ours({ peer: LONG, remote_audio: false, remote_sharing: true, signaling_lost: true }), waiting],
      { sharing: true, microphone: false },
    ),
    levels: { muted_speech: true },
    bad: true,
  },

  share: {
    view: view([practitioner()], [ours({ account: practitioner().id })]),
    sources: SOURCES.map((one, at) => ({ ...one, preview: preview(at) })),
  },
  'share-many': {
    view: calling(),
    sources: [
      ...SOURCES,
      { id: 'screen:monitor:HDMI-1', label: 'HDMI-1', kind: 'screen' as const, preview: preview(1) },
      ...Array.from({ length: 14 }, (_, at) => ({
        id: `screen:${100 + at}`,
        label: `Window ${at + 1} with a title that is longer than its picture is wide`,
        kind: 'window' as const,
        preview: at % 3 === 0 ? null : preview(at),
      })),
    ],
  },
  'share-none': { view: calling(), sources: [] },
  'share-error': { view: calling(), failing: { shareSources: 'the display does not answer' } },
  'share-wayland': {
    view: calling(),
    failing: { shareSources: 'sharing the screen needs X11 here; under Wayland it is not possible yet' },
  },
  'share-looking': { view: calling(), hanging: 'shareSources' },

  'provider-ended': {
    view: view(
      [provider()],
      [
        call(
          { is: 'ended', reason: { why: 'remote_hung_up' } },
          { account: provider().id, peer: CARLA, subject: null, kind: 'voice', connected_ms: 61_000 },
        ),
      ],
    ),
  },

  mini: { view: calling(), start: mini },
  'mini-long': { view: calling({ peer: LONG, connected_ms: 4_985_000 }, { sharing: true }), start: mini },
  'mini-muted': { view: calling({}, { microphone: false, camera: false }), start: mini },
  'mini-voice': {
    view: view([provider()], [ours({ account: provider().id, kind: 'voice', peer: CARLA, subject: null, remote_video: false })]),
    start: mini,
    noRemote: true,
  },
  'mini-calling': { view: view([seller()], [call({ is: 'calling', ringing: true })]), start: mini, noRemote: true },
  'mini-reconnecting': { view: calling({ state: { is: 'reconnecting' } }), start: mini },
  'mini-waiting': { view: view([seller()], [ours(), waiting]), start: mini },
  'mini-ringing': { view: view([seller()], [incoming()]), start: mini, noRemote: true },
  'mini-none': { view: view([seller()]), start: mini, noRemote: true },
};
