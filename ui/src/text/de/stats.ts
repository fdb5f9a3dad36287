// Figures of a call. German.

import type { Text } from '../en';

export const stats: Text['stats'] = {
  title: 'Anrufdetails',
  code: 'Sicherheitscode',
  codeHint: 'Sieht die Gegenseite denselben Code, hört niemand mit.',
  codeMissing: 'Noch nicht verfügbar',
  codes: 'Sicherheitscodes',
  codesHint: 'Sieht jede Person für Sie denselben Code wie Sie für sie, hört niemand mit.',
  worst: 'Die schlechteste Verbindung',
  levels: {
    excellent: 'Sehr gut',
    good: 'Gut',
    fair: 'Mäßig',
    poor: 'Schlecht',
  },
  received: 'Empfangen',
  sent: 'Gesendet',
  none: 'Noch keine Daten',
  quality: {
    good: 'Gute Verbindung',
    fair: 'Mäßige Verbindung',
    poor: 'Schlechte Verbindung',
  },
};
