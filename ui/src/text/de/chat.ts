// Messages. German.

import type { Text } from '../en';
import { count } from './count';

export const chat: Text['chat'] = {
  back: 'Zurück zur Liste',
  region: (name) => `Nachrichten mit ${name}`,
  log: 'Nachrichten',
  loading: 'Nachrichten werden geladen …',
  error: 'Die Nachrichten konnten nicht geladen werden',
  empty: 'Noch keine Nachrichten',
  emptyHint: (name) => `Schreiben Sie die erste oder rufen Sie ${name} an.`,
  unread: 'Neu',
  newer: 'Neuere Nachrichten',
  typing: (name) => `${name} schreibt …`,
  write: 'Nachricht',
  placeholder: 'Nachricht schreiben',
  send: 'Senden',
  sending: 'Wird gesendet …',
  notSent: 'Nicht gesendet',
  again: 'Erneut senden',
  sent: 'Gesendet',
  read: 'Gelesen',
  you: 'Sie',
  failed: 'Einige Nachrichten konnten nicht geladen oder gesendet werden.',
  unsent: 'Die Nachricht wurde nicht gesendet.',
  tooLong: (n) =>
    `${count(n, { one: '# Zeichen', other: '# Zeichen' })} zu viel. Teilen Sie den Text auf mehrere Nachrichten auf.`,
  offline: 'Sobald der Server wieder da ist, können Sie weiterschreiben.',
  calls: {
    voice: {
      placed: 'Sprachanruf',
      missed: 'Verpasster Sprachanruf',
      declined: 'Sprachanruf, abgelehnt',
      unanswered: 'Sprachanruf, keine Antwort',
      failed: 'Sprachanruf fehlgeschlagen',
    },
    video: {
      placed: 'Videoanruf',
      missed: 'Verpasster Videoanruf',
      declined: 'Videoanruf, abgelehnt',
      unanswered: 'Videoanruf, keine Antwort',
      failed: 'Videoanruf fehlgeschlagen',
    },
  },
};
