// Where one can only be called. German.

import type { Text } from '../en';

export const waiting: Text['waiting'] = {
  title: 'Sie werden hier angerufen',
  lead: (server) => `Lassen Sie Bellwire geöffnet. Wenn jemand von ${server} anruft, klingelt dieser Computer.`,
  offline: 'Sie können gerade nicht angerufen werden',
  offlineLead: 'Es besteht keine Verbindung zum Server. Bellwire versucht es weiter.',
  recent: 'Frühere Anrufe',
};
