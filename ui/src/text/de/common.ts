// Words said in many places. German.

import type { Text } from '../en';

export const common: Pick<Text, 'app' | 'someone' | 'close' | 'dismiss' | 'retry'> = {
  app: 'Bellwire',
  someone: 'Unbekannter Anruf',
  close: 'Schließen',
  dismiss: 'Ausblenden',
  retry: 'Erneut versuchen',
};
