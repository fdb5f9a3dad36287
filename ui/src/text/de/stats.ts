// Figures of a call. German.

import type { Text } from '../en';

export const stats: Text['stats'] = {
  title: 'Anrufdetails',
  code: 'Sicherheitscode',
  codeHint: 'Sieht die Gegenseite denselben Code, hört niemand mit.',
  codeMissing: 'Noch nicht verfügbar',
  received: 'Empfangen',
  sent: 'Gesendet',
  none: 'Noch keine Daten',
  quality: {
    good: 'Gute Verbindung',
    fair: 'Mäßige Verbindung',
    poor: 'Schlechte Verbindung',
  },
};
