// Declining with a message. German.

import type { Text } from '../en';

export const replies: Text['replies'] = {
  open: 'Mit Nachricht ablehnen',
  title: (name) => `Ablehnen und ${name} schreiben`,
  usual: ['Ich rufe zurück', 'Ich kann gerade nicht sprechen', 'Ich bin unterwegs'],
  own: 'Eigene Nachricht schreiben …',
  send: 'Ablehnen und senden',
  close: 'Zurück zum Anruf',
  failed: 'Die Nachricht wurde nicht gesendet.',
};
