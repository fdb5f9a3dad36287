// The desktop around the made-up calls: settings, devices and windows that answer as the shell would.

import type {
  Analytics,
  DesktopView,
  DevicesView,
  Settings,
  SettingsView,
  Place,
  ShareSource,
  Typed,
} from '../../generated/bindings';
import type { Host } from '../host';

export const SETTINGS: Settings = {
  language: null,
  theme: 'system',
  microphone: 'default',
  speaker: 'default',
  camera: 'default',
  echo_cancellation: true,
  noise_suppression: true,
  automatic_gain: true,
  mirror_self: true,
  ringtone: 'classic',
  ring_volume: 0.8,
  ring_device: 'default',
  ring_second_device: null,
  do_not_disturb: false,
  quiet_until: null,
  quiet_favourites: true,
  quiet_second_call: true,
  quiet_hours: { on: false, from: '22:00', until: '07:00', days: [true, true, true, true, true, true, true] },
  follow_system_quiet: true,
  notify_calls: true,
  notify_missed: true,
  notify_messages: true,
  notify_soon: true,
  keys: { mute: 'CmdOrCtrl+Shift+M', push_to_talk: null, answer: null, hang_up: null },
  push_to_talk_release_ms: 300,
  media_keys: true,
  start_muted: false,
  start_camera_off: false,
  relay_only: false,
  letter_keys: true,
  start_at_login: false,
  asked_login: false,
  close_to_tray: true,
  replies: [],
  favourites: [],
};

export const DESKTOP: DesktopView = {
  quiet: 'off',
  missed: 0,
  tray: true,
  explain_close: false,
  pending_call: null,
  secrets: { store: 'keyring', problem: 'none', file_exists: false },
  restoring: [],
  key_problems: [],
  talking: false,
  mini: false,
  full_screen: false,
  answer_window: false,
};

export const DEVICES: DevicesView = {
  microphones: [
    { id: 'pulseaudio:usb-mic', label: 'Blue Yeti', default: true },
    { id: 'pulseaudio:lid-mic', label: 'Built-in microphone', default: false },
  ],
  speakers: [
    { id: 'pulseaudio:lid', label: 'Built-in speakers', default: true },
    { id: 'pulseaudio:headset', label: 'Jabra Evolve2 65 headset, USB', default: false },
  ],
  cameras: [{ id: 'camera:lid', label: 'Integrated camera' }],
  ringtones: [
    { id: 'classic', label: 'Classic' },
    { id: 'soft', label: 'Soft' },
  ],
  in_use: { microphone: '', speaker: '', camera: '' },
  test: { camera: false, microphone: false, speaker: false, ring: false, echo: 'idle', faults: [] },
};

export const SOURCES: ShareSource[] = [
  { id: 'screen:', label: 'Whole screen', kind: 'screen', preview: null },
  { id: 'screen:31', label: 'Offer for Nordlicht Keramik — LibreOffice Writer', kind: 'window', preview: null },
  { id: 'screen:32', label: 'Glasuren.ods', kind: 'window', preview: null },
];

const ANALYTICS: Analytics = {
  total: 128,
  accepted: 91,
  declined: 14,
  ended: 88,
  average_duration_s: 412,
  acceptance_rate: '71.09',
  completion_rate: '68.75',
  by_type: { general_support: 76, order_support: 40, sales: 12 },
  by_status: { ended: 88, declined: 14, missed: 23, failed: 3 },
};

/** What a state of the fake host says of its surroundings. */
export interface FakeSurroundings {
  settings?: Partial<Settings>;
  locked?: string[];
  managed?: SettingsView['managed'];
  desktop?: Partial<DesktopView>;
  devices?: Partial<DevicesView>;
  sources?: ShareSource[];
  analytics?: Analytics;
  /** What was typed for an account that has to sign in again. */
  typed?: Typed;
}

export interface FakeDesk {
  pushSettings(change: (settings: SettingsView) => SettingsView): void;
  pushDesktop(change: (desktop: DesktopView) => DesktopView): void;
  pushDevices(change: (devices: DevicesView) => DevicesView): void;
  ask(place: Place): void;
}

/** `told` notes a command, `answer` lets it fail or hang as the state asks. */
export function surroundings(
  state: FakeSurroundings,
  told: (...words: [string, ...unknown[]]) => void,
  answer: (command: string) => Promise<void>,
) {
  let settings: SettingsView = {
    // Asked long ago, unless the state is about that.
    settings: { ...SETTINGS, asked_login: true, ...state.settings },
    locked: state.locked ?? [],
    managed: state.managed ?? { servers: [], only: false },
  };
  let desktop: DesktopView = { ...DESKTOP, ...state.desktop };
  let devices: DevicesView = { ...DEVICES, ...state.devices };
  const seen = {
    settings: new Set<(s: SettingsView) => void>(),
    desktop: new Set<(d: DesktopView) => void>(),
    devices: new Set<(d: DevicesView) => void>(),
  };
  const places = new Set<(place: Place) => void>();
  const listen = <T>(all: Set<T>, one: T) => {
    all.add(one);
    return () => all.delete(one);
  };
  const pushSettings = (change: (old: SettingsView) => SettingsView) => {
    settings = change(settings);
    for (const one of seen.settings) one(settings);
  };
  const pushDesktop = (change: (old: DesktopView) => DesktopView) => {
    desktop = change(desktop);
    for (const one of seen.desktop) one(desktop);
  };
  const pushDevices = (change: (old: DevicesView) => DevicesView) => {
    devices = change(devices);
    for (const one of seen.devices) one(devices);
  };
  const test = (over: Partial<DevicesView['test']>) => pushDevices((old) => ({ ...old, test: { ...old.test, ...over } }));
  const run = async (words: [string, ...unknown[]], then: () => void = () => undefined) => {
    told(...words);
    await answer(words[0]);
    then();
  };

  return {
    pushSettings,
    pushDesktop,
    pushDevices,
    settingsChanged: (one) => listen(seen.settings, one),
    desktopChanged: (one) => listen(seen.desktop, one),
    devicesChanged: (one) => listen(seen.devices, one),
    asked: (one) => listen(places, one),
    ask: (place) => places.forEach((one) => one(place)),
    settings: () => Promise.resolve(settings),
    async setSettings(next) {
      await run(['setSettings', next]);
      pushSettings((old) => ({ ...old, settings: next }));
      return settings;
    },
    desktop: () => Promise.resolve(desktop),
    devices: () => Promise.resolve(devices),
    testDevices: (camera, microphone) => run(['testDevices', camera, microphone], () => test({ camera, microphone })),
    testSpeaker: () => run(['testSpeaker']),
    testRing: (on) => run(['testRing', on], () => test({ ring: on })),
    testEcho: (on) => run(['testEcho', on], () => test({ echo: on ? 'recording' : 'idle' })),
    async shareSources() {
      await run(['shareSources']);
      return state.sources ?? SOURCES;
    },
    declineWith: (call, text) => run(['declineWith', call, text]),
    async deleteRecord(id) {
      await run(['deleteRecord', id]);
      return true;
    },
    async exportHistory(filter, format) {
      await run(['exportHistory', filter, format]);
      return `/home/mara/Downloads/bellwire-calls.${format}`;
    },
    showExported: (path) => run(['showExported', path]),
    missedSeen: () => run(['missedSeen'], () => pushDesktop((old) => ({ ...old, missed: 0 }))),
    async analytics(account) {
      await run(['analytics', account]);
      return state.analytics ?? ANALYTICS;
    },
    confirmCall: (account) => run(['confirmCall', account], () => pushDesktop((old) => ({ ...old, pending_call: null }))),
    cancelPendingCall: () => run(['cancelPendingCall'], () => pushDesktop((old) => ({ ...old, pending_call: null }))),
    answerClose: (keep) => run(['answerClose', keep], () => pushDesktop((old) => ({ ...old, explain_close: false }))),
    setMini: (on) => run(['setMini', on], () => pushDesktop((old) => ({ ...old, mini: on }))),
    setFullScreen: (on) => run(['setFullScreen', on], () => pushDesktop((old) => ({ ...old, full_screen: on }))),
    ringDrawn: (call, height) => run(['ringDrawn', call, height]),
    showMain: () => run(['showMain']),
    quit: () => run(['quit']),
    unlockSecrets: (passphrase) =>
      run(['unlockSecrets', passphrase], () => pushDesktop((old) => ({ ...old, secrets: { ...old.secrets, problem: 'none' } }))),
    useSecrets: (store, passphrase) =>
      run(['useSecrets', store, passphrase], () =>
        pushDesktop((old) => ({ ...old, secrets: { ...old.secrets, store, problem: 'none' } })),
      ),
    restore: () => run(['restore']),
    async typed(account) {
      await run(['typed', account]);
      return state.typed ?? null;
    },
    supportText: async () => {
      await run(['supportText']);
      return 'Bellwire 0.1.0 on Linux\n2026-11-21T09:12:04Z INFO Signed in account=1\n';
    },
  } satisfies Partial<Host> & FakeDesk;
}
