// What a service could not or would not do just now. German.

import type { Text } from '../en';
import { count } from './count';

export const service: Text['service'] = {
  leftOut: (n) => count(n, { one: '# Eintrag konnte nicht gelesen werden.', other: '# Einträge konnten nicht gelesen werden.' }),
  pause: (time) => `Der Dienst begrenzt Anfragen bis ${time}. Anrufe funktionieren weiter.`,
  list: {
    not_understood: 'Die Liste konnte nicht gelesen werden: Der Dienst hat eine unerwartete Antwort gesendet.',
    too_large: 'Die Liste ist zu groß für Bellwire.',
    paused: 'Die Liste wurde nicht aktualisiert: Der Dienst begrenzt zurzeit Anfragen.',
    unreachable: 'Die Liste konnte nicht aktualisiert werden: Der Dienst antwortet nicht.',
    refused: 'Der Dienst hat die Liste verweigert.',
  },
  listFailed: 'Die Liste konnte nicht aktualisiert werden.',
  link: {
    websocket_blocked:
      'Dieses Netz blockiert die Verbindung, die Bellwire braucht (WebSocket). Anrufe erreichen Sie hier nicht. Fragen Sie die Netzwerkadministration oder versuchen Sie ein anderes Netz.',
    access_denied: 'Der Dienst hat die Verbindung abgelehnt. Melden Sie sich neu an oder wenden Sie sich an seinen Support.',
    unreachable: 'Der Dienst antwortet, aber die Verbindung für Anrufe kommt nicht zustande. Anrufe erreichen Sie zurzeit nicht.',
  },
  linkFailed: 'Die Verbindung für Anrufe kommt nicht zustande. Anrufe erreichen Sie zurzeit nicht.',
  login: {
    title: 'Auch nach einem Neustart hier klingeln?',
    hint: 'Bellwire startet dann, wenn Sie sich an diesem Computer anmelden, damit Anrufe Sie erreichen.',
    yes: 'Ja, beim Anmelden starten',
    no: 'Nein',
  },
};
