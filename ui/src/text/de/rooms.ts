// Lists of rooms and conversations. German.

import type { Text } from '../en';
import { count } from './count';

export const rooms: Text['rooms'] = {
  search: 'Suchen',
  searchPlaceholder: 'Name oder Nachricht',
  loading: { rooms: 'Räume werden geladen …', conversations: 'Unterhaltungen werden geladen …' },
  found: {
    rooms: (n) => count(n, { one: '# Raum', other: '# Räume' }),
    conversations: (n) => count(n, { one: '# Unterhaltung', other: '# Unterhaltungen' }),
  },
  empty: { rooms: 'Noch keine Räume', conversations: 'Noch keine Unterhaltungen' },
  emptyHint: {
    rooms: 'Sobald Sie mit jemandem einen Raum teilen, erscheint er hier.',
    conversations: 'Sobald Ihnen jemand schreibt, erscheint die Unterhaltung hier.',
  },
  error: { rooms: 'Die Räume konnten nicht geladen werden', conversations: 'Die Unterhaltungen konnten nicht geladen werden' },
  mine: (text) => `Sie: ${text}`,
  silent: 'Noch keine Nachrichten',
  choose: { rooms: 'Wählen Sie einen Raum', conversations: 'Wählen Sie eine Unterhaltung' },
  chooseHint: 'Hier erscheinen die Nachrichten und die Schaltflächen zum Anrufen.',
  online: 'Online',
  offline: 'Offline',
};
