// Sessions and appointments. German.

import type { Text } from '../en';
import { count } from './count';

export const slots: Text['slots'] = {
  loading: { sessions: 'Sitzungen werden geladen …', appointments: 'Termine werden geladen …' },
  search: { sessions: 'Sitzungen suchen', appointments: 'Termine suchen' },
  searchPlaceholder: 'Name oder Thema',
  found: {
    sessions: (n) => count(n, { one: '# Sitzung', other: '# Sitzungen' }),
    appointments: (n) => count(n, { one: '# Termin', other: '# Termine' }),
  },
  empty: { sessions: 'Noch keine Sitzungen und niemand zum Anrufen', appointments: 'Keine Termine' },
  emptyHint: {
    sessions: 'Sitzungen, zu denen Sie eingeladen sind, erscheinen hier.',
    appointments: 'Onlinetermine erscheinen hier, sobald sie vereinbart sind.',
  },
  error: { sessions: 'Die Sitzungen konnten nicht geladen werden', appointments: 'Die Termine konnten nicht geladen werden' },
  today: 'Heute',
  tomorrow: 'Morgen',
  noneToday: 'Heute nichts weiter',
  now: 'Läuft gerade',
  planned: 'Anstehend',
  earlier: 'Früher',
  undated: 'Ohne Uhrzeit',
  people: 'Personen',
  minutes: (n) => count(n, { one: '# Min.', other: '# Min.' }),
  phase: {
    unconfirmed: 'Nicht bestätigt',
    upcoming: 'Bestätigt',
    waiting: 'Raum offen',
    in_progress: 'Läuft',
    ended: 'Beendet',
    cancelled: 'Abgesagt',
  },
  patientWaits: 'Patient wartet',
  practitionerWaits: 'Ihre Praxis wartet auf Sie',
  someoneWaits: 'Wartet auf Sie',
  admit: 'Einlassen',
  admitName: (name) => `${name} einlassen`,
  join: 'Beitreten',
  joinName: (name) => `${name} beitreten`,
  open: 'Raum öffnen',
  openName: (name) => `Raum öffnen für ${name}`,
  unconfirmedHint: 'Beitritt möglich, sobald der Termin bestätigt ist',
  notHere: 'Gruppenanrufe werden noch nicht unterstützt. Öffnen Sie die Sitzung im Browser.',
  labels: { physical: 'Vor Ort', remote: 'Online' },
};
