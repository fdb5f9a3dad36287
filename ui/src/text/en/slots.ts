// Sessions and appointments. English.

import { count, number } from './count';

export const slots = {
  loading: { sessions: 'Loading sessions…', appointments: 'Loading appointments…' },
  search: { sessions: 'Search sessions', appointments: 'Search appointments' },
  searchPlaceholder: 'Name or subject',
  found: {
    sessions: (n: number) => count(n, { one: '# session', other: '# sessions' }),
    appointments: (n: number) => count(n, { one: '# appointment', other: '# appointments' }),
  },
  empty: { sessions: 'No sessions and no one to call yet', appointments: 'No appointments' },
  emptyHint: {
    sessions: 'Sessions you’re invited to appear here.',
    appointments: 'Remote appointments appear here once they’re booked.',
  },
  error: { sessions: 'The sessions couldn’t be loaded', appointments: 'The appointments couldn’t be loaded' },
  today: 'Today',
  tomorrow: 'Tomorrow',
  noneToday: 'No appointments today',
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
  /** How long the other side has been in the room. */
  waited: (time: string) => `Waiting ${time}`,
  due: (time: string) => `Due ${time}`,
  admit: 'Admit',
  admitName: (name: string) => `Admit ${name}`,
  join: 'Join',
  joinName: (name: string) => `Join ${name}`,
  open: 'Open room',
  openName: (name: string) => `Open room for ${name}`,
  /** Long before the appointment. */
  openEarly: 'Open the room early?',
  joinEarly: 'Join early?',
  early: (name: string, day: string, time: string) =>
    `Your appointment with ${name}: ${day}, ${time}. There may be no one in the room yet.`,
  notNow: 'Not now',
  unconfirmedHint: 'You can join once it’s confirmed',
  notJoinable: 'This appointment can’t be joined from here.',
  full: (n: number) => `All ${number(n)} seats are taken.`,
  /** What is ours in a session. */
  you: (part: string) => `You: ${part}`,
  parts: { therapist: 'Therapist', co_therapist: 'Co-therapist', participant: 'Participant', observer: 'Observer' },
  noCamera: 'No cameras',
  noSharing: 'No screen sharing',
  recorded: 'Recorded',
  /** What kind of meeting it is, by `Slot.label`. */
  labels: {
    physical: 'In person',
    remote: 'Remote',
    one_to_one: 'One-to-one',
    group: 'Group',
    therapy: 'Therapy',
    individual_therapy: 'Individual therapy',
    group_therapy: 'Group therapy',
  } as Record<string, string>,
  /** What a meeting without a title of its own is called. */
  untitled: {
    call: 'Call',
    'group call': 'Group call',
    'therapy session': 'Therapy session',
  } as Record<string, string>,
};
