// People, orders and calls the fake host shows. Chosen to be awkward: long names, right-to-left
// names, no e-mail, no orders.

import type {
  AccountView,
  CallState,
  CallView,
  Capabilities,
  Contact,
  MemberState,
  MemberView,
  Person,
} from '../../generated/bindings';
import { ago, on } from './clock';

export const person = (id: string, name: string): Person => ({ id, name, avatar: null });

export const ADA = person('c1', 'Ada Okafor');
export const LEILA = person('c2', 'ليلى حداد');
export const LONG = person('c3', 'Maximiliane Freifrau von Hohenstein-Wartenburg zu Sonnenfels');
const SELLER = person('s1', 'Nordlicht Keramik');

/** A line with nothing but a person on it. */
export function plain(who: Person, over: Partial<Contact> = {}): Contact {
  return {
    id: who.id,
    person: who,
    detail: '',
    online: false,
    subjects: [],
    total_orders: 0,
    total_spent: '',
    subject: null,
    thread: null,
    unread: 0,
    last_message: null,
    slot: null,
    voice: false,
    video: true,
    ...over,
  };
}

function contact(who: Person, detail: string, online: boolean, orders: [number, string, string, number][], more = 0): Contact {
  const total = orders.reduce((sum, [, , amount]) => sum + Number(amount), 0) + more * 41.5;
  return plain(who, {
    detail,
    online,
    subjects: orders.map(([number, status, amount, days]) => ({
      subject: { id: `o${number}`, label: `Order #${number}` },
      status,
      created_at: days === 0 ? ago(60) : on(-days, 15),
      amount,
    })),
    total_orders: orders.length + more,
    total_spent: total.toFixed(2),
  });
}

const CONTACTS: Contact[] = [
  contact(
    ADA,
    'ada.okafor@example.com',
    true,
    [
      [1042, 'Processing', '128.40', 0],
      [1017, 'Delivered', '59.00', 23],
      [963, 'Delivered', '212.90', 71],
    ],
    4,
  ),
  contact(LEILA, 'leila@example.org', true, [[1039, 'Shipped', '34.50', 2]]),
  contact(LONG, 'maximiliane.von.hohenstein-wartenburg@long-company-name.example.com', false, [
    [1031, 'Transferred to delivery partner', '1249.00', 6],
    [1002, 'Refund Success', '18.20', 40],
  ]),
  contact(person('c4', 'Jonas Weber'), 'jonas.weber@example.com', false, [[1028, 'Delivered', '76.00', 9]]),
  contact(person('c5', 'Wen'), '', true, [[1011, 'Delivered', '44.10', 31]]),
  contact(person('c6', 'Priya Raman'), 'priya@example.net', false, []),
];

/** What a backend that can do nothing but video calls can do. */
export const CAPABILITIES: Capabilities = {
  video: true,
  voice: false,
  busy: true,
  media_state: true,
  screen_share: false,
  subjects: false,
  history: true,
  analytics: false,
  contacts: true,
  list: 'people',
  chat: false,
  ring_timeout_s: 45,
  seats: 2,
};

/** Nothing is wrong with the list or the connection. */
export const WELL = { left_out: 0, list_error: null, paused_until: null, link_problem: null } as const;

export function seller(over: Partial<AccountView> = {}): AccountView {
  return {
    id: 1,
    dialect: 'storefront',
    label: 'Storefront',
    server: 'calls.nordlicht.example',
    me: SELLER,
    role: 'seller',
    link: 'online',
    contacts: CONTACTS,
    contacts_loaded: true,
    ...WELL,
    can_call: true,
    capabilities: { ...CAPABILITIES, subjects: true, analytics: true, screen_share: true },
    ...over,
  };
}

export function customer(over: Partial<AccountView> = {}): AccountView {
  return { ...seller(), me: ADA, role: 'customer', contacts: [], can_call: false, ...over };
}

export function member(id: number, who: Person, state: MemberState, over: Partial<MemberView> = {}): MemberView {
  const there = state !== 'invited';
  return {
    id,
    person: who,
    state,
    audio: there,
    video: there,
    sharing: false,
    has_microphone: true,
    has_camera: true,
    ...over,
  };
}

/** How the only other member of a call is. */
export function memberState({ is }: CallState): MemberState {
  return is === 'calling' || is === 'ringing' || is === 'ended' ? 'invited' : is;
}

export function call(state: CallState, over: Partial<CallView> = {}): CallView {
  return {
    id: 7,
    account: 1,
    remote_id: 'a5f2',
    direction: 'outgoing',
    kind: 'video',
    peer: ADA,
    people: [over.peer ?? ADA],
    members: state.is === 'ended' ? [] : [member(1, over.peer ?? ADA, memberState(state))],
    subject: { id: 'o1042', label: 'Order #1042' },
    state,
    waiting: false,
    connected_ms: null,
    remote_audio: true,
    remote_video: true,
    remote_sharing: false,
    remote_has_microphone: true,
    remote_has_camera: true,
    signaling_lost: false,
    ...over,
  };
}
