// Sessions and appointments. English.

import { count } from './count';

export const slots = {
  loading: { sessions: 'Loading sessions…', appointments: 'Loading appointments…' },
  search: { sessions: 'Search sessions', appointments: 'Search appointments' },
  searchPlaceholder: 'Name or subject',
  found: { sessions: (n: number) => count(n, { one: '# session', other: '# sessions' }), appointments: (n: number) => count(n, { one: '# appointment', other: '# appointments' }) },
  empty: { sessions: 'No sessions and no one to call yet', appointments: 'No appointments' },
  emptyHint: {
    sessions: 'Sessions you’re invited to appear here.',
    appointments: 'Remote appointments appear here once they’re booked.',
  },
  error: { sessions: 'The sessions couldn’t be loaded', appointments: 'The appointments couldn’t be loaded' },
  today: 'Today',
  tomorrow: 'Tomorrow',
  noneToday: 'Nothing else today',
  now: 'In progress',
  planned: 'Upcoming',
  earlier: 'Earlier',
  undated: 'No time set',
  people: 'People',
  minutes: (n: number) => `${n} min`,
  phase: {
    unconfirmed: 'Not confirmed',
    upcoming: 'Confirmed',
    waiting: 'Room open',
    in_progress: 'In progress',
    ended: 'Ended',
    cancelled: 'Cancelled',
  },
  patientWaits: 'Patient is waiting',
  practitionerWaits: 'Your practitioner is waiting',
  someoneWaits: 'Waiting for you',
  admit: 'Admit',
  admitName: (name: string) => `Admit ${name}`,
  join: 'Join',
  joinName: (name: string) => `Join ${name}`,
  open: 'Open room',
  openName: (name: string) => `Open room for ${name}`,
  unconfirmedHint: 'You can join once it’s confirmed',
  notHere: 'Group calls aren’t supported yet. Open it in the browser.',
  /** A backend's words for what kind of meeting it is. */
  labels: { physical: 'In person', remote: 'Remote' } as Record<string, string>,
};
