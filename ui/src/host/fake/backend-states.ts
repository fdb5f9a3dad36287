// States of the four backends beside storefront, and of several accounts at once.

import type { AccountView, CallView, Message, Person, Subject } from '../../generated/bindings';
import { CARLA, dealer, NADIA, OMAR, patient, practitioner, provider, TARIQ, therapist } from './backends';
import { soon } from './clock';
import { chat } from './chats';
import { call, LEILA, LONG, seller } from './people';
import { connected, incoming, view, type FakeState } from './state';

const EVERYONE = (): AccountView[] => [
  seller(),
  dealer({ link: 'connecting' }),
  provider(),
  therapist({ link: 'signed_out' }),
  practitioner(),
];

const FOLLOW_UP: Subject = { id: 'a1', label: 'Follow-up' };
const SESSION: Subject = { id: 'call_1', label: 'Evening check-in' };

const at = (account: AccountView, peer: Person, subject: Subject | null = null): Partial<CallView> => ({
  account: account.id,
  peer,
  subject,
});
const ofTariq = at(dealer(), TARIQ, { id: 'room-tariq', label: 'Listing 4471' });
const ofCarla = at(provider(), CARLA);
const ofNadia = at(practitioner(), NADIA, FOLLOW_UP);
const voice = { kind: 'voice', remote_video: false } as const;
const tariqs = (over = {}) => view([dealer()], [], {}, [chat(2, 'room-tariq', over)]);
const ON_ITS_WAY: Message = {
  id: '',
  thread: 'room-tariq',
  from_me: true,
  sender: 'me',
  text: 'I will call you.',
  at: '',
  read: false,
};
const waiting = (account: AccountView): AccountView => ({
  ...account,
  contacts: account.contacts.map((one) =>
    one.slot?.they_wait === true ? { ...one, slot: { ...one.slot, they_wait: false, phase: 'upcoming' } } : one,
  ),
});

export const BACKEND_STATES: Record<string, FakeState> = {
  dealer: { view: view([dealer()]) },
  'dealer-loading': { view: view([dealer({ contacts: [], contacts_loaded: false })]), hanging: 'refreshContacts' },
  'dealer-empty': { view: view([dealer({ contacts: [] })]) },
  'dealer-error': {
    view: view([dealer({ contacts: [], contacts_loaded: false })]),
    failing: { refreshContacts: 'The server took too long to answer.' },
  },
  'dealer-offline': { view: view([dealer({ link: 'offline' })]) },
  'dealer-chat': { view: tariqs() },
  'dealer-chat-rtl': { view: view([dealer()], [], {}, [chat(2, 'room-leila')]) },
  'dealer-chat-long': { view: view([dealer()], [], {}, [chat(2, 'room-long')]) },
  'dealer-chat-empty': { view: view([dealer()]) },
  'dealer-chat-loading': { view: view([dealer()]), hanging: 'openThread' },
  'dealer-chat-typing': { view: tariqs({ typing: TARIQ.name }) },
  'dealer-chat-sending': { view: tariqs({ messages: [...chat(2, 'room-tariq').messages, ON_ITS_WAY] }) },
  'dealer-chat-failed': {
    view: tariqs({ failed: 'The server did not take the message.', messages: [...chat(2, 'room-tariq').messages, ON_ITS_WAY] }),
  },
  'dealer-chat-unsent': { view: view([dealer()]), failing: { sendMessage: 'No connection to the server.' } },
  'dealer-chat-error': {
    view: view([dealer()], [], {}, [
      chat(2, 'room-tariq', { messages: [], loaded: false, failed: 'The server took too long to answer.' }),
    ]),
  },
  'dealer-ringing': { view: view([dealer()], [incoming({ ...ofTariq, ...voice })]) },
  'dealer-call': { view: view([dealer()], [connected(ofTariq)]) },
  'dealer-voice': { view: view([dealer()], [connected({ ...ofTariq, ...voice })], { camera: false }), noRemote: true },

  provider: { view: view([provider()]) },
  'provider-chat': { view: view([provider()], [], {}, [chat(3, 'c-carla')]) },
  'provider-ringing': { view: view([provider()], [incoming({ ...ofCarla, ...voice })]) },
  'provider-voice-calling': {
    view: view([provider()], [call({ is: 'calling', ringing: true }, { ...ofCarla, ...voice })]),
    noRemote: true,
  },
  'provider-voice': { view: view([provider()], [connected({ ...ofCarla, ...voice })]), noRemote: true },
  'provider-sharing': { view: view([provider()], [connected(ofCarla)], { sharing: true }) },

  therapist: { view: view([therapist()]) },
  'therapist-quiet': { view: view([therapist({ contacts: therapist().contacts.filter((one) => one.slot === null) })]) },
  'therapist-empty': { view: view([therapist({ contacts: [] })]) },
  'therapist-room': {
    view: view([therapist()], [call({ is: 'calling', ringing: false }, at(therapist(), OMAR, SESSION))]),
    noRemote: true,
  },
  'therapist-call': { view: view([therapist()], [connected(at(therapist(), OMAR, SESSION))]) },

  clinic: { view: view([practitioner()]) },
  'clinic-quiet': { view: view([waiting(practitioner())]) },
  'clinic-empty': { view: view([practitioner({ contacts: [] })]) },
  'clinic-offline': { view: view([practitioner({ link: 'offline' })]) },
  'clinic-waits': { view: view([practitioner()], [incoming(ofNadia)]) },
  'clinic-room': { view: view([practitioner()], [call({ is: 'calling', ringing: false }, ofNadia)]), noRemote: true },
  'clinic-call': { view: view([practitioner()], [connected(ofNadia)]) },
  'clinic-sharing': { view: view([practitioner()], [connected(ofNadia)], { sharing: true }) },
  'clinic-share-failed': {
    view: view([practitioner()], [connected(ofNadia)]),
    failing: { setSharing: 'No screen could be captured.' },
  },
  'clinic-left': {
    view: view([practitioner()], [incoming({ ...ofNadia, state: { is: 'ended', reason: { why: 'remote_cancelled' } } })]),
  },
  'clinic-ended': {
    view: view(
      [practitioner()],
      [call({ is: 'ended', reason: { why: 'remote_hung_up' } }, { ...ofNadia, connected_ms: 754_000 })],
    ),
  },
  'clinic-nobody-came': { view: view([practitioner()], [call({ is: 'ended', reason: { why: 'missed' } }, ofNadia)]) },
  patient: { view: view([patient()]) },
  'patient-call': { view: view([patient()], [connected({ ...ofNadia, peer: practitioner().me, remote_sharing: true })]) },

  accounts: { view: view(EVERYONE()) },
  'accounts-ringing': { view: view(EVERYONE(), [incoming(ofNadia)]) },
  'accounts-call': { view: view(EVERYONE(), [connected(ofTariq)]) },
  'accounts-expired-call': { view: view([seller(), dealer({ link: 'signed_out' })], [connected(ofTariq)]) },
  'accounts-waiting': {
    view: view(EVERYONE(), [
      connected(ofTariq),
      incoming({ id: 9, account: 1, peer: LEILA, subject: { id: 'o1039', label: 'Order #1039' }, waiting: true }),
    ]),
  },
  'accounts-ended': { view: view(EVERYONE(), [call({ is: 'ended', reason: { why: 'remote_busy' } }, { ...ofCarla, ...voice })]) },
  'accounts-missed': {
    view: view(EVERYONE(), [
      call({ is: 'ended', reason: { why: 'missed' } }, { id: 5, direction: 'incoming', ...ofTariq, ...voice }),
      call({ is: 'ended', reason: { why: 'remote_cancelled' } }, { id: 6, direction: 'incoming', ...ofNadia }),
    ]),
  },
  'left-out': { view: view([seller({ left_out: 3 })]), historyLeftOut: 2 },
  'dealer-chat-left-out': { view: tariqs({ left_out: 1 }) },
  'list-stale': { view: view([seller({ list_error: 'unreachable' })]) },
  'list-too-large': { view: view([practitioner({ list_error: 'too_large', contacts: [], contacts_loaded: false })]) },
  paused: { view: view([provider({ paused_until: soon(12), list_error: 'paused' })]) },
  'link-blocked': { view: view([seller({ link: 'offline', link_problem: 'websocket_blocked' })]) },
  'link-denied': { view: view([therapist({ link: 'offline', link_problem: 'access_denied' })]) },
  'link-unreachable': { view: view([dealer({ link: 'connecting', link_problem: 'unreachable' })]) },
  'accounts-history-empty': { view: view(EVERYONE()), emptyHistory: true },

  'ring-clinic': { view: view([practitioner()], [incoming(ofNadia)]), start: { window: 'ring' } },
  'ring-account-long': {
    view: view(EVERYONE(), [
      incoming({
        ...ofTariq,
        ...voice,
        peer: LONG,
        subject: { id: 'o1', label: 'Listing 4471, gearbox and front axle of the red one' },
      }),
    ]),
    start: { window: 'ring' },
  },
  'ring-account': { view: view(EVERYONE(), [incoming({ ...ofTariq, ...voice })]), start: { window: 'ring' } },
};
