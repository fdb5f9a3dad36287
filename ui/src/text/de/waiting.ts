// Where one can only be called. German.

import type { Text } from '../en';

export const waiting: Text['waiting'] = {
  title: 'Sie sind bereit für Anrufe',
  lead: (server) => `Lassen Sie Bellwire laufen. Wenn jemand von ${server} anruft, klingelt dieser Computer.`,
  offline: 'Sie können gerade keine Anrufe empfangen',
  offlineLead: 'Es besteht keine Verbindung zum Server. Bellwire versucht es weiter.',
  recent: 'Frühere Anrufe',
};
