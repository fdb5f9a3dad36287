// Figures of a call. German.

import type { Text } from '../en';

export const stats: Text['stats'] = {
  title: 'Einzelheiten zum Anruf',
  code: 'Sicherheitscode',
  codeHint: 'Sieht die Gegenseite denselben Code, hört niemand mit.',
  codeMissing: 'Noch nicht bekannt',
  received: 'Empfangen',
  sent: 'Gesendet',
  picture: 'Bild',
  bitrate: 'Datenrate',
  codec: 'Codec',
  loss: 'Verlust',
  delay: 'Laufzeit hin und zurück',
  jitter: 'Tonpuffer',
  freezes: 'Standbilder',
  path: 'Weg',
  none: 'Noch keine Werte',
  paths: { direct: 'direkt', reflexive: 'direkt', relayed: 'über ein Relais' },
  quality: {
    good: 'Gute Verbindung',
    fair: 'Mäßige Verbindung',
    poor: 'Schlechte Verbindung',
  },
  why: {
    loss: 'Teile des Anrufs gehen unterwegs verloren',
    delay: 'Die Verbindung antwortet langsam',
    upload: 'Ihre Verbindung sendet langsam',
    download: 'Es kommen wenige Bilder an',
    none: 'Bild und Ton kommen an, wie sie sollen',
    sound: 'Der Ton kommt an, wie er soll',
  },
};
