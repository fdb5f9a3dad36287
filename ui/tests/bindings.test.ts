// Holds the hand-written bindings against what the shell really serialises (sample.json is kept by a
// test of the shell). The tables below are checked against the types by the compiler, and against the
// sample when the tests run: a field that changes on one side only fails one of the two.

import { describe, expect, it } from 'vitest';

import type {
  AccountView,
  Analytics,
  CallState,
  CallStats,
  CallView,
  Capabilities,
  ChatView,
  Choice,
  ContactView,
  DesktopView,
  DeviceFault,
  DeviceKind,
  DeviceNews,
  DeviceProblem,
  DeviceTest,
  DevicesView,
  DialectView,
  Direction,
  Discovery,
  EndReason,
  EngineView,
  Favourite,
  FieldView,
  FramesInfo,
  HistoryEntry,
  HistoryFilter,
  HistoryPage,
  KeyAction,
  KeyProblem,
  LastMessage,
  Levels,
  LinkState,
  ListKind,
  ManagedServer,
  MediaKind,
  Message,
  NoticeEvent,
  Offered,
  PendingCall,
  Person,
  Phase,
  PhoneView,
  Quiet,
  QuietHours,
  Restoring,
  RoleView,
  SecretProblem,
  SecretStore,
  SecretsView,
  SettingsView,
  ShareSource,
  SignIn,
  Slot,
  SoundDevice,
  StartInfo,
  Subject,
  SubjectView,
  Theme,
  Typed,
} from '../src/generated/bindings';
import sample from '../src/generated/sample.json';
import { SETTINGS } from '../src/host/fake/surroundings';
import { en } from '../src/text/en';

/** Every key of a type once; the compiler refuses one too few or too many. */
type Keys<T> = Record<keyof T, true>;

const person: Keys<Person> = { id: true, name: true, avatar: true };
const subject: Keys<Subject> = { id: true, label: true };
const subjectView: Keys<SubjectView> = { subject: true, status: true, created_at: true, amount: true };
const contact: Keys<ContactView> = {
  person: true,
  detail: true,
  online: true,
  subjects: true,
  total_orders: true,
  total_spent: true,
  id: true,
  subject: true,
  thread: true,
  unread: true,
  last_message: true,
  slot: true,
  voice: true,
  video: true,
};
const lastMessage: Keys<LastMessage> = { text: true, at: true, from_me: true };
const slot: Keys<Slot> = { starts_at: true, minutes: true, phase: true, they_wait: true, label: true };
const message: Keys<Message> = { id: true, thread: true, from_me: true, sender: true, text: true, at: true, read: true, call: true };
const chat: Keys<ChatView> = { left_out: true, account: true, thread: true, messages: true, loaded: true, typing: true, failed: true };
const capabilities: Keys<Capabilities> = {
  video: true,
  voice: true,
  busy: true,
  media_state: true,
  screen_share: true,
  subjects: true,
  history: true,
  analytics: true,
  contacts: true,
  list: true,
  chat: true,
  ring_timeout_s: true,
};
const account: Keys<AccountView> = { left_out: true, list_error: true, paused_until: true, link_problem: true,
  id: true,
  dialect: true,
  label: true,
  server: true,
  me: true,
  role: true,
  link: true,
  contacts: true,
  contacts_loaded: true,
  can_call: true,
  capabilities: true,
};
const call: Keys<CallView> = {
  id: true,
  account: true,
  remote_id: true,
  direction: true,
  kind: true,
  peer: true,
  subject: true,
  state: true,
  waiting: true,
  connected_ms: true,
  remote_audio: true,
  remote_video: true,
  remote_sharing: true,
  remote_has_microphone: true,
  remote_has_camera: true,
  signaling_lost: true,
};
const phone: Keys<PhoneView> = { calls: true, microphone: true, camera: true, sharing: true, has_microphone: true, has_camera: true };
const engine: Keys<EngineView> = { accounts: true, phone: true, chats: true };
const historyEntry: Keys<HistoryEntry> = {
  id: true,
  account: true,
  call: true,
  peer: true,
  outgoing: true,
  status: true,
  started_at: true,
  duration_s: true,
  subject: true,
  kind: true,
  account_label: true,
  dialect: true,
};
const historyFilter: Keys<HistoryFilter> = { account: true, dialect: true, person: true, missed: true, search: true, from: true, until: true };
const analytics: Keys<Analytics> = {
  total: true,
  accepted: true,
  declined: true,
  ended: true,
  average_duration_s: true,
  acceptance_rate: true,
  completion_rate: true,
  by_type: true,
  by_status: true,
};
const role: Keys<RoleView> = { id: true, label: true };
const field: Keys<FieldView> = { id: true, label: true, secret: true, only_for: true };
const dialect: Keys<DialectView> = { id: true, label: true, roles: true, fields: true };
const offered: Keys<Offered> = { dialect: true, label: true };
const discovery: Keys<Discovery> = { offered: true };
const historyPage: Keys<HistoryPage> = { left_out: true, entries: true, page: true, pages: true };
const signIn: Keys<SignIn> = {
  server: true,
  dialect: true,
  role: true,
  email: true,
  password: true,
  rest_base: true,
  socket_base: true,
  login_path: true,
  extra_ca: true,
  proxy: true,
};
const levels: Keys<Levels> = { microphone_db: true, speaker_db: true, muted_speech: true };
const stats: Keys<CallStats> = {
  frames_sent: true,
  frames_dropped: true,
  frames_received: true,
  fps_sent: true,
  fps_received: true,
  width_sent: true,
  height_sent: true,
  width_received: true,
  height_received: true,
  freezes: true,
  freeze_ms: true,
  video_kbps_sent: true,
  video_kbps_received: true,
  audio_kbps_sent: true,
  audio_kbps_received: true,
  target_kbps: true,
  packets_lost: true,
  loss: true,
  rtt_ms: true,
  jitter_ms: true,
  audio_level_sent_db: true,
  audio_level_received_db: true,
  concealed: true,
  microphone_muted: true,
  camera_off: true,
  codec_sent: true,
  codec_received: true,
  av_offset_ms: true,
  answer_to_video_ms: true,
  answer_to_audio_ms: true,
  path: true,
  security_code: true,
};
const notice: Keys<NoticeEvent> = { kind: true, text: true, call: true, device: true, code: true };
const settingsView: Keys<SettingsView> = { settings: true, locked: true, managed: true };
const managed: Keys<SettingsView['managed']> = { servers: true, only: true };
const managedServer: Keys<ManagedServer> = { label: true, server: true, dialect: true };
const favourite: Keys<Favourite> = { dialect: true, server: true, person: true, name: true };
const typed: Keys<Typed> = {
  server: true,
  dialect: true,
  role: true,
  email: true,
  rest_base: true,
  socket_base: true,
  login_path: true,
  extra_ca: true,
  proxy: true,
};
const quietHours: Keys<QuietHours> = { on: true, from: true, until: true, days: true };
const themes: Record<Theme, true> = { system: true, light: true, dark: true, high_contrast: true };
const frames: Keys<FramesInfo> = { url: true, token: true, gpu: true };
const startInfo: Keys<StartInfo> = { window: true, language: true, prefill: true, notes: true };
const prefill: Keys<NonNullable<StartInfo['prefill']>> = { server: true, dialect: true, role: true, email: true };

const choice: Keys<Choice> = { id: true, label: true };
const soundDevice: Keys<SoundDevice> = { id: true, label: true, default: true };
const devices: Keys<DevicesView> = { microphones: true, speakers: true, cameras: true, ringtones: true, in_use: true, test: true };
const inUse: Keys<DevicesView['in_use']> = { microphone: true, speaker: true, camera: true };
const deviceTest: Keys<DeviceTest> = { camera: true, microphone: true, speaker: true, ring: true, echo: true, faults: true };
const deviceFault: Keys<DeviceFault> = { device: true, problem: true };
const deviceNews: Keys<DeviceNews> = { device: true, happened: true, name: true, problem: true };
const shareSource: Keys<ShareSource> = { id: true, label: true, kind: true, preview: true };
const deviceKinds: Record<DeviceKind, true> = { microphone: true, speaker: true, camera: true, sharing: true, received_video: true };
const deviceProblems: Record<DeviceProblem, true> = { missing: true, busy: true, denied: true, failed: true, too_large: true, interlaced: true, bit_depth: true, chroma: true };
const deviceChanges: Record<DeviceNews['happened'], true> = { lost: true, back: true, switched: true };
const echoStages: Record<DeviceTest['echo'], true> = { idle: true, recording: true, playing: true };
const shareKinds: Record<ShareSource['kind'], true> = { screen: true, window: true };

const desktop: Keys<DesktopView> = {
  quiet: true,
  missed: true,
  tray: true,
  explain_close: true,
  pending_call: true,
  secrets: true,
  restoring: true,
  key_problems: true,
  talking: true,
  mini: true,
  full_screen: true,
  answer_window: true,
};
const pendingCall: Keys<PendingCall> = { accounts: true, person: true, kind: true };
const secrets: Keys<SecretsView> = { store: true, problem: true, file_exists: true };
const restoring: Keys<Restoring> = { label: true, server: true, name: true, failed: true };
const keyProblem: Keys<KeyProblem> = { action: true, problem: true };

/** The fields beside the tag, for every variant. */
type Variants<T, Tag extends keyof T> = { [V in T as V[Tag] & string]: Keys<Omit<V, Tag>> };

const states: Variants<CallState, 'is'> = {
  calling: { ringing: true },
  ringing: { silenced: true },
  connecting: {},
  connected: {},
  reconnecting: {},
  ended: { reason: true },
};
const reasons: Variants<EndReason, 'why'> = {
  hung_up: {},
  remote_hung_up: {},
  cancelled: {},
  remote_cancelled: {},
  declined: {},
  remote_declined: {},
  remote_busy: {},
  missed: {},
  remote_offline: {},
  answered_elsewhere: {},
  declined_elsewhere: {},
  merged: {},
  connection_lost: {},
  connect_failed: {},
  refused: { message: true },
  failed: { message: true },
};
const links: Record<LinkState, true> = { connecting: true, online: true, offline: true, signed_out: true };
const directions: Record<Direction, true> = { incoming: true, outgoing: true };
const kinds: Record<MediaKind, true> = { voice: true, video: true };
const lists: Record<ListKind, true> = { people: true, rooms: true, conversations: true, sessions: true, appointments: true };
const phases: Record<Phase, true> = {
  unconfirmed: true,
  upcoming: true,
  waiting: true,
  in_progress: true,
  ended: true,
  cancelled: true,
};

const quiets: Record<Quiet, true> = { off: true, own: true, hours: true, system: true };
const secretStores: Record<SecretStore, true> = { keyring: true, file: true, session: true };
const secretProblems: Record<SecretProblem, true> = {
  none: true,
  locked: true,
  missing: true,
  wrong_passphrase: true,
  damaged: true,
  failed: true,
};
const keyActions: Record<KeyAction, true> = { mute: true, push_to_talk: true, answer: true, hang_up: true };
const keyTroubles: Record<KeyProblem['problem'], true> = { taken: true, invalid: true, unsupported: true };

const keys = (of: object) => Object.keys(of).sort();

/** What the sample has, as a table like the ones above. */
function variants(of: object[], tag: string): Record<string, string[]> {
  return Object.fromEntries(
    of.map((one) => [String((one as Record<string, unknown>)[tag]), keys(one).filter((key) => key !== tag)]),
  );
}

function fields(table: Record<string, object>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(table).map(([tag, rest]) => [tag, keys(rest)]));
}

/** For lists of which the first stands for all. */
function first<T>(of: T[]): T {
  const one = of[0];
  if (one === undefined) throw new Error('the sample has an empty list');
  return one;
}

const anAccount = first(sample.view.accounts);
const aContact = first(anAccount.contacts);
const aChat = first(sample.view.chats);
const aCall = first(sample.view.phone.calls);
const aDialect = first(sample.dialects);
const anEntry = first(sample.history.entries);

describe('what the shell sends is what the bindings say', () => {
  it.each<[string, object, object]>([
    ['view', sample.view, engine],
    ['phone', sample.view.phone, phone],
    ['account', anAccount, account],
    ['me', anAccount.me, person],
    ['contact', aContact, contact],
    ['order', first(aContact.subjects), subjectView],
    ['capabilities', anAccount.capabilities, capabilities],
    ['last message', aContact.last_message, lastMessage],
    ['slot', aContact.slot, slot],
    ['chat', aChat, chat],
    ['message', first(aChat.messages), message],
    ['call', aCall, call],
    ['peer', aCall.peer, person],
    ['subject', aCall.subject, subject],
    ['notice', sample.notice, notice],
    ['call of a notice', sample.notice.call, call],
    ['stats', sample.stats, stats],
    ['levels', sample.levels, levels],
    ['history', sample.history, historyPage],
    ['line of the history', anEntry, historyEntry],
    ['filter of the history', sample.history_filter, historyFilter],
    ['figures', sample.analytics, analytics],
    ['backend', aDialect, dialect],
    ['role', first(aDialect.roles), role],
    ['field', first(aDialect.fields), field],
    ['what a server has', sample.discovered, discovery],
    ['one of them', first(sample.discovered.offered), offered],
    ['frames', sample.frames, frames],
    ['start', sample.start_info, startInfo],
    ['prefill', sample.start_info.prefill, prefill],
    ['sign-in', sample.sign_in, signIn],
    ['desktop', sample.desktop, desktop],
    ['pending call', sample.desktop.pending_call, pendingCall],
    ['secrets', sample.desktop.secrets, secrets],
    ['account on its way', first(sample.desktop.restoring), restoring],
    ['key that does not work', first(sample.desktop.key_problems), keyProblem],
    ['settings with their locks', sample.settings.view, settingsView],
    ['settings', sample.settings.view.settings, SETTINGS],
    ['global keys', sample.settings.view.settings.keys, SETTINGS.keys],
    ['what was typed', sample.settings.typed, typed],
    ['quiet hours', sample.settings.view.settings.quiet_hours, quietHours],
    ['favourite', first(sample.settings.view.settings.favourites), favourite],
    ['devices', sample.devices.view, devices],
    ['microphone', first(sample.devices.view.microphones), soundDevice],
    ['speaker', first(sample.devices.view.speakers), soundDevice],
    ['camera', first(sample.devices.view.cameras), choice],
    ['ringtone', first(sample.devices.view.ringtones), choice],
    ['devices in use', sample.devices.view.in_use, inUse],
    ['what is tried', sample.devices.view.test, deviceTest],
    ['fault of a device', first(sample.devices.view.test.faults), deviceFault],
    ['news of a device', sample.devices.news, deviceNews],
    ['what can be shared', sample.devices.share_source, shareSource],
    ['what is managed', sample.settings.view.managed, managed],
    ['server of an administrator', first(sample.settings.view.managed.servers), managedServer],
  ])('%s', (_, sent, bound) => {
    expect(keys(sent)).toEqual(keys(bound));
  });

  it('the defaults of the fake host are those of the shell', () => {
    const { favourites, replies, ...rest } = sample.settings.view.settings;
    expect(favourites.length + replies.length).toBe(2);
    expect({ ...rest, favourites: [], replies: [] }).toEqual(SETTINGS);
  });

  it('every state of a call', () => {
    expect(variants(sample.view.phone.calls.map((one) => one.state), 'is')).toEqual(fields(states));
  });

  it('every reason to end one', () => {
    expect(variants(sample.end_reasons, 'why')).toEqual(fields(reasons));
  });

  it('every backend has words for people', () => {
    for (const one of sample.dialects) {
      expect(Object.keys(en.signIn.about)).toContain(one.id);
      for (const { id } of one.roles) expect(Object.keys(en.signIn.roles)).toContain(id);
      for (const { id } of one.fields) expect(Object.keys(en.signIn.fields)).toContain(id);
    }
  });

  it('words', () => {
    expect(sample.view.accounts.map((one) => one.link).sort()).toEqual(keys(links));
    expect([...sample.directions].sort()).toEqual(keys(directions));
    expect([...sample.kinds].sort()).toEqual(keys(kinds));
    expect([...sample.lists].sort()).toEqual(keys(lists));
    expect([...sample.settings.themes].sort()).toEqual(keys(themes));
    expect([...sample.devices.kinds].sort()).toEqual(keys(deviceKinds));
    expect([...sample.devices.problems].sort()).toEqual(keys(deviceProblems));
    expect([...sample.devices.changes].sort()).toEqual(keys(deviceChanges));
    expect([...sample.devices.echo].sort()).toEqual(keys(echoStages));
    expect([...sample.devices.share_kinds].sort()).toEqual(keys(shareKinds));
    expect([...sample.phases].sort()).toEqual(keys(phases));
    expect([...sample.quiets].sort()).toEqual(keys(quiets));
    expect([...sample.secret_stores].sort()).toEqual(keys(secretStores));
    expect([...sample.secret_problems].sort()).toEqual(keys(secretProblems));
    expect([...sample.key_actions].sort()).toEqual(keys(keyActions));
    expect([...sample.key_troubles].sort()).toEqual(keys(keyTroubles));
  });
});
