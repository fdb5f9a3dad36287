// The box that calls by a few letters. German.

import type { Text } from '../en';
import { count } from './count';

export const quick: Text['quick'] = {
  title: 'Schnellanruf',
  search: 'Wen möchten Sie anrufen?',
  placeholder: 'Name, E-Mail oder Bestellung',
  people: 'Personen',
  found: (n) => count(n, { one: '# Person', other: '# Personen' }),
  nobody: 'Zurzeit ist niemand zum Anrufen da.',
  busy: 'Sie sind in einem Anruf. Beenden Sie ihn, bevor Sie jemand anderen anrufen.',
  keys: 'Pfeiltasten: auswählen, Eingabetaste: anrufen, Esc: schließen',
  keysBoth: 'Eingabetaste: Videoanruf, Umschalt+Eingabetaste: Sprachanruf, Esc: schließen',
};
