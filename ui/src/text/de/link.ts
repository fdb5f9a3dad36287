// How an account stands with its server. German.

import type { Text } from '../en';

export const link: Text['link'] = {
  connecting: 'Verbindung wird aufgebaut …',
  online: 'Verbunden',
  offline: 'Offline, wird neu verbunden …',
  signed_out: 'Abgemeldet',
};
