// People one calls often. German.

import type { Text } from '../en';
import { count } from './count';

export const favourites: Text['favourites'] = {
  title: 'Favoriten',
  mark: 'Favorit',
  add: (name) => `${name} zu den Favoriten hinzufügen`,
  remove: (name) => `${name} aus den Favoriten entfernen`,
  full: (n) =>
    count(n, {
      one: 'Sie können # Favoriten haben. Entfernen Sie ihn zuerst.',
      other: 'Sie können bis zu # Favoriten haben. Entfernen Sie zuerst einen.',
    }),
  away: (account) => `Nicht bei ${account} angemeldet`,
};
