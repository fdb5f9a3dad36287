// People, orders and calls the fake host shows. Chosen to be awkward: long names, right-to-left
// names, no e-mail, no orders.

import type { AccountView, CallState, CallView, ContactView, HistoryEntry, Person } from '../../generated/bindings';

const DAY = 86_400_000;

export function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

const person = (id: string, name: string): Person => ({ id, name, avatar: null });

export const ADA = person('c1', 'Ada Okafor');
export const LEILA = person('c2', 'ليلى حداد');
export const LONG = person('c3', 'Maximiliane Freifrau von Hohenstein-Wartenburg zu Sonnenfels');
export const SELLER = person('s1', 'Nordlicht Keramik');

function contact(who: Person, detail: string, online: boolean, orders: [number, string, string, number][], more = 0): ContactView {
  const total = orders.reduce((sum, [, , amount]) => sum + Number(amount), 0) + more * 41.5;
  return {
    person: who,
    detail,
    online,
    subjects: orders.map(([number, status, amount, days]) => ({
      subject: { id: `o${number}`, label: `Order #${number}` },
      status,
      created_at: ago(days * DAY + 3_600_000),
      amount,
    })),
    total_orders: orders.length + more,
    total_spent: total.toFixed(2),
  };
}

export const CONTACTS: ContactView[] = [
  contact(ADA, 'ada.okafor@example.com', true, [
    [1042, 'Processing', '128.40', 0],
    [1017, 'Delivered', '59.00', 23],
    [963, 'Delivered', '212.90', 71],
  ], 4),
  contact(LEILA, 'leila@example.org', true, [[1039, 'Shipped', '34.50', 2]]),
  contact(LONG, 'maximiliane.von.hohenstein-wartenburg@long-company-name.example.com', false, [
    [1031, 'Transferred to delivery partner', '1249.00', 6],
    [1002, 'Refund Success', '18.20', 40],
  ]),
  contact(person('c4', 'Jonas Weber'), 'jonas.weber@example.com', false, [[1028, 'Delivered', '76.00', 9]]),
  contact(person('c5', 'Wen'), '', true, [[1011, 'Delivered', '44.10', 31]]),
  contact(person('c6', 'Priya Raman'), 'priya@example.net', false, []),
];

export function seller(over: Partial<AccountView> = {}): AccountView {
  return {
    id: 1,
    dialect: 'storefront',
    server: 'calls.nordlicht.example',
    me: SELLER,
    role: 'seller',
    link: 'online',
    contacts: CONTACTS,
    contacts_loaded: true,
    can_call: true,
    ...over,
  };
}

export function customer(over: Partial<AccountView> = {}): AccountView {
  return { ...seller(), me: ADA, role: 'customer', contacts: [], can_call: false, ...over };
}

export function call(state: CallState, over: Partial<CallView> = {}): CallView {
  return {
    id: 7,
    account: 1,
    remote_id: 'a5f2',
    direction: 'outgoing',
    kind: 'video',
    peer: ADA,
    subject: { id: 'o1042', label: 'Order #1042' },
    state,
    waiting: false,
    connected_ms: null,
    remote_audio: true,
    remote_video: true,
    remote_sharing: false,
    signaling_lost: false,
    ...over,
  };
}

const line = (n: number, peer: Person, outgoing: boolean, status: string, ms: number, duration: number, order?: number): HistoryEntry => ({
  account: 1,
  call: `h${n}`,
  peer,
  outgoing,
  status,
  started_at: ago(ms),
  duration_s: duration,
  subject: order === undefined ? null : { id: `o${order}`, label: `Order #${order}` },
});

export function history(page: number, peers: Person[]): HistoryEntry[] {
  const at = (index: number) => peers[index % peers.length]!;
  const base = (page - 1) * 10 * DAY;
  const number = page * 100;
  return [
    line(number, at(0), true, 'ended', base + 40 * 60_000, 754, 1042),
    line(number + 1, at(1), false, 'missed', base + 3 * 3_600_000, 0),
    line(number + 2, at(2), true, 'declined', base + 26 * 3_600_000, 0, 1031),
    line(number + 3, at(0), false, 'ended', base + 2 * DAY, 4123),
    line(number + 4, at(1), true, 'missed', base + 4 * DAY, 0, 1039),
    line(number + 5, at(2), false, 'failed', base + 6 * DAY, 0),
  ];
}
