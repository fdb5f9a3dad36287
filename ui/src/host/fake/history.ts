// Earlier calls of the fake accounts, filtered and paged as the engine would.

import type { AccountView, HistoryEntry, HistoryFilter, HistoryPage, MediaKind, Person } from '../../generated/bindings';
import { AMIRA, CARLA, DANIEL, NADIA, OMAR, TARIQ } from './backends';
import { ago, on } from './clock';
import { ADA, LEILA, LONG, person } from './people';

/** Minutes ago, today; or calendar days ago and the hour then. */
type When = number | [days: number, hour: number];
type Line = [
  who: number,
  outgoing: boolean,
  status: string,
  when: When,
  seconds: number,
  about?: string | undefined,
  kind?: MediaKind,
];

const LINES: Line[] = [
  [0, true, 'completed', 40, 754, 'first'],
  [1, false, 'missed', 180, 0],
  [2, true, 'declined', [1, 16], 0, 'second'],
  [0, false, 'completed', [2, 15], 4123, undefined, 'voice'],
  [1, true, 'missed', [4, 18], 0, 'third'],
  [2, false, 'failed', [6, 12], 0],
];
const PAGES = 3;

/** Who an account's calls are with, and what they are about. */
function world(account: AccountView): { peers: Person[]; about: Record<string, string> } {
  switch (account.dialect) {
    case 'dealerdesk':
      return {
        peers: [TARIQ, person('t9', 'Svetlana Orlova'), LONG],
        about: { first: 'Listing 4471', second: 'Listing 4402', third: 'Listing 4471' },
      };
    case 'marketplace':
      return { peers: [CARLA, DANIEL, LEILA], about: {} };
    case 'hearth':
      return { peers: [OMAR, NADIA, LONG], about: { first: 'Evening check-in' } };
    case 'clinic':
      return { peers: [NADIA, OMAR, LONG], about: { first: 'Follow-up', second: 'First consultation', third: 'Results' } };
    default:
      return account.role === 'customer'
        ? {
            peers: [person('s1', 'Nordlicht Keramik')],
            about: { first: 'Order #1042', second: 'Order #1031', third: 'Order #1039' },
          }
        : { peers: [ADA, LEILA, LONG], about: { first: 'Order #1042', second: 'Order #1031', third: 'Order #1039' } };
  }
}

/** Every page is ten days before the one above it. */
function began(when: When, page: number, minutes: number): string {
  const [days, hour] = typeof when === 'number' ? [0, 14 - when / 60] : when;
  return typeof when === 'number' && page === 0 ? ago(when + minutes) : on(-days - page * 10, 0, hour * 60 - minutes);
}

function linesOf(account: AccountView, at: number): HistoryEntry[] {
  const { peers, about } = world(account);
  return Array.from({ length: PAGES }, (_, page) =>
    LINES.map(([who, outgoing, status, before, seconds, subject, kind], index): HistoryEntry => {
      const label = subject === undefined ? undefined : about[subject];
      return {
        id: account.id * 1000 + page * 100 + index + 1,
        account: account.id,
        call: `h${account.id}-${page + 1}${index}`,
        peer: peers[who % peers.length] ?? ADA,
        // One call of several.
        members: account.dialect === 'hearth' && index === 0 ? [OMAR, AMIRA, LEILA] : [],
        outgoing,
        status,
        // The accounts' calls lie between each other.
        started_at: began(before, page, at * 47),
        duration_s: seconds,
        subject: label === undefined ? null : { id: `o${label.replace(/\D/g, '') || label}`, label },
        kind: account.capabilities.voice ? (kind ?? 'video') : 'video',
        account_label: account.label,
        dialect: account.dialect,
      };
    }),
  ).flat();
}

export function historyPage(accounts: AccountView[], filter: HistoryFilter, page: number): HistoryPage {
  const wanted = (filter.search ?? '').trim().toLowerCase();
  const all = accounts
    .flatMap((account, index) => linesOf(account, index))
    .filter((entry) => filter.account === undefined || entry.account === filter.account)
    .filter((entry) => filter.dialect === undefined || entry.dialect === filter.dialect)
    .filter((entry) => filter.person === undefined || entry.peer.id === filter.person)
    .filter((entry) => filter.from === undefined || entry.started_at >= filter.from)
    .filter((entry) => filter.until === undefined || entry.started_at < filter.until)
    .filter((entry) => filter.missed !== true || (!entry.outgoing && entry.status === 'missed'))
    .filter((entry) => `${entry.peer.name} ${entry.subject?.label ?? ''}`.toLowerCase().includes(wanted))
    .sort((a, b) => b.started_at.localeCompare(a.started_at));
  const size = Math.max(1, Math.ceil(all.length / PAGES));
  return { entries: all.slice((page - 1) * size, page * size), page, pages: Math.ceil(all.length / size), left_out: 0 };
}
