// States of the program around the calls: settings, questions, accounts on their way back.

import { soon } from './clock';
import { customer, LEILA, LONG, person, seller } from './people';
import { dealer, TARIQ } from './backends';
import { view, type FakeState } from './state';

const home = () => view([seller()]);
const MANAGED = [
  { label: 'Workshop', server: 'calls.autohaus.example', dialect: 'dealerdesk' },
  { label: 'Shop', server: 'calls.nordlicht.example', dialect: null },
];
const RESTORING = [
  { label: 'Storefront', server: 'calls.nordlicht.example', name: 'Nordlicht Keramik', failed: null },
  { label: 'Clinic', server: 'calls.praxis-am-see.example', name: LONG.name, failed: null },
];
const keyring = { store: 'keyring', problem: 'none', file_exists: false } as const;

export const DESK_STATES: Record<string, FakeState> = {
  settings: { view: home(), settings: { replies: ['I’ll call you back', 'سأعاود الاتصال بك'] } },
  'settings-locked': {
    view: home(),
    settings: {
      do_not_disturb: true,
      quiet_hours: { on: true, from: '20:00', until: '06:00', days: [true, true, true, true, true, true, true] },
      keys: { mute: 'CmdOrCtrl+Shift+M', push_to_talk: 'F9', answer: null, hang_up: null },
    },
    locked: [
      'language',
      'theme',
      'start_at_login',
      'close_to_tray',
      'ringtone',
      'ring_volume',
      'do_not_disturb',
      'quiet_hours.on',
      'quiet_hours.from',
      'keys.mute',
      'keys.push_to_talk',
      'keys.answer',
      'keys.hang_up',
      'replies',
    ],
    desktop: { quiet: 'own' },
  },
  'settings-failing': { view: home(), failing: { setSettings: 'The settings could not be stored.', supportText: '' } },
  'settings-problems': {
    view: home(),
    settings: {
      keys: { mute: 'CmdOrCtrl+Shift+M', push_to_talk: 'F9', answer: 'CmdOrCtrl+Alt+A', hang_up: 'MediaStop' },
      quiet_hours: { on: true, from: '22:00', until: '07:00', days: [true, true, true, true, false, false, false] },
      ring_device: 'pulseaudio:gone?label=Conference speaker',
    },
    desktop: {
      tray: false,
      quiet: 'hours',
      key_problems: [
        { action: 'mute', problem: 'taken' },
        { action: 'push_to_talk', problem: 'unsupported' },
      ],
      secrets: { store: 'file', problem: 'locked', file_exists: true },
    },
  },
  'quiet-own': { view: home(), settings: { do_not_disturb: true }, desktop: { quiet: 'own', missed: 3 } },
  'quiet-until': { view: home(), settings: { do_not_disturb: true, quiet_until: soon(60) }, desktop: { quiet: 'own' } },
  'ask-login': { view: home(), settings: { asked_login: false } },
  'quiet-hours': {
    view: home(),
    settings: { quiet_hours: { on: true, from: '22:00', until: '07:30', days: [true, true, true, true, true, true, true] } },
    desktop: { quiet: 'hours' },
  },
  'quiet-system': { view: home(), desktop: { quiet: 'system', missed: 120 } },

  'explain-close': { view: home(), desktop: { explain_close: true } },
  'pending-call': {
    view: home(),
    desktop: { pending_call: { accounts: [1], person: person('c1', 'Ada Okafor'), kind: 'video' } },
  },
  'pending-unknown': {
    view: view([seller(), customer({ id: 2, server: 'shop.example.org' }), dealer({ id: 3 })]),
    desktop: { pending_call: { accounts: [1, 3], person: { ...LEILA, id: 'x77' }, kind: 'voice' } },
  },
  'pending-nobody': { view: home(), desktop: { pending_call: { accounts: [], person: TARIQ, kind: 'video' } } },

  restoring: { view: view([]), desktop: { restoring: RESTORING } },
  'restoring-failed': { view: view([]), desktop: { restoring: RESTORING.map((one) => ({ ...one, failed: 'unreachable' })) } },
  'restoring-some': {
    view: home(),
    desktop: { restoring: RESTORING.slice(1).map((one) => ({ ...one, failed: 'wrong_credentials' })) },
  },

  'notices-many': {
    view: view([seller({ link: 'offline' })]),
    start: { notes: ['no_camera_found', 'no_speaker_found'] },
    settings: { asked_login: false },
    desktop: { secrets: { store: 'session', problem: 'missing', file_exists: false } },
  },
  'secrets-session': { view: home(), desktop: { secrets: { store: 'session', problem: 'missing', file_exists: false } } },
  'secrets-keyring-locked': { view: home(), desktop: { secrets: { ...keyring, problem: 'locked' } } },
  'secrets-sealed': {
    view: view([]),
    desktop: { secrets: { store: 'file', problem: 'locked', file_exists: true }, restoring: RESTORING },
  },
  'secrets-wrong': {
    view: view([]),
    desktop: { secrets: { store: 'file', problem: 'wrong_passphrase', file_exists: true } },
    failing: { unlockSecrets: '' },
  },
  'secrets-damaged': { view: home(), desktop: { secrets: { store: 'file', problem: 'damaged', file_exists: true } } },

  'signin-managed': { view: view([]), managed: { servers: MANAGED, only: true } },
  'signin-suggested': { view: view([]), managed: { servers: MANAGED, only: false } },
};
