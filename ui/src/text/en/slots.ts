// Sessions and appointments. English.

import { count } from './count';

export const slots = {
  loading: { sessions: 'Loading sessions…', appointments: 'Loading appointments…' },
  search: { sessions: 'Search sessions', appointments: 'Search appointments' },
  searchPlaceholder: 'Name or subject',
  found: { sessions: (n: number) => count(n, { one: '# session', other: '# sessions' }), appointments: (n: number) => count(n, { one: '# appointment', other: '# appointments' }) },
  empty: { sessions: 'No sessions and nobody to call yet', appointments: 'No appointments' },
  emptyHint: {
    sessions: 'Sessions you are invited to appear here.',
    appointments: 'Remote appointments appear here as soon as they are made.',
  },
  error: { sessions: 'The sessions could not be loaded', appointments: 'The appointments could not be loaded' },
  today: 'Today',
  tomorrow: 'Tomorrow',
  noneToday: 'Nothing more today',
  now: 'Running now',
  planned: 'Planned',
  earlier: 'Earlier',
  undated: 'Without a time',
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
  unconfirmedHint: 'Can be joined once it is confirmed',
  notHere: 'Cannot be joined from here',
  /** A backend's words for what kind of meeting it is. */
  labels: { physical: 'In person', remote: 'Remote' } as Record<string, string>,
};
