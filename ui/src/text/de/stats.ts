// Figures of a call. German.

import type { Text } from '../en';

export const stats: Text['stats'] = {
  title: 'Einzelheiten zum Anruf',
  code: 'Sicherheitscode',
  codeHint: 'Sieht die Gegenseite denselben Code, hört niemand mit.',
  codeMissing: 'Noch nicht bekannt',
  received: 'Empfangen',
  sent: 'Gesendet',
  none: 'Noch keine Werte',
  quality: {
    good: 'Gute Verbindung',
    fair: 'Mäßige Verbindung',
    poor: 'Schlechte Verbindung',
  },
};
