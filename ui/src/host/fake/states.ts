// Every state the interface can be in, by name: what the fake host starts from. Tests, the
// accessibility check and the screenshots walk this table.

import type { CallView, EndReason, EngineView } from '../../generated/bindings';
import { BACKEND_STATES } from './backend-states';
import { PAST_STATES } from './past-states';
import { CALL_STATES } from './call-states';
import { DESK_STATES } from './desk-states';
import { GROUP_STATES } from './group-states';
import { call, customer, LEILA, LONG, seller } from './people';
import { connected, incoming, view, type FakeState } from './state';

const asSeller = (calls: CallView[] = [], on = {}): EngineView => view([seller()], calls, on);
const asCustomer = (calls: CallView[] = []): EngineView => view([customer()], calls);
const nobody: EngineView = view([]);
const waiting = incoming({ id: 9, peer: LEILA, subject: { id: 'o1039', label: 'Order #1039' }, waiting: true });
const ended = (reason: EndReason, over: Partial<CallView> = {}): FakeState => ({
  view: asSeller([call({ is: 'ended', reason }, over)]),
});

const PREFILL = { server: 'calls.nordlicht.example', dialect: null, role: 'seller', email: 'hello@nordlicht.example' };

export const STATES: Record<string, FakeState> = {
  signin: { view: nobody },
  'signin-prefilled': { view: nobody, start: { prefill: PREFILL } },
  'signin-error': { view: nobody, start: { prefill: PREFILL }, failing: { signIn: 'Wrong e-mail or password.' } },
  'signin-busy': { view: nobody, start: { prefill: PREFILL }, hanging: 'signIn' },
  'signin-looking': { view: nobody, start: { prefill: PREFILL }, hanging: 'discover' },
  'signin-unreachable': {
    view: nobody,
    start: { prefill: PREFILL },
    failing: { discover: 'The server could not be reached: connection refused.' },
  },
  'signin-several': {
    view: nobody,
    start: { prefill: { ...PREFILL, role: null, email: '' } },
    offered: ['storefront', 'marketplace', 'clinic'],
  },
  'signin-all': { view: nobody, start: { prefill: { ...PREFILL, role: null, email: '' } }, offered: [] },
  'signin-technician': {
    view: nobody,
    start: { prefill: { ...PREFILL, role: 'technician', email: '' } },
    offered: ['dealerdesk'],
  },

  seller: { view: asSeller() },
  'seller-loading': { view: view([seller({ contacts: [], contacts_loaded: false })]), hanging: 'refreshContacts' },
  'seller-empty': { view: view([seller({ contacts: [] })]) },
  'seller-error': {
    view: view([seller({ contacts: [], contacts_loaded: false })]),
    failing: { refreshContacts: 'The server took too long to answer.' },
  },
  'seller-offline': { view: view([seller({ link: 'offline' })]) },
  'seller-connecting': { view: view([seller({ link: 'connecting' })]) },
  'seller-signed-out': { view: view([seller({ link: 'signed_out' })]) },
  'seller-notes': {
    view: asSeller(),
    start: { notes: ['no_camera_found', 'no_speaker_found'] },
  },
  'seller-two-accounts': {
    view: view([seller(), customer({ id: 2, server: 'shop.example.org', link: 'connecting' })]),
  },
  'seller-missed': {
    view: asSeller([
      call({ is: 'ended', reason: { why: 'missed' } }, { id: 5, direction: 'incoming', peer: LONG }),
      call({ is: 'ended', reason: { why: 'remote_cancelled' } }, { id: 6, direction: 'incoming', peer: LEILA, subject: null }),
    ]),
  },
  'seller-ringing': { view: asSeller([incoming()]) },
  'recent-error': { view: asSeller(), failing: { recentCalls: '' } },
  'history-empty': { view: asSeller(), emptyHistory: true },
  'history-error': { view: asSeller(), failing: { history: 'The server took too long to answer.' } },
  'history-loading': { view: asSeller(), hanging: 'history' },

  customer: { view: asCustomer() },
  'customer-offline': { view: view([customer({ link: 'offline' })]) },
  'customer-ringing': { view: asCustomer([incoming({ peer: { id: 's1', name: 'Nordlicht Keramik', avatar: null } })]) },

  ring: { view: asCustomer([incoming()]), start: { window: 'ring' } },
  'ring-long': {
    view: asCustomer([
      incoming({ peer: LONG, subject: { id: 'o1', label: 'Order #1031, hand-made porcelain tea service for twelve' } }),
    ]),
    start: { window: 'ring' },
  },
  'ring-voice': { view: asCustomer([incoming({ kind: 'voice', subject: null, peer: LEILA })]), start: { window: 'ring' } },
  'ring-silenced': { view: asCustomer([incoming({ state: { is: 'ringing', silenced: true } })]), start: { window: 'ring' } },
  'ring-waiting': { view: asSeller([connected(), waiting]), start: { window: 'ring' } },
  'ring-nobody': { view: asCustomer(), start: { window: 'ring' } },

  calling: { view: asSeller([call({ is: 'calling', ringing: false }, { remote_id: null })]), noRemote: true },
  'calling-ringing': { view: asSeller([call({ is: 'calling', ringing: true })]), noRemote: true },
  connecting: { view: asSeller([call({ is: 'connecting' })]), noRemote: true },
  connected: { view: asSeller([connected()]) },
  'connected-long': { view: asSeller([connected({ peer: LONG, connected_ms: 4_985_000 })]) },
  'connected-no-picture': { view: asSeller([connected()]), noRemote: true },
  voice: {
    view: asSeller([connected({ kind: 'voice', peer: LEILA, subject: null, remote_video: false })], { camera: false }),
    noRemote: true,
  },
  muted: { view: asSeller([connected()], { microphone: false, camera: false }) },
  'remote-off': { view: asSeller([connected({ remote_audio: false, remote_video: false })]), noRemote: true },
  sharing: { view: asSeller([connected({ remote_sharing: true })]) },
  reconnecting: { view: asSeller([connected({ state: { is: 'reconnecting' } })]), bad: true },
  'signaling-lost': { view: asSeller([connected({ signaling_lost: true })]) },
  'call-waiting': { view: asSeller([connected(), waiting]) },
  'call-notices': {
    view: asSeller([connected()]),
    notices: [
      { kind: 'device', text: 'The microphone was unplugged. Using the built-in one.', call: null, device: null, code: null },
      { kind: 'error', text: 'The camera is used by another program.', call: null, device: null, code: null },
    ],
  },
  poor: { view: asSeller([connected()]), bad: true },

  'ended-hung-up': ended({ why: 'hung_up' }, { connected_ms: 754_000 }),
  'ended-remote-hung-up': ended({ why: 'remote_hung_up' }, { connected_ms: 61_000 }),
  'ended-cancelled': ended({ why: 'cancelled' }),
  'ended-remote-cancelled': ended({ why: 'remote_cancelled' }, { direction: 'incoming' }),
  'ended-declined': ended({ why: 'declined' }, { direction: 'incoming' }),
  'ended-remote-declined': ended({ why: 'remote_declined' }),
  'ended-remote-busy': ended({ why: 'remote_busy' }),
  'ended-no-answer': ended({ why: 'missed' }),
  'ended-missed': ended({ why: 'missed' }, { direction: 'incoming' }),
  'ended-remote-offline': ended({ why: 'remote_offline' }),
  'ended-answered-elsewhere': ended({ why: 'answered_elsewhere' }, { direction: 'incoming' }),
  'ended-declined-elsewhere': ended({ why: 'declined_elsewhere' }, { direction: 'incoming' }),
  'ended-merged': ended({ why: 'merged' }),
  'ended-connection-lost': ended({ why: 'connection_lost' }, { connected_ms: 754_000, peer: LONG }),
  'ended-connect-failed': ended({ why: 'connect_failed' }),
  'ended-refused': ended({ why: 'refused', message: 'This customer has not ordered from your shop.' }),
  'ended-failed': ended({ why: 'failed', message: '' }),

  ...BACKEND_STATES,
  ...PAST_STATES,
  ...CALL_STATES,
  ...DESK_STATES,
  ...GROUP_STATES,
};

export type { FakeState } from './state';
